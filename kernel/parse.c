// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading headers.
 *
 * IPv4 headers were checked by ip_rcv(), IPv6 ones by ipv6_rcv(), before any
 * hook; transport headers were looked at by nobody.  What is short or does
 * not fit is left to the local stack, which knows how to answer.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "packet.h"

/* A queue of our own: that of connection tracking is for its zones, of which
 * this is the last one.
 */
#define DRAY_DEFRAG6	__IP6_DEFRAG_CONNTRACK_IN

static enum dray_verdict defrag4(struct dray_packet *pkt)
{
	if (!ip_is_fragment(ip_hdr(pkt->skb)))
		return DRAY_NEXT;
	dray_note(pkt, DRAY_REASON_REASSEMBLING);
	if (ip_defrag(pkt->dn->net, pkt->skb, IP_DEFRAG_VS_IN))
		return DRAY_STOLEN;
	return DRAY_NEXT;
}

static enum dray_verdict defrag6(struct dray_packet *pkt)
{
	unsigned int off = 0;
	int err;

	if (ipv6_hdr(pkt->skb)->nexthdr == NEXTHDR_TCP ||
	    ipv6_hdr(pkt->skb)->nexthdr == NEXTHDR_UDP ||
	    ipv6_find_hdr(pkt->skb, &off, NEXTHDR_FRAGMENT, NULL, NULL) < 0)
		return DRAY_NEXT;
	dray_note(pkt, DRAY_REASON_REASSEMBLING);
	err = nf_ct_frag6_gather(pkt->dn->net, pkt->skb, DRAY_DEFRAG6);
	if (err == -EINPROGRESS)
		return DRAY_STOLEN;
	if (err)
		return dray_drop(pkt, DRAY_REASON_FRAGMENT);
	return DRAY_NEXT;
}

enum dray_verdict dray_defrag(struct dray_packet *pkt)
{
	return pkt->family == AF_INET ? defrag4(pkt) : defrag6(pkt);
}

static enum dray_verdict parse_tcp(struct dray_packet *pkt, unsigned int off,
				   unsigned int end)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(pkt->skb, off, sizeof(buf), &buf);
	if (!th || th->doff < 5 || off + th->doff * 4 > end)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	pkt->sport = th->source;
	pkt->dport = th->dest;
	if (th->syn)
		pkt->flags |= th->ack || th->rst || th->fin ? PKT_ANSWERS :
							      PKT_OPENS;
	else if (th->ack)
		pkt->flags |= PKT_ACK;
	if (th->rst)
		pkt->flags |= PKT_RST;
	else if (th->fin)
		pkt->flags |= PKT_FIN;
	if (off + th->doff * 4 < end)
		pkt->flags |= PKT_PAYLOAD;
	return DRAY_NEXT;
}

static enum dray_verdict parse_udp(struct dray_packet *pkt, unsigned int off,
				   unsigned int end)
{
	const struct udphdr *uh;
	struct udphdr buf;

	uh = skb_header_pointer(pkt->skb, off, sizeof(buf), &buf);
	if (!uh)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	pkt->sport = uh->source;
	pkt->dport = uh->dest;
	pkt->flags |= PKT_OPENS;
	if (off + sizeof(buf) < end)
		pkt->flags |= PKT_PAYLOAD;
	return DRAY_NEXT;
}

static enum dray_verdict parse_sctp(struct dray_packet *pkt, unsigned int off)
{
	const struct sctp_chunkhdr *ch;
	const struct sctphdr *sh;
	struct sctp_chunkhdr ch_buf;
	struct sctphdr sh_buf;

	sh = skb_header_pointer(pkt->skb, off, sizeof(sh_buf), &sh_buf);
	if (!sh)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	pkt->sport = sh->source;
	pkt->dport = sh->dest;
	ch = skb_header_pointer(pkt->skb, off + sizeof(sh_buf), sizeof(ch_buf),
				&ch_buf);
	if (!ch)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	switch (ch->type) {
	case SCTP_CID_INIT:
		pkt->flags |= PKT_OPENS;
		break;
	case SCTP_CID_INIT_ACK:
	case SCTP_CID_COOKIE_ACK:
		pkt->flags |= PKT_ANSWERS;
		break;
	case SCTP_CID_ABORT:
	case SCTP_CID_SHUTDOWN_COMPLETE:
		pkt->flags |= PKT_RST;
		break;
	case SCTP_CID_SHUTDOWN:
	case SCTP_CID_SHUTDOWN_ACK:
		pkt->flags |= PKT_FIN;
		break;
	case SCTP_CID_DATA:
		pkt->flags |= PKT_PAYLOAD;
		fallthrough;
	default:
		pkt->flags |= PKT_ACK;
	}
	return DRAY_NEXT;
}

static enum dray_verdict parse_transport(struct dray_packet *pkt,
					 unsigned int off, unsigned int end)
{
	switch (pkt->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(pkt, off, end);
	case IPPROTO_UDP:
		return parse_udp(pkt, off, end);
	case IPPROTO_SCTP:
		return parse_sctp(pkt, off);
	}
	return dray_pass(pkt, DRAY_REASON_PROTOCOL);
}

/* The ports inside an ICMP error.  What is inside was sent by the VIP, so its
 * destination is the client.
 */
static enum dray_verdict parse_inside(struct dray_packet *pkt,
				      unsigned int off)
{
	const __be16 *ports;
	__be16 buf[2];

	if (pkt->protocol != IPPROTO_TCP && pkt->protocol != IPPROTO_UDP &&
	    pkt->protocol != IPPROTO_SCTP)
		return dray_pass(pkt, DRAY_REASON_PROTOCOL);
	ports = skb_header_pointer(pkt->skb, off, sizeof(buf), buf);
	if (!ports)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	pkt->dport = ports[0];
	pkt->sport = ports[1];
	pkt->flags |= PKT_ICMP;
	return DRAY_NEXT;
}

static enum dray_verdict parse_icmp4(struct dray_packet *pkt, unsigned int off)
{
	const struct icmphdr *ic;
	const struct iphdr *iph;
	struct icmphdr ic_buf;
	struct iphdr ip_buf;

	ic = skb_header_pointer(pkt->skb, off, sizeof(ic_buf), &ic_buf);
	if (!ic)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	if (ic->type != ICMP_DEST_UNREACH && ic->type != ICMP_TIME_EXCEEDED &&
	    ic->type != ICMP_PARAMETERPROB && ic->type != ICMP_SOURCE_QUENCH)
		return dray_pass(pkt, DRAY_REASON_PROTOCOL);
	off += sizeof(ic_buf);
	iph = skb_header_pointer(pkt->skb, off, sizeof(ip_buf), &ip_buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET) || iph->saddr != pkt->daddr.ip)
		return dray_pass(pkt, DRAY_REASON_ICMP_NO_MATCH);
	pkt->protocol = iph->protocol;
	pkt->saddr.ip = iph->daddr;
	return parse_inside(pkt, off + iph->ihl * 4);
}

static enum dray_verdict parse_icmp6(struct dray_packet *pkt, unsigned int off)
{
	const struct icmp6hdr *ic;
	const struct ipv6hdr *iph;
	struct icmp6hdr ic_buf;
	struct ipv6hdr ip_buf;
	__be16 frag = 0;
	u8 nexthdr;
	int at;

	ic = skb_header_pointer(pkt->skb, off, sizeof(ic_buf), &ic_buf);
	if (!ic)
		return dray_pass(pkt, DRAY_REASON_MALFORMED);
	if (ic->icmp6_type & ICMPV6_INFOMSG_MASK)
		return dray_pass(pkt, DRAY_REASON_PROTOCOL);
	off += sizeof(ic_buf);
	iph = skb_header_pointer(pkt->skb, off, sizeof(ip_buf), &ip_buf);
	if (!iph || iph->version != 6 ||
	    !ipv6_addr_equal(&iph->saddr, &pkt->daddr.in6))
		return dray_pass(pkt, DRAY_REASON_ICMP_NO_MATCH);
	pkt->saddr.in6 = iph->daddr;
	nexthdr = iph->nexthdr;
	at = ipv6_skip_exthdr(pkt->skb, off + sizeof(ip_buf), &nexthdr, &frag);
	if (at < 0 || frag & htons(IP6_OFFSET))
		return dray_pass(pkt, DRAY_REASON_ICMP_NO_MATCH);
	pkt->protocol = nexthdr;
	return parse_inside(pkt, at);
}

static enum dray_verdict parse4(struct dray_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(pkt->skb);
	unsigned int off = iph->ihl * 4;

	pkt->saddr.ip = iph->saddr;
	pkt->daddr.ip = iph->daddr;
	pkt->protocol = iph->protocol;
	if (iph->protocol == IPPROTO_ICMP)
		return parse_icmp4(pkt, off);
	return parse_transport(pkt, off, pkt->skb->len);
}

static enum dray_verdict parse6(struct dray_packet *pkt)
{
	const struct ipv6hdr *iph = ipv6_hdr(pkt->skb);
	unsigned int off = 0;
	unsigned short frag = 0;
	int protocol;

	pkt->saddr.in6 = iph->saddr;
	pkt->daddr.in6 = iph->daddr;
	if (iph->nexthdr == NEXTHDR_TCP || iph->nexthdr == NEXTHDR_UDP) {
		protocol = iph->nexthdr;
		off = sizeof(*iph);
	} else {
		protocol = ipv6_find_hdr(pkt->skb, &off, -1, &frag, NULL);
		if (protocol < 0)
			return dray_pass(pkt, DRAY_REASON_MALFORMED);
		if (frag)
			return dray_drop(pkt, DRAY_REASON_FRAGMENT);
	}
	pkt->protocol = protocol;
	if (protocol == IPPROTO_ICMPV6)
		return parse_icmp6(pkt, off);
	return parse_transport(pkt, off, pkt->skb->len);
}

enum dray_verdict dray_parse(struct dray_packet *pkt)
{
	return pkt->family == AF_INET ? parse4(pkt) : parse6(pkt);
}
