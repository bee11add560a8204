#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# timeout: 180
#
# Runs every KUnit module that was built (kernel/tests/*_kunit.c) by loading it,
# and turns the results that KUnit leaves in debugfs into cases; a parameterised
# case counts once per parameter. Stock kernels have no KUnit: one skip there.

results=/sys/kernel/debug/kunit
updates=/lib/modules/$(uname -r)/updates

if [ "$KERNEL_FLAVOUR" != debug ]; then
	echo "1..0 # SKIP $(uname -r) has no KUnit; the debug kernel runs these"
	exit
fi

# cases SUITE: KTAP in, "ok"/"not ok" lines without numbers out.
cases() {
	awk -v suite="$1" '
		/^ *#/ { if ($2 == "Subtest:" && /^        /) parent = $3 " "
			 sub(/^ */, ""); print; next }
		match($0, /^ +(not )?ok [0-9]+ */) {
			verdict = $0 ~ /^ *not/ ? "not ok" : "ok"
			text = substr($0, RLENGTH + 1); sub(/^- */, "", text)
			if (/^        /) { print verdict " - " suite ": " parent text; inner++ }
			else { if (!inner) print verdict " - " suite ": " text; inner = 0; parent = "" }
		}'
}

all=
for ko in "$updates"/*_kunit.ko; do
	name=$(basename "$ko" .ko)
	if ! modprobe "$name"; then
		all+="not ok - $name: cannot be loaded"$'\n'
		continue
	fi
	before=${all}
	for suite in "$results"/*/; do
		suite=$(basename "$suite")
		all+=$(cases "$suite" <"$results/$suite/results")$'\n'
	done
	[ "$all" != "$before" ] || all+="not ok - $name: has no suite"$'\n'
	rmmod "$name" || all+="not ok - $name: cannot be unloaded"$'\n'
done
[ -n "$all" ] || all="not ok - no KUnit module was built"

awk '/^(not )?ok / { sub(/ok/, "ok " ++n) } NF { print } END { print "1.." n }' <<<"$all"
