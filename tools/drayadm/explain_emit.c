// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What would become of a packet: a step a line, in the order of the data path,
 * or the same as JSON.  What keeps a client from being served has a "!".
 */
#include "explain_emit.h"

#include <inttypes.h>
#include <linux/neighbour.h>
#include <string.h>

#include "emit_noun.h"
#include "text.h"

#define STR(e, key, value) dray_emit_str(e, key, NULL, value)
#define NUM(e, key, value) dray_emit_num(e, key, NULL, value)
#define BOOL(e, key, value) dray_emit_bool(e, key, NULL, value)

static const char *server_text(const struct dray_server *srv, char *buf,
			       size_t len)
{
	return dray_addrport_text(&srv->addr, srv->port, 0, true, buf, len);
}

static void print_tuple(FILE *out, const struct dray_explain_request *request,
			const char *between)
{
	char client[DRAY_ADDRTEXT], vip[DRAY_ADDRTEXT];

	fprintf(out, "%s%s%s",
		dray_addrport_text(&request->client, request->client_port, 0,
				   true, client, sizeof(client)), between,
		dray_addrport_text(&request->vip, request->vip_port, 0, true,
				   vip, sizeof(vip)));
}

/* For comparing many: who, and by what or why not. */
void explain_line(FILE *out, const struct dray_explain_request *request,
		  const struct dray_explain *x, const char *failed)
{
	char text[DRAY_ADDRTEXT];

	print_tuple(out, request, " ");
	fprintf(out, " %s %s\n",
		!failed && x->has_srv ? server_text(&x->srv, text,
						    sizeof(text)) : "-",
		failed ? failed : dray_explain_outcome(x));
}

static void emit_packet(struct dray_emit *e,
			const struct dray_explain_request *request,
			const struct dray_explain *x)
{
	const char *protocol = dray_protocol_name(request->protocol);
	char client[DRAY_ADDRTEXT], vip[DRAY_ADDRTEXT], device[32];

	dray_device_name(x->ifindex, device, sizeof(device));
	dray_addrport_text(&request->client, request->client_port, 0, true,
			   client, sizeof(client));
	dray_addrport_text(&request->vip, request->vip_port, 0, true, vip,
			   sizeof(vip));
	dray_emit_text(e, "packet   %s%s %s -> %s, in by %s", protocol,
		       request->midstream ? " in mid-stream" :
		       request->protocol == IPPROTO_UDP ? "" : ", the first",
		       client, vip, device);
	if (request->mark)
		dray_emit_text(e, ", mark %u", request->mark);
	if (request->size)
		dray_emit_text(e, ", %u bytes", request->size);
	dray_emit_text(e, "\n");
	dray_emit_object(e, "packet");
	STR(e, "protocol", protocol);
	dray_emit_addr(e, "client", &request->client);
	NUM(e, "client_port", request->client_port);
	dray_emit_addr(e, "vip", &request->vip);
	NUM(e, "vip_port", request->vip_port);
	BOOL(e, "midstream", request->midstream);
	NUM(e, "fwmark", request->mark);
	NUM(e, "size", request->size);
	STR(e, "device", device);
	dray_emit_end(e);
}

static void emit_service(struct dray_emit *e, const struct dray_explain *x)
{
	char text[DRAY_LINELEN];

	dray_emit_text(e, "service  %s\n",
		       dray_service_line(&x->svc, true, text, sizeof(text)));
	dray_emit_object(e, "service");
	if (dray_emit_json(e))
		dray_emit_service(e, &x->svc);
	dray_emit_end(e);
}

static void print_not_taken(struct dray_emit *e, const struct dray_explain *x)
{
	dray_emit_text(e, "         ! nobody takes it: the hook is `%s'%s\n",
		       dray_hook_name(x->hook_mode),
		       x->svc.vip_local ? "" :
		       ", the VIP is not an address of this host, and "
		       "forwarding is off");
}

static void emit_hook(struct dray_emit *e, const struct dray_explain *x)
{
	const char *point = dray_explain_point_name(x->hook_point);

	dray_emit_text(e, "hook     %s: %s", dray_hook_name(x->hook_mode),
		       x->hook_why);
	if (x->hook_point != DRAY_HOOK_POINT_NONE)
		dray_emit_text(e, "; taken at %s", point);
	dray_emit_text(e, "\n");
	if (x->hook_point == DRAY_HOOK_POINT_NONE)
		print_not_taken(e, x);
	else if (x->svc.rules_bypassed)
		dray_emit_text(e, "         ! the rules are passed by: the VIP is "
			       "not local and forwarding is off\n");
	dray_emit_object(e, "hook");
	STR(e, "mode", dray_hook_name(x->hook_mode));
	STR(e, "why", x->hook_why);
	STR(e, "point", point);
	dray_emit_end(e);
}

static void print_role(struct dray_emit *e, const struct dray_explain *x)
{
	bool leased = x->vip.role == DRAY_ROLE_ACTIVE &&
		      x->vip.has & DRAY_BIT(DRAY_A_VIP_LEASE_LEFT);

	dray_emit_text(e, "role     %s", x->has_vip ?
		       dray_role_name(x->vip.role) : "active, having none");
	if (leased && x->vip.lease_left)
		dray_emit_text(e, ", lease ends in %u ms", x->vip.lease_left);
	else if (leased)
		dray_emit_text(e, "  ! the lease has run out");
	if (!x->svc.key.fwmark && !x->svc.vip_local)
		dray_emit_text(e, ", not an address of this host");
	dray_emit_text(e, "\n");
}

static void emit_role(struct dray_emit *e, const struct dray_explain *x)
{
	print_role(e, x);
	if (!x->has_vip) {
		STR(e, "vip", NULL);
		return;
	}
	dray_emit_object(e, "vip");
	if (dray_emit_json(e))
		dray_emit_vip(e, &x->vip);
	dray_emit_end(e);
}

/* A sentence's end for each: what it means for the packet. */
static const char *why_text(uint8_t why)
{
	static const char *const texts[] = {
		[DRAY_EXPLAIN_WHY_TAKEN] = "taken",
		[DRAY_EXPLAIN_WHY_EMPTY] = "the row has no more servers",
		[DRAY_EXPLAIN_WHY_WEIGHT_ZERO] = "weight 0",
		[DRAY_EXPLAIN_WHY_DRAIN] = "draining",
		[DRAY_EXPLAIN_WHY_DOWN] = "down",
		[DRAY_EXPLAIN_WHY_UNREACHABLE] = "cannot be reached",
		[DRAY_EXPLAIN_WHY_OVERLOADED] = "above its upper threshold",
		[DRAY_EXPLAIN_WHY_SLOW_START] =
			"starting slowly, not yet for this client",
		[DRAY_EXPLAIN_WHY_LOAD_LIMIT] = "over the load limit",
		[DRAY_EXPLAIN_WHY_BEHIND] = "usable, another one comes first",
		[DRAY_EXPLAIN_WHY_REMOVED] = "its server was removed",
		[DRAY_EXPLAIN_WHY_EXPIRED] = "expired",
		[DRAY_EXPLAIN_WHY_UNASSURED] =
			"the client has not yet shown that it is real",
	};

	return why < sizeof(texts) / sizeof(texts[0]) ? texts[why] :
							"unknown";
}

static void print_entry(struct dray_emit *e, const char *name, bool persist,
			const struct dray_explain_entry *entry)
{
	char text[DRAY_ADDRTEXT];

	if (!entry->there) {
		dray_emit_text(e, "%-8s no entry\n", name);
		return;
	}
	dray_emit_text(e, "%-8s %s ", name, entry->has_server ?
		       server_text(&entry->srv, text, sizeof(text)) : "-");
	if (persist)
		dray_emit_text(e, "%u open flows", entry->flows);
	else
		dray_emit_text(e, "%s, %u s old",
			       dray_flow_state_name(&entry->flow),
			       entry->age / 1000);
	dray_emit_text(e, ", idle %u s, expires in %u s%s%s: %s\n",
		       entry->idle / 1000, entry->flow.expires / 1000,
		       entry->flow.flags & DRAY_FLOW_FLAGS_ASSURED ?
		       ", assured" : "",
		       entry->flow.flags & DRAY_FLOW_FLAGS_DIVERGENT ?
		       ", divergent" : "", why_text(entry->why));
}

static void emit_entry(struct dray_emit *e, const char *name, bool persist,
		       const struct dray_explain_entry *entry)
{
	print_entry(e, name, persist, entry);
	if (!entry->there) {
		STR(e, name, NULL);
		return;
	}
	dray_emit_object(e, name);
	if (entry->has_server) {
		dray_emit_object(e, "server");
		dray_emit_server_name(e, &entry->srv);
		dray_emit_end(e);
	} else {
		STR(e, "server", NULL);
	}
	STR(e, "why", dray_explain_why_name(entry->why));
	if (persist) {
		NUM(e, "flows", entry->flows);
	} else {
		STR(e, "state", dray_flow_state_name(&entry->flow));
		NUM(e, "age_ms", entry->age);
	}
	NUM(e, "idle_ms", entry->idle);
	NUM(e, "expires_ms", entry->flow.expires);
	dray_emit_entry_flags(e, entry->flow.flags);
	dray_emit_end(e);
}

static void print_by(struct dray_emit *e, const struct dray_explain *x)
{
	switch (x->by) {
	case DRAY_EXPLAIN_BY_TABLE:
		dray_emit_text(e, "table    hash %016" PRIx64 "%s\n", x->hash,
			       x->pressed ? ", load not asked: there is or was "
			       "lately no room for entries" : "");
		break;
	case DRAY_EXPLAIN_BY_SCHEDULER:
		dray_emit_text(e, "schedule %s%s\n", x->svc.scheduler,
			       strcmp(x->svc.scheduler, "twos") ? "" :
			       ": drawn at random, the next draw may differ");
		break;
	case DRAY_EXPLAIN_BY_LEFT:
		dray_emit_text(e, "table    hash %016" PRIx64 "; its first choice "
			       "has left, but a flow without an entry began "
			       "there\n", x->hash);
		break;
	case DRAY_EXPLAIN_BY_FALLBACK:
		dray_emit_text(e, "fallback instead of the scheduler: there is or "
			       "was lately no room for entries\n");
		break;
	}
}

static void print_rank(struct dray_emit *e,
		       const struct dray_explain_rank *rank)
{
	bool named = rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_SERVER);
	char place[24] = "", text[DRAY_ADDRTEXT];

	if (rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_ROW))
		snprintf(place, sizeof(place), "row %u, %u.", rank->row,
			 rank->rank);
	dray_emit_text(e, "         %-*s %-24s %s", place[0] ? 14 : 0, place,
		       named ? server_text(&rank->srv, text, sizeof(text)) : "-",
		       why_text(rank->why));
	if (rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_LIMIT))
		dray_emit_text(e, ", %u flows, the limit is %u", rank->active,
			       rank->limit);
	dray_emit_text(e, "\n");
}

static void emit_rank(struct dray_emit *e, const struct dray_explain_rank *rank)
{
	print_rank(e, rank);
	dray_emit_object(e, NULL);
	if (rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_ROW)) {
		NUM(e, "row", rank->row);
		NUM(e, "rank", rank->rank);
	}
	STR(e, "why", dray_explain_why_name(rank->why));
	if (rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_SERVER)) {
		dray_emit_object(e, "server");
		dray_emit_server_name(e, &rank->srv);
		dray_emit_end(e);
		NUM(e, "active", rank->active);
	} else {
		STR(e, "server", NULL);
	}
	if (rank->has & DRAY_BIT(DRAY_A_EXPLAIN_RANK_LIMIT))
		NUM(e, "limit", rank->limit);
	dray_emit_end(e);
}

/* Load limit and slow start give way where all others are out. */
static bool taken_after_all(const struct dray_explain *x)
{
	size_t i;

	if (!x->n_ranks || !x->has_srv ||
	    (x->by != DRAY_EXPLAIN_BY_TABLE))
		return false;
	for (i = 0; i < x->n_ranks; i++)
		if (x->ranks[i].why == DRAY_EXPLAIN_WHY_TAKEN)
			return false;
	return true;
}

static void emit_choice(struct dray_emit *e, const struct dray_explain *x)
{
	char text[32];
	size_t i;

	print_by(e, x);
	STR(e, "by", dray_explain_by_name(x->by));
	STR(e, "hash", x->has & DRAY_BIT(DRAY_A_EXPLAIN_HASH) ?
	    dray_fingerprint_text(x->hash, text, sizeof(text)) : NULL);
	BOOL(e, "pressed", x->pressed);
	dray_emit_array(e, "ranks");
	for (i = 0; i < x->n_ranks; i++)
		emit_rank(e, &x->ranks[i]);
	dray_emit_end(e);
	if (taken_after_all(x))
		dray_emit_text(e, "         nobody else is left: the first that is "
			       "usable, whatever its load\n");
}

static void emit_first(struct dray_emit *e, const struct dray_explain *x)
{
	char text[DRAY_ADDRTEXT];

	if (!(x->has & DRAY_BIT(DRAY_A_EXPLAIN_FIRST))) {
		STR(e, "first", NULL);
		return;
	}
	dray_emit_text(e, "first    %s is the table's choice whatever the load\n",
		       server_text(&x->first, text, sizeof(text)));
	dray_emit_object(e, "first");
	dray_emit_server_name(e, &x->first);
	dray_emit_end(e);
}

static void emit_entries(struct dray_emit *e, const struct dray_explain *x)
{
	size_t i;

	dray_emit_text(e, "makes   %s%s%s\n",
		       x->makes & DRAY_EXPLAIN_MAKES_FLOW ? " a flow entry" : "",
		       x->makes & DRAY_EXPLAIN_MAKES_PERSIST ?
		       " a persist entry" : "",
		       x->makes ? "" : " no entry");
	dray_emit_array(e, "makes");
	if (x->makes & DRAY_EXPLAIN_MAKES_FLOW)
		STR(e, NULL, "flow");
	if (x->makes & DRAY_EXPLAIN_MAKES_PERSIST)
		STR(e, NULL, "persist");
	dray_emit_end(e);
	if (x->n_notes)
		dray_emit_text(e, "counted ");
	dray_emit_array(e, "notes");
	for (i = 0; i < x->n_notes; i++)
		dray_emit_str(e, NULL, " %s", x->notes[i]);
	dray_emit_end(e);
	if (x->n_notes)
		dray_emit_text(e, "\n");
}

static void emit_server(struct dray_emit *e, const struct dray_explain *x)
{
	const struct dray_server *srv = &x->srv;
	char text[DRAY_ADDRTEXT];

	if (!x->has_srv) {
		STR(e, "server", NULL);
		return;
	}
	dray_emit_text(e, "server   %s %s, %s, weight %u, %u active flows%s\n",
		       server_text(srv, text, sizeof(text)),
		       dray_state_name(srv->state), dray_reach_why(srv->reach),
		       srv->weight, srv->active,
		       srv->overloaded ? ", overloaded" : "");
	dray_emit_object(e, "server");
	if (dray_emit_json(e))
		dray_emit_server(e, srv);
	dray_emit_end(e);
}

static void print_route(struct dray_emit *e,
			const struct dray_explain_route *route)
{
	char device[32], mac[32];

	if (!route->ifindex) {
		dray_emit_text(e, "route    %s\n", dray_reach_why(route->reach));
		return;
	}
	dray_emit_text(e, "route    %s, MTU %u%s\n",
		       dray_device_name(route->ifindex, device, sizeof(device)),
		       route->mtu, route->fragment ? ", too small for it" : "");
	if (route->has & DRAY_BIT(DRAY_A_EXPLAIN_ROUTE_MAC))
		dray_emit_text(e, "frame    to %s, %s, %s\n",
			       dray_mac_text(route->mac, mac, sizeof(mac)),
			       dray_neighbour_name(route->neighbour),
			       route->direct ? "straight to the neighbour" :
					       "by POST_ROUTING");
	else
		dray_emit_text(e, "frame    the neighbour is %s%s\n",
			       dray_neighbour_name(route->neighbour),
			       route->neighbour & NUD_NOARP ? "" :
			       " and would be asked");
}

static void emit_route(struct dray_emit *e, const struct dray_explain *x)
{
	const struct dray_explain_route *route = &x->route;
	char text[32];

	if (!route->has) {
		STR(e, "route", NULL);
		return;
	}
	print_route(e, route);
	dray_emit_object(e, "route");
	STR(e, "reach", dray_reach_name(route->reach));
	STR(e, "device", route->ifindex ?
	    dray_device_name(route->ifindex, text, sizeof(text)) : NULL);
	NUM(e, "mtu", route->mtu);
	STR(e, "neighbour", dray_neighbour_name(route->neighbour));
	STR(e, "mac", route->has & DRAY_BIT(DRAY_A_EXPLAIN_ROUTE_MAC) ?
	    dray_mac_text(route->mac, text, sizeof(text)) : NULL);
	BOOL(e, "direct", route->direct);
	BOOL(e, "fragment", route->fragment);
	dray_emit_end(e);
}

static void emit_result(struct dray_emit *e, const struct dray_explain *x)
{
	char text[DRAY_ADDRTEXT];

	dray_emit_text(e, "result   %s", x->verdict);
	if (!strcmp(x->verdict, "forward"))
		dray_emit_text(e, " to %s",
			       server_text(&x->srv, text, sizeof(text)));
	else if (x->reason[0])
		dray_emit_text(e, ": %s (%s)", x->doc, x->reason);
	else
		dray_emit_text(e, ": left to the stack");
	dray_emit_text(e, "\n");
	STR(e, "verdict", x->verdict);
	STR(e, "reason", x->reason[0] ? x->reason : NULL);
	STR(e, "doc", x->doc[0] ? x->doc : NULL);
	STR(e, "outcome", dray_explain_outcome(x));
}

void explain_emit(struct dray_emit *e,
		  const struct dray_explain_request *request,
		  const struct dray_explain *x)
{
	emit_packet(e, request, x);
	emit_service(e, x);
	emit_hook(e, x);
	emit_role(e, x);
	emit_entry(e, "flow", false, &x->flow);
	emit_entry(e, "persist", true, &x->persist);
	emit_choice(e, x);
	emit_first(e, x);
	emit_entries(e, x);
	emit_server(e, x);
	emit_route(e, x);
	emit_result(e, x);
}
