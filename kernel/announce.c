// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host says by ARP and neighbour discovery of VIPs that are not its
 * turn: nothing.
 *
 * Answers and announcements all go out by one point: ARP OUT, and LOCAL_OUT
 * for neighbour discovery.  What comes in is left alone: the local stack may
 * hear where a VIP is, as it hears of any other address.  A question that the
 * stack asks under the VIP would teach its receiver that the VIP is here; it
 * is asked under another address, so that a server that is this host goes on
 * answering its clients.
 *
 * Frames that a program makes itself and hands to a packet socket pass no hook:
 * who can do that, and is alive to do it, knows its role.
 */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/checksum.h>
#include <net/ndisc.h>

#include "announce.h"
#include "hook.h"
#include "stats.h"
#include "vip.h"

static void announce_note(struct dray_net *dn, enum dray_reason reason)
{
	this_cpu_inc(dn->reasons->packets[reason]);
}

/* A VIP that is not local may be announced for somebody else, by a proxy. */
static enum dray_turn announce_turn(struct dray_net *dn, u8 family,
				    const union nf_inet_addr *addr)
{
	enum dray_turn turn = dray_vip_turn(dray_vip_lookup(dn, family, addr));

	if (likely(turn == DRAY_TURN_YES) ||
	    !dray_vip_local(dn->net, family, addr))
		return DRAY_TURN_YES;
	return turn;
}

static bool announce_may(struct dray_net *dn, u8 family,
			 const union nf_inet_addr *addr)
{
	return announce_turn(dn, family, addr) == DRAY_TURN_YES;
}

#ifdef CONFIG_NETFILTER_FAMILY_ARP
/* Where the sender's protocol address is, from the start of the header. */
static unsigned int arp_sender_at(const struct net_device *dev)
{
	return sizeof(struct arphdr) + dev->addr_len;
}

/* The target's is the last thing in the header. */
static unsigned int arp_target_at(const struct net_device *dev)
{
	return arp_hdr_len(dev) - sizeof(__be32);
}

static __be32 arp_addr(const struct sk_buff *skb, unsigned int at)
{
	__be32 addr;

	memcpy(&addr, skb_network_header(skb) + at, sizeof(addr));
	return addr;
}

/* Ask for a neighbour under another address of the device. */
static bool arp_ask_otherwise(struct dray_net *dn, struct sk_buff *skb,
			      const struct net_device *dev)
{
	__be32 target = arp_addr(skb, arp_target_at(dev));
	union nf_inet_addr other = {
		.ip = inet_select_addr(dev, target, RT_SCOPE_LINK),
	};

	if (!other.ip || !announce_may(dn, AF_INET, &other) ||
	    skb_ensure_writable(skb, skb_network_offset(skb) +
				arp_hdr_len(dev)))
		return false;
	memcpy(skb_network_header(skb) + arp_sender_at(dev), &other.ip,
	       sizeof(other.ip));
	return true;
}

static bool arp_asks(const struct sk_buff *skb, const struct net_device *dev,
		     __be32 sender)
{
	return arp_hdr(skb)->ar_op == htons(ARPOP_REQUEST) &&
	       arp_addr(skb, arp_target_at(dev)) != sender;
}

static unsigned int announce_arp(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct net_device *dev = state->out;
	union nf_inet_addr sender = {};
	struct dray_net *dn = priv;
	enum dray_turn turn;

	if (skb_network_offset(skb) + arp_hdr_len(dev) > skb_headlen(skb) ||
	    arp_hdr(skb)->ar_pro != htons(ETH_P_IP) ||
	    arp_hdr(skb)->ar_pln != sizeof(__be32))
		return NF_ACCEPT;
	sender.ip = arp_addr(skb, arp_sender_at(dev));
	turn = announce_turn(dn, AF_INET, &sender);
	if (likely(turn == DRAY_TURN_YES))
		return NF_ACCEPT;
	if (arp_asks(skb, dev, sender.ip) && arp_ask_otherwise(dn, skb, dev)) {
		announce_note(dn, DRAY_REASON_NEIGH_SOURCE);
		return NF_ACCEPT;
	}
	announce_note(dn, turn == DRAY_TURN_LEASE ? DRAY_REASON_ARP_LEASE :
						    DRAY_REASON_ARP_STANDBY);
	return NF_DROP;
}
#endif

/* Ask for a neighbour under another address of the device. */
static bool nd_ask_otherwise(struct dray_net *dn, struct sk_buff *skb,
			     const struct net_device *dev,
			     const struct in6_addr *target)
{
	union nf_inet_addr other = {};
	struct ipv6hdr *ip6h;
	struct nd_msg *msg;

	if (ipv6_dev_get_saddr(dn->net, dev, target, 0, &other.in6) ||
	    !announce_may(dn, AF_INET6, &other) ||
	    skb_ensure_writable(skb, sizeof(*ip6h) + sizeof(*msg)))
		return false;
	ip6h = ipv6_hdr(skb);
	msg = (struct nd_msg *)(ip6h + 1);
	inet_proto_csum_replace16(&msg->icmph.icmp6_cksum, skb,
				  ip6h->saddr.in6_u.u6_addr32,
				  other.in6.in6_u.u6_addr32, true);
	ip6h->saddr = other.in6;
	return true;
}

/* An advertisement is for its target, a solicitation from its source. */
static bool nd_says(const struct sk_buff *skb, struct nd_msg *msg,
		    union nf_inet_addr *addr)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct nd_msg *found;

	if (likely(ip6h->nexthdr != NEXTHDR_ICMP || ip6h->hop_limit != 255))
		return false;
	found = skb_header_pointer(skb, sizeof(*ip6h), sizeof(*msg), msg);
	if (!found)
		return false;
	if (found != msg)
		*msg = *found;
	if (msg->icmph.icmp6_type == NDISC_NEIGHBOUR_ADVERTISEMENT)
		addr->in6 = msg->target;
	else if (msg->icmph.icmp6_type == NDISC_NEIGHBOUR_SOLICITATION)
		addr->in6 = ip6h->saddr;
	else
		return false;
	return true;
}

static unsigned int announce_nd(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct dray_net *dn = priv;
	union nf_inet_addr addr;
	enum dray_turn turn;
	struct nd_msg msg;

	if (likely(!nd_says(skb, &msg, &addr)))
		return NF_ACCEPT;
	turn = announce_turn(dn, AF_INET6, &addr);
	if (likely(turn == DRAY_TURN_YES))
		return NF_ACCEPT;
	if (msg.icmph.icmp6_type == NDISC_NEIGHBOUR_SOLICITATION &&
	    nd_ask_otherwise(dn, skb, state->out, &msg.target)) {
		announce_note(dn, DRAY_REASON_NEIGH_SOURCE);
		return NF_ACCEPT;
	}
	announce_note(dn, turn == DRAY_TURN_LEASE ? DRAY_REASON_ND_LEASE :
						    DRAY_REASON_ND_STANDBY);
	return NF_DROP;
}

/* Behind the rules of the administrator, of ARP (at 0) too. */
#define ANNOUNCE_PRIORITY	(NF_IP6_PRI_FILTER + 1)

/* A kernel without netfilter's family ARP, which no distribution's is, answers
 * ARP as it always does.
 */
static const struct nf_hook_ops announce_ops[2] = {
#ifdef CONFIG_NETFILTER_FAMILY_ARP
	{
		.hook = announce_arp,
		.pf = NFPROTO_ARP,
		.hooknum = NF_ARP_OUT,
		.priority = ANNOUNCE_PRIORITY,
	},
#else
	{},
#endif
	{
		.hook = announce_nd,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = ANNOUNCE_PRIORITY,
	},
};

int dray_announce_register(struct dray_net *dn, u8 family)
{
	unsigned int index = dray_family_index(family);

	return dray_hook_register_one(dn, &dn->announce_ops[index],
				      &announce_ops[index]);
}

void dray_announce_unregister(struct dray_net *dn, u8 family)
{
	dray_hook_unregister_one(dn,
				 &dn->announce_ops[dray_family_index(family)]);
}
