// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending a packet to its server.
 *
 * The full way goes through ip_output(), which brings POST_ROUTING,
 * fragmentation and neighbour resolution.  A packet that needs none of these
 * is handed to the neighbour directly.  A server of the other address family
 * can only be reached that way: ip_output() and dst_link_failure() take the
 * dst of a packet for one of the packet's own family.
 *
 * Only the TTL and the frame change; an ICMP error that has to be sent needs a
 * dst, which in PRE_ROUTING no packet has yet.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <net/arp.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "explain.h"
#include "hook.h"
#include "packet.h"

/* icmp_send() does nothing without a dst. */
static bool xmit_need_dst(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return skb_dst(skb) ||
	       (!ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos,
				      skb->dev) && skb_dst(skb));
}

static void xmit_icmp(struct dray_packet *pkt, u8 type4, u8 code4, u8 type6,
		      u8 code6, u32 info)
{
	/* Never answer an error with an error. */
	if (pkt->flags & PKT_ICMP)
		return;
	if (pkt->family == AF_INET6)
		icmpv6_send(pkt->skb, type6, code6, info);
	else if (xmit_need_dst(pkt->skb))
		icmp_send(pkt->skb, type4, code4, htonl(info));
}

void dray_answer_unreachable(struct dray_packet *pkt)
{
	xmit_icmp(pkt, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
		  ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0);
}

static u8 xmit_ttl(const struct dray_packet *pkt)
{
	return pkt->family == AF_INET ? ip_hdr(pkt->skb)->ttl :
					ipv6_hdr(pkt->skb)->hop_limit;
}

/* Was it put together from fragments, and of what size were they? */
static u16 xmit_frag_size(const struct dray_packet *pkt)
{
	return pkt->family == AF_INET ? IPCB(pkt->skb)->frag_max_size :
					IP6CB(pkt->skb)->frag_max_size;
}

/* Does it fit the route as it is? */
static __always_inline bool xmit_fits(const struct dray_packet *pkt, u32 mtu)
{
	const struct sk_buff *skb = pkt->skb;

	return skb->len <= mtu ||
	       (skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu));
}

/* May it be made to fit?  IPv4 without DF may be fragmented; what came in
 * fragments may go out in fragments.
 */
static bool xmit_may_fragment(const struct dray_packet *pkt, u32 mtu)
{
	u16 frag_size = xmit_frag_size(pkt);

	if (pkt->family == AF_INET &&
	    !(ip_hdr(pkt->skb)->frag_off & htons(IP_DF)))
		return true;
	return frag_size && frag_size <= mtu;
}

/* The header is in the linear part; what is left is whether it is shared, as
 * with a packet tap.
 */
static int xmit_writable(struct dray_packet *pkt)
{
	if (likely(!skb_cloned(pkt->skb)))
		return 0;
	return skb_ensure_writable(pkt->skb, pkt->family == AF_INET ?
				   sizeof(struct iphdr) :
				   sizeof(struct ipv6hdr));
}

/* Nothing that the packet met on its way in may follow it out. */
static void xmit_prepare(struct dray_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	/* Forwarding has counted the hop before its hook. */
	if (pkt->hook != NF_INET_FORWARD) {
		if (pkt->family == AF_INET)
			ip_decrease_ttl(ip_hdr(skb));
		else
			ipv6_hdr(skb)->hop_limit--;
	}
	skb_orphan(skb);
	nf_reset_ct(skb);
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	skb->ignore_df = 1;	/* the size was judged here */
	skb_dst_drop(skb);
}

static __always_inline struct neighbour *
xmit_neigh_lookup(const struct dray_server *server, struct net_device *dev)
{
	if (server->key.family == AF_INET)
		return __ipv4_neigh_lookup_noref(dev, (__force u32)server->key.addr.ip);
	return __ipv6_neigh_lookup_noref_stub(dev, &server->key.addr.in6);
}

/* The neighbour, if a packet can be handed to it right away. */
static __always_inline struct neighbour *
xmit_neigh(const struct dray_server *server, struct net_device *dev)
{
	struct neighbour *n = xmit_neigh_lookup(server, dev);

	return n && READ_ONCE(n->nud_state) & NUD_VALID ? n : NULL;
}

/* May POST_ROUTING and the rest of ip_output() be passed by? */
static __always_inline bool xmit_short(const struct dray_packet *pkt,
				       const struct dray_route *route)
{
	return !route->dst->lwtstate && !xmit_frag_size(pkt) &&
	       !skb_sec_path(pkt->skb) && dray_postrouting_clear(pkt);
}

/* Straight to the neighbour; one of the other family is looked up, and asked
 * for, by neigh_xmit().
 */
static void xmit_to_neigh(struct dray_packet *pkt, struct net_device *dev,
			  const struct dray_server *server,
			  struct neighbour *n)
{
	unsigned int room = LL_RESERVED_SPACE(dev);
	struct sk_buff *skb = pkt->skb;

	if (unlikely(skb_headroom(skb) < room)) {
		skb = skb_expand_head(skb, room);
		if (!skb) {
			dray_note(pkt, DRAY_REASON_XMIT);
			return;
		}
	}
	skb->dev = dev;
	if (likely(n))
		neigh_output(n, skb, false);
	else
		neigh_xmit(server->key.family == AF_INET ? NEIGH_ARP_TABLE :
							   NEIGH_ND_TABLE,
			   dev, &server->key.addr, skb);
}

static void xmit_output(struct dray_packet *pkt, struct dst_entry *dst)
{
	skb_dst_set_noref(pkt->skb, dst);
	if (pkt->family == AF_INET)
		ip_output(pkt->dn->net, NULL, pkt->skb);
	else
		ip6_output(pkt->dn->net, NULL, pkt->skb);
}

/* The neighbour, if the packet may go straight there.  The header that a
 * neighbour keeps is of its own family.
 */
static __always_inline struct neighbour *
xmit_direct(const struct dray_packet *pkt, const struct dray_server *server,
	    const struct dray_route *route, bool fits)
{
	if (pkt->family != server->key.family || !fits ||
	    !xmit_short(pkt, route))
		return NULL;
	return xmit_neigh(server, route->dst->dev);
}

static void xmit_send(struct dray_packet *pkt, struct dray_server *server,
		      const struct dray_route *route, bool fits)
{
	struct neighbour *n = xmit_direct(pkt, server, route, fits);
	bool other = pkt->family != server->key.family;
	struct dst_entry *dst = route->dst;

	if (n || unlikely(other))
		xmit_to_neigh(pkt, dst->dev, server, n);
	else
		xmit_output(pkt, dst);
}

static void xmit_count(const struct dray_packet *pkt,
		       const struct dray_server *server)
{
	dray_stats_count(server->stats, pkt->skb->len, pkt->new_flow);
	dray_stats_count(pkt->service->stats, pkt->skb->len, pkt->new_flow);
}

/* May it go, and does it fit the route as it is?  This and what it calls is
 * inlined, for all packets pay for it and there are two that call it.
 */
static __always_inline enum dray_verdict
xmit_judge(struct dray_packet *pkt, const struct dray_server *server,
	   const struct dray_route *route, bool *fits)
{
	if (unlikely(!route || !route->dst)) {
		if (!route || route->reach != DRAY_REACH_LOCAL)
			return dray_drop(pkt, DRAY_REASON_NO_ROUTE);
		return dray_pass(pkt, DRAY_REASON_LOCAL_SERVER);
	}
	if (unlikely(xmit_ttl(pkt) <= 1) && pkt->hook != NF_INET_FORWARD)
		return dray_drop(pkt, DRAY_REASON_TTL);
	if (unlikely(skb_warn_if_lro(pkt->skb)))
		return dray_drop(pkt, DRAY_REASON_LRO);
	*fits = xmit_fits(pkt, route->mtu);
	if (unlikely(!*fits) &&
	    (pkt->family != server->key.family ||
	     (!(pkt->flags & PKT_ICMP) &&
	      !xmit_may_fragment(pkt, route->mtu))))
		return dray_drop(pkt, DRAY_REASON_MTU);
	return DRAY_NEXT;
}

/* What is done for a packet that may not go. */
static void xmit_refused(struct dray_packet *pkt, struct dray_server *server,
			 const struct dray_route *route)
{
	if (pkt->reason == DRAY_REASON_LOCAL_SERVER)
		xmit_count(pkt, server);
	else if (pkt->reason == DRAY_REASON_TTL)
		xmit_icmp(pkt, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL,
			  ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
	else if (pkt->reason == DRAY_REASON_MTU)
		xmit_icmp(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			  ICMPV6_PKT_TOOBIG, 0, route->mtu);
}

enum dray_verdict dray_xmit(struct dray_packet *pkt,
			    struct dray_server *server)
{
	const struct dray_route *route = dray_route_get(pkt->dn, server);
	enum dray_verdict verdict;
	bool fits;

	verdict = xmit_judge(pkt, server, route, &fits);
	if (unlikely(verdict != DRAY_NEXT)) {
		xmit_refused(pkt, server, route);
		return verdict;
	}
	if (unlikely(xmit_writable(pkt)))
		return dray_drop(pkt, DRAY_REASON_XMIT);
	xmit_count(pkt, server);
	xmit_prepare(pkt);
	xmit_send(pkt, server, route, fits);
	return DRAY_STOLEN;
}

/* Where the frame would go to, as far as that is known by now. */
static void xmit_tell_neigh(struct dray_explain_route *to,
			    const struct dray_server *server,
			    struct net_device *dev)
{
	struct neighbour *n = xmit_neigh_lookup(server, dev);

	if (dev->flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT))
		to->nud = NUD_NOARP;
	if (!n)
		return;
	to->nud = READ_ONCE(n->nud_state);
	to->has_mac = to->nud & NUD_VALID && dev->addr_len == ETH_ALEN;
	if (to->has_mac)
		neigh_ha_snapshot(to->mac, n, dev);
}

static void xmit_tell(struct dray_packet *pkt, const struct dray_server *server,
		      const struct dray_route *route, bool fits)
{
	struct dray_explain_route *to = &dray_explain_of(pkt)->route;

	to->reach = route ? route->reach : DRAY_REACH_NO_ROUTE;
	if (!route || !route->dst)
		return;
	to->dev = route->dst->dev;
	to->mtu = route->mtu;
	to->fragment = !fits;
	to->direct = xmit_direct(pkt, server, route, fits);
	xmit_tell_neigh(to, server, route->dst->dev);
}

enum dray_verdict dray_xmit_probe(struct dray_packet *pkt,
				  struct dray_server *server)
{
	const struct dray_route *route;
	enum dray_verdict verdict;
	struct dray_route *made;
	bool fits = true;

	route = dray_route_probe(pkt->dn, server, &made);
	verdict = xmit_judge(pkt, server, route, &fits);
	xmit_tell(pkt, server, route, fits);
	dray_route_probe_end(made);
	return verdict;
}
