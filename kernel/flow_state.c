// SPDX-License-Identifier: GPL-2.0-only
/*
 * State, age and assurance of a flow, as its packets come by.
 */
#include "flow_state.h"
#include "persist.h"

static u8 tcp_next(u8 state, u16 flags)
{
	if (flags & PKT_RST)
		return DRAY_FLOW_STATE_CLOSE;
	if (flags & PKT_FIN)
		return DRAY_FLOW_STATE_FIN_WAIT;
	if (flags & PKT_OPENS && dray_flow_over(state))
		return DRAY_FLOW_STATE_SYN_RECV;
	/* An ACK takes a flow back from CLOSE, so that a forged RST does no
	 * more than shorten its life until the next packet.
	 */
	if (flags & PKT_ACK && (state == DRAY_FLOW_STATE_SYN_RECV ||
				state == DRAY_FLOW_STATE_CLOSE))
		return DRAY_FLOW_STATE_ESTABLISHED;
	return state;
}

static u8 sctp_next(u8 state, u16 flags)
{
	if (flags & PKT_RST)
		return DRAY_FLOW_STATE_CLOSE;
	if (flags & PKT_FIN)
		return DRAY_FLOW_STATE_SCTP_SHUTDOWN;
	if (flags & PKT_OPENS && dray_flow_over(state))
		return DRAY_FLOW_STATE_SCTP_INIT;
	if (flags & PKT_ACK && (state == DRAY_FLOW_STATE_SCTP_INIT ||
				state == DRAY_FLOW_STATE_CLOSE))
		return DRAY_FLOW_STATE_SCTP_ESTABLISHED;
	return state;
}

u8 dray_flow_next_state(u8 protocol, u8 state, u16 flags)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return tcp_next(state, flags);
	case IPPROTO_SCTP:
		return sctp_next(state, flags);
	}
	return state;
}

bool dray_flow_state_of(u8 protocol, u8 state)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return state == DRAY_FLOW_STATE_SYN_RECV ||
		       state == DRAY_FLOW_STATE_ESTABLISHED ||
		       state == DRAY_FLOW_STATE_FIN_WAIT ||
		       state == DRAY_FLOW_STATE_CLOSE;
	case IPPROTO_SCTP:
		return state == DRAY_FLOW_STATE_SCTP_INIT ||
		       state == DRAY_FLOW_STATE_SCTP_ESTABLISHED ||
		       state == DRAY_FLOW_STATE_SCTP_SHUTDOWN ||
		       state == DRAY_FLOW_STATE_CLOSE;
	}
	return state == DRAY_FLOW_STATE_UDP;
}

u8 dray_flow_half_open_state(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return DRAY_FLOW_STATE_SYN_RECV;
	case IPPROTO_SCTP:
		return DRAY_FLOW_STATE_SCTP_INIT;
	}
	return DRAY_FLOW_STATE_UDP;
}

u8 dray_flow_first_state(const struct dray_packet *pkt)
{
	if (pkt->flags & PKT_OPENS)
		return dray_flow_half_open_state(pkt->protocol);
	return pkt->protocol == IPPROTO_SCTP ?
	       DRAY_FLOW_STATE_SCTP_ESTABLISHED : DRAY_FLOW_STATE_ESTABLISHED;
}

/* Three packets over at least a second, or payload in two different seconds:
 * DESIGN 6.
 */
static void flow_earn(struct dray_packet *pkt, struct dray_flow *flow, u32 now)
{
	u8 packets;

	if (dray_flow_count_packet(flow, pkt->flags & PKT_PAYLOAD, &packets) ||
	    (packets >= 3 && now - flow->first >= HZ)) {
		dray_flow_assure(pkt->dn, flow);
		/* What has a handshake was told at its end, as unassured:
		 * another director may forget it for others of that kind.
		 */
		if (READ_ONCE(flow->w.state) != DRAY_FLOW_STATE_SYN_RECV &&
		    READ_ONCE(flow->w.state) != DRAY_FLOW_STATE_SCTP_INIT)
			dray_sync_tell(pkt->dn, pkt->conf, flow);
		if (pkt->conf->params.persist_timeout)
			dray_persist_assure(pkt->dn, flow);
	}
}

static void flow_change(struct dray_packet *pkt, struct dray_flow *flow,
			u8 state)
{
	u8 old = READ_ONCE(flow->w.state);

	dray_flow_set_state(pkt->dn, flow, state);
	if (state != dray_flow_half_open_state(pkt->protocol))
		dray_sync_tell(pkt->dn, pkt->conf, flow);
	/* The handshake is done: the client is there. */
	if (pkt->conf->params.persist_timeout &&
	    (old == DRAY_FLOW_STATE_SYN_RECV ||
	     old == DRAY_FLOW_STATE_SCTP_INIT))
		dray_persist_assure(pkt->dn, flow);
}

void dray_flow_packet(struct dray_packet *pkt, struct dray_flow *flow)
{
	u32 now = dray_now();
	union dray_flow_word w;
	u32 last;
	u8 state;

	w.word = READ_ONCE(flow->w.word);
	if (unlikely(!(w.flags & FLOW_ASSURED)))
		flow_earn(pkt, flow, now);
	state = dray_flow_next_state(w.protocol, w.state, pkt->flags);
	if (unlikely(state != w.state))
		flow_change(pkt, flow, state);
	last = READ_ONCE(flow->last);
	if (last == now)
		return;
	WRITE_ONCE(flow->last, now);
	if (last / HZ == now / HZ)
		return;
	dray_sync_tell_again(pkt->dn, pkt->conf, flow, last, now);
	if (pkt->conf->params.persist_timeout)
		dray_persist_touch(pkt->dn, flow);
}
