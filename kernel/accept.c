// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the local stack gets of a VIP that it is not to accept as an address:
 * what is for a service, and neighbour discovery.  RFC 9568, 6.1 and 6.4.3,
 * Accept_Mode; ARP is no matter of it.  Of a VIP whose lease has run out it gets
 * no more: a host that has not learnt yet that another director has the
 * address would be answered by this one.
 *
 * This is the last question before a packet is delivered, so what has been sent
 * to a server never comes here.  What does come of a service is for this host
 * as one of its servers, from a client or from a peer director, or for its
 * stack to answer with a reset.
 *
 * What this host sends to itself is left alone: the RFC speaks of packets that
 * are received.  So are VRFs, like everywhere.  A standby VIP may be a server's
 * own address, and is.
 */
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "accept.h"
#include "hook.h"
#include "packet.h"
#include "trace.h"
#include "vip.h"

/* Never to be dropped (RFC 9568, 6.1): with it a neighbour asks whether the VIP
 * is still here.
 */
static bool packet_nd(const struct sk_buff *skb)
{
	const struct icmp6hdr *ic;
	struct icmp6hdr buf;
	unsigned int off = 0;

	if (ipv6_find_hdr(skb, &off, IPPROTO_ICMPV6, NULL, NULL) < 0)
		return false;
	ic = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return ic && (ic->icmp6_type == NDISC_NEIGHBOUR_SOLICITATION ||
		      ic->icmp6_type == NDISC_NEIGHBOUR_ADVERTISEMENT);
}

static bool packet_of_service(struct dray_packet *pkt)
{
	return dray_parse(pkt) == DRAY_NEXT &&
	       dray_service_lookup(pkt->dn, pkt->family, pkt->protocol,
				   &pkt->daddr, pkt->dport, pkt->skb->mark);
}

/* May the local stack have all of it?  Without a lease a peer is the master, and
 * knows what it sends.
 */
static bool vip_accepted(const struct dray_vip *vip, const struct sk_buff *skb,
			 enum dray_reason *reason)
{
	switch (dray_vip_turn(vip)) {
	case DRAY_TURN_YES:
		*reason = DRAY_REASON_NO_ACCEPT;
		return !(vip->params.flags & DRAY_VIP_FLAGS_NO_ACCEPT);
	case DRAY_TURN_LEASE:
		*reason = DRAY_REASON_LOCAL_LEASE;
		return dray_vip_frame_from_peer(vip, skb);
	default:
		return true;
	}
}

/* Not inlined, so that packets for other addresses do not pay for the making of
 * a struct dray_packet.
 */
static noinline unsigned int accept_judge(struct dray_net *dn,
					  struct sk_buff *skb, u8 family,
					  const union nf_inet_addr *daddr,
					  enum dray_reason reason)
{
	struct dray_packet pkt = {
		.skb = skb,
		.dn = dn,
		.hook = NF_INET_LOCAL_IN,
		.family = family,
		.daddr = *daddr,
	};

	if (family == AF_INET6 && packet_nd(skb))
		return NF_ACCEPT;
	if (packet_of_service(&pkt))
		return NF_ACCEPT;
	pkt.reason = reason;
	dray_note(&pkt, pkt.reason);
	trace_dray_reason(&pkt, 0);
	return NF_DROP;
}

static __always_inline unsigned int
accept_in(struct dray_net *dn, struct sk_buff *skb, u8 family,
	  const union nf_inet_addr *daddr)
{
	const struct dray_vip *vip = dray_vip_lookup(dn, family, daddr);
	enum dray_reason reason;

	if (likely(!vip || vip_accepted(vip, skb, &reason)))
		return NF_ACCEPT;
	if (skb->dev->flags & IFF_LOOPBACK || netif_is_l3_slave(skb->dev) ||
	    netif_is_l3_master(skb->dev))
		return NF_ACCEPT;
	return accept_judge(dn, skb, family, daddr, reason);
}

static unsigned int dray_accept4(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	union nf_inet_addr daddr = { .ip = ip_hdr(skb)->daddr };

	return accept_in(priv, skb, AF_INET, &daddr);
}

static unsigned int dray_accept6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	union nf_inet_addr daddr = { .in6 = ipv6_hdr(skb)->daddr };

	return accept_in(priv, skb, AF_INET6, &daddr);
}

/* Behind everything that may take the packet elsewhere: our own hook (97), IPVS
 * (98 and 99) and NAT (100); in front of the confirmation of connection
 * tracking, since what is dropped has no connection.
 */
#define ACCEPT_PRIORITY		(NF_IP_PRI_NAT_SRC + 1)

static const struct nf_hook_ops accept_ops[2] = {
	{
		.hook = dray_accept4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = ACCEPT_PRIORITY,
	},
	{
		.hook = dray_accept6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = ACCEPT_PRIORITY,
	},
};

int dray_accept_register(struct dray_net *dn, u8 family)
{
	unsigned int index = dray_family_index(family);

	return dray_hook_register_one(dn, &dn->accept_ops[index],
				      &accept_ops[index]);
}

void dray_accept_unregister(struct dray_net *dn, u8 family)
{
	dray_hook_unregister_one(dn,
				 &dn->accept_ops[dray_family_index(family)]);
}
