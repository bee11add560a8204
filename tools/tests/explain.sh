#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What explain refuses by itself, before it asks the kernel.  Prints TAP.

exec "$(dirname "$0")/usage.sh" "$(dirname "$0")/explain.cases"
