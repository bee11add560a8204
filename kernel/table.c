// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selection tables by capacity-limited weighted rendezvous hashing: who takes
 * part, and with how many rows at most.  table_match.c has the algorithm.
 *
 * Integers only; no lock, no packet, no global state.
 */
#include "table_impl.h"

#define DITHER	0x646974686572ULL	/* keeps it apart from the row hashes */

/* What identifies a server stands in front of its weight. */
#define IDENTITY_SIZE	offsetof(struct dray_table_server, weight)

size_t dray_table_size(u32 rows, u32 n)
{
	const struct dray_table *table = NULL;

	return struct_size(table, servers, n) + rows * sizeof(*table->row);
}

/* Input. */

static int check_server(const struct dray_table_server *server)
{
	if (server->family != AF_INET && server->family != AF_INET6)
		return -EAFNOSUPPORT;
	if (server->weight > DRAY_TABLE_WEIGHT_MAX)
		return -EOVERFLOW;
	return 0;
}

static int check_servers(const struct dray_table_spec *spec)
{
	u32 i, with_weight = 0;
	int err;

	for (i = 0; i < spec->n; i++) {
		err = check_server(&spec->servers[i]);
		if (err)
			return err;
		with_weight += !!spec->servers[i].weight;
	}
	if (!with_weight)
		return -ENODATA;
	return with_weight > spec->rows / DRAY_TABLE_ROWS_PER_SERVER ?
	       -ENOSPC : 0;
}

int dray_table_check(const struct dray_table_spec *spec)
{
	if (spec->rows < DRAY_TABLE_ROWS_MIN ||
	    spec->rows > DRAY_TABLE_ROWS_MAX || spec->rows & (spec->rows - 1))
		return -EINVAL;
	if (spec->slack > DRAY_TABLE_SLACK_MAX)
		return -EDOM;
	if (!spec->n)
		return -ENOENT;
	if (spec->n > DRAY_TABLE_SERVERS_MAX)
		return -E2BIG;
	return check_servers(spec);
}

/* One identity in one form of bytes. */
static struct dray_table_server
canonical(const struct dray_table_server *server)
{
	struct dray_table_server copy = *server;

	if (copy.family == AF_INET)
		memset(&copy.addr[1], 0, 3 * sizeof(copy.addr[1]));
	copy.zero = 0;
	return copy;
}

/* Bytes in the order of the network: the same order on every machine. */
static int compare_identity(const void *a, const void *b)
{
	return memcmp(a, b, IDENTITY_SIZE);
}

/* The servers of a table: sorted, and those without a weight left out. */
static int set_servers(struct dray_table *table,
		       const struct dray_table_spec *spec)
{
	struct dray_table_server *servers = table->servers;
	u32 i;

	for (i = 0; i < spec->n; i++)
		servers[i] = canonical(&spec->servers[i]);
	sort(servers, spec->n, sizeof(*servers), compare_identity, NULL);
	for (i = 1; i < spec->n; i++)
		if (!compare_identity(&servers[i - 1], &servers[i]))
			return -EEXIST;
	for (i = 0; i < spec->n; i++)
		if (servers[i].weight)
			servers[table->n++] = servers[i];
	return 0;
}

/* Numbers of the identity, not bytes in memory: directors of either endianness
 * have to agree.
 */
static u64 server_seed(const struct dray_table_server *server,
		       const siphash_key_t *key)
{
	return siphash_3u64(get_unaligned_be64(&server->addr[0]),
			    get_unaligned_be64(&server->addr[2]),
			    (u64)be16_to_cpu(server->port) << 8 | server->family,
			    key);
}

/* Capacities. */

/* floor(a * 2^bits / b), exactly, by long division. */
static u64 shifted_ratio(u64 a, u64 b, unsigned int bits)
{
	u64 quotient = div64_u64(a, b);
	u64 rest = a - quotient * b;

	while (bits--) {
		rest <<= 1;
		quotient <<= 1;
		if (rest >= b) {
			rest -= b;
			quotient |= 1;
		}
	}
	return quotient;
}

/* The share is rounded up or down as a keyed hash of the server says, which it
 * does up the more often the greater the fraction: were all rounded alike,
 * servers of one weight would all gain or lose a row at once when another one
 * comes or goes.  @lift makes more of them round up.
 */
static u32 capacity(const struct dray_table_entrant *entrant, u64 lift)
{
	u64 dither = (dray_table_mix(entrant->seed ^ DITHER) >> 32) + lift;
	u32 rows;

	if (dither > U32_MAX)
		dither = U32_MAX;
	rows = (entrant->share + dither) >> 32;
	return rows ? rows : 1;
}

/* Returns how many rows find a place. */
static u64 lift_capacities(struct dray_table_entrant *entrants, u32 n,
			   u64 lift)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		entrants[i].capacity = capacity(&entrants[i], lift);
		sum += entrants[i].capacity;
	}
	return sum;
}

/* A capacity is the share with slack, less than one row up or down.  Where the
 * slack is little they may come out short of the rows; then the least lift is
 * looked for that makes them enough.  There is one: the shares themselves are
 * enough, and the greatest lift rounds them all up.
 */
static void set_capacities(struct dray_table_entrant *entrants, u32 n,
			   u32 rows)
{
	u64 low = 0, high = U32_MAX, middle;

	if (lift_capacities(entrants, n, 0) >= rows)
		return;
	while (low < high) {
		middle = (low + high) / 2;
		if (lift_capacities(entrants, n, middle) >= rows)
			high = middle;
		else
			low = middle + 1;
	}
	lift_capacities(entrants, n, high);
}

static void set_entrants(struct dray_table_entrant *entrants,
			 const struct dray_table *table,
			 const siphash_key_t *key, u32 slack)
{
	const struct dray_table_server *server = table->servers;
	u64 weights = 0;
	u32 i;

	for (i = 0; i < table->n; i++)
		weights += server[i].weight;
	for (i = 0; i < table->n; i++) {
		entrants[i].seed = server_seed(&server[i], key);
		/* rows * weight / weights * (1000 + slack) / 1000 * 2^32 */
		entrants[i].share =
			shifted_ratio((u64)server[i].weight * (1000 + slack),
				      weights * 1000, 64 - table->shift + 32);
	}
	set_capacities(entrants, table->n, table->rows);
}

/* Life. */

static int fill(struct dray_table *table, const struct dray_table_spec *spec)
{
	const siphash_key_t key = { {
		get_unaligned_le64(spec->key), get_unaligned_le64(spec->key + 8)
	} };
	struct dray_table_entrant *entrants;
	int err;

	entrants = kvcalloc(table->n, sizeof(*entrants), GFP_KERNEL_ACCOUNT);
	if (!entrants)
		return -ENOMEM;
	set_entrants(entrants, table, &key, spec->slack);
	err = dray_table_match(table, entrants, &key, spec);
	kvfree(entrants);
	return err;
}

/* No secret and no defence: it tells apart what is not meant to differ. */
static u64 fingerprint(const struct dray_table *table)
{
	/* A key of its own: tables are compared that hide theirs. */
	static const siphash_key_t key;
	u64 print = table->rows;
	u32 i;

	for (i = 0; i < table->n; i++)
		print = dray_table_mix(print ^
				       server_seed(&table->servers[i], &key));
	for (i = 0; i < table->rows; i++)
		print = dray_table_mix(print ^ table->row[i]);
	return print;
}

static struct dray_table *alloc_table(const struct dray_table_spec *spec)
{
	struct dray_table *table;

	table = kvzalloc(struct_size(table, servers, spec->n),
			 GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	/* By itself: this is a power of two, and with anything in front of it
	 * the allocator would round it up to the next.
	 */
	table->row = kvcalloc(spec->rows, sizeof(*table->row),
			      GFP_KERNEL_ACCOUNT);
	if (!table->row) {
		kvfree(table);
		return NULL;
	}
	table->rows = spec->rows;
	table->shift = 64 - __builtin_ctz(spec->rows);
	return table;
}

int dray_table_create(struct dray_table **table,
		      const struct dray_table_spec *spec)
{
	struct dray_table *new;
	int err;

	*table = NULL;
	err = dray_table_check(spec);
	if (err)
		return err;
	new = alloc_table(spec);
	if (!new)
		return -ENOMEM;
	err = set_servers(new, spec);
	if (!err)
		err = fill(new, spec);
	if (err) {
		dray_table_destroy(new);
		return err;
	}
	new->fingerprint = fingerprint(new);
	*table = new;
	return 0;
}

void dray_table_destroy(struct dray_table *table)
{
	if (!table)
		return;
	kvfree(table->row);
	kvfree(table);
}
