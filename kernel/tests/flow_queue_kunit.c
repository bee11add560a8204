// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of the flow table, and the queue of unassured entries: who gives way.
 */
#include "flow_fixture.h"

#define SYN_RECV	DRAY_FLOW_STATE_SYN_RECV
#define ESTABLISHED	DRAY_FLOW_STATE_ESTABLISHED

struct limit_case {
	const char *name;
	u32 flows, persists, unassured;	/* limits */
	u16 flags;
	bool evict;
	unsigned int fit;		/* entries there is room for */
	u8 reason;			/* of the next one */
	int left;			/* entries after that */
};

static const struct limit_case limits[] = {
	{ "flow limit", 3, 9, 9, 0, true, 3, DRAY_REASON_FLOW_LIMIT, 3 },
	{ "flow limit, assured", 3, 9, 9, FLOW_ASSURED, true, 3,
	  DRAY_REASON_FLOW_LIMIT, 3 },
	{ "persist limit", 9, 3, 9, FLOW_PERSIST, true, 3,
	  DRAY_REASON_PERSIST_LIMIT, 3 },
	{ "persist limit, assured", 9, 3, 9, FLOW_PERSIST | FLOW_ASSURED, true,
	  3, DRAY_REASON_PERSIST_LIMIT, 3 },
	{ "unassured limit", 9, 9, 3, 0, false, 3,
	  DRAY_REASON_UNASSURED_LIMIT, 3 },
	{ "unassured limit of clients", 9, 9, 3, FLOW_PERSIST, false, 3,
	  DRAY_REASON_UNASSURED_LIMIT, 3 },
	{ "the assured have no unassured limit", 9, 9, 3, FLOW_ASSURED, false,
	  9, DRAY_REASON_FLOW_LIMIT, 9 },
	{ "no room at all", 0, 0, 0, 0, true, 0, DRAY_REASON_FLOW_LIMIT, 0 },
	{ "nobody to give way", 9, 9, 0, 0, true, 0,
	  DRAY_REASON_UNASSURED_LIMIT, 0 },
};

static void limit_desc(const struct limit_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(limit, limits, limit_desc);

static void flow_limit_kept(struct kunit *test)
{
	const struct limit_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	struct dray_flows *flows = &fx->dn->flows;
	struct dray_flow_tuple tuple;
	unsigned int i;
	u8 reason = 0;

	fx->dn->settings.flow_limit = c->flows;
	fx->dn->settings.persist_limit = c->persists;
	fx->dn->settings.unassured_limit = c->unassured;
	for (i = 0; i < c->fit; i++)
		flow_make(test, i, SYN_RECV, c->flags);
	KUNIT_EXPECT_FALSE(test, dray_flow_pressed(fx->dn));
	tuple = flow_tuple(fx, i);
	KUNIT_EXPECT_NULL(test, flow_insert(fx, &tuple, SYN_RECV, c->flags,
					    c->evict, &reason));
	KUNIT_EXPECT_EQ(test, reason, c->reason);
	KUNIT_EXPECT_TRUE(test, dray_flow_pressed(fx->dn));
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->count) +
			atomic_read(&flows->persists), c->left);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->unassured),
			c->flags & FLOW_ASSURED ? 0 : c->left);
}

/* Entries 0 to 3 are made in this order, with a budget of four, and then one
 * half open one after the other: who of the first four gives way, in turn?
 */
struct evict_case {
	const char *name;
	const char *states;	/* S, E, U; a: assured later; k: killed */
	const char *victims;
};

static const struct evict_case evictions[] = {
	{ "the oldest first", "SSSS", "0123" },
	{ "the oldest first, UDP", "UUUU", "0123" },
	{ "established is spared once", "ESSS", "1230" },
	{ "established ones are spared once, in order", "ESES", "1302" },
	{ "all established: the oldest first", "EEEE", "0123" },
	{ "the assured never", "aSaS", "13" },
	{ "the killed have gone", "kSSS", "123" },
};

static void evict_desc(const struct evict_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(evict, evictions, evict_desc);

static void make_evictable(struct kunit *test, u32 client, char letter)
{
	struct flow_fixture *fx = test->priv;
	u8 state = letter == 'E' ? ESTABLISHED :
		   letter == 'U' ? DRAY_FLOW_STATE_UDP : SYN_RECV;
	struct dray_flow *flow = flow_make(test, client, state, 0);

	if (letter == 'a')
		dray_flow_assure(fx->dn, flow);
	else if (letter == 'k')
		flow_kill(fx, flow);
}

/* The one of the first four that has gone since @there was made, or 0. */
static char victim(const struct flow_fixture *fx, bool there[4])
{
	char gone = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct dray_flow_tuple tuple = flow_tuple(fx, i);

		if (there[i] && !flow_find(fx, &tuple)) {
			there[i] = false;
			gone = '0' + i;
		}
	}
	return gone;
}

static void flow_evicts(struct kunit *test)
{
	const struct evict_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	bool there[4] = { true, true, true, true };
	struct dray_flow_tuple tuple;
	char victims[8] = {}, gone;
	unsigned int n = 0;
	u32 i;
	u8 reason;

	fx->dn->settings.unassured_limit = 4;
	for (i = 0; i < 4; i++)
		make_evictable(test, i, c->states[i]);
	victim(fx, there);
	for (i = 4; i < 12; i++) {
		tuple = flow_tuple(fx, i);
		KUNIT_EXPECT_NOT_NULL(test, flow_insert(fx, &tuple, SYN_RECV, 0,
							true, &reason));
		gone = victim(fx, there);
		if (gone)
			victims[n++] = gone;
		flow_reap(&fx->dn->flows);
	}
	KUNIT_EXPECT_STREQ(test, victims, c->victims);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.unassured), 4);
	KUNIT_EXPECT_TRUE(test, dray_flow_pressed(fx->dn));
}

static void flow_evicted_is_counted(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple = flow_tuple(fx, 1);
	u8 reason;

	fx->dn->settings.unassured_limit = 1;
	flow_make(test, 0, SYN_RECV, 0);
	KUNIT_EXPECT_NOT_NULL(test, flow_insert(fx, &tuple, SYN_RECV, 0, true,
						&reason));
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.count), 1);
	KUNIT_EXPECT_EQ(test, dray_reason_sum(fx->dn->reasons,
					      DRAY_REASON_EVICTED), 1);
}

/* What was evicted is memory until it is freed: an eighth of the budget. */
static void flow_evicts_no_faster_than_reaped(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple;
	unsigned int made = 0;
	u32 i;
	u8 reason;

	fx->dn->settings.unassured_limit = 64;
	for (i = 0; i < 64; i++)
		flow_make(test, i, SYN_RECV, 0);
	for (; i < 128; i++) {
		tuple = flow_tuple(fx, i);
		made += !!flow_insert(fx, &tuple, SYN_RECV, 0, true, &reason);
	}
	KUNIT_EXPECT_EQ(test, made, 64 / 8 + 1);
	flow_sweep(fx);
	tuple = flow_tuple(fx, i);
	KUNIT_EXPECT_NOT_NULL(test, flow_insert(fx, &tuple, SYN_RECV, 0, true,
						&reason));
}

static void flow_pressed_for_a_minute(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flows *flows = &fx->dn->flows;

	KUNIT_EXPECT_FALSE(test, dray_flow_pressed(fx->dn));
	flow_pressed(flows);
	KUNIT_EXPECT_TRUE(test, dray_flow_pressed(fx->dn));
	flows->pressed = jiffies - 58 * HZ;
	KUNIT_EXPECT_TRUE(test, dray_flow_pressed(fx->dn));
	flows->pressed = jiffies - 60 * HZ;
	KUNIT_EXPECT_FALSE(test, dray_flow_pressed(fx->dn));
}

/* Two pages and a half; the queue lets go of all but every hundredth. */
static void queue_tidy_merges_in_order(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_queue *queue = &fx->dn->flows.queue;
	u32 n = QUEUE_SLOTS * 5 / 2, wrong = 0, i;
	struct dray_flow *flow;

	for (i = 0; i < n; i++) {
		flow = flow_make(test, i, SYN_RECV, 0);
		if (i % 100 == 1)
			flow_kill(fx, flow);
		else if (i % 100)
			dray_flow_assure(fx->dn, flow);
	}
	KUNIT_EXPECT_EQ(test, queue->n_pages, 3);
	dray_flow_queue_tidy(fx->dn);
	KUNIT_EXPECT_EQ(test, queue->n_pages, 1);
	spin_lock_bh(&queue->lock);
	for (i = 0; (flow = queue_pop(queue)); i += 100) {
		wrong += flow->key4.cport != htons(1024 + i);
		queue_let_go(fx->dn, flow);
	}
	spin_unlock_bh(&queue->lock);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, i, roundup(n, 100));
}

/* Pages that do not fit into one are left as they are. */
static void queue_tidy_keeps_full_pages(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow_queue *queue = &fx->dn->flows.queue;
	u32 i;

	for (i = 0; i < QUEUE_SLOTS * 2; i++)
		flow_make(test, i, SYN_RECV, 0);
	dray_flow_queue_tidy(fx->dn);
	KUNIT_EXPECT_EQ(test, queue->n_pages, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.unassured), i);
}

static void queue_tidy_kills_the_expired(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, SYN_RECV, 0);

	flow_make(test, 1, SYN_RECV, 0);
	flow->last -= DRAY_HALF_OPEN * HZ;
	dray_flow_queue_tidy(fx->dn);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.unassured), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.n_dead), 1);
}

static struct kunit_case flow_queue_cases[] = {
	KUNIT_CASE_PARAM(flow_limit_kept, limit_gen_params),
	KUNIT_CASE_PARAM(flow_evicts, evict_gen_params),
	KUNIT_CASE(flow_evicted_is_counted),
	KUNIT_CASE(flow_evicts_no_faster_than_reaped),
	KUNIT_CASE(flow_pressed_for_a_minute),
	KUNIT_CASE(queue_tidy_merges_in_order),
	KUNIT_CASE(queue_tidy_keeps_full_pages),
	KUNIT_CASE(queue_tidy_kills_the_expired),
	{}
};

static struct kunit_suite flow_queue_suite = {
	.name = "dray_flow_queue",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = flow_fixture_init4,
	.exit = flow_fixture_exit,
	.test_cases = flow_queue_cases,
};

kunit_test_suite(flow_queue_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the queue of unassured entries");
MODULE_LICENSE("GPL");
