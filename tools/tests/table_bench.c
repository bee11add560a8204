// SPDX-License-Identifier: GPL-2.0-or-later
/* How long selection tables take to make: the best of some runs. */
#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include "../../kernel/table.h"
#include "../../kernel/tests/table_golden.h"

static double milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double build(const struct dray_table_spec *spec)
{
	double began = milliseconds(), took;
	struct dray_table *table;
	int err;

	err = dray_table_create(&table, spec);
	took = milliseconds() - began;
	if (err) {
		fprintf(stderr, "%s\n", strerror(-err));
		exit(1);
	}
	dray_table_destroy(table);
	return took;
}

static double best(u32 rows, u32 n, u32 slack, enum golden_weights weights)
{
	static struct dray_table_server servers[DRAY_TABLE_SERVERS_MAX];
	const struct dray_table_spec spec = {
		.servers = servers, .n = n, .rows = rows, .slack = slack,
		.key = (const u8 *)DRAY_TABLE_PUBLIC_KEY,
	};
	int runs = (u64)rows * n > 100000000 ? 3 : 20;
	double least = 1e9, took;
	u32 i;

	for (i = 0; i < n; i++)
		servers[i] = golden_server(i, GOLDEN_BOTH, weights);
	while (runs--) {
		took = build(&spec);
		least = took < least ? took : least;
	}
	return least;
}

int main(void)
{
	static const struct {
		u32 rows, n;
	} sizes[] = {
		{ 16384, 10 }, { 16384, 100 }, { 65536, 10 }, { 65536, 100 },
		{ 65536, 1000 }, { 262144, 100 }, { 262144, 1000 },
		{ 262144, 4096 },
	};
	size_t i;

	printf("| rows | servers | ms | no slack | weights 1 to 16 | KB |\n"
	       "| ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		u32 rows = sizes[i].rows, n = sizes[i].n;

		printf("| %u | %u | %.1f | %.1f | %.1f | %zu |\n", rows, n,
		       best(rows, n, DRAY_TABLE_SLACK_DEFAULT, GOLDEN_EQUAL),
		       best(rows, n, 0, GOLDEN_EQUAL),
		       best(rows, n, DRAY_TABLE_SLACK_DEFAULT, GOLDEN_SKEWED),
		       dray_table_size(rows, n) / 1024);
		fflush(stdout);
	}
	return 0;
}
