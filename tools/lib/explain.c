// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking the kernel what would become of a packet, and reading its answer. */
#include "explain.h"

#include <linux/neighbour.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "codec.h"

static int put_packet(struct nl_msg *msg,
		      const struct dray_explain_request *request)
{
	struct nlattr *nest;

	/* an empty nest is refused */
	if (!request->ifindex && !request->mark && !request->size &&
	    !request->midstream)
		return 0;
	nest = nla_nest_start(msg, DRAY_A_EXPLAIN | NLA_F_NESTED);
	if (!nest ||
	    (request->ifindex && nla_put_u32(msg, DRAY_A_EXPLAIN_IFINDEX,
					     request->ifindex) < 0) ||
	    (request->mark && nla_put_u32(msg, DRAY_A_EXPLAIN_MARK,
					  request->mark) < 0) ||
	    (request->size && nla_put_u32(msg, DRAY_A_EXPLAIN_SIZE,
					  request->size) < 0) ||
	    (request->midstream &&
	     nla_put_flag(msg, DRAY_A_EXPLAIN_MIDSTREAM) < 0))
		return -NLE_NOMEM;
	return nla_nest_end(msg, nest);
}

int dray_explain_put(struct nl_msg *msg,
		     const struct dray_explain_request *request)
{
	const struct dray_flow flow = {
		.has = DRAY_BIT(DRAY_A_FLOW_PROTOCOL) |
		       DRAY_BIT(DRAY_A_FLOW_CLIENT) |
		       DRAY_BIT(DRAY_A_FLOW_CLIENT_PORT) |
		       DRAY_BIT(DRAY_A_FLOW_VIP) |
		       DRAY_BIT(DRAY_A_FLOW_VIP_PORT),
		.protocol = request->protocol,
		.client = request->client,
		.client_port = request->client_port,
		.vip = request->vip,
		.vip_port = request->vip_port,
	};
	int rc = dray_put_flow(msg, &flow);

	return rc < 0 ? rc : put_packet(msg, request);
}

static void get_entry(struct nlattr *nest, struct dray_explain *x)
{
	struct nlattr *tb[DRAY_A_EXPLAIN_ENTRY_MAX + 1];
	struct dray_explain_entry *entry;

	dray_nest_parse(nest, tb, DRAY_A_EXPLAIN_ENTRY_MAX);
	entry = tb[DRAY_A_EXPLAIN_ENTRY_PERSIST] ? &x->persist : &x->flow;
	entry->there = true;
	entry->why = dray_get_u8(tb[DRAY_A_EXPLAIN_ENTRY_WHY]);
	entry->has_server = tb[DRAY_A_EXPLAIN_ENTRY_SERVER];
	dray_get_server(tb[DRAY_A_EXPLAIN_ENTRY_SERVER], &entry->srv);
	entry->flow.protocol = x->svc.key.protocol;
	entry->flow.state = dray_get_u8(tb[DRAY_A_EXPLAIN_ENTRY_STATE]);
	entry->flow.flags = dray_get_u32(tb[DRAY_A_EXPLAIN_ENTRY_FLAGS]);
	entry->flow.expires = dray_get_u32(tb[DRAY_A_EXPLAIN_ENTRY_EXPIRES]);
	entry->age = dray_get_u32(tb[DRAY_A_EXPLAIN_ENTRY_AGE]);
	entry->idle = dray_get_u32(tb[DRAY_A_EXPLAIN_ENTRY_IDLE]);
	entry->flows = dray_get_u32(tb[DRAY_A_EXPLAIN_ENTRY_FLOWS]);
}

static void get_rank(struct nlattr *nest, struct dray_explain *x)
{
	struct nlattr *tb[DRAY_A_EXPLAIN_RANK_MAX + 1];
	struct dray_explain_rank *rank;

	if (x->n_ranks == DRAY_EXPLAIN_RANKS)
		return;
	rank = &x->ranks[x->n_ranks++];
	rank->has = dray_nest_parse(nest, tb, DRAY_A_EXPLAIN_RANK_MAX);
	rank->row = dray_get_u32(tb[DRAY_A_EXPLAIN_RANK_ROW]);
	rank->rank = dray_get_u8(tb[DRAY_A_EXPLAIN_RANK_RANK]);
	rank->why = dray_get_u8(tb[DRAY_A_EXPLAIN_RANK_WHY]);
	rank->active = dray_get_u32(tb[DRAY_A_EXPLAIN_RANK_ACTIVE]);
	rank->limit = dray_get_u32(tb[DRAY_A_EXPLAIN_RANK_LIMIT]);
	dray_get_server(tb[DRAY_A_EXPLAIN_RANK_SERVER], &rank->srv);
}

static void get_route(struct nlattr *nest, struct dray_explain_route *route)
{
	struct nlattr *tb[DRAY_A_EXPLAIN_ROUTE_MAX + 1];
	struct nlattr *mac;

	route->has = dray_nest_parse(nest, tb, DRAY_A_EXPLAIN_ROUTE_MAX);
	route->reach = dray_get_u8(tb[DRAY_A_EXPLAIN_ROUTE_REACH]);
	route->ifindex = dray_get_u32(tb[DRAY_A_EXPLAIN_ROUTE_IFINDEX]);
	route->mtu = dray_get_u32(tb[DRAY_A_EXPLAIN_ROUTE_MTU]);
	route->neighbour = dray_get_u8(tb[DRAY_A_EXPLAIN_ROUTE_NEIGHBOUR]);
	route->direct = tb[DRAY_A_EXPLAIN_ROUTE_DIRECT];
	route->fragment = tb[DRAY_A_EXPLAIN_ROUTE_FRAGMENT];
	mac = tb[DRAY_A_EXPLAIN_ROUTE_MAC];
	if (mac && nla_len(mac) == DRAY_MACLEN)
		memcpy(route->mac, nla_data(mac), DRAY_MACLEN);
	else
		route->has &= ~DRAY_BIT(DRAY_A_EXPLAIN_ROUTE_MAC);
}

/* What there may be many of. */
static void get_lists(struct nlattr *nest, struct dray_explain *x)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) == DRAY_A_EXPLAIN_ENTRY)
			get_entry(attr, x);
		else if (nla_type(attr) == DRAY_A_EXPLAIN_RANK)
			get_rank(attr, x);
		else if (nla_type(attr) == DRAY_A_EXPLAIN_NOTE &&
			 x->n_notes < DRAY_EXPLAIN_NOTES)
			dray_get_text(attr, x->notes[x->n_notes++],
				      sizeof(x->notes[0]));
	}
}

static void get_steps(struct nlattr *nest, struct dray_explain *x)
{
	struct nlattr *tb[DRAY_A_EXPLAIN_MAX + 1];

	x->has = dray_nest_parse(nest, tb, DRAY_A_EXPLAIN_MAX);
	x->ifindex = dray_get_u32(tb[DRAY_A_EXPLAIN_IFINDEX]);
	x->hook_mode = dray_get_u8(tb[DRAY_A_EXPLAIN_HOOK_MODE]);
	x->hook_point = dray_get_u8(tb[DRAY_A_EXPLAIN_HOOK_POINT]);
	dray_get_text(tb[DRAY_A_EXPLAIN_HOOK_WHY], x->hook_why,
		      sizeof(x->hook_why));
	x->hash = dray_get_u64(tb[DRAY_A_EXPLAIN_HASH]);
	x->by = dray_get_u8(tb[DRAY_A_EXPLAIN_BY]);
	x->pressed = tb[DRAY_A_EXPLAIN_PRESSED];
	x->makes = dray_get_u32(tb[DRAY_A_EXPLAIN_MAKES]);
	dray_get_server(tb[DRAY_A_EXPLAIN_FIRST], &x->first);
	dray_get_text(tb[DRAY_A_EXPLAIN_VERDICT], x->verdict,
		      sizeof(x->verdict));
	dray_get_text(tb[DRAY_A_EXPLAIN_REASON], x->reason, sizeof(x->reason));
	dray_get_text(tb[DRAY_A_EXPLAIN_DOC], x->doc, sizeof(x->doc));
	get_route(tb[DRAY_A_EXPLAIN_ROUTE], &x->route);
	if (nest)
		get_lists(nest, x);
}

void dray_explain_get(struct nlattr **tb, struct dray_explain *x)
{
	memset(x, 0, sizeof(*x));
	dray_get_service(tb[DRAY_A_SERVICE], &x->svc);
	dray_get_server(tb[DRAY_A_SERVER], &x->srv);
	dray_get_vip(tb[DRAY_A_VIP], &x->vip);
	x->has_srv = tb[DRAY_A_SERVER];
	x->has_vip = tb[DRAY_A_VIP];
	get_steps(tb[DRAY_A_EXPLAIN], x);
}

static int reply_explain(struct nlattr **tb, void *arg)
{
	dray_explain_get(tb, arg);
	return 0;
}

int dray_explain(struct dray_nl *nl, const struct dray_explain_request *request,
		 struct dray_explain *x)
{
	struct nl_msg *msg = dray_nl_request(nl, DRAY_CMD_EXPLAIN, 0);

	if (msg && dray_explain_put(msg, request) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(nl, msg, reply_explain, x);
}

static const char *const by_names[] = {
	[DRAY_EXPLAIN_BY_NONE] = "none",
	[DRAY_EXPLAIN_BY_FLOW] = "flow",
	[DRAY_EXPLAIN_BY_PERSIST] = "persist",
	[DRAY_EXPLAIN_BY_TABLE] = "table",
	[DRAY_EXPLAIN_BY_SCHEDULER] = "scheduler",
	[DRAY_EXPLAIN_BY_FALLBACK] = "fallback",
	[DRAY_EXPLAIN_BY_LEFT] = "left",
};

static const char *const why_names[] = {
	[DRAY_EXPLAIN_WHY_TAKEN] = "taken",
	[DRAY_EXPLAIN_WHY_EMPTY] = "empty",
	[DRAY_EXPLAIN_WHY_WEIGHT_ZERO] = "weight-zero",
	[DRAY_EXPLAIN_WHY_DRAIN] = "drain",
	[DRAY_EXPLAIN_WHY_DOWN] = "down",
	[DRAY_EXPLAIN_WHY_UNREACHABLE] = "unreachable",
	[DRAY_EXPLAIN_WHY_OVERLOADED] = "overloaded",
	[DRAY_EXPLAIN_WHY_SLOW_START] = "slow-start",
	[DRAY_EXPLAIN_WHY_LOAD_LIMIT] = "load-limit",
	[DRAY_EXPLAIN_WHY_BEHIND] = "behind",
	[DRAY_EXPLAIN_WHY_REMOVED] = "removed",
	[DRAY_EXPLAIN_WHY_EXPIRED] = "expired",
	[DRAY_EXPLAIN_WHY_UNASSURED] = "unassured",
};

static const char *const point_names[] = {
	[DRAY_HOOK_POINT_NONE] = "none",
	[DRAY_HOOK_POINT_PRE_ROUTING] = "PRE_ROUTING",
	[DRAY_HOOK_POINT_LOCAL_IN] = "LOCAL_IN",
	[DRAY_HOOK_POINT_FORWARD] = "FORWARD",
};

#define NAME(names, i) \
	((i) < sizeof(names) / sizeof((names)[0]) ? (names)[i] : "unknown")

const char *dray_explain_by_name(uint8_t by)
{
	return NAME(by_names, by);
}

const char *dray_explain_why_name(uint8_t why)
{
	return NAME(why_names, why);
}

const char *dray_explain_point_name(uint8_t point)
{
	return NAME(point_names, point);
}

/* One word: what named the server of a packet that is sent, else the reason. */
const char *dray_explain_outcome(const struct dray_explain *x)
{
	if (!strcmp(x->verdict, "forward"))
		return dray_explain_by_name(x->by);
	return x->reason[0] ? x->reason : "not-taken";
}

/* The names of "ip neigh". */
const char *dray_neighbour_name(uint8_t state)
{
	static const struct {
		uint8_t state;
		const char *name;
	} names[] = {
		{ NUD_PERMANENT, "PERMANENT" }, { NUD_NOARP, "NOARP" },
		{ NUD_REACHABLE, "REACHABLE" }, { NUD_PROBE, "PROBE" },
		{ NUD_STALE, "STALE" },		{ NUD_DELAY, "DELAY" },
		{ NUD_FAILED, "FAILED" },	{ NUD_INCOMPLETE, "INCOMPLETE" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (state & names[i].state)
			return names[i].name;
	return "NONE";
}
