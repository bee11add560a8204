// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The selection tables of dray.ko.
 */
#include "../table.c"
