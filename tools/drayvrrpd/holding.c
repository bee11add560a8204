// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to rtnetlink, answered before the next is sent.  Written attribute
 * by attribute: libnl 3.7 knows no protocol of an address.
 */
#include "holding.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include "link.h"
#include "nl.h"

/* what IPv6 takes where none is said */
#define METRIC6 1024

static struct nl_sock *sk;

int holding_open(void)
{
	sk = nl_socket_alloc();
	if (!sk)
		return -ENOMEM;
	if (nl_connect(sk, NETLINK_ROUTE) < 0) {
		holding_close();
		return -EIO;
	}
	return 0;
}

void holding_close(void)
{
	nl_socket_free(sk);
	sk = NULL;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	(void)from;
	*(int *)arg = e->error;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	*(int *)arg = 0;
	return NL_STOP;
}

/* Frees the message; the kernel's errno, which libnl's own codes hide. */
int holding_ask(struct nl_msg *msg)
{
	int rc, answer = 1;

	nl_socket_modify_err_cb(sk, NL_CB_CUSTOM, on_error, &answer);
	nl_socket_modify_cb(sk, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &answer);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	while (rc >= 0 && answer > 0)
		rc = nl_recvmsgs_default(sk);
	return answer <= 0 ? answer : -dray_nl_errno(rc);
}

static void put_addr(struct nl_msg *msg, int type, const struct dray_addr *a)
{
	if (a->family)
		nla_put(msg, type, dray_addr_len(a), a->bytes);
}

/* --- addresses --- */

static struct nl_msg *address_message(int type, int flags,
				      const struct dray_addr *addr,
				      uint8_t prefix, uint8_t scope,
				      int ifindex)
{
	struct ifaddrmsg info = { .ifa_family = addr->family,
				  .ifa_prefixlen = prefix,
				  .ifa_scope = scope,
				  .ifa_index = ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg)
		return NULL;
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	put_addr(msg, IFA_LOCAL, addr);
	return msg;
}

/* An IPv6 host address is no source for connections of this host's own. */
static void put_lifetime(struct nl_msg *msg, const struct ka_address *a)
{
	struct ifa_cacheinfo life = { .ifa_prefered = UINT32_MAX,
				      .ifa_valid = UINT32_MAX };

	if (a->has_preferred_lft)
		life.ifa_prefered = a->preferred_lft_s;
	else if (a->addr.family == AF_INET6 && a->prefix == 128)
		life.ifa_prefered = 0;
	if (life.ifa_prefered != UINT32_MAX)
		nla_put(msg, IFA_CACHEINFO, sizeof(life), &life);
}

static void put_flags(struct nl_msg *msg, const struct ka_address *a)
{
	uint32_t flags = 0;

	/* the old master may still have it: waiting to see would find it */
	if (a->addr.family == AF_INET6)
		flags |= IFA_F_NODAD;
	if (a->home)
		flags |= IFA_F_HOMEADDRESS;
	if (a->mngtmpaddr)
		flags |= IFA_F_MANAGETEMPADDR;
	if (a->noprefixroute)
		flags |= IFA_F_NOPREFIXROUTE;
	if (flags)
		nla_put_u32(msg, IFA_FLAGS, flags);
}

int address_put(const struct ka_address *a, int ifindex)
{
	uint8_t prefix = a->peer.family ? a->peer_prefix : a->prefix;
	struct nl_msg *msg;

	msg = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
			      &a->addr, prefix, a->scope, ifindex);
	if (!msg)
		return -ENOMEM;
	put_addr(msg, IFA_ADDRESS, a->peer.family ? &a->peer : &a->addr);
	put_addr(msg, IFA_BROADCAST, &a->broadcast);
	if (a->label && a->addr.family == AF_INET)
		nla_put_string(msg, IFA_LABEL, a->label);
	put_flags(msg, a);
	put_lifetime(msg, a);
	nla_put_u8(msg, IFA_PROTO, VRRP_RTPROT);
	return holding_ask(msg);
}

int address_take_stale(const struct dray_addr *addr, uint8_t prefix,
		       int ifindex)
{
	struct nl_msg *msg;
	int rc;

	msg = address_message(RTM_DELADDR, 0, addr, prefix, 0, ifindex);
	rc = msg ? holding_ask(msg) : -ENOMEM;
	return rc == -EADDRNOTAVAIL || rc == -ENODEV ? 0 : rc;
}

int address_take(const struct ka_address *a, int ifindex)
{
	uint8_t prefix = a->peer.family ? a->peer_prefix : a->prefix;

	return address_take_stale(&a->addr, prefix, ifindex);
}

/* --- routes --- */

static void put_metrics(struct nl_msg *msg, const struct ka_route *r)
{
	struct nlattr *nest;

	if (!r->mtu && !r->advmss)
		return;
	nest = nla_nest_start(msg, RTA_METRICS);
	if (r->mtu)
		nla_put_u32(msg, RTAX_MTU, r->mtu);
	if (r->mtu_lock)
		nla_put_u32(msg, RTAX_LOCK, 1 << RTAX_MTU);
	if (r->advmss)
		nla_put_u32(msg, RTAX_ADVMSS, r->advmss);
	nla_nest_end(msg, nest);
}

static void put_via(struct nl_msg *msg, uint8_t family,
		    const struct dray_addr *via)
{
	struct {
		uint16_t family;
		uint8_t addr[16];
	} other = { .family = via->family };

	if (!via->family)
		return;
	if (via->family == family) {
		put_addr(msg, RTA_GATEWAY, via);
		return;
	}
	memcpy(other.addr, via->bytes, dray_addr_len(via));
	nla_put(msg, RTA_VIA, 2 + dray_addr_len(via), &other);
}

static void put_nexthops(struct nl_msg *msg, const struct ka_route *r)
{
	struct nlattr *nest = nla_nest_start(msg, RTA_MULTIPATH);
	struct rtnexthop *hop;
	size_t i;

	for (i = 0; i < r->n_nexthops; i++) {
		const struct ka_nexthop *n = &r->nexthops[i];

		hop = nlmsg_reserve(msg, sizeof(*hop), NLMSG_ALIGNTO);
		if (!hop)
			break;
		memset(hop, 0, sizeof(*hop));
		hop->rtnh_hops = n->weight - 1;
		hop->rtnh_flags = n->onlink ? RTNH_F_ONLINK : 0;
		hop->rtnh_ifindex = n->dev ? if_nametoindex(n->dev) : 0;
		put_via(msg, r->family, &n->via);
		hop->rtnh_len = (char *)nlmsg_tail(nlmsg_hdr(msg)) - (char *)hop;
	}
	nla_nest_end(msg, nest);
}

uint32_t route_metric(const struct ka_route *route)
{
	return route->metric || route->family == AF_INET ? route->metric :
							   METRIC6;
}

static struct nl_msg *route_message(int type, int flags,
				    const struct ka_route *r)
{
	struct rtmsg info = { .rtm_family = r->family,
			      .rtm_dst_len = r->dst.family ? r->prefix : 0,
			      .rtm_tos = r->tos,
			      .rtm_table = r->table < 256 ? r->table : 0,
			      .rtm_protocol = r->protocol ? r->protocol :
							    VRRP_RTPROT,
			      .rtm_scope = r->scope,
			      .rtm_type = r->type,
			      .rtm_flags = r->onlink ? RTNH_F_ONLINK : 0 };
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg)
		return NULL;
	if (!r->has_scope)
		info.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
				 r->via.family || r->n_nexthops ?
						       RT_SCOPE_UNIVERSE :
						       RT_SCOPE_LINK;
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	put_addr(msg, RTA_DST, &r->dst);
	nla_put_u32(msg, RTA_TABLE, r->table);
	put_addr(msg, RTA_PREFSRC, &r->src);
	/* or one of another metric would be taken out */
	if (route_metric(r))
		nla_put_u32(msg, RTA_PRIORITY, route_metric(r));
	if (r->n_nexthops) {
		put_nexthops(msg, r);
	} else {
		put_via(msg, r->family, &r->via);
		if (r->dev)
			nla_put_u32(msg, RTA_OIF, if_nametoindex(r->dev));
	}
	put_metrics(msg, r);
	return msg;
}

/* Without its interface the kernel would choose one by the gateway. */
static bool has_devices(const struct ka_route *r)
{
	size_t i;

	for (i = 0; i < r->n_nexthops; i++)
		if (r->nexthops[i].dev && !if_nametoindex(r->nexthops[i].dev))
			return false;
	return !r->dev || if_nametoindex(r->dev);
}

static int route_new(const struct ka_route *route, int flags)
{
	struct nl_msg *msg;

	if (!has_devices(route))
		return -ENODEV;
	msg = route_message(RTM_NEWROUTE, NLM_F_CREATE | flags, route);
	return msg ? holding_ask(msg) : -ENOMEM;
}

int route_put(const struct ka_route *route)
{
	return route_new(route, NLM_F_REPLACE);
}

int route_add(const struct ka_route *route)
{
	return route_new(route, NLM_F_EXCL);
}

int route_take(const struct ka_route *route)
{
	struct nl_msg *msg = route_message(RTM_DELROUTE, 0, route);
	int rc = msg ? holding_ask(msg) : -ENOMEM;

	/* it goes by itself with its source address or its interface */
	return rc == -ESRCH || rc == -ENODEV ? 0 : rc;
}

/* Two that are asked for by the same words. */
static bool same_message(struct nl_msg *a, struct nl_msg *b)
{
	int len = a && b ? nlmsg_datalen(nlmsg_hdr(a)) : -1;
	bool same = len >= 0 && nlmsg_datalen(nlmsg_hdr(b)) == len &&
		    !memcmp(nlmsg_data(nlmsg_hdr(a)), nlmsg_data(nlmsg_hdr(b)),
			    len);

	nlmsg_free(a);
	nlmsg_free(b);
	return same;
}

bool route_same(const struct ka_route *a, const struct ka_route *b)
{
	return a->table == b->table && a->prefix == b->prefix &&
	       same_message(route_message(RTM_NEWROUTE, 0, a),
			    route_message(RTM_NEWROUTE, 0, b));
}

/* --- rules --- */

static struct nl_msg *rule_message(int type, int flags, const struct ka_rule *r)
{
	struct fib_rule_hdr info = {
		.family = r->family,
		.src_len = r->from.family ? r->from_prefix : 0,
		.dst_len = r->to.family ? r->to_prefix : 0,
		.tos = r->tos,
		.table = r->table < 256 ? r->table : 0,
		.action = r->action,
		.flags = r->invert ? FIB_RULE_INVERT : 0,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg)
		return NULL;
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	put_addr(msg, FRA_SRC, &r->from);
	put_addr(msg, FRA_DST, &r->to);
	nla_put_u32(msg, FRA_TABLE, r->table);
	nla_put_u8(msg, FRA_PROTOCOL, VRRP_RTPROT);
	if (r->has_priority)
		nla_put_u32(msg, FRA_PRIORITY, r->priority);
	if (r->has_fwmark) {
		nla_put_u32(msg, FRA_FWMARK, r->fwmark);
		nla_put_u32(msg, FRA_FWMASK, r->fwmask);
	}
	if (r->iif)
		nla_put_string(msg, FRA_IIFNAME, r->iif);
	if (r->oif)
		nla_put_string(msg, FRA_OIFNAME, r->oif);
	if (r->action == FR_ACT_GOTO)
		nla_put_u32(msg, FRA_GOTO, r->goto_priority);
	if (r->has_suppress_prefixlength)
		nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN,
			    r->suppress_prefixlength);
	return msg;
}

int rule_put(const struct ka_rule *rule)
{
	struct nl_msg *msg = rule_message(RTM_NEWRULE,
					  NLM_F_CREATE | NLM_F_EXCL, rule);

	return msg ? holding_ask(msg) : -ENOMEM;
}

int rule_take(const struct ka_rule *rule)
{
	struct nl_msg *msg = rule_message(RTM_DELRULE, 0, rule);
	int rc = msg ? holding_ask(msg) : -ENOMEM;

	return rc == -ENOENT || rc == -ESRCH ? 0 : rc;
}

bool rule_same(const struct ka_rule *a, const struct ka_rule *b)
{
	return a->priority == b->priority && a->table == b->table &&
	       same_message(rule_message(RTM_NEWRULE, 0, a),
			    rule_message(RTM_NEWRULE, 0, b));
}
