#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything that can be typed stands in the man page and in the completion,
# and the completion proposes nothing that does not exist.  Prints TAP.

set -u
cd "$(dirname "$0")/../drayadm" || exit 1
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

# as a whole word
has()
{
	grep -qE -e "(^|[^[:alnum:]-])$2([^[:alnum:]-]|\$)" "$1"
}

words=$(./drayadm help --options | sort -u)
for word in $words; do
	has drayadm.8.rst "$word"
	ok $? "man page has $word"
	has drayadm.bash "$word"
	ok $? "completion has $word"
done

# shellcheck source=/dev/null
. ./drayadm.bash
proposed=$(for c in '' $_drayadm_commands $_drayadm_classic; do
	_drayadm_options "$c"
done; echo "$_drayadm_commands $_drayadm_classic")
for word in $(tr -s ' \t\n' '\n' <<<"$proposed" | sort -u); do
	case $word in
	list | del | add | set) continue ;;
	esac
	grep -qxF -e "$word" <<<"$words"
	ok $? "completion's $word exists"
done
echo "1..$n"
[ "$failed" = 0 ]
