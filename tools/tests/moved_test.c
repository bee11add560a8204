// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a change of servers moves, held against the figures of
 * Documentation/table.md.  Tables are the same everywhere, so these are too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "moved.h"
#include "table_fixture.h"

/* Sums over keys. */
struct figures {
	double peak;	/* rows by share, of the server that has most */
	u64 removed, added, heavier, doubled;	/* needless moves */
};

static struct dray_table *keyed_table(const struct dray_table_server *servers,
				      u32 n, u32 rows, u64 seed)
{
	struct dray_table_spec spec = fixture_spec(servers, n, rows);
	u8 key[DRAY_TABLE_KEY_LEN];
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = fixture_random(&seed) >> 56;
	spec.key = key;
	return fixture_table(&spec);
}

static double peak(const struct dray_table *table)
{
	u32 count[101], i, most = 0;

	fixture_count(table, count);
	for (i = 0; i < table->n; i++)
		most = count[i] > most ? count[i] : most;
	return (double)most * table->n / table->rows;
}

/* Compares and frees @to. */
static u64 needless(const struct dray_table *from, struct dray_table *to)
{
	struct dray_moved moved;

	dray_moved_count(from, to, &moved);
	dray_table_destroy(to);
	return moved.needless;
}

/* One of @n servers of equal weights is gone, heavier, doubled, or one more. */
static void measure(u32 n, u32 rows, u64 seed, struct figures *sum)
{
	struct dray_table_server servers[101];
	struct dray_table *table;
	u32 k = seed % n;

	fixture_servers(servers, n + 1, GOLDEN_V4, GOLDEN_EQUAL);
	table = keyed_table(servers, n, rows, seed);
	sum->peak += peak(table);
	sum->added += needless(table, keyed_table(servers, n + 1, rows, seed));
	servers[k].weight = 0;
	sum->removed += needless(table, keyed_table(servers, n, rows, seed));
	servers[k].weight = 11;
	sum->heavier += needless(table, keyed_table(servers, n, rows, seed));
	servers[k].weight = 20;
	sum->doubled += needless(table, keyed_table(servers, n, rows, seed));
	dray_table_destroy(table);
}

static double percent(u64 sum, u32 rows)
{
	return 100.0 * sum / rows;
}

/*
 * The design's figures come from other keys.  With ten servers those of 40 keys
 * still differ by some tenths from those of another 40.
 */
static void test_figures(void **state)
{
	static const struct {
		u32 n, rows, keys;
		double peak, removed;
	} design[] = {
		{ 10, 16384, 40, 1.020, 0.13 },
		{ 100, 16384, 10, 1.025, 0.43 },
		{ 10, 65536, 40, 1.017, 0.015 },
		{ 100, 65536, 10, 1.021, 0.13 },
	};
	double removed, added, heavier, doubled, most;
	struct figures sum;
	u32 rows;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(design); i++) {
		memset(&sum, 0, sizeof(sum));
		for (k = 1; k <= design[i].keys; k++)
			measure(design[i].n, design[i].rows, k, &sum);
		rows = design[i].rows * design[i].keys;
		most = sum.peak / design[i].keys;
		removed = percent(sum.removed, rows);
		added = percent(sum.added, rows);
		heavier = percent(sum.heavier, rows);
		doubled = percent(sum.doubled, rows);
		print_message("# %5u rows, %3u servers: peak %.4f; needless %%:"
			      " one less %.3f, one more %.3f, +10%% %.3f,"
			      " doubled %.3f\n", design[i].rows, design[i].n,
			      most, removed, added, heavier, doubled);
		assert_true(most < design[i].peak + 0.001);
		assert_true(removed < design[i].removed * 1.3);
		assert_true(added < design[i].removed * 1.3);
		assert_true(doubled < design[i].removed * 1.3);
		assert_true(heavier < design[i].removed / 2);
	}
}

/* What comes and goes moves all of its rows, and they are not needless. */
static void test_count(void **state)
{
	struct dray_table_server servers[31];
	struct dray_table *few, *many, *heavy;
	u32 count[31], i, gained = 0;
	struct dray_moved moved;

	(void)state;
	fixture_servers(servers, 31, GOLDEN_BOTH, GOLDEN_EQUAL);
	many = keyed_table(servers, 31, 4096, 1);
	few = keyed_table(servers, 30, 4096, 1);
	fixture_count(many, count);
	for (i = 0; i < 31; i++)
		if (!memcmp(&many->servers[i], &servers[30],
			    sizeof(servers[30])))
			gained = count[i];
	assert_true(gained > 100);
	dray_moved_count(few, many, &moved);
	assert_int_equal(moved.rows - moved.needless, gained);
	dray_moved_count(many, few, &moved);
	assert_int_equal(moved.rows - moved.needless, gained);
	dray_moved_count(many, many, &moved);
	assert_int_equal(moved.rows, 0);
	assert_int_equal(moved.needless, 0);

	servers[4].weight *= 3;
	heavy = keyed_table(servers, 31, 4096, 1);
	dray_moved_count(many, heavy, &moved);
	assert_in_range(moved.rows - moved.needless, gained, 3 * gained);

	/* Nobody is left of who was there. */
	servers[0] = servers[30];
	dray_table_destroy(few);
	few = keyed_table(servers, 1, 4096, 1);
	servers[0].port++;
	dray_table_destroy(heavy);
	heavy = keyed_table(servers, 1, 4096, 1);
	dray_moved_count(few, heavy, &moved);
	assert_int_equal(moved.rows, 4096);
	assert_int_equal(moved.needless, 0);
	dray_table_destroy(few);
	dray_table_destroy(many);
	dray_table_destroy(heavy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
