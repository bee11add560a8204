// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persistent clients: masks, whose entry it is, open flows, and how long an
 * entry is kept.
 */
#include "flow_fixture.h"

#define SYN_RECV	DRAY_FLOW_STATE_SYN_RECV
#define ESTABLISHED	DRAY_FLOW_STATE_ESTABLISHED
#define FIN_WAIT	DRAY_FLOW_STATE_FIN_WAIT
#define CLOSE		DRAY_FLOW_STATE_CLOSE

static int persist_init(struct kunit *test)
{
	return flow_fixture_create(test, AF_INET, 100);
}

/* Bit by bit, which no mask does. */
static bool bit_of(const union nf_inet_addr *addr, unsigned int bit)
{
	const u8 *bytes = (const u8 *)addr;

	return bytes[bit / 8] & (0x80 >> bit % 8);
}

static void expect_masks(struct kunit *test, u8 family, unsigned int bits,
			 u8 fill)
{
	union nf_inet_addr client, masked;
	unsigned int prefix, bit, wrong;

	memset(&client, fill, sizeof(client));
	for (prefix = 0; prefix <= bits; prefix++) {
		dray_persist_mask(family, prefix, &client, &masked);
		wrong = 0;
		for (bit = 0; bit < bits; bit++)
			wrong += bit_of(&masked, bit) !=
				 (bit < prefix && bit_of(&client, bit));
		KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "prefix %u", prefix);
	}
}

static void persist_mask(struct kunit *test)
{
	expect_masks(test, AF_INET, 32, 0xff);
	expect_masks(test, AF_INET, 32, 0xa5);
	expect_masks(test, AF_INET6, 128, 0xff);
	expect_masks(test, AF_INET6, 128, 0xa5);
}

static struct dray_flow_tuple persist_tuple(const struct flow_fixture *fx,
					    u32 client)
{
	const union nf_inet_addr addr = fixture_addr(fx->family, client);
	struct dray_flow_tuple tuple;

	dray_persist_tuple(&tuple, fx->service,
			   fx->family == AF_INET ? 24 : 64, &addr);
	return tuple;
}

/* The entry of the client that every flow of the fixture belongs to. */
static struct dray_flow *make_persist(struct kunit *test, u16 flags)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple = persist_tuple(fx, 100);
	struct dray_flow *persist;
	u8 reason;

	persist = flow_insert(fx, &tuple, 0, FLOW_PERSIST | flags, false,
			      &reason);
	KUNIT_ASSERT_NOT_NULL(test, persist);
	return persist;
}

/* Clients 198.51.100.n are one, 198.51.101.n another. */
static void persist_tuple_ipv4(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *persist = make_persist(test, 0);
	struct dray_flow_tuple tuple = persist_tuple(fx, 7);

	KUNIT_EXPECT_PTR_EQ(test, flow_find(fx, &tuple), persist);
	tuple = persist_tuple(fx, 256 + 100);
	KUNIT_EXPECT_NULL(test, flow_find(fx, &tuple));
}

static void persist_tuple_ipv6(struct kunit *test)
{
	flow_fixture_exit(test);
	KUNIT_ASSERT_EQ(test, flow_fixture_create(test, AF_INET6, 100), 0);
	/* All of fixture_addr() is in one /64. */
	make_persist(test, 0);
	KUNIT_EXPECT_EQ(test, persist_tuple(test->priv, 1).key6.caddr.s6_addr32[3],
			0);
	KUNIT_EXPECT_EQ(test, persist_tuple(test->priv, 1).key6.vport, 0);
}

static void persist_tuple_by_service(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple;

	make_persist(test, 0);
	fx->service = fixture_service(test, fx->dn, AF_INET, 100);
	tuple = persist_tuple(fx, 100);
	KUNIT_EXPECT_NULL(test, flow_find(fx, &tuple));
}

/* Open flows of a client after what becomes of one flow: states that it goes
 * through, one after the other.
 */
struct open_case {
	const char *name;
	u8 states[4];
	bool killed;
	int open;
};

static const struct open_case opens[] = {
	{ "half open", { SYN_RECV }, false, 1 },
	{ "established", { SYN_RECV, ESTABLISHED }, false, 1 },
	{ "ended", { SYN_RECV, ESTABLISHED, FIN_WAIT }, false, 0 },
	{ "ended twice", { ESTABLISHED, FIN_WAIT, CLOSE }, false, 0 },
	{ "ended and opened again", { ESTABLISHED, FIN_WAIT, SYN_RECV }, false,
	  1 },
	{ "back from CLOSE", { ESTABLISHED, CLOSE, ESTABLISHED }, false, 1 },
	{ "killed", { ESTABLISHED }, true, 0 },
	{ "ended and killed", { ESTABLISHED, FIN_WAIT }, true, 0 },
	{ "UDP", { DRAY_FLOW_STATE_UDP }, false, 1 },
	{ "UDP, killed", { DRAY_FLOW_STATE_UDP }, true, 0 },
	{ "born ended", { CLOSE }, false, 0 },
	{ "born ended and killed", { CLOSE }, true, 0 },
};

static void open_desc(const struct open_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(open, opens, open_desc);

static void persist_counts_open_flows(struct kunit *test)
{
	const struct open_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	struct dray_flow *persist = make_persist(test, 0);
	struct dray_flow *flow = flow_make(test, 0, c->states[0], 0);
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(c->states) && c->states[i]; i++) {
		path_enter();
		dray_flow_set_state(fx->dn, flow, c->states[i]);
		path_leave();
	}
	if (c->killed)
		flow_kill(fx, flow);
	KUNIT_EXPECT_EQ(test, atomic_read(&persist->open), c->open);
}

/* An entry that came after its flow has not counted it. */
static void persist_open_never_below_zero(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, 0);
	struct dray_flow *persist = make_persist(test, 0);

	flow_kill(fx, flow);
	KUNIT_EXPECT_EQ(test, atomic_read(&persist->open), 0);
}

static void persist_duplicate_counts_once(struct kunit *test)
{
	struct dray_flow *persist = make_persist(test, 0);

	flow_make(test, 0, SYN_RECV, 0);
	flow_make(test, 0, SYN_RECV, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&persist->open), 1);
}

static bool persist_expired(struct flow_fixture *fx, struct dray_flow *persist,
			    u32 seconds)
{
	bool expired;

	persist->last = dray_now() - seconds * HZ;
	path_enter();
	expired = dray_flow_expired(fx->dn, persist);
	path_leave();
	return expired;
}

/* Never early, and at most a second late for the grain of touching. */
static void persist_lives(struct kunit *test)
{
	static const struct {
		u8 protocol;
		u32 timeout;
		u16 flags;
		u32 kept, gone;		/* after so many seconds */
	} rows[] = {
		{ IPPROTO_TCP, 100, FLOW_ASSURED, 100, 101 },
		{ IPPROTO_TCP, 100, 0, 20, 21 },
		{ IPPROTO_SCTP, 100, 0, 20, 21 },
		{ IPPROTO_UDP, 100, 0, 100, 101 },
		{ 0, 100, 0, 100, 101 },
		{ IPPROTO_TCP, 20, 0, 20, 21 },
		{ IPPROTO_TCP, 5, 0, 5, 6 },
		{ IPPROTO_TCP, 1, FLOW_ASSURED, 1, 2 },
		{ IPPROTO_TCP, 2678400, FLOW_ASSURED, 2678400, 2678401 },
	};
	struct flow_fixture *fx = test->priv;
	struct dray_service_conf *conf;
	struct dray_flow *persist;
	unsigned int i;

	conf = rcu_dereference_protected(fx->service->conf, true);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fx->service->key.protocol = rows[i].protocol;
		conf->params.persist_timeout = rows[i].timeout;
		persist = make_persist(test, rows[i].flags);
		KUNIT_EXPECT_FALSE_MSG(test, persist_expired(fx, persist,
							     rows[i].kept),
				       "row %u", i);
		KUNIT_EXPECT_TRUE_MSG(test, persist_expired(fx, persist,
							    rows[i].gone),
				      "row %u", i);
		flow_kill(fx, persist);
	}
	conf->params.persist_timeout = 0;
	persist = make_persist(test, FLOW_ASSURED);
	KUNIT_EXPECT_TRUE(test, persist_expired(fx, persist, 0));
}

static void persist_touched_and_assured_by_flow(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *persist = make_persist(test, 0);
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, 0);

	persist->last -= 10 * HZ;
	path_enter();
	dray_persist_touch(fx->dn, flow);
	dray_persist_assure(fx->dn, flow);
	path_leave();
	KUNIT_EXPECT_LT(test, dray_now() - persist->last, 8 * HZ);
	KUNIT_EXPECT_TRUE(test, persist->w.flags & FLOW_ASSURED);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.unassured), 1);
}

/* A flow goes on after its client's entry has ended. */
static void persist_begins_again(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *old = make_persist(test, FLOW_ASSURED);
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, FLOW_ASSURED);
	struct dray_flow_tuple tuple = persist_tuple(fx, 100);
	struct dray_flow *persist;

	old->last -= 102 * HZ;
	path_enter();
	dray_persist_touch(fx->dn, flow);
	path_leave();
	persist = flow_find(fx, &tuple);
	KUNIT_ASSERT_NOT_NULL(test, persist);
	KUNIT_EXPECT_PTR_NE(test, persist, old);
	KUNIT_EXPECT_TRUE(test, persist->w.flags & FLOW_ASSURED);
	KUNIT_EXPECT_EQ(test, atomic_read(&persist->open), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->servers[0]->persistent), 1);
}

static struct kunit_case persist_cases[] = {
	KUNIT_CASE(persist_mask),
	KUNIT_CASE(persist_tuple_ipv4),
	KUNIT_CASE(persist_tuple_ipv6),
	KUNIT_CASE(persist_tuple_by_service),
	KUNIT_CASE_PARAM(persist_counts_open_flows, open_gen_params),
	KUNIT_CASE(persist_open_never_below_zero),
	KUNIT_CASE(persist_duplicate_counts_once),
	KUNIT_CASE(persist_lives),
	KUNIT_CASE(persist_touched_and_assured_by_flow),
	KUNIT_CASE(persist_begins_again),
	{}
};

static struct kunit_suite persist_suite = {
	.name = "dray_persist",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = persist_init,
	.exit = flow_fixture_exit,
	.test_cases = persist_cases,
};

kunit_test_suite(persist_suite);

MODULE_DESCRIPTION("dray: KUnit suite of persistent clients");
MODULE_LICENSE("GPL");
