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
 * dray_flow_first_state() - state of a flow that a packet opens
 * @pkt: packet
 *
 * Context: any.
 * Return: enum dray_flow_state.
 */
u8 dray_flow_first_state(const struct dray_packet *pkt);

/**
 * dray_flow_reopened() - whether a packet opens a flow whose entry is over
 * @pkt: packet
 * @state: enum dray_flow_state of the entry
 *
 * Context: any.
 */
bool dray_flow_reopened(const struct dray_packet *pkt, u8 state);

/**
 * dray_flow_packet() - what a packet changes of its flow's entry
 * @pkt: packet, no ICMP error
 * @flow: entry
 *
 * Context: softirq, RCU read side.
 */
void dray_flow_packet(struct dray_packet *pkt, struct dray_flow *flow);

#endif
