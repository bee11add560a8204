/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change of servers moves: two selection tables compared. */
#ifndef DRAY_MOVED_H
#define DRAY_MOVED_H

#include "../../kernel/table.h"

/* Rows whose first choice is another server. */
struct dray_moved {
	uint32_t rows;		/* all of them */
	uint32_t needless;	/* from and to servers that were not changed */
};

/*
 * Counts what moves from one table to another one with as many rows.  A server
 * is changed if it comes, goes or gets another weight.
 */
void dray_moved_count(const struct dray_table *from,
		      const struct dray_table *to, struct dray_moved *moved);

#endif
