// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cached route of a server.
 *
 * Packets read it under RCU and attach its dst without a reference.  It is
 * written under dray_server.route_lock, by the packet that finds it stale or
 * by the judge in reach.c.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>

#include "net.h"
#include "route.h"

static void route_destroy(struct dray_route *route)
{
	dst_release(route->dst);
	kfree(route);
}

static void route_free_rcu(struct rcu_head *rcu)
{
	route_destroy(container_of(rcu, struct dray_route, rcu));
}

static u8 route_judge_dev(const struct dst_entry *dst)
{
	return dst->dev->flags & IFF_UP ? DRAY_REACH_OK :
					  DRAY_REACH_DEVICE_DOWN;
}

/* Both lookups fail for lack of memory only: then nothing is known of the
 * route, and the next packet asks again.
 */
static int route_lookup4(struct net *net, const union nf_inet_addr *addr,
			 struct dray_route *route)
{
	struct flowi4 fl4 = {
		.daddr = addr->ip,
		.flowi4_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENOBUFS)
			return -ENOBUFS;
		route->reach = DRAY_REACH_NO_ROUTE;
		return 0;
	}
	route->dst = &rt->dst;
	if (rt->rt_flags & RTCF_LOCAL)
		route->reach = DRAY_REACH_LOCAL;
	else if (rt->rt_uses_gateway)
		route->reach = DRAY_REACH_GATEWAY;
	else
		route->reach = route_judge_dev(&rt->dst);
	return 0;
}

/* The null entry stands for no route as well as for no memory.  The tables know
 * which, and need none to say so; of gateways, which may be passed over for
 * other reasons, no more is asked.
 */
static bool route_exists6(struct net *net, struct flowi6 *fl6)
{
	struct fib6_result res = {};

	return !ipv6_stub->fib6_lookup(net, 0, fl6, &res, 0) && res.f6i &&
	       res.f6i != net->ipv6.fib6_null_entry && !res.nh->fib_nh_gw_family;
}

static int route_lookup6(struct net *net, const union nf_inet_addr *addr,
			 struct dray_route *route)
{
	struct flowi6 fl6 = {
		.daddr = addr->in6,
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);
	struct rt6_info *rt = (struct rt6_info *)dst;

	if (dst == &net->ipv6.ip6_null_entry->dst &&
	    route_exists6(net, &fl6)) {
		dst_release(dst);
		return -ENOBUFS;
	}
	route->dst = dst;
	if (dst->error) {
		route->reach = DRAY_REACH_NO_ROUTE;
		return 0;
	}
	route->cookie = rt6_get_cookie(rt);
	if (rt->rt6i_flags & RTF_LOCAL)
		route->reach = DRAY_REACH_LOCAL;
	else if (rt->rt6i_flags & RTF_GATEWAY)
		route->reach = DRAY_REACH_GATEWAY;
	else
		route->reach = route_judge_dev(dst);
	return 0;
}

int dray_route_find(struct net *net, u8 family, const union nf_inet_addr *addr,
		    struct dray_route *route)
{
	int err;

	if (family == AF_INET)
		err = route_lookup4(net, addr, route);
	else
		err = route_lookup6(net, addr, route);
	if (err)
		return err;
	if (route->reach == DRAY_REACH_OK) {
		route->mtu = dst_mtu(route->dst);
	} else if (route->dst) {
		dst_release(route->dst);
		route->dst = NULL;
	}
	return 0;
}

/* NULL if out of memory. */
static struct dray_route *route_create(struct net *net,
				       const struct dray_server *server)
{
	struct dray_route *route;

	route = kzalloc(sizeof(*route), GFP_ATOMIC | __GFP_NOWARN);
	if (!route)
		return NULL;
	if (dray_route_find(net, server->key.family, &server->key.addr,
			    route)) {
		kfree(route);
		return NULL;
	}
	return route;
}

static void route_replace(struct dray_server *server,
			  struct dray_route *route)
{
	struct dray_route *old;

	spin_lock_bh(&server->route_lock);
	old = rcu_replace_pointer(server->route, route,
				  lockdep_is_held(&server->route_lock));
	spin_unlock_bh(&server->route_lock);
	if (old)
		call_rcu(&old->rcu, route_free_rcu);
}

void dray_route_drop(struct dray_server *server)
{
	route_replace(server, NULL);
}

void dray_route_free(struct dray_server *server)
{
	struct dray_route *route = rcu_dereference_raw(server->route);

	if (route)
		route_destroy(route);
}

/* A route that leads nowhere is kept until the judge drops it, so that packets
 * do not look it up one by one.
 */
static bool route_holds(const struct dray_route *route)
{
	const struct dst_entry *dst = route->dst;

	if (!dst)
		return true;
	/* What ipv4_dst_check() does, without the indirect call. */
	if (likely(dst->ops->family == AF_INET))
		return READ_ONCE(dst->obsolete) == DST_OBSOLETE_FORCE_CHK &&
		       container_of(dst, struct rtable, dst)->rt_genid ==
		       rt_genid_ipv4(dev_net(dst->dev));
	return dst_check((struct dst_entry *)dst, route->cookie);
}

const struct dray_route *dray_route_get(struct dray_net *dn,
					struct dray_server *server)
{
	struct dray_route *route = rcu_dereference(server->route);

	if (likely(route && route_holds(route)))
		return route;
	route = route_create(dn->net, server);
	if (!route)
		return NULL;
	route_replace(server, route);
	if (route->reach != READ_ONCE(server->reach))
		dray_reach_judge(dn);
	return route;
}

const struct dray_route *dray_route_probe(struct dray_net *dn,
					  struct dray_server *server,
					  struct dray_route **made)
{
	const struct dray_route *route = rcu_dereference(server->route);

	*made = NULL;
	if (route && route_holds(route))
		return route;
	*made = route_create(dn->net, server);
	return *made;
}

void dray_route_probe_end(struct dray_route *made)
{
	if (made)
		route_destroy(made);
}

bool dray_route_expires(struct dray_server *server)
{
	const struct dray_route *route;
	bool expires;

	rcu_read_lock();
	route = rcu_dereference(server->route);
	expires = route && route->dst && READ_ONCE(route->dst->expires);
	rcu_read_unlock();
	return expires;
}

bool dray_route_info(struct dray_server *server, int *ifindex, u32 *mtu)
{
	const struct dray_route *route = rcu_dereference(server->route);

	if (!route || !route->dst)
		return false;
	*ifindex = route->dst->dev->ifindex;
	*mtu = route->mtu;
	return true;
}
