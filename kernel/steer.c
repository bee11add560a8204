// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which server?  The flow's entry, else the client's persist entry, else the
 * scheduler; and what the packet changes of those entries: by the functions of
 * steer_entry.h and dray_flow_packet() only, which a packet that explain.c has
 * made up does not come through.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "choice.h"
#include "explain.h"
#include "flow_state.h"
#include "packet.h"
#include "persist.h"
#include "schedule.h"
#include "steer.h"
#include "steer_entry.h"
#include "steer_hash.h"
#include "trace.h"

/* Where a packet goes without an entry.  Whoever wants to be told of it wants it
 * looked up again.
 */
static struct dray_server *steer_fallback(struct dray_packet *pkt,
					  struct dray_explain *x)
{
	u64 hash;

	if (pkt->fallback && likely(!x))
		return pkt->fallback;
	hash = steer_hash_once(pkt);
	if (pkt->conf->choice) {
		pkt->fallback = dray_choice_first(pkt->conf, hash, x);
	} else {
		pkt->fallback = pick_stateless(pkt->conf, hash);
		dray_explain_servers(x, pkt->conf, pkt->fallback,
				     dray_server_unfit);
	}
	return pkt->fallback;
}

static struct dray_server *steer_stateless(struct dray_packet *pkt)
{
	struct dray_explain *x = dray_explain_of(pkt);

	dray_explain_by(x, pkt->conf->choice ? DRAY_EXPLAIN_BY_TABLE :
					       DRAY_EXPLAIN_BY_FALLBACK);
	return steer_fallback(pkt, x);
}

/* By the table or the scheduler, whose memory of it is for the next flow. */
static struct dray_server *steer_select(struct dray_packet *pkt)
{
	const struct dray_scheduler *sched = pkt->conf->params.sched;
	struct dray_explain *x = dray_explain_of(pkt);
	struct dray_server *server;

	if (sched->key != DRAY_KEY_NONE) {
		dray_explain_by(x, DRAY_EXPLAIN_BY_TABLE);
		return dray_choice_select(pkt->service, pkt->conf,
					  steer_hash_once(pkt), &pkt->fallback,
					  x);
	}
	server = sched->select(pkt->service, pkt->conf, dray_probe(pkt));
	dray_explain_by(x, DRAY_EXPLAIN_BY_SCHEDULER);
	dray_explain_servers(x, pkt->conf, server, dray_server_unusable);
	return server;
}

/* Under pressure the answer has to be one that needs no entry, since the entry
 * may not last.
 */
static struct dray_server *steer_schedule(struct dray_packet *pkt)
{
	if (dray_flow_pressed(pkt->dn))
		return steer_stateless(pkt);
	return steer_select(pkt);
}

/* May a flow stay with its server?  An established one waits a while for a
 * server that is down to be back.  What cannot be sent, a datagram and a SYN
 * move at once; the SYN also from a server that gets no new flows, if the flow
 * before it is over.
 */
static __always_inline bool server_keeps(const struct dray_packet *pkt,
					 const struct dray_server *server,
					 u8 flow_state)
{
	u8 state = READ_ONCE(server->state);
	unsigned long hold;

	if (READ_ONCE(server->reach) == DRAY_REACH_NO_NEIGHBOUR)
		return false;
	if (pkt->flags & PKT_OPENS && dray_flow_over(flow_state) &&
	    state != DRAY_SERVER_STATE_UP)
		return false;
	if (state != DRAY_SERVER_STATE_DOWN && dray_server_reachable(server))
		return true;
	if (pkt->protocol == IPPROTO_UDP || pkt->flags & PKT_OPENS ||
	    (state == DRAY_SERVER_STATE_DOWN && !dray_server_reachable(server)))
		return false;
	hold = msecs_to_jiffies(pkt->conf->params.down_hold);
	return time_before(jiffies, READ_ONCE(server->down_since) + hold);
}

/* A client's persist entry, unless it has expired. */
static struct dray_flow *persist_lookup(struct dray_packet *pkt,
					struct dray_flow_tuple *tuple)
{
	struct dray_flow *persist;

	dray_persist_tuple(tuple, pkt->service,
			   pkt->conf->params.persist_prefix, &pkt->saddr);
	persist = dray_flow_lookup(pkt->dn, tuple);
	if (!persist || !dray_flow_expired(pkt->dn, persist))
		return persist;
	entry_tell(pkt, persist, DRAY_EXPLAIN_WHY_EXPIRED);
	entry_kill(pkt, persist);
	return NULL;
}

static enum dray_explain_why persist_judge(const struct dray_flow *persist,
					   const struct dray_server *server)
{
	if (!server)
		return DRAY_EXPLAIN_WHY_REMOVED;
	if (READ_ONCE(server->state) == DRAY_SERVER_STATE_DOWN)
		return DRAY_EXPLAIN_WHY_DOWN;
	if (!dray_server_reachable(server))
		return DRAY_EXPLAIN_WHY_UNREACHABLE;
	if (READ_ONCE(server->state) == DRAY_SERVER_STATE_DRAIN &&
	    atomic_read(&persist->open) <= 0)
		return DRAY_EXPLAIN_WHY_DRAIN;
	return DRAY_EXPLAIN_WHY_TAKEN;
}

/* The server of a client's persist entry, if it may have the new flow. */
static struct dray_server *persist_server(struct dray_packet *pkt,
					  struct dray_flow *persist)
{
	struct dray_server *server;
	enum dray_explain_why why;

	server = dray_server_by_id(pkt->dn, READ_ONCE(persist->w.server));
	why = persist_judge(persist, server);
	entry_tell(pkt, persist, why);
	if (why)
		return NULL;
	dray_explain_by(dray_explain_of(pkt), DRAY_EXPLAIN_BY_PERSIST);
	return server;
}

/* By a table, a flow that has no entry began at its first choice: one that did
 * not has one, whatever its client did since.  Only of a client that is assured
 * may the flow's entry have been lost.
 */
static bool persist_counts(struct dray_packet *pkt,
			   const struct dray_flow *persist)
{
	if (!pkt->conf->choice || READ_ONCE(persist->w.flags) & FLOW_ASSURED)
		return true;
	entry_tell(pkt, persist, DRAY_EXPLAIN_WHY_UNASSURED);
	return false;
}

/* Without an entry of its own a packet goes where its client goes, or where
 * the fallback says.
 */
static struct dray_server *steer_without_entry(struct dray_packet *pkt)
{
	struct dray_server *server = NULL;
	struct dray_flow_tuple tuple;
	struct dray_flow *persist;

	if (pkt->conf->params.persist_timeout) {
		persist = persist_lookup(pkt, &tuple);
		if (persist && persist_counts(pkt, persist))
			server = persist_server(pkt, persist);
	}
	return server ?: steer_stateless(pkt);
}

/* A persistent client's server; scheduled and remembered if it has none. */
static struct dray_server *steer_persist(struct dray_packet *pkt)
{
	struct dray_server *server = NULL;
	struct dray_flow_tuple tuple;
	struct dray_flow *persist;
	u32 from = 0;
	u8 reason;

	persist = persist_lookup(pkt, &tuple);
	if (persist) {
		from = READ_ONCE(persist->w.server);
		server = persist_server(pkt, persist);
	}
	if (server) {
		entry_touch(pkt, persist);
		return server;
	}
	server = steer_schedule(pkt);
	if (!server)
		return NULL;
	if (persist && !(READ_ONCE(persist->w.flags) & FLOW_DEAD)) {
		entry_touch(pkt, persist);
		return entry_move(pkt, persist, from, server);
	}
	server = entry_make(pkt, &tuple, server, 0, FLOW_PERSIST, true,
			    &reason);
	if (server)
		return server;
	dray_note(pkt, reason);
	return steer_stateless(pkt);
}

/* What no host on the network can have sent.  The routing code would have
 * found out; in front of it we have to.
 */
static bool source_impossible(const struct dray_packet *pkt)
{
	if (pkt->family == AF_INET)
		return ipv4_is_zeronet(pkt->saddr.ip) ||
		       ipv4_is_loopback(pkt->saddr.ip) ||
		       ipv4_is_multicast(pkt->saddr.ip) ||
		       ipv4_is_lbcast(pkt->saddr.ip) ||
		       pkt->saddr.ip == pkt->daddr.ip;
	return ipv6_addr_any(&pkt->saddr.in6) ||
	       ipv6_addr_loopback(&pkt->saddr.in6) ||
	       ipv6_addr_is_multicast(&pkt->saddr.in6) ||
	       ipv6_addr_equal(&pkt->saddr.in6, &pkt->daddr.in6);
}

static bool source_local(const struct dray_packet *pkt)
{
	struct net *net = pkt->dn->net;

	if (pkt->family == AF_INET)
		return inet_addr_type(net, pkt->saddr.ip) == RTN_LOCAL;
	return ipv6_chk_addr(net, &pkt->saddr.in6, NULL, 0);
}

static u16 steer_flags(const struct dray_packet *pkt)
{
	return pkt->flags & PKT_PAYLOAD ? FLOW_PAYLOAD : 0;
}

/* May the packet make an entry though its SYN made none?  By a table that is
 * for an ACK to do, and it leaves room: what the table knows must not drive out
 * what only an entry knows.
 */
static bool midstream_makes(const struct dray_packet *pkt)
{
	u32 limit = READ_ONCE(pkt->dn->settings.unassured_limit);

	if (pkt->flags & (PKT_ICMP | PKT_RST))
		return false;
	if (!pkt->conf->choice)
		return true;
	return pkt->flags & PKT_ACK && !(pkt->flags & PKT_FIN) &&
	       atomic_read(&pkt->dn->flows.unassured) < limit - limit / 8;
}

/* The entry of a flow in mid-stream.  By a table it begins as half open, so that
 * one forged ACK does not stay for long: the next packet makes it established.
 */
static void midstream_insert(struct dray_packet *pkt,
			     struct dray_server **server,
			     const struct dray_flow_tuple *tuple)
{
	u8 state = pkt->conf->choice ?
		   dray_flow_half_open_state(pkt->protocol) :
		   dray_flow_first_state(pkt);
	struct dray_server *made = NULL;
	u8 reason;

	if (midstream_makes(pkt))
		made = entry_make(pkt, tuple, *server, state, steer_flags(pkt),
				  false, &reason);
	if (made)
		*server = made;
	else
		dray_note(pkt, DRAY_REASON_STATELESS);
}

/* The table's first choice, if it has left lately.  Where there is no room, what
 * goes elsewhere meanwhile can have no entry: then nobody tells the two apart,
 * nor may a flood of SYNs drive out the entries of others.
 */
static struct dray_server *first_left(struct dray_packet *pkt)
{
	if (!pkt->conf->choice || dray_flow_pressed(pkt->dn))
		return NULL;
	return dray_choice_left(pkt->conf, steer_hash_once(pkt));
}

/* Where a flow began that has no entry, if the table's first choice has left
 * since: the director that had it may not have seen that.  What began here
 * elsewhere since then has an entry.
 */
static struct dray_server *steer_left(struct dray_packet *pkt)
{
	struct dray_server *server = first_left(pkt);

	if (!server || !server_keeps(pkt, server, DRAY_FLOW_STATE_ESTABLISHED))
		return NULL;
	dray_explain_by(dray_explain_of(pkt), DRAY_EXPLAIN_BY_LEFT);
	return server;
}

/* The server of a packet in mid-stream.  A client whose entry says otherwise
 * than the table began there.
 */
static struct dray_server *midstream_server(struct dray_packet *pkt)
{
	struct dray_server *server = steer_without_entry(pkt);

	if (server != steer_fallback(pkt, NULL))
		return server;
	return steer_left(pkt) ?: server;
}

/* A flow that is known only by its packets in the middle.  The table knows its
 * server; so does the fallback after pressure, when its entry was refused or
 * evicted.  It gets an entry as soon as there is room, or it would end with
 * the pressure.
 */
static enum dray_verdict steer_midstream(struct dray_packet *pkt,
					 struct dray_server **server,
					 const struct dray_flow_tuple *tuple)
{
	bool by_table = pkt->conf->choice;
	bool known = by_table || dray_flow_pressed(pkt->dn);

	if (pkt->flags & PKT_ICMP && !known)
		return dray_pass(pkt, DRAY_REASON_ICMP_NO_MATCH);
	if (pkt->flags & PKT_ANSWERS)
		return dray_pass(pkt, DRAY_REASON_SYN_ACK);
	if (!known)
		return dray_pass(pkt, DRAY_REASON_NO_ENTRY);
	*server = midstream_server(pkt);
	if (!*server)
		return dray_drop(pkt, DRAY_REASON_NO_SERVER);
	if (by_table)
		dray_note(pkt, DRAY_REASON_MIDSTREAM);
	midstream_insert(pkt, server, tuple);
	return DRAY_NEXT;
}

/* Where a packet without an entry goes, by the table. */
static struct dray_server *steer_first(struct dray_packet *pkt)
{
	struct dray_server *server = steer_fallback(pkt, NULL);

	if (dray_probe(pkt))
		dray_explain_of(pkt)->first = server;
	return server;
}

static enum dray_verdict steer_new(struct dray_packet *pkt,
				   struct dray_server **server,
				   const struct dray_flow_tuple *tuple)
{
	const struct dray_service_params *params = &pkt->conf->params;
	bool by_table = pkt->conf->choice, first;
	struct dray_server *made;
	u8 reason = 0;

	if (pkt->skb->dev->flags & IFF_LOOPBACK)
		return dray_pass(pkt, DRAY_REASON_LOCAL_SOURCE);
	if (source_impossible(pkt))
		return dray_drop(pkt, DRAY_REASON_SOURCE);
	if (source_local(pkt))
		return dray_pass(pkt, DRAY_REASON_LOCAL_SOURCE);
	if (!(pkt->flags & PKT_OPENS))
		return steer_midstream(pkt, server, tuple);

	*server = params->persist_timeout ? steer_persist(pkt) :
					    steer_schedule(pkt);
	if (!*server)
		return dray_drop(pkt, DRAY_REASON_NO_SERVER);
	pkt->new_flow = true;
	/* Of a firewall mark's traffic only the datagrams. */
	if (params->flags & DRAY_SERVICE_FLAGS_OPS &&
	    pkt->protocol == IPPROTO_UDP)
		return DRAY_NEXT;
	/* What the table knows needs no entry, unless it would be taken for a
	 * flow of a server that has left.  UDP does: only an entry tells that a
	 * client goes on.
	 */
	first = by_table && *server == steer_first(pkt) &&
		!first_left(pkt);
	if (first && pkt->protocol != IPPROTO_UDP) {
		dray_note(pkt, DRAY_REASON_TABLE);
		return DRAY_NEXT;
	}
	made = entry_make(pkt, tuple, *server, dray_flow_first_state(pkt),
			  steer_flags(pkt), true, &reason);
	if (made) {
		if (by_table && !first)
			dray_note(pkt, DRAY_REASON_PAST_FIRST);
		*server = made;
		return DRAY_NEXT;
	}
	dray_note(pkt, reason);
	dray_note(pkt, DRAY_REASON_STATELESS);
	if (!params->persist_timeout)
		*server = steer_stateless(pkt);
	return *server ? DRAY_NEXT : dray_drop(pkt, DRAY_REASON_NO_SERVER);
}

/* Why a flow does not stay with its server. */
static u8 server_lost(const struct dray_server *server)
{
	if (!server)
		return DRAY_EXPLAIN_WHY_REMOVED;
	if (!dray_server_reachable(server))
		return DRAY_EXPLAIN_WHY_UNREACHABLE;
	return READ_ONCE(server->state) == DRAY_SERVER_STATE_DRAIN ?
	       DRAY_EXPLAIN_WHY_DRAIN : DRAY_EXPLAIN_WHY_DOWN;
}

/* The server of a flow is gone or out: give it another one.  An ICMP error,
 * which anybody can send, changes nothing.
 */
static enum dray_verdict steer_move(struct dray_packet *pkt,
				    struct dray_server **server,
				    struct dray_flow *flow, u32 from)
{
	if (pkt->flags & PKT_ICMP)
		return dray_pass(pkt, DRAY_REASON_ICMP_NO_MATCH);
	entry_tell(pkt, flow, server_lost(*server));
	*server = pkt->conf->params.persist_timeout ? steer_persist(pkt) :
						      steer_schedule(pkt);
	if (!*server)
		return dray_drop(pkt, DRAY_REASON_NO_SERVER);
	dray_note(pkt, DRAY_REASON_MOVED);
	*server = entry_move(pkt, flow, from, *server);
	pkt->new_flow = true;
	return DRAY_NEXT;
}

static __always_inline struct dray_flow *
steer_lookup(struct dray_packet *pkt, const struct dray_flow_tuple *tuple)
{
	struct dray_flow *flow = dray_flow_lookup(pkt->dn, tuple);

	if (!flow || !dray_flow_stale(pkt->dn, flow))
		return flow;
	entry_tell(pkt, flow, DRAY_EXPLAIN_WHY_EXPIRED);
	entry_kill(pkt, flow);
	return NULL;
}

/* The server, and the entry of the flow if it had one before.  Inlined with what
 * it calls for every packet, since there are two that call it.
 */
static __always_inline enum dray_verdict
steer_server(struct dray_packet *pkt, struct dray_server **server,
	     struct dray_flow **flow)
{
	struct dray_flow_tuple tuple;
	union dray_flow_word w;

	dray_flow_tuple_fill(&tuple, pkt->family, pkt->protocol,
			     pkt->service->id, &pkt->saddr, pkt->sport,
			     &pkt->daddr, pkt->dport);
	*flow = steer_lookup(pkt, &tuple);
	if (!*flow)
		return steer_new(pkt, server, &tuple);
	w.word = READ_ONCE((*flow)->w.word);
	*server = dray_server_by_id(pkt->dn, w.server);
	if (unlikely(!*server || !server_keeps(pkt, *server, w.state)))
		return steer_move(pkt, server, *flow, w.server);
	return DRAY_NEXT;
}

enum dray_verdict dray_steer(struct dray_packet *pkt,
			     struct dray_server **server)
{
	enum dray_verdict verdict;
	struct dray_flow *flow;

	verdict = steer_server(pkt, server, &flow);
	if (!flow || verdict != DRAY_NEXT)
		return verdict;
	if (pkt->flags & PKT_ICMP)
		dray_note(pkt, DRAY_REASON_ICMP_RELATED);
	else
		dray_flow_packet(pkt, flow);
	return DRAY_NEXT;
}

enum dray_verdict dray_steer_probe(struct dray_packet *pkt,
				   struct dray_server **server)
{
	struct dray_explain *x = dray_explain_of(pkt);
	enum dray_verdict verdict;
	struct dray_flow *flow;

	x->pressed = dray_flow_pressed(pkt->dn);
	verdict = steer_server(pkt, server, &flow);
	/* Nobody has told of an entry that stays where it is. */
	if (flow && !x->flow.flow) {
		entry_tell(pkt, flow, DRAY_EXPLAIN_WHY_TAKEN);
		x->by = DRAY_EXPLAIN_BY_FLOW;
	}
	return verdict;
}
