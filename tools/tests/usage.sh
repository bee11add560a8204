#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Recordings of ipvsadm 1.31 that need no kernel: command lines that it refuses
# by itself.  Each is run with our program under ipvsadm's name; output and
# exit code must be the same to the byte.  Other cases, of drayadm's own
# commands, can be named.  Prints TAP.
#
#	tests/usage.sh [CASES]
#
# A case is "$ command", its output, "[rc=N]".

set -u
here=$(cd "$(dirname "$0")" && pwd)
cases=${1:-$here/usage.cases}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for name in ipvsadm drayadm; do
	ln -s "$here/../drayadm/drayadm" "$dir/$name"
done
export PATH=$dir:$PATH

n=0
failed=0
run_case()
{
	local command=$1 wanted=$2 got

	n=$((n + 1))
	got=$(bash -c "$command" 2>&1 </dev/null; echo "[rc=$?]")
	if [ "$got" = "$wanted" ]; then
		echo "ok $n - $command"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $n - $command"
	diff <(echo "$wanted") <(echo "$got") | sed 's/^/# /'
}

echo "1..$(grep -c '^\$ ' "$cases")"
while IFS= read -r line; do
	case $line in
	'$ '*)
		command=${line#'$ '}
		text=
		;;
	'[rc='*)
		run_case "$command" "$text$line"
		;;
	*)
		text+=$line$'\n'
		;;
	esac
done <"$cases"
[ "$failed" = 0 ]
