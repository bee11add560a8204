#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# captures.py with the real ipvsadm on IPVS, where nothing may differ. Once is
# enough: on 6.1, where most of it was recorded.

if [ "$KERNEL_FLAVOUR" != 6.1 ]; then
	echo "1..0 # SKIP the recordings are checked against IPVS on 6.1"
	exit 4
fi
exec "$(dirname "$0")/captures.py" --self-check
