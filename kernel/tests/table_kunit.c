// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selection tables in the kernel: the same as in user space, whose tests go
 * further (tools/tests/table_test.c, table_model_test.c).  Whether a failure
 * leaves something behind, kmemleak sees.
 */
#include <kunit/test.h>
#include <linux/in.h>

#include "../table.h"

static int allocations_left = -1;	/* before one fails; -1: none does */

static bool may_allocate(void)
{
	if (allocations_left > 0)
		allocations_left--;
	else if (!allocations_left)
		return false;
	return true;
}

#undef kvcalloc
#define kvcalloc(n, size, flags)					\
	(may_allocate() ? kvmalloc_array(n, size, (flags) | __GFP_ZERO) : NULL)
#undef kvzalloc
#define kvzalloc(size, flags)						\
	(may_allocate() ? kvmalloc(size, (flags) | __GFP_ZERO) : NULL)

#include "../table.c"
#include "../table_match.c"
#include "table_golden.h"

static struct dray_table_server *
make_servers(struct kunit *test, u32 n, enum golden_families families,
	     enum golden_weights weights)
{
	struct dray_table_server *servers;
	u32 i;

	servers = kunit_kcalloc(test, n, sizeof(*servers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, servers);
	for (i = 0; i < n; i++)
		servers[i] = golden_server(i, families, weights);
	return servers;
}

static struct dray_table_spec make_spec(struct kunit *test, u32 n, u32 rows)
{
	return (struct dray_table_spec){
		.servers = make_servers(test, n, GOLDEN_BOTH, GOLDEN_EQUAL),
		.n = n,
		.rows = rows,
		.slack = DRAY_TABLE_SLACK_DEFAULT,
		.key = (const u8 *)DRAY_TABLE_PUBLIC_KEY,
	};
}

static void golden_desc(const struct golden *g, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "rows %u servers %u slack %u %llx",
		 g->rows, g->n, g->slack, g->fingerprint);
}

KUNIT_ARRAY_PARAM(golden, goldens, golden_desc);

static void table_golden(struct kunit *test)
{
	const struct golden *g = test->param_value;
	const struct dray_table_spec spec = {
		.servers = make_servers(test, g->n, g->families, g->weights),
		.n = g->n,
		.rows = g->rows,
		.slack = g->slack,
		.key = (const u8 *)g->key,
	};
	struct dray_table *table;

	KUNIT_ASSERT_EQ(test, dray_table_create(&table, &spec), 0);
	KUNIT_EXPECT_EQ(test, table->n, g->n);
	KUNIT_EXPECT_EQ(test, table->fingerprint, g->fingerprint);
	KUNIT_EXPECT_EQ(test, dray_table_row(table, U64_MAX),
			table->row[g->rows - 1]);
	dray_table_destroy(table);
}

struct refusal {
	const char *name;
	int err;
	u32 n, rows, slack;
	u32 weight;		/* of all servers */
};

static const struct refusal refusals[] = {
	{ "rows too few", -EINVAL, 5, 2048, 20, 1 },
	{ "rows too many", -EINVAL, 5, 524288, 20, 1 },
	{ "rows no power of two", -EINVAL, 5, 12288, 20, 1 },
	{ "slack too great", -EDOM, 5, 4096, 1001, 1 },
	{ "no server", -ENOENT, 0, 4096, 20, 1 },
	{ "too many servers", -E2BIG, 4097, 262144, 20, 1 },
	{ "no server with a weight", -ENODATA, 2, 4096, 20, 0 },
	{ "weight too great", -EOVERFLOW, 2, 4096, 20, 0x80000000 },
	{ "too few rows for the servers", -ENOSPC, 257, 4096, 20, 1 },
};

static void refusal_desc(const struct refusal *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_desc);

static void table_refused(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct dray_table_server *servers;
	struct dray_table_spec spec;
	struct dray_table *table;
	u32 i;

	servers = make_servers(test, r->n, GOLDEN_BOTH, GOLDEN_EQUAL);
	for (i = 0; i < r->n; i++)
		servers[i].weight = r->weight;
	spec = (struct dray_table_spec){
		.servers = servers, .n = r->n, .rows = r->rows,
		.slack = r->slack, .key = (const u8 *)DRAY_TABLE_PUBLIC_KEY,
	};
	KUNIT_EXPECT_EQ(test, dray_table_check(&spec), r->err);
	KUNIT_EXPECT_EQ(test, dray_table_create(&table, &spec), r->err);
	KUNIT_EXPECT_NULL(test, table);
}

static void table_server_refused(struct kunit *test)
{
	struct dray_table_spec spec = make_spec(test, 5, 4096);
	struct dray_table_server *servers;
	struct dray_table *table;

	servers = make_servers(test, 5, GOLDEN_BOTH, GOLDEN_EQUAL);
	spec.servers = servers;
	servers[3].family = AF_UNSPEC;
	KUNIT_EXPECT_EQ(test, dray_table_create(&table, &spec), -EAFNOSUPPORT);
	servers[3] = servers[1];
	servers[3].weight = 0;
	KUNIT_EXPECT_EQ(test, dray_table_create(&table, &spec), -EEXIST);
	KUNIT_EXPECT_NULL(test, table);
}

static void table_allocation_fails(struct kunit *test)
{
	struct dray_table_spec spec = make_spec(test, 30, 4096);
	struct dray_table *table;
	int i, err = -ENOMEM;

	for (i = 0; err == -ENOMEM && i < 20; i++) {
		allocations_left = i;
		err = dray_table_create(&table, &spec);
		allocations_left = -1;
		KUNIT_EXPECT_EQ(test, !table, !!err);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, i, 2);
	dray_table_destroy(table);
}

static bool count_down(void *arg)
{
	int *left = arg;

	return !(*left)--;
}

static void table_stopped(struct kunit *test)
{
	struct dray_table_spec spec = make_spec(test, 30, 4096);
	struct dray_table *table;
	int left = 5;

	spec.stop = count_down;
	spec.arg = &left;
	KUNIT_EXPECT_EQ(test, dray_table_create(&table, &spec), -EINTR);
	KUNIT_EXPECT_NULL(test, table);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE_PARAM(table_golden, golden_gen_params),
	KUNIT_CASE_PARAM(table_refused, refusal_gen_params),
	KUNIT_CASE(table_server_refused),
	KUNIT_CASE(table_allocation_fails),
	KUNIT_CASE(table_stopped),
	{}
};

static struct kunit_suite table_suite = {
	.name = "dray_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the selection tables");
MODULE_LICENSE("GPL");
