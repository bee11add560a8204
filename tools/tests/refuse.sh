#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What drayadm refuses by itself beyond ipvsadm's command line, before it asks
# the kernel.  Prints TAP.

exec "$(dirname "$0")/usage.sh" "$(dirname "$0")/refuse.cases"
