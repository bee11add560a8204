/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of making a table share: table.c knows who takes part
 * and with how many rows at most, table_match.c who gets which row.
 */
#ifndef _DRAY_TABLE_IMPL_H
#define _DRAY_TABLE_IMPL_H

#include "table.h"

#define DRAY_TABLE_POLL	64	/* rows or servers between two looks around */

/**
 * struct dray_table_entrant - a server while its table is made
 * @seed: keyed hash of its identity
 * @share: its share of the rows with slack, in units of 2^-32
 * @capacity: how many rows it may have, at least 1
 */
struct dray_table_entrant {
	u64 seed;
	u64 share;
	u32 capacity;
};

/* The finaliser of SplitMix64 (S. Vigna, splitmix64.c), which is variant 13 of
 * D. Stafford's search: each bit of @x turns over each bit of the result with a
 * probability near to a half.
 */
static inline u64 dray_table_mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/**
 * dray_table_match() - fill the rows of a table
 * @table: table, with its servers
 * @entrants: one for each of them; their capacities add up to the rows at least
 * @key: of the table
 * @spec: to ask whether to stop
 *
 * Context: process, preemptible.
 * Return: 0, -ENOMEM or -EINTR.
 */
int dray_table_match(struct dray_table *table,
		     const struct dray_table_entrant *entrants,
		     const siphash_key_t *key,
		     const struct dray_table_spec *spec);

#endif
