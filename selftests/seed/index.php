<?php
// SPDX-License-Identifier: GPL-2.0-or-later
// Tells which of the web servers answered: each has its own address here.
echo 'Server: 192.168.0.122<br>';
echo '--------------------------<br><pre>';
print_r($_SERVER);
echo '--------------------------</pre>';
