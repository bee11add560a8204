# SPDX-License-Identifier: GPL-2.0-or-later
#
# The network of selftests/seed/ in namespaces, and its steps as functions for
# seed.sh, which tests them, and demo.sh, which shows them. Sourced after lib.sh.
#
#    client                      director .119        web1 .121    web2 .122
#    10.0.0.1 ... 10.0.0.60      VIP .200             VIP on lo    VIP on lo
#        |                          |                    |            |
#    gateway .1 ---------------- switch, 192.168.0.0/24 -+------------+
#                                   |
#                                neighbour .50: a client on the network itself
#
# With ADM=ipvsadm all of it runs on IPVS, which shows that the steps are right.

# shellcheck shell=bash disable=SC2086,SC2154
VIP=192.168.0.200
WEB1=192.168.0.121
WEB2=192.168.0.122

# Two things of the guest that the seed's hosts have otherwise: sudo has a path of
# its own, and the tool of a checkout is not in it; names are asked for at the
# gateway, which says at once that it knows none. Only for this test's mounts.
seed_guest() {
	[ -n "${KERNEL_FLAVOUR-}" ] || { echo "not the laboratory's guest"; return 1; }
	[ "$ADM" = ipvsadm ] || ln -sf "$(command -v "$ADM")" "/usr/local/sbin/$ADM" || return
	echo "nameserver 192.168.0.1" >"$tmp/resolv.conf"
	chmod 755 "$tmp"
	chmod 644 "$tmp/resolv.conf"
	grep -q ' /etc/resolv.conf ' /proc/self/mounts || mount --bind "$tmp/resolv.conf" /etc/resolv.conf
}

# All clients are addresses of one host behind the gateway.
seed_clients() {
	local n
	space client
	on gateway sysctl -q net.ipv4.ip_forward=1
	ip -n "gateway-$suffix" -batch - <<-END &&
		link add inside type veth peer name eth0 netns client-$suffix
		addr add 10.0.0.254/24 dev inside
		link set inside up
	END
	{
		for n in {1..60}; do
			echo "addr add 10.0.0.$n/24 dev eth0"
		done
		echo "link set eth0 up"
		echo "route add default via 10.0.0.254"
	} | ip -n "client-$suffix" -batch -
}

# seed_network FOLDER: every host up to the point where the director's script is
# run; the files are those of the folder.
seed_network() {
	local seed=$1
	seed_guest &&
		plug gateway 192.168.0.1/24 &&
		plug director 192.168.0.119/24 192.168.0.1 &&
		plug web1 $WEB1/24 192.168.0.1 &&
		plug web2 $WEB2/24 192.168.0.1 &&
		plug neighbour 192.168.0.50/24 192.168.0.1 &&
		seed_clients &&
		on director sysctl -q -p "$seed/director-sysctl.conf" &&
		seed_web web1 $WEB1 "$seed" && seed_web web2 $WEB2 "$seed"
}

# The site as the seed has it, but its folder, and a page without PHP.
seed_web() {
	local host=$1 address=$2 seed=$3 folder=$tmp/$1
	rm -rf "$folder"
	mkdir -p "$folder/www"
	echo "Server: $address<br>" >"$folder/www/index.html"
	sed -e "s|root .*;|root $folder/www;|" -e 's|include fastcgi|include /etc/nginx/fastcgi|' \
		"$seed/nginx.conf" >"$folder/site"
	cat >"$folder/nginx.conf" <<-END
		pid $folder/pid;
		error_log $folder/error.log;
		worker_processes 1;
		events { worker_connections 256; }
		http {
			access_log $folder/access.log combined;
			include $folder/site;
		}
	END
	on "$host" sysctl -q -p "$seed/realserver-sysctl.conf" &&
		on "$host" bash "$seed/realserver-boot.sh" &&
		on "$host" nginx -c "$folder/nginx.conf" -p "$folder" &&
		wait_for 10 on "$host" curl -s -o "$folder/probe" "http://$address/"
}

# The director's script with nothing but the command's name changed.
seed_script() {
	sed "s/ipvsadm/$ADM/g" "$1/director-manual.sh" >"$tmp/director-manual.sh"
	on director bash "$tmp/director-manual.sh" || return
	# In IPVS a persistent client is kept as long as one of its connections, and
	# those of FIN_WAIT two minutes. dray counts from the client's last packet.
	[ "$ADM" != ipvsadm ] || on director ipvsadm --set 900 1 300
}

# seed_directors FOLDER: a second director, .120; on both the table of the script,
# and the address on none: from now on drayvrrpd gives it to one of them.
seed_directors() {
	local table
	table=$(grep -E '^(VIP|RIP[12])=|ipvsadm -[CAa]' "$1/director-manual.sh" | sed "s/ipvsadm/$ADM/g")
	on director ifconfig eth0:0 down
	plug director2 192.168.0.120/24 192.168.0.1 &&
		on director2 sysctl -q -p "$1/director-sysctl.conf" &&
		on director bash -ec "$table" && on director2 bash -ec "$table"
}

# seed_vrrp HOST CONFIGURATION: its drayvrrpd, with the file as it is.
seed_vrrp() {
	mkdir -p "$tmp/vrrp-$1"
	# not by on(): what is started here is the daemon itself, and gets the signals
	nsenter --net="/run/netns/$1-$suffix" -- \
		drayvrrpd -n -l -D -f "$2" --run-dir "$tmp/vrrp-$1" >>"$tmp/vrrp-$1/log" 2>&1 &
	echo $! >"$tmp/vrrp-$1/pid"
	disown
}

seed_vrrp_stop() {
	kill -TERM "$(cat "$tmp/vrrp-$1/pid")"
	wait_for 20 seed_vrrp_ended "$1"
}

seed_vrrp_ended() {
	[ ! -e "/proc/$(cat "$tmp/vrrp-$1/pid")" ]
}

# Every process of it at once: stopped before, none can act on another's end.
seed_vrrp_kill() {
	local pids pid
	for pid in $(ip netns pids "$1-$suffix"); do
		[[ $(cat "/proc/$pid/comm") != drayvrrpd* ]] || pids+=" $pid"
	done
	kill -STOP $pids
	kill -KILL $pids
}

# The host is off: its cable, its processes and what its kernel had are gone.
seed_power_off() {
	ip -n "switch-$suffix" link set "$(seed_port "$1")" nomaster
	seed_vrrp_kill "$1"
}

seed_power_on() {
	on "$1" ip addr del $VIP/32 dev eth0
	rm -f "$tmp/vrrp-$1/"vrrp.*
	ip -n "switch-$suffix" link set "$(seed_port "$1")" master br0
}

seed_port() {
	ip -n "switch-$suffix" -o link show | sed -n "s/^[0-9]*: \(p[0-9]*-$1\)@.*/\1/p"
}

seed_has_vip() {
	on "$1" ip -4 -o addr show dev eth0 | grep -q " $VIP/"
}

# seed_owner HOST OTHER: waits until it has the address, alone.
seed_owner() {
	wait_for 30 seed_owns "$1" "$2"
}

seed_owns() {
	seed_has_vip "$1" && ! seed_has_vip "$2"
}

# seed_ask FILE CLIENT...: one request from each address, each in a connection of
# its own, by one curl; FILE gets a line "client server" for each.
seed_ask() {
	local n file=$1 next=
	shift
	for n; do
		printf '%ssilent\nmax-time = %d\ninterface = 10.0.0.%d\nurl = "http://%s/"\n' \
			"$next" $((5 * slower)) "$n" $VIP
		printf 'header = "Connection: close"\nwrite-out = "client 10.0.0.%d %%{errormsg}\\n"\n' "$n"
		next=$'next\n'
	done | on client curl -K - | awk '
		/^Server: / { sub("<br>", ""); server = $2 }
		/^client / { print $2, server ? server : "nobody"; server = "" }' >"$file"
	cat "$file"
}

# seed_count FILE SERVER: how many of the requests it answered.
seed_count() {
	grep -c " $2\$" "$1"
}

# seed_half FILE N: N requests each.
seed_half() {
	[ "$(seed_count "$1" $WEB1)/$(seed_count "$1" $WEB2)" = "$2/$2" ]
}

# Whether the director still knows where the client 10.0.0.N belongs: a line of
# -Lnc with the client's port 0.
seed_remembers() {
	on director "$ADM" -Lnc | grep -q "10\.0\.0\.$1:0 "
}

now_ms() {
	local now=${EPOCHREALTIME/./}
	echo $((now / 1000))
}

# The table that the script ends with, as ipvsadm prints it.
seed_table() {
	cat <<-END
		IP Virtual Server version 1.2.1 (size=4096)
		Prot LocalAddress:Port Scheduler Flags
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
		TCP  192.168.0.200:http rr persistent 5
		  -> 192.168.0.121:http           Route   1      0          0         
		  -> 192.168.0.122:http           Route   1      0          0         
	END
}
