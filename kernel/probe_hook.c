// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of probes: turned towards the VIP, and the answers back.
 *
 * At LOCAL_OUT, behind everything else, so that rules and connection tracking
 * see the server's own address; at PRE_ROUTING in front of connection tracking
 * and routing, for the same reason, and since an address of this host as a
 * source would be refused.  POST_ROUTING follows as for every packet.
 *
 * An answer is a packet from the VIP, or an ICMP error about a packet to it.
 * Nothing that nobody has asked for is touched.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "probe_hook.h"
#include "route.h"

/* A packet, as far as it has to be known. */
struct probe_packet {
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 ports[2];
	unsigned int off;	/* of its header in the skb */
	unsigned int thoff;	/* of what follows that */
	u8 protocol;
	u8 family;
	bool ends;		/* a reset */
};

static void probe_note(const struct dray_probes *probes,
		       enum dray_reason reason)
{
	this_cpu_inc(probes->dn->reasons->packets[reason]);
}

static bool parse4(const struct sk_buff *skb, struct probe_packet *pkt)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, pkt->off, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 || ip_is_fragment(iph))
		return false;
	pkt->saddr.ip = iph->saddr;
	pkt->daddr.ip = iph->daddr;
	pkt->protocol = iph->protocol;
	pkt->thoff = pkt->off + iph->ihl * 4;
	return true;
}

/* Without extension headers. */
static bool parse6(const struct sk_buff *skb, struct probe_packet *pkt)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;

	ip6h = skb_header_pointer(skb, pkt->off, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return false;
	pkt->saddr.in6 = ip6h->saddr;
	pkt->daddr.in6 = ip6h->daddr;
	pkt->protocol = ip6h->nexthdr;
	pkt->thoff = pkt->off + sizeof(*ip6h);
	return true;
}

/* The header at @off, whole. */
static bool probe_parse(const struct sk_buff *skb, u8 family, unsigned int off,
			struct probe_packet *pkt)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->family = family;
	pkt->off = off;
	return family == AF_INET ? parse4(skb, pkt) : parse6(skb, pkt);
}

static bool probe_ports(const struct sk_buff *skb, struct probe_packet *pkt)
{
	const __be16 *ports;

	if (pkt->protocol != IPPROTO_TCP && pkt->protocol != IPPROTO_UDP)
		return false;
	ports = skb_header_pointer(skb, pkt->thoff, sizeof(pkt->ports),
				   pkt->ports);
	if (!ports)
		return false;
	if (ports != pkt->ports)
		memcpy(pkt->ports, ports, sizeof(pkt->ports));
	return true;
}

static bool probe_resets(const struct sk_buff *skb,
			 const struct probe_packet *pkt)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	if (pkt->protocol != IPPROTO_TCP)
		return false;
	th = skb_header_pointer(skb, pkt->thoff, sizeof(buf), &buf);
	return th && th->rst;
}

/* NULL if the packet has none, as UDP may in IPv4. */
static __sum16 *probe_check(struct sk_buff *skb,
			    const struct probe_packet *pkt)
{
	void *head = skb->data + pkt->thoff;
	struct udphdr *uh = head;

	if (pkt->protocol == IPPROTO_TCP)
		return &((struct tcphdr *)head)->check;
	return uh->check || skb->ip_summed == CHECKSUM_PARTIAL ? &uh->check :
								NULL;
}

static void probe_turn4(struct sk_buff *skb, __sum16 *check, __be32 *addr,
			__be32 to)
{
	if (check)
		inet_proto_csum_replace4(check, skb, *addr, to, true);
	csum_replace4(&ip_hdr(skb)->check, *addr, to);
	*addr = to;
}

static void probe_turn6(struct sk_buff *skb, __sum16 *check,
			struct in6_addr *addr, const struct in6_addr *to)
{
	if (check)
		inet_proto_csum_replace16(check, skb, addr->s6_addr32,
					  to->s6_addr32, true);
	*addr = *to;
}

/* Put another source or destination in. */
static bool probe_turn(struct sk_buff *skb, const struct probe_packet *pkt,
		       bool source, const union nf_inet_addr *to)
{
	unsigned int head = pkt->protocol == IPPROTO_TCP ?
			    sizeof(struct tcphdr) : sizeof(struct udphdr);
	__sum16 *check;

	if (skb_ensure_writable(skb, pkt->thoff + head))
		return false;
	check = probe_check(skb, pkt);
	if (pkt->family == AF_INET)
		probe_turn4(skb, check, source ? &ip_hdr(skb)->saddr :
						 &ip_hdr(skb)->daddr, to->ip);
	else
		probe_turn6(skb, check, source ? &ipv6_hdr(skb)->saddr :
						 &ipv6_hdr(skb)->daddr,
			    &to->in6);
	if (check && pkt->protocol == IPPROTO_UDP && !*check &&
	    skb->ip_summed != CHECKSUM_PARTIAL)
		*check = CSUM_MANGLED_0;
	return true;
}

/* The packet in an ICMP error comes back as it was sent: to the VIP. */
static bool probe_parse_error(const struct sk_buff *skb,
			      const struct probe_packet *outer,
			      struct probe_packet *inner)
{
	const u8 *type;
	u8 buf;

	type = skb_header_pointer(skb, outer->thoff, sizeof(buf), &buf);
	if (!type)
		return false;
	if (outer->protocol == IPPROTO_ICMP ?
	    *type != ICMP_DEST_UNREACH && *type != ICMP_TIME_EXCEEDED &&
	    *type != ICMP_PARAMETERPROB : *type >= ICMPV6_INFOMSG_MASK)
		return false;
	BUILD_BUG_ON(sizeof(struct icmphdr) != sizeof(struct icmp6hdr));
	return probe_parse(skb, outer->family,
			   outer->thoff + sizeof(struct icmphdr), inner) &&
	       probe_ports(skb, inner);
}

/* The sum of a header of IPv4 with its checksum stays what it is, and with it
 * that of the message.
 */
static void turn_error4(struct sk_buff *skb, const struct probe_packet *inner,
			const struct dray_probe_flow *flow)
{
	struct iphdr *iph = (void *)skb->data + inner->off;
	struct iphdr *outer = ip_hdr(skb);

	csum_replace4(&iph->check, iph->daddr, flow->server.ip);
	iph->daddr = flow->server.ip;
	if (outer->saddr != flow->tuple.vip.ip)
		return;
	csum_replace4(&outer->check, outer->saddr, flow->server.ip);
	outer->saddr = flow->server.ip;
}

static void turn_error6(struct sk_buff *skb, const struct probe_packet *outer,
			const struct probe_packet *inner,
			const struct dray_probe_flow *flow)
{
	struct icmp6hdr *icmp = (void *)skb->data + outer->thoff;
	struct ipv6hdr *ip6h = (void *)skb->data + inner->off;
	struct ipv6hdr *out6h = ipv6_hdr(skb);

	inet_proto_csum_replace16(&icmp->icmp6_cksum, skb,
				  ip6h->daddr.s6_addr32,
				  flow->server.in6.s6_addr32, false);
	ip6h->daddr = flow->server.in6;
	if (!ipv6_addr_equal(&out6h->saddr, &flow->tuple.vip.in6))
		return;
	inet_proto_csum_replace16(&icmp->icmp6_cksum, skb,
				  out6h->saddr.s6_addr32,
				  flow->server.in6.s6_addr32, true);
	out6h->saddr = flow->server.in6;
}

/* Whoever sends the error: what it speaks of is the server's own address, and
 * so is its source if that is the VIP, which may be an address of this host.
 */
static bool probe_turn_error(struct sk_buff *skb,
			     const struct probe_packet *outer,
			     const struct probe_packet *inner,
			     const struct dray_probe_flow *flow)
{
	if (skb_ensure_writable(skb, inner->thoff))
		return false;
	if (outer->family == AF_INET)
		turn_error4(skb, inner, flow);
	else
		turn_error6(skb, outer, inner, flow);
	return true;
}

static unsigned int probe_drop(const struct dray_probes *probes,
			       enum dray_reason reason)
{
	probe_note(probes, reason);
	return NF_DROP;
}

/* A server that is this host keeps the route that it has. */
static unsigned int probe_send(struct dray_probes *probes, struct sk_buff *skb,
			       const struct probe_packet *pkt,
			       const struct dray_probe_params *params)
{
	struct dray_probe_tuple tuple = {
		.local = pkt->saddr,
		.vip = params->vip,
		.local_port = pkt->ports[0],
		.vip_port = pkt->ports[1],
		.protocol = pkt->protocol,
		.family = pkt->family,
	};
	struct dray_route route = {};
	int err;

	err = dray_route_find(probes->dn->net, params->family, &params->server,
			      &route);
	if (err || route.reach > DRAY_REACH_LOCAL)
		return probe_drop(probes, DRAY_REASON_NO_ROUTE);
	if (!dray_probe_flow_ask(&probes->flows, &tuple, &params->server,
				 probe_resets(skb, pkt))) {
		dst_release(route.dst);
		return probe_drop(probes, DRAY_REASON_PROBE_LIMIT);
	}
	if (!probe_turn(skb, pkt, false, &params->vip)) {
		dst_release(route.dst);
		return probe_drop(probes, DRAY_REASON_XMIT);
	}
	if (route.dst) {
		skb_dst_drop(skb);
		skb_dst_set(skb, route.dst);
	}
	probe_note(probes, DRAY_REASON_PROBE);
	return NF_ACCEPT;
}

static unsigned int probe_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct dray_probes *probes = priv;
	const struct dray_probe *probe;
	struct probe_packet pkt;

	if (likely(!skb->mark))
		return NF_ACCEPT;
	probe = xa_load(&probes->by_mark, skb->mark);
	if (!probe || probe->params.family != state->pf ||
	    !probe_parse(skb, state->pf, skb_network_offset(skb), &pkt) ||
	    !probe_ports(skb, &pkt) ||
	    !dray_probe_same_addr(state->pf, &pkt.daddr, &probe->params.server))
		return NF_ACCEPT;
	return probe_send(probes, skb, &pkt, &probe->params);
}

static const struct dray_probe_flow *
probe_answered(struct dray_probes *probes, const struct sk_buff *skb,
	       const struct probe_packet *pkt)
{
	struct dray_probe_tuple tuple = {
		.local = pkt->daddr,
		.vip = pkt->saddr,
		.local_port = pkt->ports[1],
		.vip_port = pkt->ports[0],
		.protocol = pkt->protocol,
		.family = pkt->family,
	};

	return dray_probe_flow_answer(&probes->flows, &tuple, skb,
				      probe_resets(skb, pkt));
}

/* Whose packet is it that the error is about? */
static const struct dray_probe_flow *
probe_blamed(struct dray_probes *probes, const struct sk_buff *skb,
	     const struct probe_packet *inner)
{
	struct dray_probe_tuple tuple = {
		.local = inner->saddr,
		.vip = inner->daddr,
		.local_port = inner->ports[0],
		.vip_port = inner->ports[1],
		.protocol = inner->protocol,
		.family = inner->family,
	};

	return dray_probe_flow_answer(&probes->flows, &tuple, skb, false);
}

static unsigned int probe_in_error(struct dray_probes *probes,
				   struct sk_buff *skb,
				   const struct probe_packet *outer)
{
	const struct dray_probe_flow *flow;
	struct probe_packet inner;

	if (!probe_parse_error(skb, outer, &inner))
		return NF_ACCEPT;
	flow = probe_blamed(probes, skb, &inner);
	if (likely(!flow))
		return NF_ACCEPT;
	if (!probe_turn_error(skb, outer, &inner, flow))
		return probe_drop(probes, DRAY_REASON_XMIT);
	probe_note(probes, DRAY_REASON_PROBE_ANSWER);
	return NF_ACCEPT;
}

static bool is_icmp(const struct probe_packet *pkt)
{
	return pkt->protocol == (pkt->family == AF_INET ? IPPROTO_ICMP :
							  IPPROTO_ICMPV6);
}

static unsigned int probe_in(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct dray_probes *probes = priv;
	const struct dray_probe_flow *flow;
	struct probe_packet pkt;

	if (!READ_ONCE(probes->flows.n) ||
	    !probe_parse(skb, state->pf, skb_network_offset(skb), &pkt))
		return NF_ACCEPT;
	if (is_icmp(&pkt))
		return probe_in_error(probes, skb, &pkt);
	if (!probe_ports(skb, &pkt))
		return NF_ACCEPT;
	flow = probe_answered(probes, skb, &pkt);
	if (likely(!flow))
		return NF_ACCEPT;
	if (!probe_turn(skb, &pkt, true, &flow->server))
		return probe_drop(probes, DRAY_REASON_XMIT);
	probe_note(probes, DRAY_REASON_PROBE_ANSWER);
	return NF_ACCEPT;
}

static const struct nf_hook_ops probe_points[DRAY_PROBE_POINTS] = {
	{
		.hook = probe_in,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK_DEFRAG + 1,
	},
	{
		.hook = probe_out,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_LAST,
	},
};

int dray_probe_hooks_register(struct dray_probes *probes, u8 family)
{
	struct nf_hook_ops *ops = probes->ops[dray_family_index(family)];
	unsigned int i;

	BUILD_BUG_ON(NFPROTO_IPV4 != AF_INET || NFPROTO_IPV6 != AF_INET6);

	for (i = 0; i < DRAY_PROBE_POINTS; i++) {
		ops[i] = probe_points[i];
		ops[i].pf = family;
		ops[i].priv = probes;
	}
	return nf_register_net_hooks(probes->dn->net, ops, DRAY_PROBE_POINTS);
}

void dray_probe_hooks_unregister(struct dray_probes *probes, u8 family)
{
	nf_unregister_net_hooks(probes->dn->net,
				probes->ops[dray_family_index(family)],
				DRAY_PROBE_POINTS);
}
