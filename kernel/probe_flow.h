/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What probes have asked: which server a local port has sent packets to, so
 * that its answers, which come from the VIP, can be told from others.
 *
 * Two sockets may use one local port towards two servers; then the answers are
 * told apart by the neighbour that they come from.
 */
#ifndef _DRAY_PROBE_FLOW_H
#define _DRAY_PROBE_FLOW_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>

#define DRAY_PROBE_FLOW_BITS	12

/**
 * struct dray_probe_tuple - what an answer is known by
 * @local: address of this host
 * @vip: address that was asked
 * @local_port: port of this host
 * @vip_port: port that was asked
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @family: AF_INET or AF_INET6
 * @zero: zero, so that tuples compare as memory
 */
struct dray_probe_tuple {
	union nf_inet_addr local;
	union nf_inet_addr vip;
	__be16 local_port;
	__be16 vip_port;
	u8 protocol;
	u8 family;
	u16 zero;
};

/**
 * struct dray_probe_flow - a server that a local port has asked
 * @node: in dray_probe_flows.chains
 * @tuple: constant
 * @server: its own address, constant
 * @asked: jiffies of the last packet to it; READ_ONCE(), WRITE_ONCE()
 * @until: jiffies when it is forgotten; READ_ONCE(), WRITE_ONCE()
 * @rcu: frees it once no packet reads it
 */
struct dray_probe_flow {
	struct hlist_node node;
	struct dray_probe_tuple tuple;
	union nf_inet_addr server;
	unsigned long asked;
	unsigned long until;
	struct rcu_head rcu;
};

/**
 * struct dray_probe_flows - all of them in a namespace
 * @lock: see there
 * @n: number of them; written under @lock, zero keeps packets from looking
 * @max: most of them, constant
 * @swept: jiffies of the last sweep of a full table; under @lock
 * @chains: by tuple; RCU, written under @lock
 */
struct dray_probe_flows {
	spinlock_t lock;	/* guards @n, @swept, @chains */
	u32 n;
	u32 max;
	unsigned long swept;
	struct hlist_head chains[1 << DRAY_PROBE_FLOW_BITS];
};

static inline bool dray_probe_same_addr(u8 family, const union nf_inet_addr *a,
					const union nf_inet_addr *b)
{
	return family == AF_INET ? a->ip == b->ip :
				   ipv6_addr_equal(&a->in6, &b->in6);
}

/**
 * dray_probe_flows_init() - begin with none
 * @flows: zeroed memory
 * @max: most of them
 */
void dray_probe_flows_init(struct dray_probe_flows *flows, u32 max);

/**
 * dray_probe_flows_clean() - free all of them
 * @flows: no packet reads them any more
 */
void dray_probe_flows_clean(struct dray_probe_flows *flows);

/**
 * dray_probe_flow_ask() - remember whom a local port asks, before it does
 * @flows: where
 * @tuple: of the packet
 * @server: where it is sent to
 * @ends: there will be no more
 *
 * Context: softirq, or BHs off.
 * Return: false if there is no room.
 */
bool dray_probe_flow_ask(struct dray_probe_flows *flows,
			 const struct dray_probe_tuple *tuple,
			 const union nf_inet_addr *server, bool ends);

/**
 * dray_probe_flow_answer() - whose answer is this?
 * @flows: where
 * @tuple: of the packet
 * @skb: the packet
 * @ends: there will be no more
 *
 * Of several servers it is the one whose frame this is, else the one that was
 * asked last.
 *
 * Context: rcu_read_lock().
 * Return: NULL if nobody has asked.
 */
const struct dray_probe_flow *
dray_probe_flow_answer(struct dray_probe_flows *flows,
		       const struct dray_probe_tuple *tuple,
		       const struct sk_buff *skb, bool ends);

#endif
