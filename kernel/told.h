/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other directors count of servers' flows.
 *
 * A director that takes over has no entries of the flows that the table alone
 * knows.  Until their next packets make some, load limit and thresholds go by
 * what the director before has counted, where that is more than what is counted
 * here: nothing counts twice.
 */
#ifndef _DRAY_TOLD_H
#define _DRAY_TOLD_H

#include "server.h"

struct dray_net;

/**
 * dray_told_take() - note what another director counts
 * @dn: namespace
 * @server: server
 * @kind: which of its flows
 * @count: how many, at most DRAY_TOLD_MAX
 *
 * Context: RCU read side.
 */
void dray_told_take(struct dray_net *dn, struct dray_server *server,
		    enum dray_told_kind kind, u32 count);

/**
 * dray_told_init() - begin in a namespace
 * @dn: namespace
 *
 * Context: process.
 */
void dray_told_init(struct dray_net *dn);

/**
 * dray_told_exit() - stop in a namespace
 * @dn: namespace, which nobody tells anything any more
 *
 * Context: process.
 */
void dray_told_exit(struct dray_net *dn);

#endif
