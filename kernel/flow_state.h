/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client's packets make of a flow's state.
 *
 * Only the client's side is seen: a flow that the server ends stays
 * established until the client answers or the timeout comes.
 */
#ifndef _DRAY_FLOW_STATE_H
#define _DRAY_FLOW_STATE_H

#include "flow.h"
#include "packet.h"

/**
 * dray_flow_next_state() - state after a packet
 * @protocol: of the transport header
 * @state: enum dray_flow_state before it
 * @flags: PKT_* of the packet
 *
 * Context: any; pure.
 * Return: enum dray_flow_state.
 */
u8 dray_flow_next_state(u8 protocol, u8 state, u16 flags);

/**
 * dray_flow_state_of() - whether a flow of a protocol may be in a state
 * @protocol: IPPROTO_*
 * @state: enum dray_flow_state, or any other number
 *
 * Context: any; pure.
 */
bool dray_flow_state_of(u8 protocol, u8 state);

/**
 * dray_flow_half_open_state() - state of a flow that one packet was seen of
 * @protocol: IPPROTO_*
 *
 * Return: enum dray_flow_state.
 */
u8 dray_flow_half_open_state(u8 protocol);

/**
 * dray_flow_first_state() - state of a flow that a packet opens
 * @pkt: packet
 *
 * Context: any.
 * Return: enum dray_flow_state.
 */
u8 dray_flow_first_state(const struct dray_packet *pkt);

/**
 * dray_flow_over() - whether the client has ended a flow in a state
 * @state: enum dray_flow_state
 */
static inline bool dray_flow_over(u8 state)
{
	return state == DRAY_FLOW_STATE_FIN_WAIT ||
	       state == DRAY_FLOW_STATE_CLOSE ||
	       state == DRAY_FLOW_STATE_SCTP_SHUTDOWN;
}

/**
 * dray_flow_packet() - what a packet changes of its flow's entry
 * @pkt: packet, no ICMP error
 * @flow: entry
 *
 * Context: softirq, RCU read side.
 */
void dray_flow_packet(struct dray_packet *pkt, struct dray_flow *flow);

#endif
