// SPDX-License-Identifier: GPL-2.0-only
/*
 * How flows age, and the sweeper.
 */
#include "flow_fixture.h"

#define ESTABLISHED	DRAY_FLOW_STATE_ESTABLISHED

struct timeout_case {
	const char *name;
	u8 state;
	u32 seconds;
};

static const struct timeout_case timeouts[] = {
	{ "half open", DRAY_FLOW_STATE_SYN_RECV, 20 },
	{ "established", DRAY_FLOW_STATE_ESTABLISHED, 1000 },
	{ "after FIN", DRAY_FLOW_STATE_FIN_WAIT, 200 },
	{ "after RST", DRAY_FLOW_STATE_CLOSE, 10 },
	{ "UDP", DRAY_FLOW_STATE_UDP, 70 },
	{ "SCTP half open", DRAY_FLOW_STATE_SCTP_INIT, 20 },
	{ "SCTP established", DRAY_FLOW_STATE_SCTP_ESTABLISHED, 1000 },
	{ "SCTP after SHUTDOWN", DRAY_FLOW_STATE_SCTP_SHUTDOWN, 200 },
};

static void timeout_desc(const struct timeout_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(timeout, timeouts, timeout_desc);

static int flow_sweep_init(struct kunit *test)
{
	int err = flow_fixture_init4(test);
	struct flow_fixture *fx = test->priv;

	if (err)
		return err;
	fx->dn->settings.timeout_tcp = 1000;
	fx->dn->settings.timeout_tcpfin = 200;
	fx->dn->settings.timeout_udp = 70;
	return 0;
}

static bool flow_expired(const struct flow_fixture *fx,
			 const struct dray_flow *flow)
{
	bool expired;

	path_enter();
	expired = dray_flow_expired(fx->dn, flow);
	path_leave();
	return expired;
}

static u32 flow_expires(const struct flow_fixture *fx,
			const struct dray_flow *flow)
{
	u32 ms;

	path_enter();
	ms = dray_flow_expires(fx->dn, flow);
	path_leave();
	return ms;
}

/* To the second, so that a slow machine does not matter; and never at a
 * second's age if its time is longer.
 */
static void flow_times_out(struct kunit *test)
{
	const struct timeout_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, c->state, 0);
	u32 now = dray_now();

	KUNIT_EXPECT_FALSE(test, flow_expired(fx, flow));
	flow->last = now - (c->seconds - 2) * HZ;
	KUNIT_EXPECT_FALSE(test, flow_expired(fx, flow));
	KUNIT_EXPECT_FALSE(test, dray_flow_stale(fx->dn, flow));
	KUNIT_EXPECT_LE(test, flow_expires(fx, flow), 2000);
	KUNIT_EXPECT_GT(test, flow_expires(fx, flow), 0);
	flow->last = now - c->seconds * HZ;
	KUNIT_EXPECT_TRUE(test, flow_expired(fx, flow));
	KUNIT_EXPECT_TRUE(test, dray_flow_stale(fx->dn, flow));
	KUNIT_EXPECT_EQ(test, flow_expires(fx, flow), 0);
}

static void flow_longest_timeout(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, 0);
	u32 month = 2678400;

	fx->dn->settings.timeout_tcp = month;
	KUNIT_EXPECT_GT(test, flow_expires(fx, flow), (month - 60) * 1000);
	flow->last = dray_now() - (month - 60) * HZ;
	KUNIT_EXPECT_FALSE(test, flow_expired(fx, flow));
	flow->last = dray_now() - month * HZ;
	KUNIT_EXPECT_TRUE(test, flow_expired(fx, flow));
}

/* Another CPU has seen a later jiffy. */
static void flow_from_the_future(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, 0);

	flow->last = dray_now() + 5 * HZ;
	KUNIT_EXPECT_FALSE(test, flow_expired(fx, flow));
	KUNIT_EXPECT_FALSE(test, dray_flow_stale(fx->dn, flow));
	KUNIT_EXPECT_GT(test, flow_expires(fx, flow), 999000);
}

static void flow_without_service_has_expired(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, ESTABLISHED, 0);

	mutex_lock(&fx->dn->lock);
	dray_service_unlink(fx->service);
	dray_service_destroy(fx->service);
	mutex_unlock(&fx->dn->lock);
	KUNIT_EXPECT_TRUE(test, flow_expired(fx, flow));
	KUNIT_EXPECT_EQ(test, flow_expires(fx, flow), 0);
	flow_sweep(fx);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.count), 0);
}

/* Many entries, every third of them too old; those live on that are not.  A
 * walk that pauses on an entry that it has killed passes by the next one in the
 * chain: that is for the next round.
 */
static void sweep_frees_the_expired(struct kunit *test, unsigned int n,
				    u16 flags)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flows *flows = &fx->dn->flows;
	struct dray_flow_tuple tuple;
	struct dray_flow *flow;
	unsigned int i, wrong = 0;

	for (i = 0; i < n; i++) {
		flow = flow_make(test, i, ESTABLISHED, flags);
		if (i % 3 == 0)
			flow->last -= 1000 * HZ;
	}
	for (i = 0; i < 3; i++)
		flow_sweep(fx);
	for (i = 0; i < n; i++) {
		tuple = flow_tuple(fx, i);
		wrong += !flow_find(fx, &tuple) != (i % 3 == 0);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->count), n - (n + 2) / 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->servers[0]->active),
			n - (n + 2) / 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->n_dead), 0);
}

static void sweep_assured(struct kunit *test)
{
	sweep_frees_the_expired(test, 2000, FLOW_ASSURED);
}

static void sweep_unassured(struct kunit *test)
{
	sweep_frees_the_expired(test, 2000, 0);
}

static void sweep_ipv6(struct kunit *test)
{
	flow_fixture_exit(test);
	KUNIT_ASSERT_EQ(test, flow_fixture_create(test, AF_INET6, 0), 0);
	sweep_frees_the_expired(test, 2000, FLOW_ASSURED);
}

/* A sixteenth at a time, or 8192: everything is swept after a few rounds. */
static void sweep_in_rounds(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flows *flows = &fx->dn->flows;
	unsigned int n = SWEEP_AT_LEAST + 1000, i;

	for (i = 0; i < n; i++)
		flow_make(test, i, ESTABLISHED, FLOW_ASSURED)->last -= 1000 * HZ;
	flow_sweep(fx);
	KUNIT_EXPECT_GT(test, atomic_read(&flows->count), 0);
	KUNIT_EXPECT_LE(test, atomic_read(&flows->count), 1000);
	for (i = 0; i < 3; i++)
		flow_sweep(fx);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->count), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->n_dead), 0);
}

/* Well before evicting has to stop for what waits to be freed. */
static void sweep_hurries(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	u32 i;

	fx->dn->settings.unassured_limit = 160;
	for (i = 0; i < 9; i++)
		flow_kill(fx, flow_make(test, i, ESTABLISHED, FLOW_ASSURED));
	KUNIT_EXPECT_FALSE(test, flow_fixture_hurried);
	flow_kill(fx, flow_make(test, i, ESTABLISHED, FLOW_ASSURED));
	KUNIT_EXPECT_TRUE(test, flow_fixture_hurried);
	/* Once is enough, until it has run. */
	flow_fixture_hurried = false;
	flow_kill(fx, flow_make(test, i, ESTABLISHED, FLOW_ASSURED));
	KUNIT_EXPECT_FALSE(test, flow_fixture_hurried);
	flow_sweep(fx);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.n_dead), 0);
	for (i = 0; i < 10; i++)
		flow_kill(fx, flow_make(test, i, ESTABLISHED, FLOW_ASSURED));
	KUNIT_EXPECT_TRUE(test, flow_fixture_hurried);
}

/* Without the tables, whose size changes at any time. */
static u64 entry_bytes(const struct flow_fixture *fx)
{
	struct rhashtable *tables = fx->dn->flows.table;
	u64 all, before, after;

	do {
		before = flow_table_bytes(&tables[0]) +
			 flow_table_bytes(&tables[1]);
		all = dray_flows_bytes(fx->dn);
		after = flow_table_bytes(&tables[0]) +
			flow_table_bytes(&tables[1]);
	} while (before != after);
	return all - after;
}

static void flow_memory_is_reported(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow;

	KUNIT_EXPECT_GT(test, dray_flows_bytes(fx->dn), 0);
	KUNIT_EXPECT_EQ(test, entry_bytes(fx), 0);
	flow = flow_make(test, 0, ESTABLISHED, FLOW_ASSURED);
	KUNIT_EXPECT_EQ(test, entry_bytes(fx), 48);
	flow_kill(fx, flow);
	KUNIT_EXPECT_EQ(test, entry_bytes(fx), 48);
	flow_sweep(fx);
	KUNIT_EXPECT_EQ(test, entry_bytes(fx), 0);
	flow_make(test, 0, ESTABLISHED, 0);
	KUNIT_EXPECT_EQ(test, entry_bytes(fx), 48 + PAGE_SIZE);
}

static struct kunit_case flow_sweep_cases[] = {
	KUNIT_CASE_PARAM(flow_times_out, timeout_gen_params),
	KUNIT_CASE(flow_longest_timeout),
	KUNIT_CASE(flow_from_the_future),
	KUNIT_CASE(flow_without_service_has_expired),
	KUNIT_CASE(sweep_assured),
	KUNIT_CASE(sweep_unassured),
	KUNIT_CASE(sweep_ipv6),
	KUNIT_CASE(sweep_in_rounds),
	KUNIT_CASE(sweep_hurries),
	KUNIT_CASE(flow_memory_is_reported),
	{}
};

static struct kunit_suite flow_sweep_suite = {
	.name = "dray_flow_sweep",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = flow_sweep_init,
	.exit = flow_fixture_exit,
	.test_cases = flow_sweep_cases,
};

kunit_test_suite(flow_sweep_suite);

MODULE_DESCRIPTION("dray: KUnit suite of ageing and sweeping");
MODULE_LICENSE("GPL");
