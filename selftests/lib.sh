# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests in bash, to be sourced: TAP, network namespaces, waiting. It knows
# neither dray nor a topology. What a test makes here goes when it ends.
#
#   plan 2
#   check "what is true" COMMAND...     passes if the command (or function) does;
#                                       it runs in a subshell with set -e, what it
#                                       prints is shown if it fails
#   skip "what is true" "why not here"
#   finish
#
#   space director                      a namespace; "on director COMMAND..." in it
#   plug director 192.168.0.119/24      its eth0, on the one bridge of the test
#   spaces_delete                       and what runs in them; done at the end anyway
#   wait_for 5 COMMAND...               until it passes, at most so many seconds
#
# $tmp is a folder of the test's own, $ADM the admin tool, default drayadm.

# shellcheck shell=bash
export LC_ALL=C
ADM=${ADM:-drayadm}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/selftest.XXXXXX")
suffix=${tmp##*.}
cases=0
bad=0
slower=1
[ "${KERNEL_FLAVOUR-}" != debug ] || slower=4

# Names are kept in a file: cases, which are subshells, may make spaces as well.
: >"$tmp/spaces"

spaces_delete() {
	local name pids=
	while read -r name; do
		pids+=" $(ip netns pids "$name-$suffix")"
	done <"$tmp/spaces"
	# shellcheck disable=SC2086
	[ -z "${pids// /}" ] || kill -9 $pids 2>/dev/null
	while read -r name; do
		ip netns del "$name-$suffix"
	done <"$tmp/spaces"
	: >"$tmp/spaces"
}

cleanup() {
	spaces_delete
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

plan() {
	planned=$1
	echo "TAP version 13"
	echo "1..$1"
}

# skip_all REASON: nothing of this file can be tried here.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 4
}

check() {
	local what=$1 result=ok
	shift
	cases=$((cases + 1))
	(
		set -e
		"$@"
	) >"$tmp/check.log" 2>&1 </dev/null
	# shellcheck disable=SC2181
	if [ $? -ne 0 ]; then
		sed 's/^/# /' "$tmp/check.log"
		result="not ok"
		bad=$((bad + 1))
	fi
	echo "$result $cases - $what"
}

skip() {
	cases=$((cases + 1))
	echo "ok $cases - $1 # SKIP $2"
}

finish() {
	[ "$cases" = "$planned" ] || bad=$((bad + 1))
	exit $((bad != 0))
}

# same WHAT GOT WANTED: to be used within a case.
same() {
	[ "$2" = "$3" ] && return
	printf '%s: got\n%s\nwanted\n%s\n' "$1" "$2" "$3"
	return 1
}

wait_for() {
	local end=$((SECONDS + $1 * slower))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

space() {
	ip netns add "$1-$suffix" && echo "$1" >>"$tmp/spaces" && ip -n "$1-$suffix" link set lo up
}

on() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name-$suffix" -- "$@"
}

# plug NAME ADDRESS/LENGTH [GATEWAY]: space and bridge are made if need be.
plug() {
	local known port
	known=$(<"$tmp/spaces")
	if [[ $'\n'$known$'\n' != *$'\n'switch$'\n'* ]]; then
		space switch && ip -n "switch-$suffix" -batch - <<-END || return
			link add br0 type bridge mcast_snooping 0 forward_delay 0
			link set br0 up
		END
	fi
	[[ $'\n'$known$'\n' == *$'\n'$1$'\n'* ]] || space "$1" || return
	port=p${#known}-$1
	ip -n "switch-$suffix" -batch - <<-END &&
		link add ${port:0:15} type veth peer name eth0 netns $1-$suffix
		link set ${port:0:15} master br0 up
	END
	ip -n "$1-$suffix" -batch - <<-END
		addr add $2 dev eth0
		link set eth0 up
		${3:+route add default via $3}
	END
}
