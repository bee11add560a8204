// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explaining: a made-up packet goes through the stages of the data path, and
 * what it meets is remembered for netlink.
 *
 * Nothing is decided here.  The stages tell what they look at; that they change
 * nothing for a packet with PKT_PROBE is their own affair.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "explain.h"
#include "hook.h"
#include "server.h"

#define MADE_UP_TTL	64

void dray_explain_note(struct dray_packet *pkt, enum dray_reason reason)
{
	BUILD_BUG_ON(DRAY_REASON_COUNT > 64);

	dray_explain_of(pkt)->notes |= BIT_ULL(reason);
}

void dray_explain_rank(struct dray_explain *x,
		       const struct dray_explain_rank *rank)
{
	if (x->n_ranks < DRAY_EXPLAIN_RANKS)
		x->ranks[x->n_ranks++] = *rank;
}

static void explain_slot(struct dray_explain *x,
			 const struct dray_service_slot *slot,
			 enum dray_explain_why why)
{
	const struct dray_explain_rank rank = {
		.server = slot->server,
		.why = why,
		.active = max(atomic_read(&slot->server->active), 0),
	};

	dray_explain_rank(x, &rank);
}

void dray_explain_servers(struct dray_explain *x,
			  const struct dray_service_conf *conf,
			  const struct dray_server *server,
			  enum dray_explain_why
			  (*unfit)(const struct dray_service_slot *slot))
{
	const struct dray_service_slot *slot;

	if (likely(!x))
		return;
	for (slot = conf->slots; slot < conf->slots + conf->n; slot++)
		if (slot->server == server)
			explain_slot(x, slot, DRAY_EXPLAIN_WHY_TAKEN);
	for (slot = conf->slots; slot < conf->slots + conf->n; slot++)
		if (slot->server != server)
			explain_slot(x, slot, unfit(slot) ?:
					      DRAY_EXPLAIN_WHY_BEHIND);
}

static void made_up_tcp(struct sk_buff *skb,
			const struct dray_explain_request *request)
{
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));

	th->source = request->client_port;
	th->dest = request->vip_port;
	th->doff = sizeof(*th) / 4;
	th->syn = !request->midstream;
	th->ack = request->midstream;
}

static void made_up_udp(struct sk_buff *skb,
			const struct dray_explain_request *request)
{
	struct udphdr *uh = skb_put_zero(skb, sizeof(*uh));

	uh->source = request->client_port;
	uh->dest = request->vip_port;
}

static void made_up_sctp(struct sk_buff *skb,
			 const struct dray_explain_request *request)
{
	struct sctphdr *sh = skb_put_zero(skb, sizeof(*sh));
	struct sctp_chunkhdr *ch = skb_put_zero(skb, sizeof(*ch));

	sh->source = request->client_port;
	sh->dest = request->vip_port;
	ch->type = request->midstream ? SCTP_CID_SACK : SCTP_CID_INIT;
}

static void made_up_ip(struct sk_buff *skb,
		       const struct dray_explain_request *request)
{
	struct ipv6hdr *ip6h;
	struct iphdr *iph;

	skb_reset_network_header(skb);
	if (request->family == AF_INET) {
		iph = skb_put_zero(skb, sizeof(*iph));
		iph->version = 4;
		iph->ihl = sizeof(*iph) / 4;
		iph->frag_off = htons(IP_DF);
		iph->ttl = MADE_UP_TTL;
		iph->protocol = request->protocol;
		iph->saddr = request->client.ip;
		iph->daddr = request->vip.ip;
		skb->protocol = htons(ETH_P_IP);
		return;
	}
	ip6h = skb_put_zero(skb, sizeof(*ip6h));
	ip6h->version = 6;
	ip6h->hop_limit = MADE_UP_TTL;
	ip6h->nexthdr = request->protocol;
	ip6h->saddr = request->client.in6;
	ip6h->daddr = request->vip.in6;
	skb->protocol = htons(ETH_P_IPV6);
}

static size_t headers_size(const struct dray_explain_request *request)
{
	size_t size = request->family == AF_INET ? sizeof(struct iphdr) :
						   sizeof(struct ipv6hdr);

	switch (request->protocol) {
	case IPPROTO_TCP:
		return size + sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return size + sizeof(struct udphdr);
	}
	return size + sizeof(struct sctphdr) + sizeof(struct sctp_chunkhdr);
}

static struct sk_buff *made_up(const struct dray_explain_request *request,
			       size_t size)
{
	struct sk_buff *skb = alloc_skb(size, GFP_KERNEL);

	if (!skb)
		return NULL;
	made_up_ip(skb, request);
	switch (request->protocol) {
	case IPPROTO_TCP:
		made_up_tcp(skb, request);
		break;
	case IPPROTO_UDP:
		made_up_udp(skb, request);
		break;
	default:
		made_up_sctp(skb, request);
	}
	if (size > skb->len)
		skb_put_zero(skb, size - skb->len);
	skb->mark = request->mark;
	return skb;
}

/* Device of the route to the client, where a client's packet should come from.
 */
static struct net_device *client_dev4(struct net *net, __be32 client)
{
	struct flowi4 fl4 = { .daddr = client };
	struct rtable *rt = ip_route_output_key(net, &fl4);
	struct net_device *dev;

	if (IS_ERR(rt))
		return NULL;
	dev = rt->dst.dev;
	ip_rt_put(rt);
	return dev;
}

static struct net_device *client_dev6(struct net *net,
				      const struct in6_addr *client)
{
	struct flowi6 fl6 = { .daddr = *client };
	struct net_device *dev = NULL;
	struct dst_entry *dst;

	dst = ip6_route_output(net, NULL, &fl6);
	if (!dst->error)
		dev = dst->dev;
	dst_release(dst);
	return dev;
}

/* Devices live until the end of the RCU read side. */
static struct net_device *
explain_dev(struct net *net, const struct dray_explain_request *request,
	    struct netlink_ext_ack *extack)
{
	struct net_device *dev;

	if (request->ifindex) {
		dev = dev_get_by_index_rcu(net, request->ifindex);
		if (dev)
			return dev;
		NL_SET_ERR_MSG(extack, "No such device");
		return ERR_PTR(-ENODEV);
	}
	dev = request->family == AF_INET ?
	      client_dev4(net, request->client.ip) :
	      client_dev6(net, &request->client.in6);
	if (dev)
		return dev;
	NL_SET_ERR_MSG(extack,
		       "No route to the client: say by which device it comes in");
	return ERR_PTR(-ENETUNREACH);
}

int dray_explain_make(struct dray_net *dn,
		      const struct dray_explain_request *request,
		      struct dray_explain *x, struct netlink_ext_ack *extack)
{
	size_t headers = headers_size(request);

	memset(x, 0, sizeof(*x));
	if (request->size && request->size < headers) {
		NL_SET_ERR_MSG(extack, "Size is less than that of the headers");
		return -EINVAL;
	}
	x->pkt.skb = made_up(request, max_t(size_t, request->size, headers));
	if (!x->pkt.skb)
		return -ENOMEM;
	x->pkt.flags = PKT_PROBE;
	x->pkt.dn = dn;
	x->pkt.family = request->family;
	x->pkt.daddr = request->vip;
	return 0;
}

int dray_explain_run(const struct dray_explain_request *request,
		     struct dray_explain *x, struct netlink_ext_ack *extack)
{
	struct dray_packet *pkt = &x->pkt;
	struct net_device *dev;

	pkt->service = dray_service_lookup(pkt->dn, request->family,
					   request->protocol, &request->vip,
					   request->vip_port, request->mark);
	if (!pkt->service) {
		NL_SET_ERR_MSG(extack, "No such service");
		return -ESRCH;
	}
	pkt->conf = rcu_dereference(pkt->service->conf);
	dev = explain_dev(pkt->dn->net, request, extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	pkt->skb->dev = dev;
	pkt->skb->skb_iif = dev->ifindex;

	local_bh_disable();
	x->verdict = DRAY_FOREIGN;
	x->point = dray_hook_point(pkt);
	if (x->point != DRAY_HOOK_POINT_NONE)
		x->verdict = dray_packet_probe(pkt, &x->server);
	local_bh_enable();
	/* The packet has looked it up for itself: it may be gone by then. */
	if (pkt->service)
		return 0;
	NL_SET_ERR_MSG(extack, "No such service");
	return -ESRCH;
}
