// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stateless fallback: weighted rendezvous.
 */
#include <kunit/test.h>

#include "../schedule.c"

#define MOST	0x7fffffff	/* weight */
#define SERVERS	16		/* at most, in a test */

static struct dray_service_conf *make_conf(struct kunit *test,
					   const u32 *weights, u32 n)
{
	struct dray_service_conf *conf;
	struct dray_server *server;
	u32 i;

	conf = kunit_kzalloc(test, struct_size(conf, slots, SERVERS),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, conf);
	conf->cap = SERVERS;
	conf->n = n;
	for (i = 0; i < n; i++) {
		server = kunit_kzalloc(test, sizeof(*server), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, server);
		server->id = i;
		server->key.addr.ip = htonl(0xc6336401 + i);
		server->key.port = htons(80);
		server->key.family = AF_INET;
		conf->slots[i].server = server;
		conf->slots[i].params.weight = weights[i];
	}
	return conf;
}

/* A hash as packets have it. */
static u64 nth_hash(u64 n)
{
	static const siphash_key_t key = { { 1, 2 } };

	return siphash_1u64(n, &key);
}

static void log2_exact(struct kunit *test)
{
	static const struct {
		u64 hash, log;
	} rows[] = {
		{ 0, 64ULL << 32 },
		{ 1, 64ULL << 32 },
		{ 2, 63ULL << 32 },
		{ 4, 62ULL << 32 },
		{ 1ULL << 31, 33ULL << 32 },
		{ 1ULL << 32, 32ULL << 32 },
		{ 1ULL << 62, 2ULL << 32 },
		{ 1ULL << 63, 1ULL << 32 },
		/* 64 - log2(3), and 2 - log2(3), both to 32 bits */
		{ 3, 0x3e6a3fe5c7ULL },
		{ 3ULL << 62, 0x6a3fe5c7ULL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, minus_log2(rows[i].hash), rows[i].log,
				    "of %#llx", rows[i].hash);
}

/* The largest hash bids as little as can be, but never nothing at all. */
static void log2_of_the_largest(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, minus_log2(U64_MAX), 0);
	KUNIT_EXPECT_LT(test, minus_log2(U64_MAX), 8);
}

static void log2_monotone(struct kunit *test)
{
	u64 hash, last = minus_log2(0), log;
	unsigned int wrong = 0, shift, i;

	/* In each octave 64 steps, and both sides of each border. */
	for (shift = 8; shift < 64; shift++) {
		for (i = 0; i < 128; i++) {
			hash = (1ULL << shift) +
			       ((1ULL << shift) - 1) / 63 * (i / 2) + i % 2;
			if (i / 2 == 63)
				hash = (2ULL << shift) - 2 + i % 2;
			log = minus_log2(hash);
			wrong += log > last;
			last = log;
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void score_of_extremes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dray_rendezvous_score(0, 1), 1ULL << 62);
	KUNIT_EXPECT_EQ(test, dray_rendezvous_score(1, 1), 1ULL << 62);
	KUNIT_EXPECT_EQ(test, dray_rendezvous_score(1ULL << 63, 1),
			1ULL << 56);
	KUNIT_EXPECT_EQ(test, dray_rendezvous_score(1ULL << 63, 1 << 24),
			1ULL << 32);
	KUNIT_EXPECT_EQ(test, dray_rendezvous_score(1, MOST),
			(1ULL << 62) / MOST);
	KUNIT_EXPECT_GT(test, dray_rendezvous_score(1, MOST),
			dray_rendezvous_score(2, MOST));
}

static void score_falls_with_weight(struct kunit *test)
{
	u64 hash = nth_hash(0), last = U64_MAX;
	unsigned int bit;

	for (bit = 0; bit < 31; bit++) {
		u64 score = dray_rendezvous_score(hash, 1U << bit);

		KUNIT_EXPECT_LT(test, score, last);
		last = score;
	}
	KUNIT_EXPECT_LE(test, dray_rendezvous_score(hash, MOST), last);
}

static void pick_nobody(struct kunit *test)
{
	static const u32 weights[] = { 0, 1, 1, 1 };
	struct dray_service_conf *conf = make_conf(test, weights, 4);

	conf->slots[1].params.state = DRAY_SERVER_STATE_DOWN;
	conf->slots[2].params.state = DRAY_SERVER_STATE_DRAIN;
	conf->slots[3].server->reach = DRAY_REACH_NO_ROUTE;
	KUNIT_EXPECT_NULL(test, pick_stateless(conf, 0));
	KUNIT_EXPECT_NULL(test, pick_stateless(conf, U64_MAX));
	conf->n = 0;
	KUNIT_EXPECT_NULL(test, pick_stateless(conf, 0));
}

static void pick_the_only_one(struct kunit *test)
{
	static const u32 weights[] = { 0, 1, 0 };
	const struct dray_service_conf *conf = make_conf(test, weights, 3);
	unsigned int i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, pick_stateless(conf, nth_hash(i))->id, 1);
}

/* Load changes from one packet of a flow to the next. */
static void pick_looks_at_no_load(struct kunit *test)
{
	static const u32 weights[] = { 1, 1 };
	struct dray_service_conf *conf = make_conf(test, weights, 2);
	struct dray_server *server = pick_stateless(conf, 1);

	server->overloaded = true;
	atomic_set(&server->active, 1000);
	KUNIT_EXPECT_PTR_EQ(test, pick_stateless(conf, 1), server);
}

static void reverse(struct dray_service_conf *conf)
{
	u32 i;

	for (i = 0; i < conf->n / 2; i++)
		swap(conf->slots[i], conf->slots[conf->n - 1 - i]);
}

static void pick_in_any_order(struct kunit *test)
{
	static const u32 weights[] = { 1, 2, 3, MOST, MOST, 1000, 7, 1 };
	struct dray_service_conf *there = make_conf(test, weights, 8);
	struct dray_service_conf *back = make_conf(test, weights, 8);
	unsigned int i, wrong = 0;

	reverse(back);
	for (i = 0; i < 10000; i++)
		wrong += pick_stateless(there, nth_hash(i))->id !=
			 pick_stateless(back, nth_hash(i))->id;
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* Two servers bid the same, to the last bit, and less than all others. */
static void pick_in_any_order_of_equals(struct kunit *test)
{
	struct dray_service_conf *conf;
	u32 weights[SERVERS], id;
	const u64 tie = 15340317;

	memset32(weights, MOST, SERVERS);
	conf = make_conf(test, weights, SERVERS);
	id = pick_stateless(conf, tie)->id;
	reverse(conf);
	KUNIT_EXPECT_EQ(test, pick_stateless(conf, tie)->id, id);
}

/* 100000 hashes; the bounds are six standard deviations. */
static void pick_by_weight(struct kunit *test)
{
	static const u32 weights[] = { 1, 3 };
	const struct dray_service_conf *conf = make_conf(test, weights, 2);
	unsigned int i, n = 0;

	for (i = 0; i < 100000; i++)
		n += pick_stateless(conf, nth_hash(i))->id == 0;
	KUNIT_EXPECT_GT(test, n, 25000 - 822);
	KUNIT_EXPECT_LT(test, n, 25000 + 822);
}

/* Equal shares however great the weights are. */
static void pick_by_the_greatest_weights(struct kunit *test)
{
	static const u32 weights[] = { MOST, MOST, 1 };
	const struct dray_service_conf *conf = make_conf(test, weights, 3);
	unsigned int i, n[3] = {};

	for (i = 0; i < 20000; i++)
		n[pick_stateless(conf, nth_hash(i))->id]++;
	KUNIT_EXPECT_GT(test, n[0], 10000 - 425);
	KUNIT_EXPECT_LT(test, n[0], 10000 + 425);
	KUNIT_EXPECT_EQ(test, n[2], 0);
}

/* Who goes moves its own clients only, to the others by weight. */
static void pick_moves_its_own(struct kunit *test)
{
	static const u32 weights[] = { 5, 5, 1, 3 };
	struct dray_service_conf *before = make_conf(test, weights, 4);
	struct dray_service_conf *after = make_conf(test, weights, 4);
	unsigned int i, moved = 0, wrong = 0, heir = 0;

	after->slots[1].params.state = DRAY_SERVER_STATE_DOWN;
	for (i = 0; i < 20000; i++) {
		u32 was = pick_stateless(before, nth_hash(i))->id;
		u32 is = pick_stateless(after, nth_hash(i))->id;

		moved += was == 1;
		wrong += was == 1 ? is == 1 : is != was;
		heir += was == 1 && is == 0;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	/* 5 of 14, and of those 5 of 9, six standard deviations */
	KUNIT_EXPECT_GT(test, moved, 7143 - 407);
	KUNIT_EXPECT_LT(test, moved, 7143 + 407);
	KUNIT_EXPECT_GT(test, heir, moved * 5 / 9 - 260);
	KUNIT_EXPECT_LT(test, heir, moved * 5 / 9 + 260);
}

/* Other ports and families of one address are other servers. */
static void pick_by_identity(struct kunit *test)
{
	static const u32 weights[] = { 1, 1, 1 };
	struct dray_service_conf *conf = make_conf(test, weights, 3);
	unsigned int i, n[3] = {};

	for (i = 0; i < 3; i++)
		conf->slots[i].server->key = conf->slots[0].server->key;
	conf->slots[1].server->key.port = htons(81);
	conf->slots[2].server->key.family = AF_INET6;
	for (i = 0; i < 3000; i++)
		n[pick_stateless(conf, nth_hash(i))->id]++;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_GT(test, n[i], 1000 - 160);
}

static struct kunit_case stateless_cases[] = {
	KUNIT_CASE(log2_exact),
	KUNIT_CASE(log2_of_the_largest),
	KUNIT_CASE(log2_monotone),
	KUNIT_CASE(score_of_extremes),
	KUNIT_CASE(score_falls_with_weight),
	KUNIT_CASE(pick_nobody),
	KUNIT_CASE(pick_the_only_one),
	KUNIT_CASE(pick_looks_at_no_load),
	KUNIT_CASE(pick_in_any_order),
	KUNIT_CASE(pick_in_any_order_of_equals),
	KUNIT_CASE(pick_by_weight),
	KUNIT_CASE(pick_by_the_greatest_weights),
	KUNIT_CASE(pick_moves_its_own),
	KUNIT_CASE(pick_by_identity),
	{}
};

static struct kunit_suite stateless_suite = {
	.name = "dray_stateless",
	.test_cases = stateless_cases,
};

kunit_test_suite(stateless_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the stateless fallback");
MODULE_LICENSE("GPL");
