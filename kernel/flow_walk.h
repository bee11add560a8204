/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk over all flow and persist entries of a namespace.
 */
#ifndef _DRAY_FLOW_WALK_H
#define _DRAY_FLOW_WALK_H

#include <linux/rhashtable.h>

struct dray_flow;
struct dray_net;

/**
 * struct dray_flow_walk - a walk over all entries
 * @dn: namespace
 * @iter: position in the table
 * @family: index of the table
 *
 * Entries that come or go meanwhile may be seen or not, and one that moves
 * while the table is resized may be seen twice.
 */
struct dray_flow_walk {
	struct dray_net *dn;
	struct rhashtable_iter iter;
	unsigned int family;
};

/**
 * dray_flow_walk_init() - begin a walk
 * @walk: the walk
 * @dn: namespace
 *
 * Context: process.  Ends with dray_flow_walk_exit().
 */
void dray_flow_walk_init(struct dray_flow_walk *walk, struct dray_net *dn);

/**
 * dray_flow_walk_start() - go on with a walk
 * @walk: the walk
 *
 * Context: process; enters an RCU read side.
 */
void dray_flow_walk_start(struct dray_flow_walk *walk);

/**
 * dray_flow_walk_next() - the next entry
 * @walk: the walk
 *
 * Dead and expired entries are passed over.
 *
 * Context: between dray_flow_walk_start() and dray_flow_walk_stop().
 * Return: the entry, NULL at the end.
 */
struct dray_flow *dray_flow_walk_next(struct dray_flow_walk *walk);

/**
 * dray_flow_walk_any() - the next entry, expired ones included
 * @walk: the walk
 *
 * Context: between dray_flow_walk_start() and dray_flow_walk_stop().
 * Return: the entry, NULL at the end.
 */
struct dray_flow *dray_flow_walk_any(struct dray_flow_walk *walk);

/**
 * dray_flow_walk_stop() - pause a walk
 * @walk: the walk
 *
 * Context: process; leaves the RCU read side.
 */
void dray_flow_walk_stop(struct dray_flow_walk *walk);

/**
 * dray_flow_walk_exit() - end a walk
 * @walk: the walk
 *
 * Context: process.
 */
void dray_flow_walk_exit(struct dray_flow_walk *walk);

#endif
