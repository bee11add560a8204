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

# What each module leaves, one after the other, each behind a line that names the module or the
# suite. In a guest that is emulated each process costs a second: none but those that load.
collect() {
	local ko name suite
	for ko in "$updates"/*_kunit.ko; do
		name=${ko##*/}
		name=${name%.ko}
		echo "module $name"
		modprobe "$name" || { echo "bad $name: cannot be loaded"; continue; }
		for suite in "$results"/*/; do
			[ -e "$suite/results" ] || continue
			suite=${suite%/}
			echo "suite ${suite##*/}"
			echo "$(<"$suite/results")"
		done
		rmmod "$name" || echo "bad $name: cannot be unloaded"
	done
}

# KTAP in, "ok"/"not ok" lines out, numbered anew, and the plan.
collect | awk '
	function say(verdict, text) { print verdict " " ++n " - " text }
	function no_suite() { if (module != "" && !suites) say("not ok", module ": has no suite") }
	$1 == "module" { no_suite(); module = $2; suites = 0; next }
	$1 == "suite" { suite = $2; suites++; inner = 0; parent = ""; next }
	$1 == "bad" { sub(/^bad /, ""); say("not ok", $0); suites++; next }
	/^ *#/ { if ($2 == "Subtest:" && /^        /) parent = $3 " "
		 sub(/^ */, ""); print; next }
	match($0, /^ +(not )?ok [0-9]+ */) {
		verdict = $0 ~ /^ *not/ ? "not ok" : "ok"
		text = substr($0, RLENGTH + 1); sub(/^- */, "", text)
		if (/^        /) { say(verdict, suite ": " parent text); inner++ }
		else { if (!inner) say(verdict, suite ": " text); inner = 0; parent = "" }
	}
	END { no_suite(); if (!n) say("not ok", "no KUnit module was built"); print "1.." n }'
