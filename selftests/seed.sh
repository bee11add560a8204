#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# The set-up of selftests/seed/ run by hand, with real nginx and curl: the hosts
# and their kernel settings, the director's script with only the command's name
# changed, and what its readers are told to try. The same again with the original
# files if SEED_ORIGINAL names their folder. The network is drawn in lib/seed.sh.

# shellcheck disable=SC2086,SC2046,SC2317
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"
. "$here/lib/seed.sh"

same_files="keepalived.conf director-manual.sh director-sysctl.conf realserver-sysctl.conf
	realserver-boot.sh interfaces nginx.conf"
per_folder=18

# A file without comments and with blanks squeezed.
values() {
	sed -e 's/[[:space:]]*#.*//' -e 's/[[:space:]]\+/ /g' -e 's/^ //;s/ $//' "$1" | grep -v '^$'
}

no_value_differs() {
	local file
	for file in $same_files; do
		diff <(values "$SEED_ORIGINAL/$file") <(values "$here/seed/$file") || return
	done
}

director_is_set() {
	same ip_forward "$(on director sysctl -n net.ipv4.ip_forward)" 0
	same send_redirects "$(on director sysctl -n net.ipv4.conf.eth0.send_redirects)" 1
}

servers_are_set() {
	local web
	for web in web1 web2; do
		same "$web" "$(on $web sysctl -n net.ipv4.conf.all.arp_ignore net.ipv4.conf.lo.arp_announce | xargs)" "1 2"
		on $web ip -4 -o addr show dev lo label lo:0 | grep "$VIP/32"
	done
}

# Its own address each, as nginx -t and a request without a director show.
servers_serve() {
	on web1 nginx -t -c "$tmp/web1/nginx.conf" -p "$tmp/web1"
	same web1 "$(on neighbour curl -s http://$WEB1/)" "Server: $WEB1<br>"
	same web2 "$(on neighbour curl -s http://$WEB2/)" "Server: $WEB2<br>"
}

script_runs() {
	seed_script "$folder" >"$tmp/table" 2>"$tmp/table.err"
	cat "$tmp/table.err"
}

table_is_right() {
	diff "$tmp/table" <(seed_table)
}

alias_is_up() {
	on director ip -4 -o addr show dev eth0 label eth0:0 | grep "$VIP/32"
	on director ip route show "$VIP" | grep "dev eth0"
}

# Three servers have the address; one answers for it.
only_the_director_answers_arp() {
	same answers "$(on neighbour arping -b -c 2 -w $((3 * slower)) -I eth0 $VIP |
		grep -oiE '\[[0-9a-f:]+\]' | tr 'A-F' 'a-f' | sort -u)" \
		"[$(on director ip -o link show eth0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/')]"
}

twelve_are_shared() {
	seed_ask "$tmp/twelve" {1..12}
	seed_half "$tmp/twelve" 6
}

# Direct routing leaves the client's address alone, and servers answer by
# themselves: no byte of an answer passes the director.
clients_are_seen() {
	grep -h -oE '^10\.0\.0\.[0-9]+' "$tmp"/web?/access.log | sort -u >"$tmp/seen"
	sed 's/ .*//' "$tmp/twelve" | sort -u | diff - "$tmp/seen"
}

nothing_comes_back() {
	wait_for 5 counted
	set -- $(counters)
	echo "$@"
	[ "$5 $7" = "0 0" ]
}

# TCP, address, then connections and packets and bytes, in and out.
counters() {
	on director "$ADM" -Ln --stats -t $VIP:80 | grep ^TCP
}

counted() {
	[ "$(counters | awk '{ print $4 }')" -gt 0 ]
}

neighbour_is_served() {
	on neighbour curl -s -S -m 5 http://$VIP/ | grep "^Server: "
}

# Again with another client if this machine was too slow for it.
client_stays() {
	local begin took
	for client in 13 14 15; do
		begin=$(now_ms)
		seed_ask "$tmp/stays" $client $client $client $client $client $client
		took=$(($(now_ms) - begin))
		echo "took $took ms"
		[ $took -ge 5000 ] || break
	done
	echo $client >"$tmp/client"
	same servers "$(sort -u "$tmp/stays" | wc -l)" 1
	[ $took -lt 5000 ]
}

# Never early: it is not seen forgotten before 5 s from the begin of a request.
# Not more than a second late: nor seen remembered 6 s after the request's end.
# However slow this machine is, both can be told from outside.
client_is_forgotten() {
	local begin end look client
	client=$(cat "$tmp/client")
	begin=$(now_ms)
	seed_ask "$tmp/stays" $client
	end=$(now_ms)
	look=$end
	while seed_remembers $client; do
		echo "remembered after $((look - end)) ms"
		[ $((look - end)) -lt 6000 ]
		sleep 0.05
		look=$(now_ms)
	done
	look=$(now_ms)
	echo "forgotten after $((look - begin)) ms"
	[ $((look - begin)) -ge 5000 ]
}

# Nobody else has been scheduled since, so the next in turn is the other one.
client_moves_on() {
	seed_ask "$tmp/moved" "$(cat "$tmp/client")"
	grep -E " ($WEB1|$WEB2)\$" "$tmp/moved"
	[ "$(cat "$tmp/moved")" != "$(sort -u "$tmp/stays")" ]
}

server_is_taken_out() {
	seed_ask "$tmp/before" {21..26}
	seed_half "$tmp/before" 3
	on director sudo "$ADM" -d -t $VIP:80 -r $WEB1:80
	seed_ask "$tmp/without" {21..26} {31..34}
	same "by web2" "$(seed_count "$tmp/without" $WEB2)" 10
}

server_is_put_back() {
	on director sudo "$ADM" -a -t $VIP:80 -r $WEB1:80 -g
	seed_ask "$tmp/back" {41..46}
	seed_half "$tmp/back" 3
}

# As at the next boot: route(8) complains, the table is the same.
script_runs_again() {
	seed_script "$folder" >"$tmp/again" 2>&1
	grep "File exists" "$tmp/again"
	diff <(tail -n 6 "$tmp/again") <(seed_table)
}

run_folder() {
	local label=$1
	folder=$2
	check "$label: the network can be set up" seed_network "$folder"
	check "$label: the director's kernel settings" director_is_set
	check "$label: the servers have the address on loopback, quietly" servers_are_set
	check "$label: each server has its own page" servers_serve
	check "$label: the director's script runs" script_runs
	check "$label: it ends with ipvsadm's table to the byte" table_is_right
	check "$label: the address is an alias of the director's card" alias_is_up
	check "$label: only the director answers ARP for it" only_the_director_answers_arp
	check "$label: twelve clients, six for each server" twelve_are_shared
	check "$label: servers see the clients' own addresses" clients_are_seen
	check "$label: answers do not pass the director" nothing_comes_back
	check "$label: a client on the same network is served" neighbour_is_served
	check "$label: six requests of a client within 5 s go to one server" client_stays
	check "$label: it is remembered for 5 s after its last, and at most one more" client_is_forgotten
	check "$label: then it moves on" client_moves_on
	check "$label: a server is taken out, all requests are answered by the other" server_is_taken_out
	check "$label: it is put back and gets its share" server_is_put_back
	check "$label: the script can be run again" script_runs_again
	spaces_delete
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ "$ADM" != ipvsadm ] || modprobe ip_vs
command -v "$ADM" >/dev/null || skip_all "no $ADM"
SEED_ORIGINAL=${SEED_ORIGINAL-}
folders=1
[ -z "$SEED_ORIGINAL" ] || folders=2
plan $((1 + per_folder * folders))
run_folder "our files" "$here/seed"
if [ -n "$SEED_ORIGINAL" ]; then
	check "our files hold the same values as the original ones" no_value_differs
	run_folder "the original files" "$SEED_ORIGINAL"
else
	skip "our files hold the same values as the original ones" "SEED_ORIGINAL is not set"
fi
finish
