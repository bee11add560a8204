// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dray table next to Maglev's and to mh's of IPVS, on the same servers: how
 * even they are and what a change of one server moves of the others' rows.
 *
 *	peers_bench			the figures, as a table
 *	peers_bench --mh SERVERS WEIGHTS	what mh must do, for selftests/bench/mh
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "moved.h"
#include "table_peers.h"

#define MOST	1000	/* servers */

enum kind { MAGLEV, MH, DRAY };

/* Of all trials of a table: the worst peak and excess, the sums of moves. */
struct figures {
	double peak;		/* rows by share, of the server that has most */
	double excess;		/* rows above 1.02 of the share */
	double removed, heavier;	/* needless moves, of the others' rows */
};

/* The i-th server; weights are @weights different ones, in steps of ten. */
static struct dray_table_server server(u32 i, u32 weights)
{
	return (struct dray_table_server){
		.addr[0] = htonl(0x0a010401 + i), .port = htons(80),
		.family = AF_INET, .weight = 10 * (1 + i % weights),
	};
}

static struct dray_table *make(enum kind kind, u32 rows, u32 trial,
			       const struct dray_table_server *servers, u32 n)
{
	const u64 key[2] = { trial, ~(u64)trial };
	const struct dray_table_spec spec = {
		.servers = servers, .n = n, .rows = rows,
		.slack = DRAY_TABLE_SLACK_DEFAULT, .key = (const u8 *)key,
	};
	struct dray_table *table;
	int err;

	if (kind == MAGLEV)
		return peer_maglev(servers, n, spec.key);
	if (kind == MH)
		return peer_mh(servers, n);
	err = dray_table_create(&table, &spec);
	if (err) {
		fprintf(stderr, "%s\n", strerror(-err));
		exit(1);
	}
	return table;
}

static void count(const struct dray_table *table, u32 *rows)
{
	u32 row;

	memset(rows, 0, table->n * sizeof(*rows));
	for (row = 0; row < table->rows; row++)
		rows[dray_table_rank(table->row[row], 0)]++;
}

/* Servers are made sorted, so the i-th is the table's i-th. */
static void weigh(const struct dray_table *table, const u32 *rows,
		  struct figures *figures)
{
	double share, sum = 0;
	u32 i;

	for (i = 0; i < table->n; i++)
		sum += table->servers[i].weight;
	for (i = 0; i < table->n; i++) {
		share = table->rows * table->servers[i].weight / sum;
		if (rows[i] / share > figures->peak)
			figures->peak = rows[i] / share;
		if (rows[i] - 1.02 * share > figures->excess)
			figures->excess = rows[i] - 1.02 * share;
	}
}

/* Needless moves to @to, which is freed, of @others rows. */
static double moved(const struct dray_table *from, struct dray_table *to,
		    u32 others)
{
	struct dray_moved moved;

	dray_moved_count(from, to, &moved);
	dray_table_destroy(to);
	return others ? (double)moved.needless / others : 0;
}

static void try(enum kind kind, u32 rows, u32 n, u32 weights, u32 trial,
		struct figures *figures)
{
	static struct dray_table_server servers[MOST];
	static u32 counts[MOST];
	u32 i, others, changed = trial * 7919 % n;
	struct dray_table *table;

	for (i = 0; i < n; i++)
		servers[i] = server(i, weights);
	table = make(kind, rows, trial, servers, n);
	count(table, counts);
	weigh(table, counts, figures);
	others = table->rows - counts[changed];
	servers[changed].weight = servers[changed].weight / 10 * 11;
	figures->heavier += moved(table, make(kind, rows, trial, servers, n),
				  others);
	servers[changed].weight = 0;
	figures->removed += moved(table, make(kind, rows, trial, servers, n),
				  others);
	dray_table_destroy(table);
}

static void measure(enum kind kind, u32 rows, u32 n, u32 weights)
{
	static const char * const names[] = { "Maglev", "IPVS mh", "dray" };
	u32 trials = n > 100 ? 5 : 40, trial;
	struct figures figures = { 0 };

	for (trial = 0; trial < trials; trial++)
		try(kind, rows, n, weights, trial, &figures);
	printf("| %u | %s | %s | %u | %.3f | %.1f | %.3f %% | %.3f %% |\n",
	       n, weights > 1 ? "1 to 16" : "equal", names[kind], rows,
	       figures.peak, figures.excess, 100 * figures.removed / trials,
	       100 * figures.heavier / trials);
	fflush(stdout);
}

static void measure_all(u32 n, u32 weights)
{
	static const u32 rows[] = { 4096, 16384, 65536 };
	size_t i;

	measure(MAGLEV, PEER_MAGLEV_ROWS, n, weights);
	measure(MH, PEER_MH_ROWS, n, weights);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (n <= rows[i] / DRAY_TABLE_ROWS_PER_SERVER)
			measure(DRAY, rows[i], n, weights);
}

static void print_address(u32 address, char end)
{
	struct in_addr in = { .s_addr = htonl(address) };

	printf("%s%c", inet_ntoa(in), end);
}

/* Servers in the order in which they are to be added and their weights; an
 * empty line; and for each row a client of it and the server that it gets.
 */
static void expect_mh(u32 n, u32 weights)
{
	struct dray_table_server servers[MOST];
	u32 i, j, row, client = 0x0a400001;
	struct dray_table *table;

	/* Neither sorted nor the other way round. */
	for (i = 0; i < n; i++) {
		j = (i * 2654435761U >> 8) % (i + 1);
		servers[i] = servers[j];
		servers[j] = server(i, weights);
	}
	for (i = 0; i < n; i++) {
		print_address(ntohl(servers[i].addr[0]), ' ');
		printf("%u\n", servers[i].weight);
	}
	puts("");
	table = peer_mh(servers, n);
	for (row = 0; row < table->rows; row++) {
		while (peer_mh_row(client) != row)
			client++;
		print_address(client, ' ');
		i = dray_table_rank(table->row[row], 0);
		print_address(ntohl(table->servers[i].addr[0]), '\n');
	}
	dray_table_destroy(table);
}

int main(int argc, char **argv)
{
	static const u32 sizes[] = { 2, 10, 100, 1000 };
	u32 i;

	if (argc == 4) {
		expect_mh(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
		return 0;
	}
	printf("| servers | weights | table | rows | most rows / share | rows above 1.02 of the share | one removed | one +10 %% |\n"
	       "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++)
		measure_all(sizes[i / 2], i % 2 ? 16 : 1);
	return 0;
}
