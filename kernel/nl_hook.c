// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: which hook is in force, for each device that is up and each family
 * that has services.
 */
#include <linux/netdevice.h>

#include "hook.h"
#include "nl_hook.h"

#define HOOK_ROOM	192	/* bytes of one hook in a message, at most */

void dray_nl_hooks_seq(struct netlink_callback *cb)
{
	dray_nl_dump_seq(cb);
	/* The lowest bit stays: 0 would be nothing to compare with. */
	cb->seq += READ_ONCE(dray_nl_dump_net(cb)->net->dev_base_seq) << 1;
}

size_t dray_nl_hooks_room(struct net *net)
{
	const struct net_device *dev;
	size_t n = 0;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev)
		n++;
	rcu_read_unlock();
	return 2 * n * HOOK_ROOM;
}

static int put_hook(struct sk_buff *skb, struct dray_net *dn, u8 family,
		    const struct net_device *dev)
{
	const char *why = NULL;
	struct nlattr *nest;
	u8 mode;

	mode = dray_hook_in_force(dn, family, dev, &why);
	nest = nla_nest_start(skb, DRAY_A_CONFIG_HOOK);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, DRAY_A_HOOK_FAMILY, family) ||
	    nla_put_u32(skb, DRAY_A_HOOK_IFINDEX, dev->ifindex) ||
	    nla_put_u8(skb, DRAY_A_HOOK_MODE, mode) ||
	    (why && nla_put_string(skb, DRAY_A_HOOK_WHY, why))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static bool hooks_told(const struct dray_net *dn, const struct net_device *dev)
{
	return dev->flags & IFF_UP && !(dev->flags & IFF_LOOPBACK) &&
	       (dn->n_services[0] || dn->n_services[1]);
}

static int put_dev(struct sk_buff *skb, struct dray_net *dn,
		   const struct net_device *dev)
{
	const u8 families[] = { AF_INET, AF_INET6 };
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(families) && !err; i++)
		if (dn->n_services[dray_family_index(families[i])])
			err = put_hook(skb, dn, families[i], dev);
	return err;
}

void dray_nl_put_hooks(struct sk_buff *skb, struct dray_net *dn)
{
	const struct net_device *dev;

	lockdep_assert_held(&dn->lock);
	rcu_read_lock();
	for_each_netdev_rcu(dn->net, dev)
		if (hooks_told(dn, dev) && put_dev(skb, dn, dev))
			break;
	rcu_read_unlock();
}

static int dump_device(struct sk_buff *skb, struct netlink_callback *cb,
		       struct dray_net *dn, const struct net_device *dev)
{
	void *hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_CONFIG);
	struct nlattr *nest;
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = nla_put_u32(skb, DRAY_A_GENERATION, dn->generation);
	nest = err ? NULL : nla_nest_start(skb, DRAY_A_CONFIG);
	err = nest ? put_dev(skb, dn, dev) : -EMSGSIZE;
	if (!err)
		nla_nest_end(skb, nest);
	return dray_nl_dump_end(skb, hdr, err);
}

int dray_nl_dump_hooks(struct sk_buff *skb, struct netlink_callback *cb,
		       struct dray_net *dn, struct dray_nl_hooks *at)
{
	const struct net_device *dev;
	u32 n = 0;
	int err = 0;

	lockdep_assert_held(&dn->lock);
	rcu_read_lock();
	for_each_netdev_rcu(dn->net, dev) {
		if (n++ < at->device)
			continue;
		err = hooks_told(dn, dev) ? dump_device(skb, cb, dn, dev) : 0;
		if (err)
			break;
		at->device = n;
	}
	rcu_read_unlock();
	return err;
}
