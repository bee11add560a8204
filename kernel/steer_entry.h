/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet that is steered changes of the entries, or would change if
 * explain.c has made it up.
 *
 * For steer.c only, which inlines it.  Context of all: softirq, RCU read side.
 */
#ifndef _DRAY_STEER_ENTRY_H
#define _DRAY_STEER_ENTRY_H

#include "explain.h"
#include "flow.h"
#include "steer_hash.h"
#include "sync.h"

/* Forget an entry that has expired. */
static inline void entry_kill(struct dray_packet *pkt, struct dray_flow *flow)
{
	if (!dray_probe(pkt))
		dray_flow_kill(pkt->dn, flow);
}

static inline void entry_touch(struct dray_packet *pkt, struct dray_flow *flow)
{
	if (!dray_probe(pkt))
		WRITE_ONCE(flow->last, dray_now());
}

/* Would there be an entry? */
static inline bool entry_probe(struct dray_packet *pkt, u16 flags,
			       bool may_evict, u8 *reason)
{
	if (!dray_flow_room(pkt->dn, flags, may_evict, reason))
		return false;
	if (*reason == DRAY_REASON_EVICTED)
		dray_note(pkt, DRAY_REASON_EVICTED);
	dray_explain_of(pkt)->makes |= flags & FLOW_PERSIST ?
				       DRAY_EXPLAIN_MAKES_PERSIST :
				       DRAY_EXPLAIN_MAKES_FLOW;
	return true;
}

/* Can a director that has the same table not know of this server? */
static inline bool steer_diverges(struct dray_packet *pkt,
				  const struct dray_server *server)
{
	return pkt->conf->choice &&
	       !dray_choice_tells(pkt->conf, steer_hash_once(pkt), server->id);
}

/* Make an entry.  Its server is another one if another CPU was faster; NULL if
 * there is no entry.
 */
static inline struct dray_server *
entry_make(struct dray_packet *pkt, const struct dray_flow_tuple *tuple,
	   struct dray_server *server, u8 state, u16 flags, bool may_evict,
	   u8 *reason)
{
	struct dray_flow *flow;

	if (dray_probe(pkt))
		return entry_probe(pkt, flags, may_evict, reason) ? server :
								    NULL;
	if (steer_diverges(pkt, server))
		flags |= FLOW_DIVERGENT;
	flow = dray_flow_insert(pkt->dn, tuple, server, state, flags, may_evict,
				reason);
	if (!flow)
		return NULL;
	/* Half open or not, the handshake of a flow in mid-stream is over. */
	if (!(flags & FLOW_PERSIST) && !(pkt->flags & PKT_OPENS))
		dray_sync_tell(pkt->dn, pkt->conf, flow);
	return dray_server_by_id(pkt->dn, READ_ONCE(flow->w.server)) ?: server;
}

static inline struct dray_server *
entry_move(struct dray_packet *pkt, struct dray_flow *flow, u32 from,
	   struct dray_server *server)
{
	bool diverges;

	if (dray_probe(pkt))
		return server;
	server = dray_flow_move(pkt->dn, flow, from, server);
	diverges = steer_diverges(pkt, server);
	dray_flow_set_flags(flow, diverges ? FLOW_DIVERGENT : 0,
			    diverges ? 0 : FLOW_DIVERGENT);
	dray_sync_tell(pkt->dn, pkt->conf, flow);
	return server;
}

/* Tell of an entry that was looked at. */
static inline void entry_tell(struct dray_packet *pkt,
			      const struct dray_flow *flow, u8 why)
{
	struct dray_explain *x = dray_explain_of(pkt);

	if (likely(!x))
		return;
	if (dray_flow_is_persist(flow))
		x->persist = (struct dray_explain_entry) { flow, why };
	else
		x->flow = (struct dray_explain_entry) { flow, why };
}

#endif
