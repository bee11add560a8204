/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VIPs: addresses that have a role on this director.
 *
 * An address without an entry is active.  An active entry may have a lease;
 * once that has run out, this host does not forward for the address, nor lets
 * its local stack answer for what another director serves.
 */
#ifndef _DRAY_VIP_H
#define _DRAY_VIP_H

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/netfilter.h>

#include <uapi/linux/dray.h>

struct dray_net;

#define DRAY_VIPS_MAX	4096
#define DRAY_VIP_PEERS	16

/**
 * struct dray_vip_key - an address
 * @addr: address
 * @family: AF_INET or AF_INET6
 * @zero: zero, so that keys compare as memory
 */
struct dray_vip_key {
	union nf_inet_addr addr;
	u8 family;
	u8 zero[3];
};

/**
 * struct dray_vip_params - a role
 * @lease_end: boot-time nanoseconds at which the role active ends; 0 is never
 * @keep_lease: while staged: the write is not about the lease, so that in force
 *	at the commit is kept
 * @flags: DRAY_VIP_FLAGS_*
 * @role: enum dray_role
 * @n_peers: number of @peers
 * @peers: MAC addresses of the other directors
 */
struct dray_vip_params {
	u64 lease_end;
	u32 flags;
	bool keep_lease;
	u8 role;
	u8 n_peers;
	u8 peers[DRAY_VIP_PEERS][ETH_ALEN];
};

/**
 * struct dray_vip - an address with a role
 * @node: in dray_net.vips
 * @key: identity, constant
 * @params: constant; a change makes a new entry and swaps it in
 * @owned: in the list of what an open transaction has made
 * @rcu: frees it once no packet reads it
 */
struct dray_vip {
	struct hlist_node node;
	struct dray_vip_key key;
	struct dray_vip_params params;
	struct list_head owned;
	struct rcu_head rcu;
};

/**
 * enum dray_turn - whether this director is to forward for an address
 * @DRAY_TURN_YES: it is
 * @DRAY_TURN_STANDBY: another director does
 * @DRAY_TURN_LEASE: the lease has run out
 */
enum dray_turn {
	DRAY_TURN_YES,
	DRAY_TURN_STANDBY,
	DRAY_TURN_LEASE,
};

/**
 * dray_vip_lookup() - an address's role
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 * @addr: address
 *
 * Context: dray_net.lock held or RCU read side.
 * Return: the entry or NULL.
 */
struct dray_vip *dray_vip_lookup(struct dray_net *dn, u8 family,
				 const union nf_inet_addr *addr);

/**
 * dray_vip_turn() - whether it is our turn
 * @vip: entry of the address, or NULL
 *
 * Context: any.
 */
enum dray_turn dray_vip_turn(const struct dray_vip *vip);

/**
 * dray_vip_from_peer() - whether a frame was sent by a peer director
 * @vip: entry of its destination
 * @mac: source address of the frame
 *
 * Context: any.
 */
bool dray_vip_from_peer(const struct dray_vip *vip, const u8 *mac);

/**
 * dray_vip_frame_from_peer() - the same of a packet that has come in
 * @vip: entry of its destination
 * @skb: packet
 *
 * Context: any.
 */
static inline bool dray_vip_frame_from_peer(const struct dray_vip *vip,
					    const struct sk_buff *skb)
{
	return vip->params.n_peers && skb_mac_header_was_set(skb) &&
	       skb->dev->type == ARPHRD_ETHER &&
	       dray_vip_from_peer(vip, eth_hdr(skb)->h_source);
}

/**
 * dray_vip_link() - put a role in force
 * @dn: namespace
 * @vip: entry; belongs to the namespace now
 *
 * Context: dray_net.lock held.
 */
void dray_vip_link(struct dray_net *dn, struct dray_vip *vip);

/**
 * dray_vip_replace() - put a role in force in another's place
 * @old: entry in force; is freed
 * @new: entry of the same address
 *
 * Context: dray_net.lock held.
 */
void dray_vip_replace(struct dray_vip *old, struct dray_vip *new);

/**
 * dray_vip_unlink() - forget a role
 * @dn: namespace
 * @vip: entry in force; is freed
 *
 * Context: dray_net.lock held.
 */
void dray_vip_unlink(struct dray_net *dn, struct dray_vip *vip);

#endif
