// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path's table of contents: where packets are taken from the stack,
 * and the stages that each goes through.
 */
#include <linux/if_ether.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ipv6.h>

#include "hook_impl.h"
#include "packet.h"
#include "trace.h"
#include "vip.h"

/* br_netfilter runs these hooks for frames that are still in the bridge, and
 * disguises them as being for this host first.  One that really is comes by
 * LOCAL_IN, or by FORWARD with the mark of having left the bridge.
 */
static bool packet_in_bridge(const struct dray_packet *pkt)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	const struct nf_bridge_info *nb = nf_bridge_info_get(pkt->skb);

	return unlikely(nb) && !nb->sabotage_in_done &&
	       pkt->hook != NF_INET_LOCAL_IN;
#else
	return false;
#endif
}

/* Stage 1: ours, and here?  Cheap guards in front of everything.  What is only
 * not ours here must not be marked as seen.
 */
static __always_inline enum dray_verdict
packet_guard(struct dray_packet *pkt)
{
	const struct sk_buff *skb = pkt->skb;

	/* An IP unicast in a link-layer broadcast: at no point ours. */
	if (unlikely(skb->pkt_type != PACKET_HOST))
		return dray_pass(pkt, DRAY_REASON_NOT_HOST);
	if (packet_in_bridge(pkt)) {
		dray_note(pkt, DRAY_REASON_BRIDGED);
		return DRAY_FOREIGN;
	}
	/* A VRF has routes and addresses of its own, which services do not
	 * name.
	 */
	if (unlikely(netif_is_l3_slave(skb->dev) ||
		     netif_is_l3_master(skb->dev))) {
		dray_note(pkt, DRAY_REASON_VRF);
		return DRAY_FOREIGN;
	}
	return DRAY_NEXT;
}

static bool have_local_server(const struct dray_packet *pkt)
{
	u32 i;

	for (i = 0; i < pkt->conf->n; i++)
		if (READ_ONCE(pkt->conf->slots[i].server->reach) ==
		    DRAY_REACH_LOCAL)
			return true;
	return false;
}

/* Stage 2: our turn?  The local stack must never answer for a flow that
 * another director serves, but what is on its way to that director, or to a
 * server that is this host, has to pass.
 */
static __always_inline enum dray_verdict
packet_turn(struct dray_packet *pkt)
{
	const struct dray_vip *vip;
	enum dray_turn turn;

	if (likely(!READ_ONCE(pkt->dn->n_vips)))
		return DRAY_NEXT;
	vip = dray_vip_lookup(pkt->dn, pkt->family, &pkt->daddr);
	if (!vip)
		return DRAY_NEXT;
	if (dray_vip_frame_from_peer(vip, pkt->skb))
		return dray_pass(pkt, DRAY_REASON_PEER);
	turn = dray_vip_turn(vip);
	if (turn == DRAY_TURN_YES)
		return DRAY_NEXT;
	if (have_local_server(pkt) ||
	    !dray_vip_local(pkt->dn->net, pkt->family, &pkt->daddr))
		return dray_pass(pkt, DRAY_REASON_STANDBY_PASS);
	return dray_drop(pkt, turn == DRAY_TURN_LEASE ? DRAY_REASON_LEASE :
							DRAY_REASON_STANDBY);
}

static __always_inline enum dray_verdict
packet_service(struct dray_packet *pkt)
{
	pkt->service = dray_service_lookup(pkt->dn, pkt->family, pkt->protocol,
					   &pkt->daddr, pkt->dport,
					   pkt->skb->mark);
	if (!pkt->service)
		return DRAY_FOREIGN;
	pkt->conf = rcu_dereference(pkt->service->conf);
	return DRAY_NEXT;
}

/* The stages, one after the other, until one has the last word; the last stage
 * is that which sends.  They are inlined, since there are two that call this.
 */
static __always_inline enum dray_verdict
packet_decide(struct dray_packet *pkt, struct dray_server **server, bool probe)
{
	enum dray_verdict verdict;

	verdict = packet_guard(pkt);
	if (verdict == DRAY_NEXT)
		verdict = dray_defrag(pkt);
	if (verdict == DRAY_NEXT)
		verdict = dray_parse(pkt);
	if (verdict == DRAY_NEXT)
		verdict = packet_service(pkt);
	if (verdict == DRAY_NEXT)
		verdict = packet_turn(pkt);
	if (verdict == DRAY_NEXT)
		verdict = probe ? dray_steer_probe(pkt, server) :
				  dray_steer(pkt, server);
	return verdict;
}

static enum dray_verdict packet_stages(struct dray_packet *pkt)
{
	struct dray_server *server = NULL;
	enum dray_verdict verdict;

	verdict = packet_decide(pkt, &server, false);
	if (verdict == DRAY_NEXT) {
		trace_dray_forward(pkt, server->id);
		verdict = dray_xmit(pkt, server);
	}
	return verdict;
}

enum dray_verdict dray_packet_probe(struct dray_packet *pkt,
				    struct dray_server **server)
{
	enum dray_verdict verdict;

	verdict = packet_decide(pkt, server, true);
	if (verdict == DRAY_NEXT)
		verdict = dray_xmit_probe(pkt, *server);
	return verdict;
}

/* IPVS's mark of a packet that has been dealt with.  It keeps our own later
 * hooks, and IPVS, from judging it again.
 */
static bool packet_seen(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IP_VS)
	return skb->ipvs_property;
#else
	return false;
#endif
}

static void packet_mark_seen(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IP_VS)
	skb->ipvs_property = 1;
#endif
}

/* The one place where our verdicts become netfilter's. */
static unsigned int packet_verdict(struct dray_packet *pkt,
				   enum dray_verdict verdict)
{
	switch (verdict) {
	case DRAY_STOLEN:
		return NF_STOLEN;
	case DRAY_PASS:
		dray_note(pkt, pkt->reason);
		trace_dray_reason(pkt, 0);
		packet_mark_seen(pkt->skb);
		return NF_ACCEPT;
	case DRAY_DROP:
		dray_note(pkt, pkt->reason);
		trace_dray_reason(pkt, 0);
		if (pkt->reason == DRAY_REASON_NO_SERVER)
			dray_answer_unreachable(pkt);
		return NF_DROP;
	default:
		return NF_ACCEPT;
	}
}

static bool hook_is(const struct nf_hook_entry *entry, nf_hookfn *fn,
		    const struct dray_net *dn)
{
	return entry->hook == fn && entry->priv == dn;
}

/* Is our hook the first at this point?  Whatever is registered counts, an
 * empty chain too.  Loads that cannot be out of date: there is no notifier for
 * the registration of hooks.
 */
static bool hook_first(const struct dray_net *dn, u8 family, unsigned int hook)
{
	const struct nf_hook_entries *e = dray_hook_entries(dn, family, hook);

	return !e || hook_is(&e->hooks[0],
			     family == AF_INET ? dray_hook4 : dray_hook6, dn);
}

static bool hook_last(const struct dray_net *dn, u8 family, unsigned int hook)
{
	const struct nf_hook_entries *e = dray_hook_entries(dn, family, hook);

	return !e || hook_is(&e->hooks[e->num_hook_entries - 1],
			     family == AF_INET ? dray_hook4 : dray_hook6, dn);
}

static bool xfrm_policies(const struct net *net)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[XFRM_POLICY_IN] ||
	       net->xfrm.policy_count[XFRM_POLICY_FWD];
#else
	return false;
#endif
}

/* What would be passed by between PRE_ROUTING and any later point. */
static const char *hook_obstacle(const struct dray_net *dn, u8 family,
				 const struct net_device *dev)
{
	struct in_device *in_dev;

	if (!hook_last(dn, family, NF_INET_PRE_ROUTING))
		return "hooks at PRE_ROUTING";
	if (family == AF_INET) {
		in_dev = __in_dev_get_rcu(dev);
		if (in_dev && IN_DEV_RPFILTER(in_dev) == 1)
			return "rp_filter is 1";
	}
	if (xfrm_policies(dn->net))
		return "IPsec policies";
	return NULL;
}

bool dray_vip_local(struct net *net, u8 family, const union nf_inet_addr *addr)
{
	if (family == AF_INET)
		return inet_addr_type(net, addr->ip) == RTN_LOCAL;
	return ipv6_chk_addr(net, &addr->in6, NULL, 0);
}

static bool hook_forwarding(const struct dray_net *dn, u8 family)
{
	if (family == AF_INET)
		return READ_ONCE(dn->net->ipv4.devconf_all->data[IPV4_DEVCONF_FORWARDING - 1]);
	return READ_ONCE(dn->net->ipv6.devconf_all->forwarding);
}

u8 dray_hook_in_force(const struct dray_net *dn, u8 family,
		      const struct net_device *dev, const char **why)
{
	u8 mode = READ_ONCE(dn->settings.hook_mode);

	*why = "as configured";
	if (mode != DRAY_HOOK_MODE_AUTO)
		return mode;
	*why = hook_obstacle(dn, family, dev);
	if (!*why && !hook_first(dn, family, NF_INET_LOCAL_IN))
		*why = "hooks at LOCAL_IN";
	if (!*why && hook_forwarding(dn, family) &&
	    !hook_first(dn, family, NF_INET_FORWARD))
		*why = "hooks at FORWARD, for a VIP that is not local";
	if (*why)
		return DRAY_HOOK_MODE_INPUT;
	*why = "nothing in between";
	return DRAY_HOOK_MODE_EARLY;
}

bool dray_rules_bypassed(struct dray_net *dn,
			 const struct dray_service *service)
{
	u8 family = service->key.family;

	if (READ_ONCE(dn->settings.hook_mode) != DRAY_HOOK_MODE_AUTO ||
	    service->key.fwmark || hook_forwarding(dn, family) ||
	    dray_vip_local(dn->net, family, &service->key.addr))
		return false;
	return !hook_last(dn, family, NF_INET_PRE_ROUTING) ||
	       !hook_first(dn, family, NF_INET_LOCAL_IN);
}

/* In auto mode, is a packet at PRE_ROUTING to be taken?  If it would pass by
 * nothing; or if there is no later point that it would reach, its VIP being
 * neither local nor forwarded.
 */
static __always_inline bool hook_early(const struct dray_packet *pkt)
{
	const struct dray_net *dn = pkt->dn;
	bool in = hook_first(dn, pkt->family, NF_INET_LOCAL_IN);
	bool forward = hook_first(dn, pkt->family, NF_INET_FORWARD);
	const char *why = hook_obstacle(dn, pkt->family, pkt->skb->dev);

	if (likely(in && forward && !why))
		return true;
	if (dray_vip_local(dn->net, pkt->family, &pkt->daddr))
		return in && !why;
	return !hook_forwarding(dn, pkt->family) || (forward && !why);
}

/* Is this the point at which the packet is to be taken? */
static __always_inline bool hook_here(const struct dray_packet *pkt)
{
	u8 mode = READ_ONCE(pkt->dn->settings.hook_mode);

	if (pkt->hook != NF_INET_PRE_ROUTING) {
		/* Without IPVS's mark we have to ask whether we saw it. */
		if (mode == DRAY_HOOK_MODE_AUTO && !IS_ENABLED(CONFIG_IP_VS))
			return !hook_early(pkt);
		return mode != DRAY_HOOK_MODE_EARLY;
	}
	if (mode == DRAY_HOOK_MODE_AUTO)
		return hook_early(pkt);
	return mode == DRAY_HOOK_MODE_EARLY;
}

u8 dray_hook_point(struct dray_packet *pkt)
{
	static const struct {
		u8 hook;
		u8 point;
	} points[] = {
		{ NF_INET_PRE_ROUTING, DRAY_HOOK_POINT_PRE_ROUTING },
		{ NF_INET_LOCAL_IN, DRAY_HOOK_POINT_LOCAL_IN },
		{ NF_INET_FORWARD, DRAY_HOOK_POINT_FORWARD },
	};
	bool local = dray_vip_local(pkt->dn->net, pkt->family, &pkt->daddr);
	bool forward = !local && hook_forwarding(pkt->dn, pkt->family);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		pkt->hook = points[i].hook;
		if ((pkt->hook == NF_INET_LOCAL_IN && !local) ||
		    (pkt->hook == NF_INET_FORWARD && !forward))
			continue;
		if (hook_here(pkt))
			return points[i].point;
	}
	return DRAY_HOOK_POINT_NONE;
}

static bool marked(const struct dray_net *dn, u8 family,
		   const struct sk_buff *skb)
{
	return unlikely(READ_ONCE(dn->n_marks)) && skb->mark &&
	       dray_service_by_mark(dn, family, skb->mark);
}

/* Not inlined, so that packets that are none of ours do not pay for the making
 * of a struct dray_packet.
 */
static noinline unsigned int packet_in(struct dray_net *dn,
				       struct sk_buff *skb, u8 hook, u8 family,
				       const union nf_inet_addr *daddr)
{
	struct dray_packet pkt = {
		.skb = skb,
		.dn = dn,
		.hook = hook,
		.family = family,
		.daddr = *daddr,
	};

	if (packet_seen(skb) || this_cpu_read(nf_skb_duplicated) ||
	    !hook_here(&pkt))
		return NF_ACCEPT;
	return packet_verdict(&pkt, packet_stages(&pkt));
}

unsigned int dray_hook4(void *priv, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	union nf_inet_addr daddr = { .ip = ip_hdr(skb)->daddr };

	if (likely(!dray_service_maybe(priv, AF_INET, &daddr)) &&
	    !marked(priv, AF_INET, skb))
		return NF_ACCEPT;
	return packet_in(priv, skb, state->hook, AF_INET, &daddr);
}

unsigned int dray_hook6(void *priv, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	union nf_inet_addr daddr = { .in6 = ipv6_hdr(skb)->daddr };

	if (likely(!dray_service_maybe(priv, AF_INET6, &daddr)) &&
	    !marked(priv, AF_INET6, skb))
		return NF_ACCEPT;
	return packet_in(priv, skb, state->hook, AF_INET6, &daddr);
}

static bool packet_secmark(const struct sk_buff *skb)
{
#ifdef CONFIG_NETWORK_SECMARK
	return skb->secmark;
#else
	return false;
#endif
}

bool dray_postrouting_clear(const struct dray_packet *pkt)
{
	const struct nf_hook_entries *e;

	e = dray_hook_entries(pkt->dn, pkt->family, NF_INET_POST_ROUTING);
	if (!e)
		return true;
	return e->num_hook_entries == 1 && !packet_secmark(pkt->skb) &&
	       e->hooks[0].hook ==
	       pkt->dn->lsm_hook[dray_family_index(pkt->family)];
}
