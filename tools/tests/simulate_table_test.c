// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables made from what the tools know are the kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulate.h"
#include "table_fixture.h"

#define N	30

static const u8 *const key = (const u8 *)DRAY_TABLE_PUBLIC_KEY;

static struct sim_server as_sim(const struct dray_table_server *server)
{
	struct sim_server to = { .family = server->family,
				 .port = ntohs(server->port),
				 .weight = server->weight };

	memcpy(to.addr, server->addr, sizeof(to.addr));
	return to;
}

/* The last one first: the order is of no interest. */
static void fill(struct dray_table_server *servers, struct sim_server *sims,
		 enum golden_families families, enum golden_weights weights)
{
	u32 i;

	fixture_servers(servers, N, families, weights);
	for (i = 0; i < N; i++)
		sims[N - 1 - i] = as_sim(&servers[i]);
}

static struct sim_table *made(const struct sim_server *sims, u32 n, u32 rows)
{
	struct sim_table *sim;

	assert_int_equal(sim_table_create(&sim, sims, n, rows, key), 0);
	assert_non_null(sim);
	return sim;
}

static void test_same(void **state)
{
	static const enum golden_families families[] = {
		GOLDEN_V4, GOLDEN_V6, GOLDEN_BOTH,
	};
	struct dray_table_server servers[N];
	struct sim_server sims[N];
	struct dray_table_spec spec;
	struct dray_table *table;
	struct sim_table *sim;
	double sum = 0;
	u32 i, k;

	(void)state;
	for (i = 0; i < COUNT(families); i++, sum = 0) {
		fill(servers, sims, families[i], GOLDEN_EXTREME);
		spec = fixture_spec(servers, N, 16384);
		table = fixture_table(&spec);
		sim = made(sims, N, 16384);
		assert_true(sim_table_fingerprint(sim) == table->fingerprint);
		for (k = 0; k < N; k++)
			sum += sim_table_share(sim, &sims[k]);
		assert_true(sum > 99.99 && sum < 100.01);
		dray_table_destroy(table);
		sim_table_destroy(sim);
	}
}

static void test_moved(void **state)
{
	struct dray_table_server servers[N];
	struct sim_server sims[N];
	struct sim_table *many, *few, *coarse;
	struct sim_moved moved, back;
	double share;

	(void)state;
	fill(servers, sims, GOLDEN_BOTH, GOLDEN_EQUAL);
	many = made(sims, N, 16384);
	few = made(sims, N - 1, 16384);
	coarse = made(sims, N, 4096);
	assert_int_equal(sim_table_moved(many, many, &moved), 0);
	assert_true(moved.rows == 0 && moved.needless == 0);
	share = sim_table_share(many, &sims[N - 1]);
	assert_true(sim_table_share(few, &sims[N - 1]) == 0);
	assert_int_equal(sim_table_moved(many, few, &moved), 0);
	share -= moved.rows - moved.needless;
	assert_true(share > -0.001 && share < 0.001);
	/* other rows: but for one in 30, by chance, all clients move */
	assert_int_equal(sim_table_moved(many, coarse, &moved), 0);
	assert_int_equal(sim_table_moved(coarse, many, &back), 0);
	assert_true(moved.rows > 95 && moved.rows < 98);
	assert_true(moved.rows == back.rows && moved.rows == moved.needless);
	sim_table_destroy(many);
	sim_table_destroy(few);
	sim_table_destroy(coarse);
}

static void test_none(void **state)
{
	struct sim_server server = { .family = AF_INET };
	struct sim_server many[257] = { 0 };
	struct sim_table *sim;
	u32 i;

	(void)state;
	assert_int_equal(sim_table_create(&sim, NULL, 0, 4096, key), 0);
	assert_null(sim);
	assert_int_equal(sim_table_create(&sim, &server, 1, 4096, key), 0);
	assert_null(sim);
	assert_true(sim_table_share(NULL, &server) == 0);
	for (i = 0; i < 257; i++)
		many[i] = (struct sim_server){ .family = AF_INET, .port = i,
					       .weight = 1 };
	assert_int_equal(sim_table_create(&sim, many, 257, 4096, key), -ENOSPC);
	assert_null(sim);
	assert_int_equal(sim_table_create(&sim, many, 1, 5000, key), -EINVAL);
	sim_table_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
