// SPDX-License-Identifier: GPL-2.0-only
/*
 * What packets make of a flow's state, and what makes a client real.
 */
#include <linux/delay.h>

#include "flow_fixture.h"

#include "../flow_state.c"

/* States by letter, in the order of enum dray_flow_state. */
static const char letters[] = "NSEFCUITD";

/* The state after a packet with, by column, none, ACK, FIN, FIN+ACK, RST,
 * RST+ACK, RST+FIN, RST+FIN+ACK; and after one that opens a flow, if that makes
 * a difference.
 */
struct state_case {
	const char *name;
	u8 protocol;
	char from;
	const char *to;
	char opened;
};

static const struct state_case states[] = {
	{ "TCP, none", IPPROTO_TCP, 'N', "NNFFCCCC" },
	{ "TCP, half open", IPPROTO_TCP, 'S', "SEFFCCCC" },
	{ "TCP, established", IPPROTO_TCP, 'E', "EEFFCCCC" },
	{ "TCP, after FIN", IPPROTO_TCP, 'F', "FFFFCCCC", 'S' },
	{ "TCP, after RST", IPPROTO_TCP, 'C', "CEFFCCCC", 'S' },
	{ "SCTP, none", IPPROTO_SCTP, 'N', "NNDDCCCC" },
	{ "SCTP, half open", IPPROTO_SCTP, 'I', "ITDDCCCC" },
	{ "SCTP, established", IPPROTO_SCTP, 'T', "TTDDCCCC" },
	{ "SCTP, after SHUTDOWN", IPPROTO_SCTP, 'D', "DDDDCCCC", 'I' },
	{ "SCTP, after ABORT", IPPROTO_SCTP, 'C', "CTDDCCCC", 'I' },
	{ "UDP", IPPROTO_UDP, 'U', "UUUUUUUU" },
};

static void state_desc(const struct state_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(state, states, state_desc);

/* Every combination of flags: those without a column change nothing. */
static void state_next(struct kunit *test)
{
	const struct state_case *c = test->param_value;
	u8 from = strchr(letters, c->from) - letters;
	unsigned int flags, column;
	char to;

	for (flags = 0; flags < PKT_ICMP << 1; flags++) {
		column = !!(flags & PKT_ACK) + 2 * !!(flags & PKT_FIN) +
			 4 * !!(flags & PKT_RST);
		to = c->to[column];
		if (c->opened && flags & PKT_OPENS && column < 2)
			to = c->opened;
		KUNIT_EXPECT_EQ_MSG(test, to,
				    letters[dray_flow_next_state(c->protocol,
								 from, flags)],
				    "flags %#x", flags);
	}
}

static void state_first(struct kunit *test)
{
	static const struct {
		u8 protocol;
		u16 flags;
		char state;
	} rows[] = {
		{ IPPROTO_TCP, PKT_OPENS, 'S' },
		{ IPPROTO_TCP, PKT_OPENS | PKT_PAYLOAD, 'S' },
		{ IPPROTO_TCP, PKT_ACK, 'E' },
		{ IPPROTO_SCTP, PKT_OPENS, 'I' },
		{ IPPROTO_SCTP, PKT_ACK | PKT_PAYLOAD, 'T' },
		{ IPPROTO_UDP, PKT_OPENS, 'U' },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct dray_packet pkt = {
			.protocol = rows[i].protocol, .flags = rows[i].flags,
		};

		KUNIT_EXPECT_EQ_MSG(test, rows[i].state,
				    letters[dray_flow_first_state(&pkt)],
				    "row %u", i);
	}
}

static void state_over(struct kunit *test)
{
	u8 state;

	for (state = 0; letters[state]; state++)
		KUNIT_EXPECT_EQ_MSG(test, dray_flow_over(state),
				    !!strchr("FCD", letters[state]), "%c",
				    letters[state]);
}

/* A flow's packets after the first: when, in halves of a second since then,
 * and with payload or not.  What comes half a second later is in the next
 * second.  Is the client real after the last of them, and only then?
 */
struct earn_case {
	const char *name;
	u16 first;		/* FLOW_* of the first */
	struct {
		u8 at;
		u16 flags;
	} packets[5];
	unsigned int n;
	bool assured;
};

#define BARE	PKT_ACK
#define DATA	(PKT_ACK | PKT_PAYLOAD)

static const struct earn_case earned[] = {
	{ "the third packet after a second", 0, { {0, BARE}, {2, BARE} }, 2, true },
	{ "the third packet within a second", 0, { {0, BARE}, {1, BARE} }, 2 },
	{ "the second packet after a second", 0, { {3, BARE} }, 1 },
	{ "the fourth is the first after a second", 0,
	  { {0, BARE}, {1, BARE}, {2, BARE} }, 3, true },
	{ "payload in two seconds", 0, { {0, DATA}, {1, DATA} }, 2, true },
	{ "payload in two seconds, a bare ACK before the second", 0,
	  { {0, DATA}, {1, BARE}, {1, DATA} }, 3, true },
	{ "payload twice in a second", 0, { {1, DATA}, {1, DATA} }, 2 },
	{ "payload once", 0, { {3, DATA} }, 1 },
	{ "payload in the first packet and the second", FLOW_PAYLOAD,
	  { {1, DATA} }, 1, true },
	{ "payload in the first packet only", FLOW_PAYLOAD, { {1, BARE} }, 1 },
};

static void earn_desc(const struct earn_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(earn, earned, earn_desc);

/* Move all that a flow knows of time into the past; @payload is when it has
 * first carried any.
 */
static void flow_grows_older(struct dray_flow *flow, u32 shift, u32 *payload)
{
	flow->first -= shift;
	flow->last -= shift;
	*payload -= shift;
	if (!(flow->w.flags & FLOW_PAYLOAD))
		return;
	flow->w.flags &= ~FLOW_SECOND;
	flow->w.flags |= FIELD_PREP(FLOW_SECOND, *payload / HZ % 32);
}

static void packet_comes(struct flow_fixture *fx, struct dray_flow *flow,
			 u16 flags)
{
	struct dray_packet pkt = {
		.dn = fx->dn, .protocol = IPPROTO_TCP, .flags = flags,
	};

	path_enter();
	pkt.conf = rcu_dereference(fx->service->conf);
	dray_flow_packet(&pkt, flow);
	path_leave();
}

/* Not so late in a second that it could end before the next packet. */
static void await_early_in_second(void)
{
	while (dray_now() % HZ >= HZ / 4)
		msleep(20);
}

static void flow_earns(struct kunit *test)
{
	const struct earn_case *c = test->param_value;
	struct flow_fixture *fx = test->priv;
	unsigned int i, at = 0;
	struct dray_flow *flow;
	u32 payload;

	await_early_in_second();
	payload = dray_now();
	flow = flow_make(test, 0, DRAY_FLOW_STATE_SYN_RECV, c->first);
	for (i = 0; i < c->n; i++) {
		KUNIT_EXPECT_FALSE(test, flow->w.flags & FLOW_ASSURED);
		flow_grows_older(flow, (c->packets[i].at - at) * HZ / 2,
				 &payload);
		if (!(flow->w.flags & FLOW_PAYLOAD))
			payload = dray_now();
		packet_comes(fx, flow, c->packets[i].flags);
		at = c->packets[i].at;
	}
	KUNIT_EXPECT_EQ(test, !!(flow->w.flags & FLOW_ASSURED), c->assured);
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->dn->flows.unassured),
			!c->assured);
}

static void flow_packet_changes_state_and_time(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;
	struct dray_flow *flow = flow_make(test, 0, DRAY_FLOW_STATE_SYN_RECV, 0);

	flow->last -= 5 * HZ;
	packet_comes(fx, flow, PKT_ACK);
	KUNIT_EXPECT_EQ(test, letters[flow->w.state], 'E');
	KUNIT_EXPECT_LT(test, dray_now() - flow->last, 2 * HZ);
	packet_comes(fx, flow, PKT_ACK | PKT_FIN);
	KUNIT_EXPECT_EQ(test, letters[flow->w.state], 'F');
	KUNIT_EXPECT_EQ(test, atomic_read(&fx->servers[0]->inactive), 1);
}

static struct kunit_case flow_state_cases[] = {
	KUNIT_CASE_PARAM(state_next, state_gen_params),
	KUNIT_CASE(state_first),
	KUNIT_CASE(state_over),
	KUNIT_CASE_PARAM(flow_earns, earn_gen_params),
	KUNIT_CASE(flow_packet_changes_state_and_time),
	{}
};

static struct kunit_suite flow_state_suite = {
	.name = "dray_flow_state",
	.suite_init = flow_fixture_suite_init,
	.suite_exit = flow_fixture_suite_exit,
	.init = flow_fixture_init4,
	.exit = flow_fixture_exit,
	.test_cases = flow_state_cases,
};

kunit_test_suite(flow_state_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the states of flows");
MODULE_LICENSE("GPL");
