// SPDX-License-Identifier: GPL-2.0-or-later
/* What a change of servers moves: two selection tables compared. */
#include "moved.h"

#define CHANGED	0x8000	/* beside the position */

static int compare(const struct dray_table_server *a,
		   const struct dray_table_server *b)
{
	return memcmp(a, b, offsetof(struct dray_table_server, weight));
}

/*
 * Numbers the servers of both tables in common: those of @from by their own
 * positions, and those only in @to by DRAY_TABLE_NONE.
 */
static void number(const struct dray_table *from, const struct dray_table *to,
		   uint16_t *of_from, uint16_t *of_to)
{
	uint32_t f, t;

	for (f = 0; f < from->n; f++)
		of_from[f] = f | CHANGED;	/* unless it is met below */
	for (t = 0, f = 0; t < to->n; t++) {
		while (f < from->n &&
		       compare(&from->servers[f], &to->servers[t]) < 0)
			f++;
		of_to[t] = DRAY_TABLE_NONE;
		if (f == from->n ||
		    compare(&from->servers[f], &to->servers[t]))
			continue;
		if (from->servers[f].weight == to->servers[t].weight)
			of_from[f] = f;
		of_to[t] = of_from[f];
	}
}

void dray_moved_count(const struct dray_table *from,
		      const struct dray_table *to, struct dray_moved *moved)
{
	uint16_t of_from[DRAY_TABLE_SERVERS_MAX];
	uint16_t of_to[DRAY_TABLE_SERVERS_MAX];
	uint16_t left, entered;
	uint32_t row;

	moved->rows = 0;
	moved->needless = 0;
	number(from, to, of_from, of_to);
	for (row = 0; row < from->rows; row++) {
		left = of_from[dray_table_rank(from->row[row], 0)];
		entered = of_to[dray_table_rank(to->row[row], 0)];
		if (left == entered)
			continue;
		moved->rows++;
		moved->needless += !((left | entered) & CHANGED);
	}
}
