// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging whether servers can be reached.
 *
 * Packets never judge: they find dray_server.reach and the cached route.
 * Changes of devices, addresses and neighbours, and a packet that finds its
 * route changed, wake one work item per namespace, which looks at all its
 * servers; it also does so every few seconds for routes that no packet uses.
 * (A FIB notifier would tell of each change, but to register one is refused
 * while routes keep changing, as they do on a router with a full table.)
 * While a server does not answer ARP or neighbour discovery the work asks it
 * again every second, since no packet will.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/fib_notifier.h>
#include <net/ndisc.h>
#include <net/netevent.h>

#include "net.h"
#include "netlink.h"
#include "route.h"

#define REACH_SOON	(HZ / 20)	/* bursts of changes are judged once */
#define REACH_AGAIN	HZ		/* while a server is out of reach */
#define REACH_IDLE	(4 * HZ)	/* routes that nobody has used lately */

void dray_reach_judge(struct dray_net *dn)
{
	/* Do not let one change after the other put it off. */
	if (!xa_empty(&dn->servers) && !test_and_set_bit(0, &dn->reach_soon))
		mod_delayed_work(system_power_efficient_wq, &dn->reach_work,
				 REACH_SOON);
}

/* Only a neighbour that was asked and did not answer is out of reach; one that
 * nobody has asked yet is not.  From then on it is asked again each time, and
 * stays out of reach until it has answered, also if its entry was collected.
 */
static bool reach_neigh_failed(const struct dray_server *server,
			       struct net_device *dev)
{
	bool was = READ_ONCE(server->reach) == DRAY_REACH_NO_NEIGHBOUR;
	struct neigh_table *tbl = server->key.family == AF_INET ? &arp_tbl :
								   &nd_tbl;
	struct neighbour *n;
	bool failed;
	u8 state;

	if (dev->flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT))
		return false;
	n = __neigh_lookup(tbl, &server->key.addr, dev, was);
	if (!n)
		return was;
	state = READ_ONCE(n->nud_state);
	/* A packet may have begun the next attempt since it failed. */
	failed = !(state & NUD_VALID) &&
		 (was || state & NUD_FAILED || READ_ONCE(server->neigh_failed));
	if (failed)
		neigh_event_send(n, NULL);
	neigh_release(n);
	return failed;
}

static u8 reach_of(struct dray_net *dn, struct dray_server *server)
{
	const struct dray_route *route;
	u8 reach;

	rcu_read_lock();
	local_bh_disable();
	route = dray_route_get(dn, server);
	reach = route ? route->reach : READ_ONCE(server->reach);
	if (route && route->dst && reach_neigh_failed(server, route->dst->dev))
		reach = DRAY_REACH_NO_NEIGHBOUR;
	WRITE_ONCE(server->neigh_failed, false);
	local_bh_enable();
	rcu_read_unlock();
	return reach;
}

static void reach_set(struct dray_net *dn, struct dray_server *server,
		      u8 reach)
{
	bool was = dray_server_reachable(server);
	bool served = dray_server_up(server);

	if (reach == server->reach)
		return;
	if (was && reach > DRAY_REACH_LOCAL)
		WRITE_ONCE(server->down_since, jiffies);
	if (!was)
		WRITE_ONCE(server->up_since, jiffies);
	WRITE_ONCE(server->reach, reach);
	dray_server_judge_leave(server, served);
	if (!server->published)
		return;
	dray_service_weigh(server->service);
	dray_nl_notify_server_state(dn, server);
}

void dray_reach_server(struct dray_net *dn, struct dray_server *server)
{
	lockdep_assert_held(&dn->lock);
	reach_set(dn, server, reach_of(dn, server));
}

static void reach_work(struct work_struct *work)
{
	struct dray_net *dn = container_of(to_delayed_work(work),
					   struct dray_net, reach_work);
	unsigned long delay = REACH_IDLE;
	struct dray_server *server;
	unsigned long id;

	clear_bit(0, &dn->reach_soon);
	mutex_lock(&dn->lock);
	xa_for_each(&dn->servers, id, server) {
		/* What was found wanting may have come to be, and the MTU of
		 * a route that expires be greater again.
		 */
		if (READ_ONCE(server->reach) != DRAY_REACH_OK ||
		    dray_route_expires(server))
			dray_route_drop(server);
		dray_reach_server(dn, server);
		if (!dray_server_reachable(server))
			delay = REACH_AGAIN;
		cond_resched();
	}
	if (!xa_empty(&dn->servers))
		queue_delayed_work(system_power_efficient_wq, &dn->reach_work,
				   delay);
	mutex_unlock(&dn->lock);
}

void dray_reach_init(struct dray_net *dn)
{
	INIT_DELAYED_WORK(&dn->reach_work, reach_work);
}

void dray_reach_exit(struct dray_net *dn)
{
	cancel_delayed_work_sync(&dn->reach_work);
}

/* The dst of a device that goes must go before the device can.  Under RCU, not
 * dray_net.lock: the caller holds the RTNL and need not wait for that.
 */
static void reach_drop_dev(struct dray_net *dn, const struct net_device *dev)
{
	const struct dray_route *route;
	struct dray_server *server;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&dn->servers, id, server) {
		route = rcu_dereference(server->route);
		if (route && route->dst && route->dst->dev == dev)
			dray_route_drop(server);
	}
	rcu_read_unlock();
}

static int reach_netdev_event(struct notifier_block *nb, unsigned long event,
			      void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct dray_net *dn = dray_net(dev_net(dev));

	switch (event) {
	case NETDEV_DOWN:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGEMTU:
		reach_drop_dev(dn, dev);
		fallthrough;
	case NETDEV_UP:
	case NETDEV_CHANGE:
		dray_reach_judge(dn);
	}
	return NOTIFY_DONE;
}

/* Remember it: the next packet asks again, and then it has failed no more. */
static void reach_note_failed(struct dray_net *dn, const struct neighbour *n)
{
	u8 family = n->tbl->family;
	struct dray_server *server;
	bool found = false;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&dn->servers, id, server) {
		if (server->key.family != family ||
		    memcmp(&server->key.addr, n->primary_key, n->tbl->key_len))
			continue;
		WRITE_ONCE(server->neigh_failed, true);
		found = true;
	}
	rcu_read_unlock();
	if (found)
		dray_reach_judge(dn);
}

static int reach_netevent(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	struct neighbour *n = ptr;

	/* Any other change of a neighbour is no news to us: the work itself
	 * waits for one that has failed to come back.
	 */
	if (event == NETEVENT_NEIGH_UPDATE &&
	    READ_ONCE(n->nud_state) & NUD_FAILED)
		reach_note_failed(dray_net(dev_net(n->dev)), n);
	return NOTIFY_DONE;
}

static int reach_inetaddr_event(struct notifier_block *nb,
				unsigned long event, void *ptr)
{
	struct in_ifaddr *ifa = ptr;

	dray_reach_judge(dray_net(dev_net(ifa->ifa_dev->dev)));
	return NOTIFY_DONE;
}

static int reach_inet6addr_event(struct notifier_block *nb,
				 unsigned long event, void *ptr)
{
	struct inet6_ifaddr *ifa = ptr;

	dray_reach_judge(dray_net(dev_net(ifa->idev->dev)));
	return NOTIFY_DONE;
}

static struct notifier_block reach_netdev_nb = {
	.notifier_call = reach_netdev_event,
};

static struct notifier_block reach_netevent_nb = {
	.notifier_call = reach_netevent,
};

static struct notifier_block reach_inetaddr_nb = {
	.notifier_call = reach_inetaddr_event,
};

static struct notifier_block reach_inet6addr_nb = {
	.notifier_call = reach_inet6addr_event,
};

int dray_reach_module_init(void)
{
	int err;

	err = register_netdevice_notifier(&reach_netdev_nb);
	if (err)
		return err;
	register_netevent_notifier(&reach_netevent_nb);
	register_inetaddr_notifier(&reach_inetaddr_nb);
	register_inet6addr_notifier(&reach_inet6addr_nb);
	return 0;
}

void dray_reach_module_exit(void)
{
	unregister_inet6addr_notifier(&reach_inet6addr_nb);
	unregister_inetaddr_notifier(&reach_inetaddr_nb);
	unregister_netevent_notifier(&reach_netevent_nb);
	unregister_netdevice_notifier(&reach_netdev_nb);
}
