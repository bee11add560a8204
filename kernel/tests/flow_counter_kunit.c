// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table: every counter is balanced, whatever becomes of an entry.
 */
#include "flow_fixture.h"

enum op { END, MAKE, MAKE_PERSIST, KILL, MOVE, MOVE_LATE, ASSURE, STATE };

#define SYN_RECV	DRAY_FLOW_STATE_SYN_RECV
#define ESTABLISHED	DRAY_FLOW_STATE_ESTABLISHED
#define FIN_WAIT	DRAY_FLOW_STATE_FIN_WAIT
#define CLOSE		DRAY_FLOW_STATE_CLOSE

struct step {
	enum op op;
	u8 arg;		/* state or server */
	u16 flags;
};

struct counts {
	int count, persists, unassured;
	int active[2], inactive[2], persistent[2];	/* of each server */
};

struct counter_case {
	const char *name;
	struct step steps[6];
	struct counts after;
};

static const struct counter_case counters[] = {
	{ "half open is active and unassured", { {MAKE, SYN_RECV} },
	  { 1, 0, 1, {1} } },
	{ "established is active", { {MAKE, ESTABLISHED} },
	  { 1, 0, 1, {1} } },
	{ "UDP is inactive", { {MAKE, DRAY_FLOW_STATE_UDP} },
	  { 1, 0, 1, {}, {1} } },
	{ "SCTP half open is active", { {MAKE, DRAY_FLOW_STATE_SCTP_INIT} },
	  { 1, 0, 1, {1} } },
	{ "SCTP shutdown is inactive",
	  { {MAKE, DRAY_FLOW_STATE_SCTP_SHUTDOWN} }, { 1, 0, 1, {}, {1} } },
	{ "born assured", { {MAKE, ESTABLISHED, FLOW_ASSURED} },
	  { 1, 0, 0, {1} } },
	{ "assured", { {MAKE, SYN_RECV}, {ASSURE} }, { 1, 0, 0, {1} } },
	{ "assured twice", { {MAKE, SYN_RECV}, {ASSURE}, {ASSURE} },
	  { 1, 0, 0, {1} } },
	{ "active to active", { {MAKE, SYN_RECV}, {STATE, ESTABLISHED} },
	  { 1, 0, 1, {1} } },
	{ "active to inactive", { {MAKE, ESTABLISHED}, {STATE, FIN_WAIT} },
	  { 1, 0, 1, {}, {1} } },
	{ "inactive to inactive", { {MAKE, FIN_WAIT}, {STATE, CLOSE} },
	  { 1, 0, 1, {}, {1} } },
	{ "inactive to active", { {MAKE, CLOSE}, {STATE, ESTABLISHED} },
	  { 1, 0, 1, {1} } },
	{ "the same state", { {MAKE, ESTABLISHED}, {STATE, ESTABLISHED} },
	  { 1, 0, 1, {1} } },
	{ "moved", { {MAKE, SYN_RECV}, {MOVE, 1} }, { 1, 0, 1, {0, 1} } },
	{ "moved by somebody else before", { {MAKE, SYN_RECV}, {MOVE_LATE, 1} },
	  { 1, 0, 1, {1} } },
	{ "moved to where it is", { {MAKE, SYN_RECV}, {MOVE, 0} },
	  { 1, 0, 1, {1} } },
	{ "moved when inactive", { {MAKE, FIN_WAIT}, {MOVE, 1} },
	  { 1, 0, 1, {}, {0, 1} } },
	{ "moved and ended", { {MAKE, SYN_RECV}, {MOVE, 1}, {STATE, FIN_WAIT} },
	  { 1, 0, 1, {}, {0, 1} } },
	{ "moved there and back", { {MAKE, SYN_RECV}, {MOVE, 1}, {MOVE, 0} },
	  { 1, 0, 1, {1} } },
	{ "killed", { {MAKE, SYN_RECV}, {KILL} }, { 0 } },
	{ "killed twice", { {MAKE, SYN_RECV}, {KILL}, {KILL} }, { 0 } },
	{ "killed when assured", { {MAKE, SYN_RECV}, {ASSURE}, {KILL} }, { 0 } },
	{ "killed when inactive", { {MAKE, SYN_RECV}, {STATE, CLOSE}, {KILL} },
	  { 0 } },
	{ "killed when moved", { {MAKE, SYN_RECV}, {MOVE, 1}, {KILL} }, { 0 } },
	{ "the dead are not assured", { {MAKE, SYN_RECV}, {KILL}, {ASSURE} },
	  { 0 } },
	{ "the dead are not moved", { {MAKE, SYN_RECV}, {KILL}, {MOVE, 1} },
	  { 0 } },
	{ "the dead do not change", { {MAKE, SYN_RECV}, {KILL}, {STATE, CLOSE} },
	  { 0 } },
	{ "a duplicate does not count", { {MAKE, SYN_RECV}, {MAKE, CLOSE} },
	  { 1, 0, 1, {1} } },
	{ "an assured duplicate does not count",
	  { {MAKE, SYN_RECV}, {MAKE, CLOSE, FLOW_ASSURED} },
	  { 1, 0, 1, {1} } },
	{ "made again", { {MAKE, SYN_RECV}, {KILL}, {MAKE, SYN_RECV} },
	  { 1, 0, 1, {1} } },
	{ "a client is no flow", { {MAKE_PERSIST} },
	  { 0, 1, 1, {}, {}, {1} } },
	{ "a client moved", { {MAKE_PERSIST}, {MOVE, 1} },
	  { 0, 1, 1, {}, {}, {0, 1} } },
	{ "a client assured", { {MAKE_PERSIST}, {ASSURE} },
	  { 0, 1, 0, {}, {}, {1} } },
	{ "a client killed", { {MAKE_PERSIST}, {ASSURE}, {KILL} }, { 0 } },
};

static void counter_desc(const struct counter_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(counter, counters, counter_desc);

static void expect_counts(struct kunit *test, const struct counts *want)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flows *flows = &fx->dn->flows;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, atomic_read(&flows->count), want->count);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->persists), want->persists);
	KUNIT_EXPECT_EQ(test, atomic_read(&flows->unassured), want->unassured);
	for (i = 0; i < 2; i++) {
		struct dray_server *server = fx->servers[i];

		KUNIT_EXPECT_EQ(test, atomic_read(&server->active),
				want->active[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&server->inactive),
				want->inactive[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&server->persistent),
				want->persistent[i]);
	}
}

static struct dray_flow *take_step(struct flow_fixture *fx,
				   const struct step *step,
				   struct dray_flow *flow)
{
	struct dray_flow_tuple tuple = flow_tuple(fx, 0);
	u16 flags = step->flags;
	u8 reason;

	if (step->op == MAKE_PERSIST) {
		tuple.protocol = 0;
		flags |= FLOW_PERSIST;
	}
	path_enter();
	switch (step->op) {
	case MAKE:
	case MAKE_PERSIST:
		flow = dray_flow_insert(fx->dn, &tuple, fx->servers[0],
					step->arg, flags, false, &reason);
		break;
	case KILL:
		dray_flow_kill(fx->dn, flow);
		break;
	case MOVE:
		dray_flow_move(fx->dn, flow, flow->w.server,
			       fx->servers[step->arg]);
		break;
	case MOVE_LATE:
		dray_flow_move(fx->dn, flow, fx->servers[1]->id,
			       fx->servers[step->arg]);
		break;
	case ASSURE:
		dray_flow_assure(fx->dn, flow);
		break;
	case STATE:
		dray_flow_set_state(fx->dn, flow, step->arg);
		break;
	case END:
		break;
	}
	path_leave();
	return flow;
}

/* What a case says, and nothing at all once the entry is killed and reaped. */
static void run_counter_case(struct kunit *test)
{
	const struct counter_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	static const struct counts nothing;
	struct dray_flow *flow = NULL;
	const struct step *step;

	for (step = c->steps; step->op != END; step++)
		flow = take_step(fx, step, flow);
	expect_counts(test, &c->after);
	flow_kill(fx, flow);
	expect_counts(test, &nothing);
	flow_sweep(fx);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.n_dead), 0);
	KUNIT_EXPECT_EQ(test, fx->dn->flows.queue.n_pages, 0);
}

static void flow_counters_ipv4(struct kunit *test)
{
	run_counter_case(test);
}

static void flow_counters_ipv6(struct kunit *test)
{
	flow_fixture_exit(test);
	KUNIT_ASSERT_EQ(test, flow_fixture_create(test, AF_INET6, 0), 0);
	run_counter_case(test);
}

static void flow_outlives_server(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, SYN_RECV, 0);
	struct counts want = { 1, 0, 1, {0, 1} };

	mutex_lock(&fx->dn->lock);
	dray_server_destroy(fx->dn, fx->servers[0]);
	mutex_unlock(&fx->dn->lock);
	path_enter();
	dray_flow_set_state(fx->dn, flow, ESTABLISHED);
	dray_flow_move(fx->dn, flow, flow->w.server, fx->servers[1]);
	path_leave();
	fx->servers[0] = fixture_server(test, fx->service, 3);
	expect_counts(test, &want);
}

static struct kunit_case flow_counter_cases[] = {
	KUNIT_CASE_PARAM(flow_counters_ipv4, counter_gen_params),
	KUNIT_CASE_PARAM(flow_counters_ipv6, counter_gen_params),
	KUNIT_CASE(flow_outlives_server),
	{}
};

static struct kunit_suite flow_counter_suite = {
	.name = "dray_flow_counter",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = flow_fixture_init4,
	.exit = flow_fixture_exit,
	.test_cases = flow_counter_cases,
};

kunit_test_suite(flow_counter_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the flow table's counters");
MODULE_LICENSE("GPL");
