// SPDX-License-Identifier: GPL-2.0-or-later
/* Selection tables made in user space, from the kernel's own source. */
#include "simulate.h"

#include <arpa/inet.h>

#include "moved.h"

struct sim_table {
	struct dray_table *table;
	uint32_t *count;		/* rows that have the server first */
};

uint64_t sim_key_fingerprint(const uint8_t *key)
{
	const siphash_key_t sip = { {
		get_unaligned_le64(key), get_unaligned_le64(key + 8)
	} };

	return siphash_3u64(DRAY_KEY_TAG, ~0ULL, ~0ULL, &sip);
}

static struct dray_table_server convert(const struct sim_server *server)
{
	struct dray_table_server to = {
		.port = htons(server->port),
		.family = server->family,
		.weight = server->weight,
	};

	memcpy(to.addr, server->addr, server->family == AF_INET ? 4 : 16);
	return to;
}

static void count_rows(struct sim_table *sim)
{
	const struct dray_table *table = sim->table;
	uint32_t row;

	for (row = 0; row < table->rows; row++)
		sim->count[dray_table_rank(table->row[row], 0)]++;
}

static int make(struct sim_table *sim, const struct dray_table_spec *spec)
{
	int err = dray_table_create(&sim->table, spec);

	if (err)
		return err;
	sim->count = calloc(sim->table->n, sizeof(*sim->count));
	if (!sim->count)
		return -ENOMEM;
	count_rows(sim);
	return 0;
}

static int make_of(struct sim_table *sim, const struct sim_server *servers,
		   size_t n, uint32_t rows, const uint8_t *key)
{
	struct dray_table_server *members = calloc(n + 1, sizeof(*members));
	struct dray_table_spec spec = {
		.servers = members, .n = n, .rows = rows,
		.slack = DRAY_TABLE_SLACK_DEFAULT, .key = key,
	};
	size_t i;
	int err;

	if (!members)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		members[i] = convert(&servers[i]);
	err = make(sim, &spec);
	free(members);
	return err;
}

int sim_table_create(struct sim_table **sim, const struct sim_server *servers,
		     size_t n, uint32_t rows, const uint8_t *key)
{
	int err;

	*sim = calloc(1, sizeof(**sim));
	if (!*sim)
		return -ENOMEM;
	err = make_of(*sim, servers, n, rows, key);
	if (!err)
		return 0;
	sim_table_destroy(*sim);
	*sim = NULL;
	return err == -ENOENT || err == -ENODATA ? 0 : err;
}

void sim_table_destroy(struct sim_table *sim)
{
	if (!sim)
		return;
	dray_table_destroy(sim->table);
	free(sim->count);
	free(sim);
}

uint64_t sim_table_fingerprint(const struct sim_table *sim)
{
	return sim->table->fingerprint;
}

double sim_table_share(const struct sim_table *sim,
		       const struct sim_server *server)
{
	struct dray_table_server wanted = convert(server);
	uint32_t i;

	for (i = 0; sim && i < sim->table->n; i++)
		if (!memcmp(&sim->table->servers[i], &wanted,
			    offsetof(struct dray_table_server, weight)))
			return 100.0 * sim->count[i] / sim->table->rows;
	return 0;
}

/* The same table with more rows: what was one row are several. */
static struct dray_table *spread(const struct dray_table *table, uint32_t rows)
{
	size_t size = sizeof(*table) + table->n * sizeof(*table->servers);
	struct dray_table *more = malloc(size);
	uint32_t row;

	if (!more)
		return NULL;
	memcpy(more, table, size);
	more->rows = rows;
	more->row = calloc(rows, sizeof(*more->row));
	if (!more->row) {
		free(more);
		return NULL;
	}
	for (row = 0; row < rows; row++)
		more->row[row] = table->row[(uint64_t)row * table->rows / rows];
	return more;
}

static void free_spread(struct dray_table *table)
{
	if (!table)
		return;
	free(table->row);
	free(table);
}

int sim_table_moved(const struct sim_table *from, const struct sim_table *to,
		    struct sim_moved *moved)
{
	uint32_t rows = from->table->rows > to->table->rows ?
			from->table->rows : to->table->rows;
	struct dray_table *a = spread(from->table, rows);
	struct dray_table *b = spread(to->table, rows);
	struct dray_moved count = { 0 };
	int err = a && b ? 0 : -ENOMEM;

	if (!err)
		dray_moved_count(a, b, &count);
	moved->rows = 100.0 * count.rows / rows;
	moved->needless = 100.0 * count.needless / rows;
	free_spread(a);
	free_spread(b);
	return err;
}
