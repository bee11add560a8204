// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selection tables against a slow model that is written another way: all pairs
 * of rows and servers sorted, the capacities by 128-bit division, SipHash from
 * bytes.  And whether the matching is stable, which no other one is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "siphash.h"
#include "table_fixture.h"
#include "../../kernel/table_log.h"

typedef unsigned __int128 u128;

/* SipHash-2-4 as in figure 2.1 of its paper, one round after the other. */
static uint64_t model_siphash(const uint8_t *in, size_t len, const uint8_t *key)
{
	uint64_t k0 = get_unaligned_le64(key), k1 = get_unaligned_le64(key + 8);
	uint64_t a = k0 ^ 0x736f6d6570736575, b = k1 ^ 0x646f72616e646f6d;
	uint64_t c = k0 ^ 0x6c7967656e657261, d = k1 ^ 0x7465646279746573;
	size_t block, i, round;

	for (block = 0; block <= len / 8 + 1; block++) {
		uint64_t m = 0;

		for (i = 0; i < 8 && block * 8 + i < len; i++)
			m |= (uint64_t)in[block * 8 + i] << 8 * i;
		if (block == len / 8)
			m |= (uint64_t)len << 56;
		if (block > len / 8)
			c ^= 0xff;
		else
			d ^= m;
		for (round = 0; round < (block > len / 8 ? 4 : 2); round++) {
			a += b; b = b << 13 | b >> 51; b ^= a; a = a << 32 | a >> 32;
			c += d; d = d << 16 | d >> 48; d ^= c;
			a += d; d = d << 21 | d >> 43; d ^= a;
			c += b; b = b << 17 | b >> 47; b ^= c; c = c << 32 | c >> 32;
		}
		if (block <= len / 8)
			a ^= m;
	}
	return a ^ b ^ c ^ d;
}

/* From the authors' vectors.h, for 0, 1, 2 ... under the key 0, 1, 2 ... */
static void test_siphash(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} vectors[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },
		{ 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 },
		{ 24, 0xb8ad50c6f649af94 }, { 63, 0x958a324ceb064572 },
	};
	const siphash_key_t key = { {
		0x0706050403020100, 0x0f0e0d0c0b0a0908
	} };
	uint8_t in[64];
	size_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		in[i] = i;
	for (i = 0; i < COUNT(vectors); i++)
		assert_int_equal(model_siphash(in, vectors[i].len, in),
				 vectors[i].hash);
	assert_int_equal(siphash_1u64(0x0706050403020100, &key),
			 0x93f5f5799a932462);
	assert_int_equal(siphash_3u64(0x0706050403020100, 0x0f0e0d0c0b0a0908,
				      0x1716151413121110, &key),
			 0xb8ad50c6f649af94);
}

struct model_pair {
	uint64_t score;
	uint32_t row, server;
};

struct model {
	const struct dray_table *table;
	const uint8_t *key;
	uint64_t *seeds;
	uint32_t *capacities;
};

static uint64_t model_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	x ^= x >> 31;
	return x;
}

/* The identity as words whose bytes SipHash takes lowest first. */
static uint64_t model_server_seed(const struct dray_table_server *server,
				  const uint8_t *key)
{
	uint8_t in[24] = { 0 };
	const uint8_t *addr = (const uint8_t *)server->addr;
	int i;

	for (i = 0; i < 8; i++) {
		in[i] = addr[7 - i];
		in[8 + i] = addr[15 - i];
	}
	in[16] = server->family;
	in[17] = ntohs(server->port) & 0xff;
	in[18] = ntohs(server->port) >> 8;
	return model_siphash(in, sizeof(in), key);
}

static uint64_t model_row_seed(uint32_t row, const uint8_t *key)
{
	uint8_t in[8] = { row, row >> 8, row >> 16 };

	return model_siphash(in, sizeof(in), key);
}

/* -log2(hash / 2^64) in units of 2^-57, by the line between two entries. */
static uint64_t model_minus_log2(uint64_t hash)
{
	uint64_t zeros = 0, from, to;
	u128 at;

	hash |= 1;
	while (!(hash >> 63)) {
		hash <<= 1;
		zeros++;
	}
	/* 1024 + step, and 26 bits more. */
	at = (hash - (1ULL << 63)) >> 27;
	from = (uint64_t)minus_log2_steps[at >> 26] << 26;
	to = (uint64_t)minus_log2_steps[(at >> 26) + 1] << 26;
	return (zeros << 57) + from -
	       (uint64_t)((u128)(from - to) * (at & 0x3ffffff) >> 26);
}

static struct model_pair model_pair(const struct model *model,
				    uint64_t row_seed, uint32_t row,
				    uint32_t server)
{
	uint64_t inverse = UINT64_MAX / model->table->servers[server].weight;
	uint64_t hash = model_mix(row_seed ^ model->seeds[server]);

	return (struct model_pair){
		(u128)model_minus_log2(hash) * inverse >> 64, row, server
	};
}

static int compare_pairs(const void *p, const void *q)
{
	const struct model_pair *a = p, *b = q;

	if (a->score != b->score)
		return a->score < b->score ? -1 : 1;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->server < b->server ? -1 : a->server > b->server;
}

static uint64_t model_capacities_at(struct model *model, u128 slack, u128 lift)
{
	const struct dray_table *table = model->table;
	u128 weights = fixture_weights(table), share, dither;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < table->n; i++) {
		share = ((u128)table->rows * table->servers[i].weight *
			 (1000 + slack) << 32) / (weights * 1000);
		dither = lift +
			 (model_mix(model->seeds[i] ^ 0x646974686572) >> 32);
		dither = dither > UINT32_MAX ? UINT32_MAX : dither;
		model->capacities[i] = (share + dither) >> 32;
		model->capacities[i] += !model->capacities[i];
		sum += model->capacities[i];
	}
	return sum;
}

/* The least lift that gives all rows a place, from the highest bit down. */
static void model_set_capacities(struct model *model, uint32_t slack)
{
	uint64_t lift = 0, bit;

	if (model_capacities_at(model, slack, 0) >= model->table->rows)
		return;
	for (bit = 1ULL << 31; bit; bit >>= 1)
		if (model_capacities_at(model, slack, lift + bit) <
		    model->table->rows)
			lift += bit;
	assert_true(model_capacities_at(model, slack, lift + 1) >=
		    model->table->rows);
}

static void model_create(struct model *model, const struct dray_table *table,
			 const struct dray_table_spec *spec)
{
	uint32_t i;

	model->table = table;
	model->key = spec->key;
	model->seeds = calloc(table->n, sizeof(*model->seeds));
	model->capacities = calloc(table->n, sizeof(*model->capacities));
	assert_true(model->seeds && model->capacities);
	for (i = 0; i < table->n; i++)
		model->seeds[i] = model_server_seed(&table->servers[i],
						    model->key);
	model_set_capacities(model, spec->slack);
}

static void model_destroy(struct model *model)
{
	free(model->seeds);
	free(model->capacities);
}

/*
 * All pairs in their order, each taken whose row is free and whose server is not
 * full; then the row's other servers in the same order.
 */
static void check_rows(const struct model *model)
{
	const struct dray_table *table = model->table;
	size_t n = (size_t)table->rows * table->n, i;
	struct model_pair *pairs = malloc(n * sizeof(*pairs));
	uint64_t *rows = calloc(table->rows, sizeof(*rows));
	uint8_t *ranks = calloc(table->rows, 1);
	uint32_t *held = calloc(table->n, sizeof(*held));
	uint64_t seed = 0;

	assert_true(pairs && rows && ranks && held);
	for (i = 0; i < n; i++) {
		if (i % table->n == 0)
			seed = model_row_seed(i / table->n, model->key);
		pairs[i] = model_pair(model, seed, i / table->n, i % table->n);
	}
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (i = 0; i < n; i++) {
		uint32_t row = pairs[i].row, server = pairs[i].server;

		if (ranks[row] || held[server] == model->capacities[server])
			continue;
		held[server]++;
		rows[row] = ~0xffffULL | server;
		ranks[row] = 1;
	}
	for (i = 0; i < n; i++) {
		uint32_t row = pairs[i].row, server = pairs[i].server;

		if (ranks[row] == 4 || (rows[row] & 0xffff) == server)
			continue;
		rows[row] ^= (0xffffULL ^ server) << 16 * ranks[row]++;
	}
	for (i = 0; i < table->rows; i++)
		if (rows[i] != table->row[i])
			fail_msg("row %zu: %016llx, not %016llx", i,
				 (unsigned long long)table->row[i],
				 (unsigned long long)rows[i]);
	free(held);
	free(ranks);
	free(rows);
	free(pairs);
}

/*
 * No row and server that both would rather have each other, and so no other
 * table; the other ranks are the best of the rest.
 */
static void check_stable(const struct model *model)
{
	const struct dray_table *table = model->table;
	struct model_pair *worst = calloc(table->n, sizeof(*worst));
	uint32_t *count = calloc(table->n, sizeof(*count));
	struct model_pair own, pair, rank;
	uint32_t row, i, better;
	uint64_t seed;

	assert_true(worst && count);
	fixture_count(table, count);
	for (row = 0; row < table->rows; row++) {
		own = model_pair(model, model_row_seed(row, model->key), row,
				 dray_table_rank(table->row[row], 0));
		if (compare_pairs(&worst[own.server], &own) < 0)
			worst[own.server] = own;
	}
	for (row = 0; row < table->rows; row++) {
		seed = model_row_seed(row, model->key);
		own = model_pair(model, seed, row,
				 dray_table_rank(table->row[row], 0));
		rank = model_pair(model, seed, row,
				  dray_table_rank(table->row[row], 3));
		for (i = 0, better = 0; i < table->n; i++) {
			pair = model_pair(model, seed, row, i);
			if (compare_pairs(&pair, &own) < 0 &&
			    (count[i] < model->capacities[i] ||
			     compare_pairs(&pair, &worst[i]) < 0))
				fail_msg("row %u would have server %u", row, i);
			better += i != own.server &&
				  compare_pairs(&pair, &rank) < 0;
		}
		assert_int_equal(better, 2);
	}
	for (i = 0; i < table->n; i++)
		assert_in_range(count[i], 0, model->capacities[i]);
	free(count);
	free(worst);
}

static void check(const struct dray_table_server *servers, u32 n, u32 rows,
		  u32 slack, void (*compare)(const struct model *model))
{
	struct dray_table_spec spec = fixture_spec(servers, n, rows);
	struct dray_table *table;
	struct model model;

	spec.slack = slack;
	spec.key = (const u8 *)GOLDEN_KEY;
	table = fixture_table(&spec);
	model_create(&model, table, &spec);
	compare(&model);
	model_destroy(&model);
	dray_table_destroy(table);
}

/* 24 servers are the most that are looked at without bars. */
static void test_rows(void **state)
{
	static const u32 n[] = { 1, 2, 3, 4, 5, 10, 24, 25, 26, 60, 100 };
	static const u32 slacks[] = { 0, 1, 20, 1000 };
	struct dray_table_server servers[100];
	size_t i, s;
	int w;

	(void)state;
	for (i = 0; i < COUNT(n); i++)
		for (w = GOLDEN_EQUAL; w <= GOLDEN_EXTREME; w++)
			for (s = 0; s < COUNT(slacks); s++) {
				fixture_servers(servers, n[i], GOLDEN_BOTH, w);
				check(servers, n[i], 4096, slacks[s],
				      check_rows);
			}
}

/* As many servers as there may be, and weights from 1 to 2^31. */
static void test_rows_random(void **state)
{
	struct dray_table_server servers[256];
	u64 random = 3;
	u32 i, k, n;

	(void)state;
	for (i = 0; i < 12; i++) {
		n = i ? 1 + fixture_random(&random) % 256 : 256;
		fixture_servers(servers, n, GOLDEN_BOTH, GOLDEN_EQUAL);
		for (k = 0; k < n; k++)
			servers[k].weight = 1 + (fixture_random(&random) >>
				(34 + fixture_random(&random) % 30));
		check(servers, n, 4096, i % 3 * 10, check_rows);
	}
}

static void test_stable(void **state)
{
	static const struct {
		u32 n, rows, slack;
		enum golden_weights weights;
	} cases[] = {
		{ 10, 16384, 20, GOLDEN_SKEWED },
		{ 100, 16384, 20, GOLDEN_EQUAL },
		{ 1024, 16384, 0, GOLDEN_EQUAL },
		{ 1000, 65536, 20, GOLDEN_SKEWED },
		{ 64, 262144, 20, GOLDEN_EXTREME },
	};
	static struct dray_table_server servers[1024];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		fixture_servers(servers, cases[i].n, GOLDEN_V6,
				cases[i].weights);
		check(servers, cases[i].n, cases[i].rows, cases[i].slack,
		      check_stable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_random),
		cmocka_unit_test(test_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
