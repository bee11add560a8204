// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: what turns a checker's packets towards the VIP, and the answers back.
 *
 * At LOCAL_OUT, behind everything else, so that rules and connection tracking
 * see the server's own address; at PRE_ROUTING in front of connection tracking
 * and routing, for the same reason, and since an address of this host as a
 * source would be refused.  POST_ROUTING follows as for every packet.
 *
 * A table remembers which server a local port has asked.  Two sockets may use
 * one local port towards two servers; then the answers are told apart by the
 * neighbour that they come from.  Nothing that has no entry is touched.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/arp.h>
#include <net/checksum.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "probe.h"
#include "route.h"

#define PROBE_BITS	12
#define PROBE_TIMEOUT	(30 * HZ)
#define PROBE_POINTS	2	/* hooks of each family */

/**
 * struct dray_probe - a registered probe
 * @params: constant
 * @portid: netlink socket that registered it
 * @rcu: frees it once no packet reads it
 */
struct dray_probe {
	struct dray_probe_params params;
	u32 portid;
	struct rcu_head rcu;
};

/**
 * struct probe_tuple - what an answer is known by
 * @local: address of this host
 * @vip: address that was asked
 * @local_port: port of this host
 * @vip_port: port that was asked
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @family: AF_INET or AF_INET6
 * @zero: zero, so that tuples compare as memory
 */
struct probe_tuple {
	union nf_inet_addr local;
	union nf_inet_addr vip;
	__be16 local_port;
	__be16 vip_port;
	u8 protocol;
	u8 family;
	u16 zero;
};

/**
 * struct probe_flow - a server that a local port has asked
 * @node: in dray_probes.flows
 * @tuple: constant
 * @server: its own address, constant
 * @last: jiffies of the last packet to it; READ_ONCE(), WRITE_ONCE()
 * @rcu: frees it once no packet reads it
 */
struct probe_flow {
	struct hlist_node node;
	struct probe_tuple tuple;
	union nf_inet_addr server;
	unsigned long last;
	struct rcu_head rcu;
};

/**
 * struct dray_probes - the probes of a namespace, while there are any
 * @dn: namespace
 * @by_mark: probes by mark; RCU, written under dray_net.lock
 * @n: number of them, of each family; under dray_net.lock
 * @ops: hooks of each family; those of a family that has probes are registered
 * @lock: see there
 * @n_flows: number of @flows; written under @lock, zero keeps packets from
 *	looking
 * @max_flows: most of them
 * @swept: jiffies of the last sweep of a full table; under @lock
 * @flows: what has been asked; RCU, written under @lock
 */
struct dray_probes {
	struct dray_net *dn;
	struct xarray by_mark;
	u32 n[2];
	struct nf_hook_ops ops[2][PROBE_POINTS];

	spinlock_t lock;	/* guards @flows, @n_flows, @swept */
	u32 n_flows;
	u32 max_flows;
	unsigned long swept;
	struct hlist_head flows[1 << PROBE_BITS];
};

/* A packet, as far as it has to be known. */
struct probe_packet {
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 ports[2];
	unsigned int thoff;
	u8 protocol;
	u8 family;
};

static void probe_note(const struct dray_probes *probes,
		       enum dray_reason reason)
{
	this_cpu_inc(probes->dn->reasons->packets[reason]);
}

/* TCP or UDP, whole, without extension headers. */
static bool probe_parse(const struct sk_buff *skb, u8 family,
			struct probe_packet *pkt)
{
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;
	const __be16 *ports;

	memset(pkt, 0, sizeof(*pkt));
	pkt->family = family;
	if (family == AF_INET) {
		iph = ip_hdr(skb);
		if (ip_is_fragment(iph))
			return false;
		pkt->saddr.ip = iph->saddr;
		pkt->daddr.ip = iph->daddr;
		pkt->protocol = iph->protocol;
		pkt->thoff = ip_hdrlen(skb);
	} else {
		ip6h = ipv6_hdr(skb);
		pkt->saddr.in6 = ip6h->saddr;
		pkt->daddr.in6 = ip6h->daddr;
		pkt->protocol = ip6h->nexthdr;
		pkt->thoff = sizeof(*ip6h);
	}
	if (pkt->protocol != IPPROTO_TCP && pkt->protocol != IPPROTO_UDP)
		return false;
	ports = skb_header_pointer(skb, skb_network_offset(skb) + pkt->thoff,
				   sizeof(pkt->ports), pkt->ports);
	if (!ports)
		return false;
	if (ports != pkt->ports)
		memcpy(pkt->ports, ports, sizeof(pkt->ports));
	return true;
}

static bool probe_same_addr(u8 family, const union nf_inet_addr *a,
			    const union nf_inet_addr *b)
{
	return family == AF_INET ? a->ip == b->ip :
				   ipv6_addr_equal(&a->in6, &b->in6);
}

static struct hlist_head *probe_chain(struct dray_probes *probes,
				      const struct probe_tuple *tuple)
{
	BUILD_BUG_ON(sizeof(*tuple) % sizeof(u32));

	return &probes->flows[jhash2((const u32 *)tuple,
				     sizeof(*tuple) / sizeof(u32), 0) >>
			      (32 - PROBE_BITS)];
}

static bool flow_live(const struct probe_flow *flow)
{
	return time_before(jiffies, READ_ONCE(flow->last) + PROBE_TIMEOUT);
}

static struct probe_flow *flow_find(struct dray_probes *probes,
				    const struct probe_tuple *tuple,
				    const union nf_inet_addr *server)
{
	struct probe_flow *flow;

	hlist_for_each_entry_rcu(flow, probe_chain(probes, tuple), node,
				 lockdep_is_held(&probes->lock))
		if (!memcmp(&flow->tuple, tuple, sizeof(*tuple)) &&
		    probe_same_addr(tuple->family, &flow->server, server))
			return flow;
	return NULL;
}

static void flow_free(struct dray_probes *probes, struct probe_flow *flow)
{
	hlist_del_rcu(&flow->node);
	WRITE_ONCE(probes->n_flows, probes->n_flows - 1);
	kfree_rcu(flow, rcu);
}

static void flow_sweep(struct dray_probes *probes, struct hlist_head *chain)
{
	struct probe_flow *flow;
	struct hlist_node *next;

	hlist_for_each_entry_safe(flow, next, chain, node)
		if (!flow_live(flow))
			flow_free(probes, flow);
}

/* Entries that have ended go when another comes into their chain; in a full
 * table all of them, once in a second at most.
 */
static bool flow_room(struct dray_probes *probes, struct hlist_head *chain)
{
	unsigned int i;

	lockdep_assert_held(&probes->lock);
	flow_sweep(probes, chain);
	if (probes->n_flows < probes->max_flows)
		return true;
	if (time_before(jiffies, probes->swept + HZ))
		return false;
	probes->swept = jiffies;
	for (i = 0; i < ARRAY_SIZE(probes->flows); i++)
		flow_sweep(probes, &probes->flows[i]);
	return probes->n_flows < probes->max_flows;
}

static bool flow_add(struct dray_probes *probes,
		     const struct probe_tuple *tuple,
		     const union nf_inet_addr *server)
{
	struct hlist_head *chain = probe_chain(probes, tuple);
	struct probe_flow *flow;

	lockdep_assert_held(&probes->lock);
	if (!flow_room(probes, chain))
		return false;
	flow = kzalloc(sizeof(*flow), GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return false;
	flow->tuple = *tuple;
	flow->server = *server;
	flow->last = jiffies;
	hlist_add_head_rcu(&flow->node, chain);
	WRITE_ONCE(probes->n_flows, probes->n_flows + 1);
	return true;
}

/* Remember whom a local port asks, before it does. */
static bool flow_remember(struct dray_probes *probes,
			  const struct probe_packet *pkt,
			  const struct dray_probe_params *params)
{
	struct probe_tuple tuple = {
		.local = pkt->saddr,
		.vip = params->vip,
		.local_port = pkt->ports[0],
		.vip_port = pkt->ports[1],
		.protocol = pkt->protocol,
		.family = pkt->family,
	};
	struct probe_flow *flow;
	bool known = true;

	flow = flow_find(probes, &tuple, &params->server);
	if (flow && flow_live(flow)) {
		WRITE_ONCE(flow->last, jiffies);
		return true;
	}
	spin_lock_bh(&probes->lock);
	flow = flow_find(probes, &tuple, &params->server);
	if (flow)
		WRITE_ONCE(flow->last, jiffies);
	else
		known = flow_add(probes, &tuple, &params->server);
	spin_unlock_bh(&probes->lock);
	return known;
}

/* Has the server sent this frame?  Only to choose among several. */
static bool frame_of(const struct sk_buff *skb, const struct probe_flow *flow)
{
	struct neighbour *n;

	if (!skb_mac_header_was_set(skb) || skb->dev->type != ARPHRD_ETHER)
		return false;
	if (flow->tuple.family == AF_INET)
		n = __ipv4_neigh_lookup_noref(skb->dev,
					      (__force u32)flow->server.ip);
	else
		n = __ipv6_neigh_lookup_noref_stub(skb->dev,
						   &flow->server.in6);
	return n && ether_addr_equal(n->ha, eth_hdr(skb)->h_source);
}

/* The server that has answered: of several the one whose frame this is, else
 * the one that was asked last.
 */
static const struct probe_flow *flow_answered(struct dray_probes *probes,
					      const struct probe_packet *pkt,
					      const struct sk_buff *skb)
{
	struct probe_tuple tuple = {
		.local = pkt->daddr,
		.vip = pkt->saddr,
		.local_port = pkt->ports[1],
		.vip_port = pkt->ports[0],
		.protocol = pkt->protocol,
		.family = pkt->family,
	};
	const struct probe_flow *flow, *found = NULL;
	bool sent, by_frame = false;

	hlist_for_each_entry_rcu(flow, probe_chain(probes, &tuple), node) {
		if (memcmp(&flow->tuple, &tuple, sizeof(tuple)) ||
		    !flow_live(flow))
			continue;
		sent = frame_of(skb, flow);
		if (sent < by_frame)
			continue;
		if (!found || sent > by_frame ||
		    time_after(READ_ONCE(flow->last), READ_ONCE(found->last)))
			found = flow;
		by_frame = sent;
	}
	return found;
}

/* NULL if the packet has none, as UDP may in IPv4. */
static __sum16 *probe_check(struct sk_buff *skb,
			    const struct probe_packet *pkt)
{
	void *head = skb_network_header(skb) + pkt->thoff;
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

	if (skb_ensure_writable(skb, skb_network_offset(skb) + pkt->thoff +
				head))
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
	struct dray_route route = {};
	int err;

	err = dray_route_find(probes->dn->net, params->family, &params->server,
			      &route);
	if (err || route.reach > DRAY_REACH_LOCAL)
		return probe_drop(probes, DRAY_REASON_NO_ROUTE);
	if (!flow_remember(probes, pkt, params)) {
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
	    !probe_parse(skb, state->pf, &pkt) ||
	    !probe_same_addr(state->pf, &pkt.daddr, &probe->params.server))
		return NF_ACCEPT;
	return probe_send(probes, skb, &pkt, &probe->params);
}

static unsigned int probe_in(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct dray_probes *probes = priv;
	const struct probe_flow *flow;
	struct probe_packet pkt;

	if (!READ_ONCE(probes->n_flows) || !probe_parse(skb, state->pf, &pkt))
		return NF_ACCEPT;
	flow = flow_answered(probes, &pkt, skb);
	if (likely(!flow))
		return NF_ACCEPT;
	if (!probe_turn(skb, &pkt, true, &flow->server))
		return probe_drop(probes, DRAY_REASON_XMIT);
	probe_note(probes, DRAY_REASON_PROBE_ANSWER);
	return NF_ACCEPT;
}

static const struct nf_hook_ops probe_points[PROBE_POINTS] = {
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

static int probe_hooks_register(struct dray_probes *probes, u8 family)
{
	struct nf_hook_ops *ops = probes->ops[dray_family_index(family)];
	unsigned int i;

	BUILD_BUG_ON(NFPROTO_IPV4 != AF_INET || NFPROTO_IPV6 != AF_INET6);

	for (i = 0; i < PROBE_POINTS; i++) {
		ops[i] = probe_points[i];
		ops[i].pf = family;
		ops[i].priv = probes;
	}
	return nf_register_net_hooks(probes->dn->net, ops, PROBE_POINTS);
}

static struct dray_probes *probes_locked(struct dray_net *dn)
{
	lockdep_assert_held(&dn->lock);
	return dn->probes;
}

static struct dray_probes *probes_get(struct dray_net *dn)
{
	struct dray_probes *probes = probes_locked(dn);

	if (probes)
		return probes;
	probes = kvzalloc(sizeof(*probes), GFP_KERNEL_ACCOUNT);
	if (!probes)
		return NULL;
	probes->dn = dn;
	xa_init_flags(&probes->by_mark, XA_FLAGS_ACCOUNT);
	spin_lock_init(&probes->lock);
	probes->swept = jiffies - HZ;
	probes->max_flows = dn->net->user_ns == &init_user_ns ?
			    DRAY_PROBE_FLOWS_MAX : DRAY_PROBE_FLOWS_USER;
	WRITE_ONCE(dn->probes, probes);
	return probes;
}

/* The last probe has gone: so does all that there is. */
static void probes_put(struct dray_net *dn)
{
	struct dray_probes *probes = probes_locked(dn);
	struct probe_flow *flow;
	struct hlist_node *next;
	unsigned int i;

	if (!probes || probes->n[0] || probes->n[1])
		return;
	WRITE_ONCE(dn->probes, NULL);
	synchronize_net();	/* packets may still be in the hooks */
	for (i = 0; i < ARRAY_SIZE(probes->flows); i++)
		hlist_for_each_entry_safe(flow, next, &probes->flows[i], node)
			kfree(flow);
	xa_destroy(&probes->by_mark);
	kvfree(probes);
}

static void probe_gone(struct dray_probes *probes, struct dray_probe *probe)
{
	unsigned int index = dray_family_index(probe->params.family);

	if (!--probes->n[index])
		nf_unregister_net_hooks(probes->dn->net, probes->ops[index],
					PROBE_POINTS);
	kfree_rcu(probe, rcu);
}

/* Whoever has the mark already is told to choose another one. */
static int probe_judge(struct dray_probes *probes, u32 portid, u32 mark,
		       struct netlink_ext_ack *extack)
{
	struct dray_probe *old = xa_load(&probes->by_mark, mark);

	if (old && old->portid != portid) {
		NL_SET_ERR_MSG(extack, "Mark is of another socket's probe");
		return -EBUSY;
	}
	if (!old && probes->n[0] + probes->n[1] >= DRAY_PROBES_MAX) {
		NL_SET_ERR_MSG(extack, "Too many probes");
		return -ENOSPC;
	}
	return 0;
}

/* Its hooks are there before the probe is. */
static int probe_put_in(struct dray_probes *probes, struct dray_probe *probe)
{
	unsigned int index = dray_family_index(probe->params.family);
	struct dray_probe *old;
	int err;

	if (!probes->n[index]) {
		err = probe_hooks_register(probes, probe->params.family);
		if (err) {
			kfree(probe);
			return err;
		}
	}
	probes->n[index]++;
	old = xa_store(&probes->by_mark, probe->params.mark, probe,
		       GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old)) {
		probe_gone(probes, probe);
		return xa_err(old);
	}
	if (old)
		probe_gone(probes, old);
	return 0;
}

int dray_probe_set(struct dray_net *dn, u32 portid,
		   const struct dray_probe_params *params,
		   struct netlink_ext_ack *extack)
{
	struct dray_probe *probe;
	struct dray_probes *probes;
	int err = -ENOMEM;

	probe = kzalloc(sizeof(*probe), GFP_KERNEL_ACCOUNT);
	if (!probe)
		return -ENOMEM;
	probe->params = *params;
	probe->portid = portid;
	mutex_lock(&dn->lock);
	probes = probes_get(dn);
	if (probes)
		err = probe_judge(probes, portid, params->mark, extack);
	if (err)
		kfree(probe);
	else
		err = probe_put_in(probes, probe);
	if (err)
		probes_put(dn);
	mutex_unlock(&dn->lock);
	return err;
}

int dray_probe_del(struct dray_net *dn, u32 portid, u32 mark,
		   struct netlink_ext_ack *extack)
{
	struct dray_probe *probe = NULL;
	struct dray_probes *probes;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes)
		probe = xa_load(&probes->by_mark, mark);
	if (probe && probe->portid == portid) {
		xa_erase(&probes->by_mark, mark);
		probe_gone(probes, probe);
		probes_put(dn);
	} else {
		probe = NULL;
		NL_SET_ERR_MSG(extack, "This socket has no such probe");
	}
	mutex_unlock(&dn->lock);
	return probe ? 0 : -ENOENT;
}

static void probe_release(struct dray_net *dn, const u32 *portid)
{
	struct dray_probes *probes;
	struct dray_probe *probe;
	unsigned long mark;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes) {
		xa_for_each(&probes->by_mark, mark, probe) {
			if (portid && probe->portid != *portid)
				continue;
			xa_erase(&probes->by_mark, mark);
			probe_gone(probes, probe);
		}
		probes_put(dn);
	}
	mutex_unlock(&dn->lock);
}

void dray_probe_release(struct dray_net *dn, u32 portid)
{
	if (READ_ONCE(dn->probes))
		probe_release(dn, &portid);
}

void dray_probe_end(struct dray_net *dn)
{
	probe_release(dn, NULL);
}

bool dray_probe_next(struct dray_net *dn, u32 mark,
		     struct dray_probe_params *params)
{
	const struct dray_probe *probe = NULL;
	unsigned long index = mark;
	struct dray_probes *probes;

	mutex_lock(&dn->lock);
	probes = probes_locked(dn);
	if (probes)
		probe = xa_find_after(&probes->by_mark, &index, U32_MAX,
				      XA_PRESENT);
	if (probe)
		*params = probe->params;
	mutex_unlock(&dn->lock);
	return probe;
}
