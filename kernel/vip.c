// SPDX-License-Identifier: GPL-2.0-only
/*
 * VIPs: roles, leases and peers, as packets see them.
 *
 * What changes them is in txn_vip.c.
 */
#include <linux/hash.h>
#include <linux/ktime.h>
#include <net/ipv6.h>

#include "net.h"
#include "vip.h"

static u32 vip_hash(u8 family, const union nf_inet_addr *addr)
{
	return family == AF_INET ? (__force u32)addr->ip :
				   ipv6_addr_hash(&addr->in6);
}

struct dray_vip *dray_vip_lookup(struct dray_net *dn, u8 family,
				 const union nf_inet_addr *addr)
{
	struct dray_vip *vip;

	hash_for_each_possible_rcu(dn->vips, vip, node,
				   vip_hash(family, addr),
				   lockdep_is_held(&dn->lock)) {
		if (vip->key.family != family)
			continue;
		if (family == AF_INET ? vip->key.addr.ip == addr->ip :
		    ipv6_addr_equal(&vip->key.addr.in6, &addr->in6))
			return vip;
	}
	return NULL;
}

enum dray_turn dray_vip_turn(const struct dray_vip *vip)
{
	if (!vip)
		return DRAY_TURN_YES;
	if (vip->params.role != DRAY_ROLE_ACTIVE)
		return DRAY_TURN_STANDBY;
	/* Boot time goes on while the machine sleeps: a director that wakes
	 * up has lost its leases.
	 */
	if (vip->params.lease_end &&
	    ktime_get_boottime_ns() >= vip->params.lease_end)
		return DRAY_TURN_LEASE;
	return DRAY_TURN_YES;
}

bool dray_vip_from_peer(const struct dray_vip *vip, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < vip->params.n_peers; i++)
		if (ether_addr_equal(vip->params.peers[i], mac))
			return true;
	return false;
}

void dray_vip_link(struct dray_net *dn, struct dray_vip *vip)
{
	lockdep_assert_held(&dn->lock);
	hash_add_rcu(dn->vips, &vip->node,
		     vip_hash(vip->key.family, &vip->key.addr));
	WRITE_ONCE(dn->n_vips, dn->n_vips + 1);
	dn->n_vips_of[dray_family_index(vip->key.family)]++;
}

void dray_vip_replace(struct dray_vip *old, struct dray_vip *new)
{
	hlist_replace_rcu(&old->node, &new->node);
	kfree_rcu(old, rcu);
}

void dray_vip_unlink(struct dray_net *dn, struct dray_vip *vip)
{
	lockdep_assert_held(&dn->lock);
	hash_del_rcu(&vip->node);
	WRITE_ONCE(dn->n_vips, dn->n_vips - 1);
	dn->n_vips_of[dray_family_index(vip->key.family)]--;
	kfree_rcu(vip, rcu);
}
