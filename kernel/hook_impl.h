/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the hooks, shared by hook.c and hook_register.c only.
 */
#ifndef _DRAY_HOOK_IMPL_H
#define _DRAY_HOOK_IMPL_H

#include <linux/netfilter.h>

#include "hook.h"

/**
 * dray_hook4() - take IPv4 packets from the stack
 * @priv: struct dray_net
 * @skb: packet
 * @state: where it is
 *
 * Context: softirq, RCU read side.
 * Return: NF_*.
 */
unsigned int dray_hook4(void *priv, struct sk_buff *skb,
			const struct nf_hook_state *state);

/**
 * dray_hook6() - take IPv6 packets from the stack
 * @priv: struct dray_net
 * @skb: packet
 * @state: where it is
 *
 * Context: softirq, RCU read side.
 * Return: NF_*.
 */
unsigned int dray_hook6(void *priv, struct sk_buff *skb,
			const struct nf_hook_state *state);

/* All hooks at a point, in their order.  Context: RCU read side. */
static inline const struct nf_hook_entries *
dray_hook_entries(const struct dray_net *dn, u8 family, unsigned int hook)
{
	const struct netns_nf *nf = &dn->net->nf;

	if (family == AF_INET)
		return rcu_dereference(nf->hooks_ipv4[hook]);
	return rcu_dereference(nf->hooks_ipv6[hook]);
}

#endif
