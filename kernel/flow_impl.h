/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the flow table, shared by flow*.c and persist.c only.
 */
#ifndef _DRAY_FLOW_IMPL_H
#define _DRAY_FLOW_IMPL_H

#include "flow.h"

/**
 * dray_flow_unlink() - take an entry out of its hash table
 * @dn: namespace
 * @flow: entry; nothing happens if it is not in
 *
 * Context: RCU read side.
 */
void dray_flow_unlink(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_flow_free() - free an entry
 * @flow: entry that nobody can see any more
 *
 * Context: any.
 */
void dray_flow_free(struct dray_flow *flow);

/**
 * dray_flow_account() - count an entry for its server
 * @dn: namespace
 * @flow: entry
 * @server_id: server
 * @state: enum dray_flow_state
 * @add: 1 or -1
 *
 * Context: RCU read side.
 */
void dray_flow_account(struct dray_net *dn, const struct dray_flow *flow,
		       u32 server_id, u8 state, int add);

/**
 * dray_flow_bury() - free an entry after a grace period
 * @dn: namespace
 * @flow: dead, out of table and queue
 *
 * Context: any.
 */
void dray_flow_bury(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_flow_enqueue() - put an entry at the end of the queue of unassured ones
 * @dn: namespace
 * @flow: entry, linked and FLOW_QUEUED
 *
 * Context: softirq.
 * Return: false if there is no memory; the entry is not FLOW_QUEUED then.
 */
bool dray_flow_enqueue(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_flow_may_evict() - whether old unassured entries may give way
 * @dn: namespace
 *
 * Context: any.
 */
bool dray_flow_may_evict(const struct dray_net *dn);

/**
 * dray_flow_evict() - let an old unassured entry give way
 * @dn: namespace
 *
 * Context: softirq, RCU read side.
 * Return: false if none could.
 */
bool dray_flow_evict(struct dray_net *dn);

/**
 * dray_flow_queue_tidy() - let go of entries that the queue need not have
 * @dn: namespace
 *
 * Context: process.
 */
void dray_flow_queue_tidy(struct dray_net *dn);

/**
 * dray_flow_queue_destroy() - free the queue and the entries in it
 * @dn: namespace; nobody can see the entries any more
 *
 * Context: process.
 */
void dray_flow_queue_destroy(struct dray_net *dn);

/**
 * dray_flow_sweep_later() - make sure that the sweeper will run
 * @dn: namespace
 *
 * Context: any.
 */
void dray_flow_sweep_later(struct dray_net *dn);

/**
 * dray_flow_sweep_init() - make the sweeper
 * @dn: namespace
 *
 * Context: process.
 */
void dray_flow_sweep_init(struct dray_net *dn);

/**
 * dray_flow_sweep_exit() - stop the sweeper and free the dead
 * @dn: namespace; no packet reaches it any more
 *
 * Context: process.
 */
void dray_flow_sweep_exit(struct dray_net *dn);

#endif
