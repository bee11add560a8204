// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of Maglev and of IPVS's mh.  Both let servers take free rows in turn,
 * each along a permutation of all rows that its identity gives; they differ in
 * hashes, in who is first and in what a weight is worth.
 */
#include "table_peers.h"

#include <arpa/inet.h>

#define FREE	U64_MAX

/* mh counts weights up to six bits. */
#define MH_TURN_BITS	6

/* A server on its way through the rows. */
struct walker {
	u32 at, skip;		/* of its permutation */
	u32 step, due;		/* what a round earns it, what it has left */
	u16 position;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct dray_table_server, weight));
}

/* Of servers with a weight, all rows free. */
static struct dray_table *empty(const struct dray_table_server *servers, u32 n,
				u32 rows)
{
	struct dray_table *table = calloc(1, struct_size(table, servers, n));
	u32 i;

	table->row = malloc(rows * sizeof(*table->row));
	memset(table->row, 0xff, rows * sizeof(*table->row));
	table->rows = rows;
	for (i = 0; i < n; i++)
		if (servers[i].weight)
			table->servers[table->n++] = servers[i];
	qsort(table->servers, table->n, sizeof(*table->servers), compare);
	return table;
}

static void take_row(struct dray_table *table, struct walker *walker)
{
	while (table->row[walker->at] != FREE)
		walker->at = (walker->at + walker->skip) % table->rows;
	table->row[walker->at] = ~(u64)DRAY_TABLE_NONE | walker->position;
}

/* In each round who has earned @price takes a row, maybe several. */
static void populate(struct dray_table *table, struct walker *walkers, u32 price)
{
	u32 left = table->rows, i;

	for (i = 0;; i = (i + 1) % table->n) {
		walkers[i].due += walkers[i].step;
		for (; walkers[i].due >= price; walkers[i].due -= price) {
			take_row(table, &walkers[i]);
			if (!--left)
				return;
		}
	}
}

static u32 most_weight(const struct dray_table *table)
{
	u32 most = 0, i;

	for (i = 0; i < table->n; i++)
		if (table->servers[i].weight > most)
			most = table->servers[i].weight;
	return most;
}

struct dray_table *peer_maglev(const struct dray_table_server *servers, u32 n,
			       const u8 *key)
{
	struct dray_table *table = empty(servers, n, PEER_MAGLEV_ROWS);
	struct walker *walkers = calloc(table->n, sizeof(*walkers));
	siphash_key_t sip;
	u64 name;
	u32 i;

	memcpy(&sip, key, sizeof(sip));
	for (i = 0; i < table->n; i++) {
		name = (u64)table->servers[i].addr[0] << 16 | table->servers[i].port;
		walkers[i] = (struct walker){
			.at = siphash_3u64(name, 0, 0, &sip) % table->rows,
			.skip = siphash_3u64(name, 1, 0, &sip) % (table->rows - 1) + 1,
			.step = table->servers[i].weight,
			.position = i,
		};
	}
	populate(table, walkers, most_weight(table));
	free(walkers);
	return table;
}

/* The kernel's hsiphash of one word, where words have 64 bits: SipHash-1-3. */
static u32 mh_hash(u32 word, u64 key)
{
	u64 last = 4ULL << 56 | word;
	u64 v[4] = {
		key ^ 0x736f6d6570736575ULL, key ^ 0x646f72616e646f6dULL,
		key ^ 0x6c7967656e657261ULL, key ^ 0x7465646279746573ULL,
	};

	v[3] ^= last;
	siphash_rounds(v, 1);
	v[0] ^= last;
	v[2] ^= 0xff;
	siphash_rounds(v, 3);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#define MH_KEY1	2654435761ULL
#define MH_KEY2	2654446892ULL

u32 peer_mh_row(u32 client)
{
	return mh_hash(client, MH_KEY1) % PEER_MH_ROWS;
}

static u32 gcd(u32 a, u32 b)
{
	return b ? gcd(b, a % b) : a;
}

static u32 position_of(const struct dray_table *table,
		       const struct dray_table_server *server)
{
	const struct dray_table_server *found =
		bsearch(server, table->servers, table->n, sizeof(*server),
			compare);

	return found - table->servers;
}

/* Weights in units of what they have in common, cut to MH_TURN_BITS. */
static u32 mh_turns(u32 weight, u32 unit, u32 most)
{
	int bits = 32 - __builtin_clz(most / unit) - MH_TURN_BITS;
	u32 turns = weight / unit >> (bits > 0 ? bits : 0);

	return turns ? turns : 1;
}

/* Who was added last is first in IPVS's list. */
struct dray_table *peer_mh(const struct dray_table_server *servers, u32 n)
{
	struct dray_table *table = empty(servers, n, PEER_MH_ROWS);
	struct walker *walker, *walkers = calloc(table->n, sizeof(*walkers));
	u32 i, name, unit = 0, most = most_weight(table);

	for (i = 0; i < n; i++)
		unit = gcd(unit, servers[i].weight);
	for (i = n, walker = walkers; i--;) {
		if (!servers[i].weight)
			continue;
		name = ntohl(servers[i].addr[0]) + ntohs(servers[i].port);
		*walker++ = (struct walker){
			.at = mh_hash(name, MH_KEY1) % PEER_MH_ROWS,
			.skip = mh_hash(name, MH_KEY2) % (PEER_MH_ROWS - 1) + 1,
			.step = mh_turns(servers[i].weight, unit, most),
			.position = position_of(table, &servers[i]),
		};
	}
	populate(table, walkers, 1);
	free(walkers);
	return table;
}
