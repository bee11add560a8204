#/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A director set up by hand: the virtual address as an alias of the card, then
# one virtual web service and its two web servers. The first line is no
# interpreter line, so the script is run as "bash director-manual.sh". It does
# not stop at a command that fails: run again, route(8) complains and the service
# is made anew all the same.
VIP=192.168.0.200
RIP1=192.168.0.121
RIP2=192.168.0.122
GW=192.168.0.1

# The address that clients ask for: answered by ARP here and nowhere else
sudo /sbin/ifconfig eth0:0 $VIP broadcast $VIP netmask 255.255.255.255 up
sudo /sbin/route add -host $VIP dev eth0:0

# Begin with an empty table
sudo ipvsadm -C

# Servers take turns, a client stays for 5 s (-p), direct routing (-g)
sudo ipvsadm -A -t $VIP:80 -s rr -p 5
sudo ipvsadm -a -t $VIP:80 -r $RIP1:80 -g
sudo ipvsadm -a -t $VIP:80 -r $RIP2:80 -g

# Show what came of it
sudo ipvsadm
