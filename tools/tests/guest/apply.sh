#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# drayadm beyond ipvsadm, with the module.  Only for a virtual machine:
#
#	selftests/qemu/run --kernel 6.1 -- tools/tests/guest/apply.sh
#
# One device d0 with the network of the real servers; no traffic.  Prints TAP.

set -u
here=$(cd "$(dirname "$0")" && pwd)
adm=$here/../../drayadm/drayadm
dir=$(mktemp -d)
trap 'rm -rf "$dir"; "$adm" -C' EXIT
modprobe dray 2>/dev/null || insmod "$DRAY_KO" || exit 4
ip link set lo up
ip link add d0 type dummy
ip addr add 192.168.10.254/24 dev d0
ip link set d0 up

n=0
failed=0
# same NAME WANTED COMMAND...: output and exit code, which is the last line
same()
{
	local name=$1 wanted=$2 got
	shift 2

	n=$((n + 1))
	got=$("$@" 2>&1; echo "rc=$?")
	if [ "$got" = "$wanted" ]; then
		echo "ok $n - $name"
	else
		failed=$((failed + 1))
		echo "not ok $n - $name"
		diff <(echo "$wanted") <(echo "$got") | sed 's/^/# /'
	fi
}

one='-A -t 10.9.9.9:80 -s rr -p 5
-a -t 10.9.9.9:80 -r 192.168.10.1:80 -g -w 3
-a -t 10.9.9.9:80 -r 192.168.10.2:80 -g -w 1
vip add 10.9.9.9 --peer 52:54:00:00:00:01'
two='-A -t 10.9.9.9:80 -s rr -p 5
-a -t 10.9.9.9:80 -r 192.168.10.1:80 -g -w 7
vip add 10.9.9.9 --peer 52:54:00:00:00:01'
plus=$(sed 's/^/+ /' <<<"$one")
echo "$one" >"$dir/one"
echo "$two" >"$dir/two"
printf -- '-A -f 1\n-a -f 1 -r 8.8.8.8\n' >"$dir/far"
printf -- '-A -f 1\n-a -f 1 -r 192.168.10.3 -y 5\n' >"$dir/bad"

generation()
{
	"$adm" list --json | sed -n 's/.*"generation": \([0-9]*\).*/\1/p'
}

same "dry run prints the difference" "$plus"$'\nrc=0' \
	"$adm" apply "$dir/one" --dry-run
same "dry run changes nothing" "rc=0" "$adm" -Sn
same "apply" "rc=0" "$adm" apply "$dir/one"
same "the configuration is the file's" "$one"$'\nrc=0' "$adm" -Sn
before=$(generation)
same "nothing to do" $'nothing to do\nrc=0' "$adm" apply "$dir/one"
"$adm" save >"$dir/saved"
same "what save writes needs no change" $'nothing to do\nrc=0' \
	"$adm" apply "$dir/saved"
same "nothing was written" "$before"$'\nrc=0' generation

same "a refused line is named" \
	"$dir/bad:2: Numerical result out of range
$dir/bad:2: Lower threshold is above the upper one (server.l-threshold)
rc=255" "$adm" apply "$dir/bad"
same "and nothing has changed" "$one"$'\nrc=0' "$adm" -Sn
same "apply --strict refuses a far server" \
	"$dir/far:2: refused: real server 8.8.8.8 is not on-link: there is no route to it
rc=255" "$adm" apply --strict "$dir/far"
same "and undoes the rest" "$one"$'\nrc=0' "$adm" -Sn
same "-a --strict refuses it" \
	"refused: real server 8.8.8.8 is not on-link: there is no route to it
rc=255" "$adm" -a -t 10.9.9.9:80 -r 8.8.8.8 --strict
same "and takes it out" "$one"$'\nrc=0' "$adm" -Sn

same "restore --atomic names the line" \
	$'line 2: Service already exists\nrc=255' \
	bash -c "printf -- '-A -f 3\n-A -f 3\n' | '$adm' -R --atomic"
same "and has done nothing" "$one"$'\nrc=0' "$adm" -Sn

pending="applied; rolled back in 5 s unless \"$adm confirm\" is called"
same "apply --confirm" "$pending"$'\nrc=0' \
	setsid "$adm" apply "$dir/two" --confirm 5
same "it is in force" "$two"$'\nrc=0' "$adm" -Sn
n=$((n + 1))
"$adm" apply "$dir/one" 2>/dev/null && echo "not ok $n - a second apply waits" ||
	echo "ok $n - a second apply is refused while one is unconfirmed"
for _ in $(seq 300); do
	[ "$("$adm" -Sn)" = "$one" ] && break
	sleep 0.1
done
same "it is rolled back" "$one"$'\nrc=0' "$adm" -Sn
same "confirm too late" $'nothing waits for a confirmation\nrc=255' \
	"$adm" confirm
pending=${pending/5 s/2 s}
same "apply --confirm again" "$pending"$'\nrc=0' \
	"$adm" apply "$dir/two" --confirm 2
same "confirm" "rc=0" "$adm" confirm
sleep 4
same "it stays" "$two"$'\nrc=0' "$adm" -Sn

server='-t 10.9.9.9:80 -r 192.168.10.1'
# shellcheck disable=SC2086
same "drain" "rc=0" "$adm" drain $server
# shellcheck disable=SC2086
same "an edit leaves the state alone" "rc=0" "$adm" -e $server -w 2
same "it is still drained" "-A -t 10.9.9.9:80 -s rr -p 5
-a -t 10.9.9.9:80 -r 192.168.10.1:80 -g -w 2 --state drain
vip add 10.9.9.9 --peer 52:54:00:00:00:01
rc=0" "$adm" -Sn
# shellcheck disable=SC2086
same "up" "rc=0" "$adm" up $server
same "nobody is told nothing" \
	"Can't initialize dray: Permission denied (you must be root)
Reading the configuration needs CAP_NET_ADMIN, too.
rc=2" su nobody -s /bin/sh -c "$adm -Ln"
echo "1..$n"
[ "$failed" = 0 ]
