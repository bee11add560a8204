#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Run when a web server starts: it takes packets for the virtual address, which
# it has on loopback, where nobody asks for it by ARP (realserver-sysctl.conf).
VIP=192.168.0.200

sudo /sbin/ifconfig lo:0 $VIP broadcast $VIP netmask 255.255.255.255 up
sudo /sbin/route add -host $VIP dev lo:0
