// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk over all flow and persist entries of a namespace, of one family after
 * the other.
 */
#include "flow.h"
#include "net.h"

void dray_flow_walk_init(struct dray_flow_walk *walk, struct dray_net *dn)
{
	walk->dn = dn;
	walk->family = 0;
	rhashtable_walk_enter(&dn->flows.table[0], &walk->iter);
}

void dray_flow_walk_start(struct dray_flow_walk *walk)
	__acquires(RCU)
{
	rhashtable_walk_start(&walk->iter);
}

struct dray_flow *dray_flow_walk_any(struct dray_flow_walk *walk)
{
	struct dray_flow *flow;

	for (;;) {
		flow = rhashtable_walk_next(&walk->iter);
		if (IS_ERR(flow))
			continue;	/* resized; goes on from the start */
		if (flow) {
			if (READ_ONCE(flow->w.flags) & FLOW_DEAD)
				continue;
			return flow;
		}
		if (walk->family)
			return NULL;
		rhashtable_walk_stop(&walk->iter);
		rhashtable_walk_exit(&walk->iter);
		walk->family = 1;
		rhashtable_walk_enter(&walk->dn->flows.table[1], &walk->iter);
		rhashtable_walk_start(&walk->iter);
	}
}

struct dray_flow *dray_flow_walk_next(struct dray_flow_walk *walk)
{
	struct dray_flow *flow;

	do {
		flow = dray_flow_walk_any(walk);
	} while (flow && dray_flow_expired(walk->dn, flow));
	return flow;
}

void dray_flow_walk_stop(struct dray_flow_walk *walk)
	__releases(RCU)
{
	rhashtable_walk_stop(&walk->iter);
}

void dray_flow_walk_exit(struct dray_flow_walk *walk)
{
	rhashtable_walk_exit(&walk->iter);
}
