// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selection tables: what they promise.  That they are what they should be, row
 * by row, is in table_model_test.c; what a change moves, in moved_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "table_fixture.h"

/* calloc() and free() of everything but libraries come by here. */
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);

static int allocated;		/* and not freed */
static int allocations_left = -1;	/* before one fails; -1: none does */

void *__wrap_calloc(size_t n, size_t size)
{
	if (!allocations_left)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	allocated++;
	return __real_calloc(n, size);
}

void __wrap_free(void *p)
{
	allocated -= p != NULL;
	__real_free(p);
}

static void test_golden(void **state)
{
	struct dray_table_server servers[1000];
	struct dray_table_spec spec;
	struct dray_table *table;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(goldens); i++) {
		fixture_servers(servers, goldens[i].n, goldens[i].families,
				goldens[i].weights);
		spec = fixture_spec(servers, goldens[i].n, goldens[i].rows);
		spec.slack = goldens[i].slack;
		spec.key = (const u8 *)goldens[i].key;
		table = fixture_table(&spec);
		print_message("# golden %zu: 0x%016llx\n", i,
			      (unsigned long long)table->fingerprint);
		assert_int_equal(table->fingerprint, goldens[i].fingerprint);
		dray_table_destroy(table);
	}
}

static void shuffle(struct dray_table_server *servers, u32 n, u64 *random)
{
	struct dray_table_server server;
	u32 i, k;

	for (i = n - 1; i; i--) {
		k = fixture_random(random) % (i + 1);
		server = servers[i];
		servers[i] = servers[k];
		servers[k] = server;
	}
}

/* Order, bytes that do not count, and servers without a weight make no odds. */
static void test_order(void **state)
{
	struct dray_table_server servers[45];
	struct dray_table_spec spec;
	struct dray_table *first, *other;
	u64 random = 1;
	int i;

	(void)state;
	fixture_servers(servers, 45, GOLDEN_BOTH, GOLDEN_SKEWED);
	spec = fixture_spec(servers, 40, 4096);
	first = fixture_table(&spec);
	for (i = 40; i < 45; i++)
		servers[i].weight = 0;
	spec.n = 45;
	for (i = 0; i < 45; i++) {
		servers[i].zero = i;
		if (servers[i].family == AF_INET)
			servers[i].addr[2] = i;
	}
	for (i = 0; i < 1000; i++) {
		shuffle(servers, 45, &random);
		other = fixture_table(&spec);
		assert_int_equal(other->n, 40);
		assert_int_equal(other->fingerprint, first->fingerprint);
		assert_memory_equal(other->row, first->row, 4096 * 8);
		assert_memory_equal(other->servers, first->servers,
				    40 * sizeof(servers[0]));
		dray_table_destroy(other);
	}
	dray_table_destroy(first);
}

/* Another key, slack, port, family or weight is another table. */
static void test_all_counts(void **state)
{
	struct dray_table_server servers[30];
	struct dray_table_spec spec = fixture_spec(servers, 30, 4096);
	struct dray_table *table;
	u64 prints[6];
	int i, k;

	(void)state;
	fixture_servers(servers, 30, GOLDEN_V6, GOLDEN_EQUAL);
	for (i = 0; i < 6; i++) {
		if (i == 1)
			spec.key = (const u8 *)GOLDEN_KEY;
		if (i == 2)
			spec.slack = 10;
		if (i == 3)
			servers[7].port = htons(443);
		if (i == 4)
			servers[7].family = AF_INET;
		if (i == 5)
			servers[7].weight++;
		table = fixture_table(&spec);
		prints[i] = table->fingerprint;
		dray_table_destroy(table);
		for (k = 0; k < i; k++)
			assert_true(prints[k] != prints[i]);
	}
}

/* What is asked for; -1 where a case does not say. */
struct refusal {
	int err;
	u32 n, rows, slack;
	u32 weight;		/* of all servers */
};

static void test_errors(void **state)
{
	static const struct refusal cases[] = {
		{ -EINVAL, 5, 0, 20, 1 },
		{ -EINVAL, 5, 2048, 20, 1 },
		{ -EINVAL, 5, 4095, 20, 1 },
		{ -EINVAL, 5, 12288, 20, 1 },
		{ -EINVAL, 5, 262145, 20, 1 },
		{ -EINVAL, 5, 524288, 20, 1 },
		{ -EINVAL, 5, 0x80000000, 20, 1 },
		{ -EDOM, 5, 4096, 1001, 1 },
		{ -EDOM, 5, 4096, UINT32_MAX, 1 },
		{ -ENOENT, 0, 4096, 20, 1 },
		{ -E2BIG, 4097, 262144, 20, 1 },
		{ -E2BIG, 4097, 4096, 20, 0 },
		{ -E2BIG, UINT32_MAX, 4096, 20, 0 },
		{ -ENODATA, 1, 4096, 20, 0 },
		{ -ENODATA, 4096, 4096, 20, 0 },
		{ -EOVERFLOW, 1, 4096, 20, 0x80000000 },
		{ -EOVERFLOW, 2, 4096, 20, UINT32_MAX },
		{ -ENOSPC, 257, 4096, 20, 1 },
		{ -ENOSPC, 4096, 32768, 20, 1 },
		{ 0, 256, 4096, 1000, 1 },
		{ 0, 1, 4096, 0, DRAY_TABLE_WEIGHT_MAX },
		{ 0, 4096, 65536, 0, DRAY_TABLE_WEIGHT_MAX },
	};
	static struct dray_table_server servers[4097];
	struct dray_table_spec spec;
	struct dray_table *table;
	size_t i, k;

	(void)state;
	fixture_servers(servers, 4097, GOLDEN_BOTH, GOLDEN_EQUAL);
	for (i = 0; i < COUNT(cases); i++) {
		print_message("# error %zu\n", i);
		for (k = 0; k < 4097; k++)
			servers[k].weight = cases[i].weight;
		spec = fixture_spec(servers, cases[i].n, cases[i].rows);
		spec.slack = cases[i].slack;
		table = (struct dray_table *)1;
		assert_int_equal(dray_table_check(&spec), cases[i].err);
		assert_int_equal(dray_table_create(&table, &spec),
				 cases[i].err);
		assert_true(!table == !!cases[i].err);
		dray_table_destroy(table);
	}
}

/* Those that look at single servers. */
static void test_server_errors(void **state)
{
	struct dray_table_server servers[20];
	struct dray_table_spec spec = fixture_spec(servers, 20, 4096);
	struct dray_table *table;

	(void)state;
	fixture_servers(servers, 20, GOLDEN_V4, GOLDEN_EQUAL);
	servers[13].family = 0;
	assert_int_equal(dray_table_create(&table, &spec), -EAFNOSUPPORT);
	servers[13] = servers[2];
	assert_int_equal(dray_table_check(&spec), 0);
	assert_int_equal(dray_table_create(&table, &spec), -EEXIST);
	/* Nor do these make it another server. */
	servers[13].weight = 0;
	servers[13].zero = 1;
	servers[13].addr[3] = 1;
	assert_int_equal(dray_table_create(&table, &spec), -EEXIST);
	assert_null(table);
	servers[13].port++;
	assert_int_equal(dray_table_create(&table, &spec), 0);
	dray_table_destroy(table);
}

static void test_allocation(void **state)
{
	struct dray_table_server servers[30];
	struct dray_table_spec spec = fixture_spec(servers, 30, 4096);
	struct dray_table *table;
	int i, err = -ENOMEM;

	(void)state;
	fixture_servers(servers, 30, GOLDEN_V4, GOLDEN_EQUAL);
	allocated = 0;
	for (i = 0; err; i++) {
		assert_in_range(i, 0, 20);
		allocations_left = i;
		err = dray_table_create(&table, &spec);
		allocations_left = -1;
		assert_int_equal(err, err ? -ENOMEM : 0);
		assert_true(!table == !!err);
		/* A table is two pieces. */
		assert_int_equal(allocated, table ? 2 : 0);
	}
	assert_true(i > 2);
	dray_table_destroy(table);
	dray_table_destroy(NULL);
	assert_int_equal(allocated, 0);
}

static bool count_down(void *arg)
{
	int *left = arg;

	return !(*left)--;
}

static void test_stop(void **state)
{
	struct dray_table_server servers[30];
	struct dray_table_spec spec = fixture_spec(servers, 30, 4096);
	struct dray_table *table;
	int i, left;

	(void)state;
	fixture_servers(servers, 30, GOLDEN_V4, GOLDEN_EQUAL);
	spec.stop = count_down;
	spec.arg = &left;
	allocated = 0;
	/* It is asked every 64 rows. */
	for (i = 0; i < 64; i++) {
		left = i;
		assert_int_equal(dray_table_create(&table, &spec), -EINTR);
		assert_null(table);
		assert_int_equal(allocated, 0);
	}
	left = 64;
	assert_int_equal(dray_table_create(&table, &spec), 0);
	assert_int_equal(left, 0);
	dray_table_destroy(table);
}

/* Four servers of each row, no one twice; those that are missing come last. */
static void check_ranks(const struct dray_table *table)
{
	u32 row, i, k;

	for (row = 0; row < table->rows; row++)
		for (i = 0; i < DRAY_TABLE_RANKS; i++) {
			u16 server = dray_table_rank(table->row[row], i);

			if (i >= table->n) {
				assert_int_equal(server, DRAY_TABLE_NONE);
				continue;
			}
			assert_true(server < table->n);
			for (k = 0; k < i; k++)
				assert_true(dray_table_rank(table->row[row], k)
					    != server);
		}
}

static void test_ranks(void **state)
{
	static const u32 n[] = { 1, 2, 3, 4, 5, 24, 25, 256 };
	struct dray_table_server servers[256];
	struct dray_table_spec spec;
	struct dray_table *table;
	size_t i;
	int w;

	(void)state;
	for (i = 0; i < COUNT(n); i++)
		for (w = GOLDEN_EQUAL; w <= GOLDEN_EXTREME; w++) {
			fixture_servers(servers, n[i], GOLDEN_BOTH, w);
			spec = fixture_spec(servers, n[i], 4096);
			spec.slack = w * 10;
			table = fixture_table(&spec);
			assert_int_equal(table->n, n[i]);
			check_ranks(table);
			dray_table_destroy(table);
		}
}

/* No server has more than its share, the slack and one row. */
static void check_shares(const struct dray_table *table, u32 slack)
{
	u64 weights = fixture_weights(table), most;
	u32 count[1000], i;

	fixture_count(table, count);
	for (i = 0; i < table->n; i++) {
		most = (u64)table->servers[i].weight * table->rows *
		       (1000 + slack) / (1000 * weights) + 1;
		assert_in_range(count[i], 0, most);
	}
}

static void test_shares(void **state)
{
	static const u32 slacks[] = { 0, 1, 10, 20, 50, 1000 };
	struct dray_table_server servers[1000];
	struct dray_table_spec spec;
	struct dray_table *table;
	u64 random = 7;
	u32 i, k;

	(void)state;
	for (i = 0; i < 120; i++) {
		u32 rows = 4096 << i % 3;
		u32 n = 1 + fixture_random(&random) % (rows / 16);
		u32 widest = 1 + fixture_random(&random) % 20;

		n = n > 1000 ? 1000 : n;
		fixture_servers(servers, n, GOLDEN_BOTH, GOLDEN_EQUAL);
		for (k = 0; k < n; k++)
			servers[k].weight = 1 +
				(fixture_random(&random) >> (64 - widest));
		spec = fixture_spec(servers, n, rows);
		spec.slack = slacks[i % COUNT(slacks)];
		table = fixture_table(&spec);
		check_shares(table, spec.slack);
		dray_table_destroy(table);
	}
}

static void test_row(void **state)
{
	struct dray_table_server servers[3];
	struct dray_table_spec spec = fixture_spec(servers, 3, 8192);
	struct dray_table *table;

	(void)state;
	fixture_servers(servers, 3, GOLDEN_V4, GOLDEN_EQUAL);
	table = fixture_table(&spec);
	assert_ptr_equal(&table->row[0], table->row);
	assert_int_equal(dray_table_row(table, 0), table->row[0]);
	assert_int_equal(dray_table_row(table, UINT64_MAX), table->row[8191]);
	assert_int_equal(dray_table_row(table, 5ULL << 51 | 0xffff),
			 table->row[5]);
	assert_int_equal(dray_table_rank(0x4444333322221111, 0), 0x1111);
	assert_int_equal(dray_table_rank(0x4444333322221111, 3), 0x4444);
	assert_int_equal(dray_table_size(8192, 3),
			 sizeof(*table) + sizeof(servers) + 8192 * 8);
	dray_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_all_counts),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_server_errors),
		cmocka_unit_test(test_allocation),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
