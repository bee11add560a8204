/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where packets are taken from the stack.
 */
#ifndef _DRAY_HOOK_H
#define _DRAY_HOOK_H

#include <linux/netdevice.h>

#include "net.h"

struct dray_packet;

/**
 * dray_hooks_register() - register the hooks of a family, if they are not
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 *
 * At every point, whatever the mode: packets ask for the mode, so that a
 * change of it cannot fail and misses none.
 *
 * Context: process, dray_net.lock held.
 * Return: 0 or an error; nothing has changed then.
 */
int dray_hooks_register(struct dray_net *dn, u8 family);

/**
 * dray_hooks_unregister() - unregister the hooks of a family, if they are
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 *
 * Packets may still be inside until a grace period has passed.
 *
 * Context: process, dray_net.lock held.
 */
void dray_hooks_unregister(struct dray_net *dn, u8 family);

/**
 * dray_hook_register_one() - register a hook of its own, if it is not
 * @dn: namespace, which the hook is given
 * @ops: where it is kept
 * @template: what it is; without a hook there is nothing to register
 *
 * Context: process, dray_net.lock held.
 * Return: 0 or an error; nothing has changed then.
 */
int dray_hook_register_one(struct dray_net *dn, struct nf_hook_ops *ops,
			   const struct nf_hook_ops *template);

/**
 * dray_hook_unregister_one() - unregister a hook of its own, if it is
 * @dn: namespace
 * @ops: where it is kept
 *
 * Packets may still be inside until a grace period has passed.
 *
 * Context: process, dray_net.lock held.
 */
void dray_hook_unregister_one(struct dray_net *dn, struct nf_hook_ops *ops);

/**
 * dray_hook_in_force() - which hook takes packets
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 * @dev: device that packets come in by
 * @why: where to put the reason, in words
 *
 * Context: RCU read side.
 * Return: DRAY_HOOK_MODE_EARLY or DRAY_HOOK_MODE_INPUT.
 */
u8 dray_hook_in_force(const struct dray_net *dn, u8 family,
		      const struct net_device *dev, const char **why);

/**
 * dray_hook_point() - where a packet would be taken
 * @pkt: with skb, dn, family and daddr; gets its hook
 *
 * By the question that packets ask at each point.  Whether the routing of this
 * host brings the packet there is not asked.
 *
 * Context: RCU read side.
 * Return: enum dray_hook_point.
 */
u8 dray_hook_point(struct dray_packet *pkt);

/**
 * dray_postrouting_clear() - whether nothing waits for a packet at POST_ROUTING
 * @pkt: packet
 *
 * Context: RCU read side.
 */
bool dray_postrouting_clear(const struct dray_packet *pkt);

/**
 * dray_vip_local() - whether an address is one of this host's
 * @net: namespace
 * @family: AF_INET or AF_INET6
 * @addr: address
 *
 * Context: RCU read side.
 */
bool dray_vip_local(struct net *net, u8 family,
		    const union nf_inet_addr *addr);

/**
 * dray_rules_bypassed() - whether a service's packets pass by rules that
 *	should apply
 * @dn: namespace
 * @service: service
 *
 * So it is in auto mode if rules stand in the way, the VIP is not local and
 * forwarding is off: there is no later point that the packets would reach.
 *
 * Context: RCU read side.
 */
bool dray_rules_bypassed(struct dray_net *dn,
			 const struct dray_service *service);

#endif
