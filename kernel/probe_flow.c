// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of probe_flow.h: chains of a hash, no timer.  A flow is forgotten a
 * while after its last packet either way, and soon after a reset.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <net/arp.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "probe_flow.h"

#define FLOW_TIMEOUT	(30 * HZ)
#define FLOW_TAIL	HZ	/* after a reset, for what is on its way */

static struct hlist_head *flow_chain(struct dray_probe_flows *flows,
				     const struct dray_probe_tuple *tuple)
{
	BUILD_BUG_ON(sizeof(*tuple) % sizeof(u32));

	return &flows->chains[jhash2((const u32 *)tuple,
				     sizeof(*tuple) / sizeof(u32), 0) >>
			      (32 - DRAY_PROBE_FLOW_BITS)];
}

static bool flow_live(const struct dray_probe_flow *flow)
{
	return time_before(jiffies, READ_ONCE(flow->until));
}

static void flow_touch(struct dray_probe_flow *flow, bool ends)
{
	WRITE_ONCE(flow->until, jiffies + (ends ? FLOW_TAIL : FLOW_TIMEOUT));
}

static struct dray_probe_flow *flow_find(struct dray_probe_flows *flows,
					 const struct dray_probe_tuple *tuple,
					 const union nf_inet_addr *server)
{
	struct dray_probe_flow *flow;

	hlist_for_each_entry_rcu(flow, flow_chain(flows, tuple), node,
				 lockdep_is_held(&flows->lock))
		if (!memcmp(&flow->tuple, tuple, sizeof(*tuple)) &&
		    dray_probe_same_addr(tuple->family, &flow->server, server))
			return flow;
	return NULL;
}

static void flow_free(struct dray_probe_flows *flows,
		      struct dray_probe_flow *flow)
{
	hlist_del_rcu(&flow->node);
	WRITE_ONCE(flows->n, flows->n - 1);
	kfree_rcu(flow, rcu);
}

static void flow_sweep(struct dray_probe_flows *flows, struct hlist_head *chain)
{
	struct dray_probe_flow *flow;
	struct hlist_node *next;

	hlist_for_each_entry_safe(flow, next, chain, node)
		if (!flow_live(flow))
			flow_free(flows, flow);
}

/* Entries that have ended go when another comes into their chain; in a full
 * table all of them, once in a second at most.
 */
static bool flow_room(struct dray_probe_flows *flows, struct hlist_head *chain)
{
	unsigned int i;

	lockdep_assert_held(&flows->lock);
	flow_sweep(flows, chain);
	if (flows->n < flows->max)
		return true;
	if (time_before(jiffies, flows->swept + HZ))
		return false;
	flows->swept = jiffies;
	for (i = 0; i < ARRAY_SIZE(flows->chains); i++)
		flow_sweep(flows, &flows->chains[i]);
	return flows->n < flows->max;
}

static struct dray_probe_flow *flow_add(struct dray_probe_flows *flows,
					const struct dray_probe_tuple *tuple,
					const union nf_inet_addr *server)
{
	struct hlist_head *chain = flow_chain(flows, tuple);
	struct dray_probe_flow *flow;

	lockdep_assert_held(&flows->lock);
	if (!flow_room(flows, chain))
		return NULL;
	flow = kzalloc(sizeof(*flow), GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return NULL;
	flow->tuple = *tuple;
	flow->server = *server;
	flow->asked = jiffies;
	flow_touch(flow, false);
	hlist_add_head_rcu(&flow->node, chain);
	WRITE_ONCE(flows->n, flows->n + 1);
	return flow;
}

static void flow_asked(struct dray_probe_flow *flow, bool ends)
{
	WRITE_ONCE(flow->asked, jiffies);
	flow_touch(flow, ends);
}

bool dray_probe_flow_ask(struct dray_probe_flows *flows,
			 const struct dray_probe_tuple *tuple,
			 const union nf_inet_addr *server, bool ends)
{
	struct dray_probe_flow *flow;

	flow = flow_find(flows, tuple, server);
	if (flow && flow_live(flow)) {
		flow_asked(flow, ends);
		return true;
	}
	spin_lock_bh(&flows->lock);
	flow = flow_find(flows, tuple, server) ?:
	       flow_add(flows, tuple, server);
	if (flow)
		flow_asked(flow, ends);
	spin_unlock_bh(&flows->lock);
	return flow;
}

/* Has the server sent this frame?  Only to choose among several. */
static bool frame_of(const struct sk_buff *skb,
		     const struct dray_probe_flow *flow)
{
	struct neighbour *n;

	if (!skb_mac_header_was_set(skb) || skb->dev->type != ARPHRD_ETHER)
		return false;
	if (flow->tuple.family == AF_INET)
		n = __ipv4_neigh_lookup_noref(skb->dev,
					      (__force u32)flow->server.ip);
	else
		n = __ipv6_neigh_lookup_noref_stub(skb->dev,
						   &flow->server.in6);
	return n && ether_addr_equal(n->ha, eth_hdr(skb)->h_source);
}

const struct dray_probe_flow *
dray_probe_flow_answer(struct dray_probe_flows *flows,
		       const struct dray_probe_tuple *tuple,
		       const struct sk_buff *skb, bool ends)
{
	struct dray_probe_flow *flow, *found = NULL;
	bool sent, by_frame = false;

	hlist_for_each_entry_rcu(flow, flow_chain(flows, tuple), node) {
		if (memcmp(&flow->tuple, tuple, sizeof(*tuple)) ||
		    !flow_live(flow))
			continue;
		sent = frame_of(skb, flow);
		if (sent < by_frame)
			continue;
		if (!found || sent > by_frame ||
		    time_after(READ_ONCE(flow->asked),
			       READ_ONCE(found->asked)))
			found = flow;
		by_frame = sent;
	}
	if (found)
		flow_touch(found, ends);
	return found;
}

void dray_probe_flows_init(struct dray_probe_flows *flows, u32 max)
{
	spin_lock_init(&flows->lock);
	flows->swept = jiffies - HZ;
	flows->max = max;
}

void dray_probe_flows_clean(struct dray_probe_flows *flows)
{
	struct dray_probe_flow *flow;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flows->chains); i++)
		hlist_for_each_entry_safe(flow, next, &flows->chains[i], node)
			kfree(flow);
}
