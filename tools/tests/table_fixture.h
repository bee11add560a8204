/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selection tables for the unit tests.  Include cmocka.h and its own first. */
#ifndef DRAY_TABLE_FIXTURE_H
#define DRAY_TABLE_FIXTURE_H

#include <arpa/inet.h>

#include "../../kernel/table.h"
#include "../../kernel/tests/table_golden.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static inline void fixture_servers(struct dray_table_server *servers, u32 n,
				   enum golden_families families,
				   enum golden_weights weights)
{
	u32 i;

	for (i = 0; i < n; i++)
		servers[i] = golden_server(i, families, weights);
}

static inline struct dray_table_spec
fixture_spec(const struct dray_table_server *servers, u32 n, u32 rows)
{
	return (struct dray_table_spec){
		.servers = servers, .n = n, .rows = rows,
		.slack = DRAY_TABLE_SLACK_DEFAULT,
		.key = (const u8 *)DRAY_TABLE_PUBLIC_KEY,
	};
}

static inline struct dray_table *fixture_table(const struct dray_table_spec *spec)
{
	struct dray_table *table;

	assert_int_equal(dray_table_create(&table, spec), 0);
	assert_non_null(table);
	return table;
}

/* Rows that each server is the first choice of. */
static inline void fixture_count(const struct dray_table *table, u32 *count)
{
	u32 row;

	memset(count, 0, table->n * sizeof(*count));
	for (row = 0; row < table->rows; row++) {
		assert_true(dray_table_rank(table->row[row], 0) < table->n);
		count[dray_table_rank(table->row[row], 0)]++;
	}
}

static inline u64 fixture_weights(const struct dray_table *table)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < table->n; i++)
		sum += table->servers[i].weight;
	return sum;
}

/* Numbers that are the same in every run: xorshift64*. */
static inline u64 fixture_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

#endif
