#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "make demo", within the virtual machine: the set-up of selftests/seed/ by its
# own script, and what a person wants to see of it, with real nginx and curl. All
# that is shown is checked too; the exit status is 0 only if all of it is right.
# For reading, not for counting: the same steps as test cases are in seed.sh.
#
# shellcheck disable=SC2016,SC2086,SC2317
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"
. "$here/lib/seed.sh"

seed=$here/seed
wrong=0
begin=$(now_ms)
steps=0

step() {
	steps=$((steps + 1))
	printf '\n%d. %s\n\n' $steps "$*"
}

show() {
	sed 's/^/    /'
}

# right TEXT COMMAND...: says whether it is as it should be.
right() {
	local text=$1
	shift
	if "$@"; then
		echo "    right: $text"
	else
		echo "    WRONG: $text"
		wrong=$((wrong + 1))
	fi
}

give_up() {
	echo "demo: $1"
	exit 1
}

by_hand() {
	echo "    # $ADM $*"
	on director sudo "$ADM" "$@" 2>&1 | show
}

# answers FILE: who answered whom, and the count per server.
answers() {
	awk -v one=$WEB1 -v two=$WEB2 '
		{ printf "    %-10s -> %s\n", $1, $2; n[$2]++ }
		END { printf "    in all: %s %d, %s %d\n", one, n[one], two, n[two] }' "$1"
}

none_but() {
	[ "$(seed_count "$1" "$2")" = "$(wc -l <"$1")" ] && [ -s "$1" ]
}

ask() {
	seed_ask "$@" >/dev/null
}

network() {
	step "The network: a switch, its hosts are namespaces of this machine"
	seed_network "$seed" 2>&1 | show
	[ "${PIPESTATUS[0]}" = 0 ] || give_up "the network cannot be set up"
	show <<-END
		clients 10.0.0.1 ... 10.0.0.60, behind the gateway 192.168.0.1
		director 192.168.0.119
		web servers $WEB1 and $WEB2, with nginx and $VIP on loopback
	END
	right "each server says who it is" eval \
		'[ "$(on neighbour curl -s http://$WEB1/ http://$WEB2/ | xargs)" = "Server: $WEB1<br> Server: $WEB2<br>" ]'
}

script() {
	step "The director's script, in which only the command's name is another"
	diff "$seed/director-manual.sh" <(sed "s/ipvsadm/$ADM/g" "$seed/director-manual.sh") | grep '^>' | show
	echo
	echo "    # bash director-manual.sh"
	seed_script "$seed" >"$tmp/table" 2>"$tmp/complaints" || wrong=$((wrong + 1))
	show <"$tmp/complaints"
	show <"$tmp/table"
	right "the table is ipvsadm's to the byte" cmp -s "$tmp/table" <(seed_table)
}

twelve() {
	step "Twelve requests from twelve addresses"
	ask "$tmp/twelve" {1..12}
	answers "$tmp/twelve"
	right "the servers take turns: six each" seed_half "$tmp/twelve" 6
	by_hand -Ln
}

# Six requests by each of some clients until one has made them in time: that only
# takes more than one on a machine that is very busy.
six_in_time() {
	local start
	for client in 13 14 15; do
		start=$(now_ms)
		ask "$tmp/stays" $client $client $client $client $client $client
		last=$(now_ms)
		took=$((last - start))
		answers "$tmp/stays"
		[ "$took" -ge 5000 ] || return
	done
}

persistence() {
	local client last took
	step "One client: six requests within five seconds (-p 5), a pause, one more"
	six_in_time
	right "six requests in $took ms, all to one server" eval \
		'[ "$took" -lt 5000 ] && [ "$(grep -v nobody "$tmp/stays" | sort -u | wc -l)" = 1 ]'
	on director "$ADM" -Lnc >"$tmp/connections"
	grep -E "^pro|10\.0\.0\.$client:0 " "$tmp/connections" | show
	right "the director remembers the client (port 0)" grep -q "10\.0\.0\.$client:0 " "$tmp/connections"
	echo "    ... a pause of a little more than six seconds"
	sleep 6.2
	right "$(($(now_ms) - last)) ms after its last packet it is forgotten" eval '! seed_remembers $client'
	ask "$tmp/moved" $client
	answers "$tmp/moved"
	right "it moves on: nobody else came, so the other server is next" none_but "$tmp/moved" \
		"$(grep -q " $WEB1" "$tmp/stays" && echo $WEB2 || echo $WEB1)"
}

out_and_back() {
	step "One server is taken out by hand, and put back"
	ask "$tmp/before" {21..26}
	answers "$tmp/before"
	right "before: three each" seed_half "$tmp/before" 3
	by_hand -d -t $VIP:80 -r $WEB1:80
	ask "$tmp/without" {21..26}
	answers "$tmp/without"
	right "the same clients at once: all are answered, by the other" none_but "$tmp/without" $WEB2
	by_hand -a -t $VIP:80 -r $WEB1:80 -g
	ask "$tmp/back" {31..36}
	answers "$tmp/back"
	right "new clients: three each again" seed_half "$tmp/back" 3
	by_hand -Ln --stats
}

vrrp_log() {
	grep -hE "Entering|priority|VRRP_Script" "$tmp/vrrp-$1/log" | tail -n "${2:-3}" | show
}

# served WHAT: six new clients, all of them answered, three by each server.
served() {
	ask "$tmp/served" $(seq $client $((client + 5)))
	client=$((client < 55 ? client + 6 : 1))
	answers "$tmp/served"
	right "$1: six clients, three for each server" seed_half "$tmp/served" 3
}

two_directors() {
	step "A second director, .120: the same table on both, drayvrrpd with $1's keepalived.conf"
	seed_directors "$seed" 2>&1 | show
	[ "${PIPESTATUS[0]}" = 0 ] || give_up "the second director cannot be set up"
	seed_vrrp director "$1/keepalived.conf"
	seed_vrrp director2 "$seed/keepalived-backup.conf"
	right "the master .119 has $VIP, and .120 has not" seed_owner director director2
	vrrp_log director
	served "through .119"
}

# master_goes HOW COMMAND...: the master's end, and that it is not missed.
master_goes() {
	local how=$1
	shift
	step "The master director $how: the service goes on"
	"$@"
	right "the backup .120 has the address" wait_for 30 seed_has_vip director2
	vrrp_log director2
	served "through .120"
}

master_returns() {
	step "The master director is started again: it has the address again"
	seed_vrrp director "$1/keepalived.conf"
	right ".119 has the address, and .120 has not" seed_owner director director2
	vrrp_log director
	served "through .119"
}

failover() {
	client=37
	two_directors "$1"
	master_goes "is stopped (SIGTERM)" seed_vrrp_stop director
	master_returns "$1"
	master_goes "dies (SIGKILL of every process)" seed_vrrp_kill director
	right "what it left is silent: only .120 answers ARP" only_one_answers director2
	master_returns "$1"
	master_goes "loses power" seed_power_off director
	seed_power_on director
	master_returns "$1"
}

only_one_answers() {
	[ "$(on neighbour arping -b -c 2 -w $((3 * slower)) -I eth0 $VIP | grep -oiE '\[[0-9a-f:]+\]' |
		tr 'A-F' 'a-f' | sort -u)" = "[$(on "$1" ip -o link show eth0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/')]" ]
}

checkd_says() {
	on director "$ADM" health --socket "$tmp/check.sock" "$@"
}

# is_in SERVER, is_down SERVER: what the director's table has of it.
is_down() {
	on director "$ADM" save -n | grep -q -e "-r $1:80 .*--state down"
}

is_in() {
	on director "$ADM" save -n | grep -e "-r $1:80 " | grep -qv -e --state
}

both_are_checked() {
	[ "$(checkd_says 2>/dev/null | grep -c "TCP_CHECK .* up for")" = 2 ]
}

checks_begin() {
	step "Health checks: draycheckd with the file of the how-to, as it is"
	echo "    # draycheckd -f keepalived.conf"
	on director "$ADM" save >"$tmp/by-hand"
	on director draycheckd -n -l -f "$seed/keepalived.conf" --socket "$tmp/check.sock" \
		--state "$tmp/check.json" --pid "$tmp/checkd.pid" 2>"$tmp/checkd.log" &
	right "both servers are checked and well" wait_for 20 both_are_checked
	checkd_says | show
	on director "$ADM" save >"$tmp/by-file"
	right "the table of the script is what the file wants: nothing was written" \
		cmp -s "$tmp/by-hand" "$tmp/by-file"
}

# Step 5 of the how-to. It was at most a second ago that web1 was last looked at;
# three more looks follow, three seconds apart: 9 to 10 s.
server_stops() {
	local begin took
	step "A web server is stopped: only the other answers"
	echo "    web1 # nginx -s stop"
	begin=$(now_ms)
	on web1 nginx -c "$tmp/web1/nginx.conf" -p "$tmp/web1" -s stop
	right "it is taken out" wait_for 60 is_down $WEB1
	took=$(($(now_ms) - begin))
	grep -E "TCP_CHECK|Removing" "$tmp/checkd.log" | show
	right "after $((took / 1000)).$((took % 1000 / 100)) s, so not before three retries, three seconds apart" \
		[ "$took" -ge 9000 ]
	ask "$tmp/stopped" {16..20} 27
	answers "$tmp/stopped"
	right "all are answered, by the other" none_but "$tmp/stopped" $WEB2
}

# Step 6. The same clients: five seconds after its last packet a client is nobody's.
server_starts() {
	local begin
	step "It is started again: both answer"
	echo "    web1 # nginx"
	begin=$(now_ms)
	on web1 nginx -c "$tmp/web1/nginx.conf" -p "$tmp/web1"
	right "it is put back" wait_for 60 is_in $WEB1
	echo "    after $(($(now_ms) - begin)) ms"
	echo "    ... a pause of a little more than six seconds"
	sleep 6.2
	ask "$tmp/started" {16..20} 27
	answers "$tmp/started"
	right "the same clients: three each" seed_half "$tmp/started" 3
	checkd_says | show
	kill "$(cat "$tmp/checkd.pid")"
}

[ "$(id -u)" = 0 ] || give_up "needs root"
[ -n "${KERNEL_FLAVOUR-}" ] || give_up "runs in the laboratory's virtual machine only: make demo"
command -v "$ADM" >/dev/null || give_up "there is no $ADM"
[ "$ADM" != ipvsadm ] || modprobe ip_vs
echo "$ADM on $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r)"
network
script
twelve
persistence
out_and_back
if [ "$ADM" != ipvsadm ]; then
	checks_begin
	server_stops
	server_starts
	failover "${SEED_ORIGINAL:-$seed}"
fi

echo
echo "$((($(now_ms) - begin) / 1000)) s; $([ $wrong = 0 ] && echo "all of this is right" || echo "$wrong of this is WRONG")"
exit $((wrong != 0))
