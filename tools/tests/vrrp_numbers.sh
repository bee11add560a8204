#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each number of Documentation/vrrp.rst is named by a test, as in "28, 38: what
# is true", or has its reason: not done, left to somebody, or nothing to do.
# And no test names a number that is not there.  Prints TAP.

set -u
cd "$(dirname "$0")/../.." || exit 1
n=0
failed=0
ok()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
	fi
}

# NUMBER<TAB>LAST COLUMN, a line per row
rows()
{
	sed -n '/^   \* - [0-9]/,$p' Documentation/vrrp.rst |
		awk '/^   \* - / { number = $3; column = 0 }
		     /^     - / { if (++column == 4) print number "\t" substr($0, 8) }'
}

# a number a line
named()
{
	grep -hoE '^(=== |@case\("|\s*T\(")[0-9]+(, [0-9]+)*: ' \
		tools/tests/vrrp_*_test.c tools/tests/ka_messages.cases \
		selftests/vrrp*.py selftests/accept*.py 2>/dev/null |
		grep -oE '[0-9]+' | sort -nu
}

named=$(named)
rows=$(rows)
while IFS=$'\t' read -r number held; do
	case $held in
	'not done: '* | 'left to '* | 'nothing: '*)
		continue ;;
	esac
	grep -qxF "$number" <<<"$named"
	ok $? "$number has a test"
done <<<"$rows"
for number in $named; do
	cut -f 1 <<<"$rows" | grep -qxF "$number"
	ok $? "$number, which a test names, is there"
done
[ "$(cut -f 1 <<<"$rows")" = "$(seq "$(wc -l <<<"$rows")")" ]
ok $? 'numbers are without a gap'
echo "1..$n"
[ "$failed" = 0 ]
