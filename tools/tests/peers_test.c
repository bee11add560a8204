// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables that ours is compared with are what they are to be: else the
 * comparison would flatter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "table_fixture.h"
#include "table_peers.h"

#define N	100

static void servers_of(struct dray_table_server *servers, const u32 *weights,
		       u32 n)
{
	u32 i;

	fixture_servers(servers, n, GOLDEN_V4, GOLDEN_EQUAL);
	for (i = 0; i < n; i++)
		servers[i].weight = weights ? weights[i] : 10;
}

/* With equal weights all take turns: nobody has two rows more than another. */
static void test_maglev_is_even(void **state)
{
	struct dray_table_server servers[N];
	struct dray_table *table;
	u32 count[N], i;

	(void)state;
	servers_of(servers, NULL, N);
	table = peer_maglev(servers, N, (const u8 *)DRAY_TABLE_PUBLIC_KEY);
	assert_int_equal(table->n, N);
	fixture_count(table, count);
	for (i = 0; i < N; i++)
		assert_in_range(count[i], PEER_MAGLEV_ROWS / N,
				PEER_MAGLEV_ROWS / N + 1);
	dray_table_destroy(table);
}

static void test_maglev_goes_by_weight(void **state)
{
	static const u32 weights[] = { 10, 20, 0, 70 };
	struct dray_table_server servers[4];
	struct dray_table *table;
	u32 count[4];

	(void)state;
	servers_of(servers, weights, 4);
	table = peer_maglev(servers, 4, (const u8 *)DRAY_TABLE_PUBLIC_KEY);
	assert_int_equal(table->n, 3);
	fixture_count(table, count);
	assert_in_range(count[0], 6553, 6555);
	assert_in_range(count[1], 13106, 13109);
	assert_in_range(count[2], 45874, 45877);
	dray_table_destroy(table);
}

/* Maglev's table does not depend on the order of servers, mh's does. */
static void test_order(void **state)
{
	struct dray_table_server servers[N], other[N];
	struct dray_table *a, *b;
	u32 i;

	(void)state;
	servers_of(servers, NULL, N);
	for (i = 0; i < N; i++)
		other[i] = servers[N - 1 - i];
	a = peer_maglev(servers, N, (const u8 *)DRAY_TABLE_PUBLIC_KEY);
	b = peer_maglev(other, N, (const u8 *)DRAY_TABLE_PUBLIC_KEY);
	assert_memory_equal(a->row, b->row, a->rows * sizeof(*a->row));
	dray_table_destroy(a);
	dray_table_destroy(b);
	a = peer_mh(servers, N);
	b = peer_mh(other, N);
	assert_memory_not_equal(a->row, b->row, a->rows * sizeof(*a->row));
	dray_table_destroy(a);
	dray_table_destroy(b);
}

/* Weights count in units of what they have in common, up to six bits. */
static void test_mh_weights(void **state)
{
	static const u32 weights[] = { 1, 100, 3000 };
	struct dray_table_server servers[3];
	struct dray_table *table;
	u32 count[3];

	(void)state;
	servers_of(servers, weights, 3);
	table = peer_mh(servers, 3);
	fixture_count(table, count);
	/* 3000 is cut to 46 turns, 100 and 1 to one. */
	assert_in_range(count[0], 85, 86);
	assert_in_range(count[1], 85, 86);
	assert_int_equal(count[0] + count[1] + count[2], PEER_MH_ROWS);
	dray_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maglev_is_even),
		cmocka_unit_test(test_maglev_goes_by_weight),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_mh_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
