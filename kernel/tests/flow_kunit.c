// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table: what is found, made and killed.
 */
#include "flow_fixture.h"

#define SYN_RECV	DRAY_FLOW_STATE_SYN_RECV
#define ESTABLISHED	DRAY_FLOW_STATE_ESTABLISHED

/* Each member of the key tells entries apart; the last row is the same key. */
static void flow_key(struct kunit *test, u8 family)
{
	static const struct {
		const char *what;
		u32 caddr, vaddr, cport, vport, service;
		u8 protocol;
		bool found;
	} rows[] = {
		{ "client", 2, 1, 1, 1, 1, IPPROTO_TCP },
		{ "VIP", 1, 2, 1, 1, 1, IPPROTO_TCP },
		{ "client's port", 1, 1, 2, 1, 1, IPPROTO_TCP },
		{ "port", 1, 1, 1, 2, 1, IPPROTO_TCP },
		{ "service", 1, 1, 1, 1, 2, IPPROTO_TCP },
		{ "protocol", 1, 1, 1, 1, 1, IPPROTO_UDP },
		{ "the same", 1, 1, 1, 1, 1, IPPROTO_TCP, true },
	};
	struct flow_fixture *fx = test->priv;
	union nf_inet_addr one = fixture_addr(family, 1);
	struct dray_flow_tuple tuple;
	struct dray_flow *flow;
	unsigned int i;
	u8 reason;

	dray_flow_tuple_fill(&tuple, family, IPPROTO_TCP, 1, &one, htons(1),
			     &one, htons(1));
	flow = flow_insert(fx, &tuple, ESTABLISHED, 0, false, &reason);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		union nf_inet_addr c = fixture_addr(family, rows[i].caddr);
		union nf_inet_addr v = fixture_addr(family, rows[i].vaddr);

		dray_flow_tuple_fill(&tuple, family, rows[i].protocol,
				     rows[i].service, &c, htons(rows[i].cport),
				     &v, htons(rows[i].vport));
		KUNIT_EXPECT_PTR_EQ_MSG(test, flow_find(fx, &tuple),
					rows[i].found ? flow : NULL, "%s",
					rows[i].what);
	}
}

static void flow_key_ipv4(struct kunit *test)
{
	flow_key(test, AF_INET);
}

static void flow_key_ipv6(struct kunit *test)
{
	flow_key(test, AF_INET6);
}

static void flow_second_gets_the_first(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple = flow_tuple(fx, 0);
	struct dray_flow *first, *second;
	u8 reason;

	first = flow_make(test, 0, SYN_RECV, 0);
	swap(fx->servers[0], fx->servers[1]);
	second = flow_insert(fx, &tuple, SYN_RECV, 0, false, &reason);
	KUNIT_EXPECT_PTR_EQ(test, second, first);
	KUNIT_EXPECT_EQ(test, first->w.server, fx->servers[1]->id);
}

static void flow_killed_once(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple = flow_tuple(fx, 0);
	struct dray_flow *flow = flow_make(test, 0, SYN_RECV, 0);

	KUNIT_EXPECT_TRUE(test, flow_kill(fx, flow));
	KUNIT_EXPECT_FALSE(test, flow_kill(fx, flow));
	KUNIT_EXPECT_NULL(test, flow_find(fx, &tuple));
}

/* Whoever is late learns who was faster. */
static void flow_moved_tells_where_to(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_server *a = fx->servers[0], *b = fx->servers[1];
	struct dray_flow *flow = flow_make(test, 0, SYN_RECV, 0);
	struct dray_server *first, *late, *dead;

	path_enter();
	first = dray_flow_move(fx->dn, flow, a->id, b);
	late = dray_flow_move(fx->dn, flow, a->id, a);
	dray_flow_kill(fx->dn, flow);
	dead = dray_flow_move(fx->dn, flow, b->id, a);
	path_leave();
	KUNIT_EXPECT_PTR_EQ(test, first, b);
	KUNIT_EXPECT_PTR_EQ(test, late, b);
	KUNIT_EXPECT_PTR_EQ(test, dead, a);
	KUNIT_EXPECT_EQ(test, flow->w.server, b->id);
}

static void flow_counts_packets_to_three(struct kunit *test)
{
	struct dray_flow *flow = flow_make(test, 0, SYN_RECV, 0);
	unsigned int i;
	u8 packets;

	for (i = 2; i < 10; i++) {
		dray_flow_count_packet(flow, i % 2, &packets);
		KUNIT_EXPECT_EQ(test, packets, min(i, 3U));
	}
}

static void flow_sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kmem_cache_size(flow_cache[0]), 48);
	KUNIT_EXPECT_EQ(test, kmem_cache_size(flow_cache[1]), 72);
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(flow_key_ipv4),
	KUNIT_CASE(flow_key_ipv6),
	KUNIT_CASE(flow_second_gets_the_first),
	KUNIT_CASE(flow_killed_once),
	KUNIT_CASE(flow_moved_tells_where_to),
	KUNIT_CASE(flow_counts_packets_to_three),
	KUNIT_CASE(flow_sizes),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "dray_flow",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = flow_fixture_init4,
	.exit = flow_fixture_exit,
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the flow table");
MODULE_LICENSE("GPL");
