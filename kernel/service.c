// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services: finding the one that a packet belongs to.
 *
 * What changes them is in txn.c.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "net.h"
#include "service.h"

/* All services of one VIP share a chain, so that one look at an empty chain
 * tells that an address is nobody's VIP.
 */
static u32 service_hash(u8 family, const union nf_inet_addr *addr)
{
	if (family == AF_INET)
		return hash_32((__force u32)addr->ip, DRAY_SERVICE_BITS);
	return hash_32(ipv6_addr_hash(&addr->in6), DRAY_SERVICE_BITS);
}

static bool service_same_addr(const struct dray_service *service, u8 family,
			      const union nf_inet_addr *addr)
{
	if (service->key.family != family)
		return false;
	if (family == AF_INET)
		return service->key.addr.ip == addr->ip;
	return ipv6_addr_equal(&service->key.addr.in6, &addr->in6);
}

bool dray_service_maybe(const struct dray_net *dn, u8 family,
			const union nf_inet_addr *daddr)
{
	return !hlist_empty(&dn->services[service_hash(family, daddr)]);
}

static struct dray_service *service_by_mark(struct dray_net *dn, u8 family,
					    u32 mark)
{
	struct dray_service *service;

	hash_for_each_possible_rcu(dn->marks, service, node, mark,
				   lockdep_is_held(&dn->lock))
		if (service->key.fwmark == mark &&
		    service->key.family == family)
			return service;
	return NULL;
}

struct dray_service *dray_service_lookup(struct dray_net *dn, u8 family,
					 u8 protocol,
					 const union nf_inet_addr *daddr,
					 __be16 dport, u32 mark)
{
	struct dray_service *service, *any = NULL;

	if (mark && READ_ONCE(dn->n_marks)) {
		service = service_by_mark(dn, family, mark);
		if (service)
			return service;
	}
	hlist_for_each_entry_rcu(service,
				 &dn->services[service_hash(family, daddr)],
				 node) {
		if (!service_same_addr(service, family, daddr) ||
		    service->key.protocol != protocol)
			continue;
		if (service->key.port == dport)
			return service;
		if (!service->key.port)
			any = service;
	}
	return any;
}

struct dray_service *dray_service_find(struct dray_net *dn,
				       const struct dray_service_key *key)
{
	struct dray_service *service;

	if (key->fwmark)
		return service_by_mark(dn, key->family, key->fwmark);
	hlist_for_each_entry_rcu(service,
				 &dn->services[service_hash(key->family, &key->addr)],
				 node, lockdep_is_held(&dn->lock))
		if (!memcmp(&service->key, key, sizeof(*key)))
			return service;
	return NULL;
}

void dray_service_link(struct dray_service *service)
{
	const struct dray_service_key *key = &service->key;
	struct dray_net *dn = service->dn;

	lockdep_assert_held(&dn->lock);
	if (key->fwmark) {
		hash_add_rcu(dn->marks, &service->node, key->fwmark);
		WRITE_ONCE(dn->n_marks, dn->n_marks + 1);
	} else {
		hlist_add_head_rcu(&service->node,
				   &dn->services[service_hash(key->family, &key->addr)]);
	}
	dn->n_services[dray_family_index(key->family)]++;
}

void dray_service_unlink(struct dray_service *service)
{
	struct dray_net *dn = service->dn;

	lockdep_assert_held(&dn->lock);
	hash_del_rcu(&service->node);
	if (service->key.fwmark)
		WRITE_ONCE(dn->n_marks, dn->n_marks - 1);
	dn->n_services[dray_family_index(service->key.family)]--;
}

struct dray_service *dray_service_create(struct dray_net *dn,
					 const struct dray_service_key *key)
{
	struct dray_service *service;

	service = kzalloc(sizeof(*service), GFP_KERNEL_ACCOUNT);
	if (!service)
		return NULL;
	service->stats = netdev_alloc_pcpu_stats(struct dray_stats);
	if (!service->stats)
		goto free_service;
	/* Reserves the place in the array, so that publishing cannot fail. */
	if (xa_alloc_cyclic(&dn->service_ids, &service->id, NULL, xa_limit_32b,
			    &dn->next_service, GFP_KERNEL_ACCOUNT) < 0)
		goto free_stats;
	service->key = *key;
	service->dn = dn;
	spin_lock_init(&service->wrr_lock);
	return service;

free_stats:
	free_percpu(service->stats);
free_service:
	kfree(service);
	return NULL;
}

static void service_free_rcu(struct rcu_head *rcu)
{
	struct dray_service *service = container_of(rcu, struct dray_service,
						    rcu);

	kvfree(rcu_dereference_raw(service->conf));
	free_percpu(service->stats);
	kfree(service);
}

void dray_service_destroy(struct dray_service *service)
{
	xa_erase(&service->dn->service_ids, service->id);
	call_rcu(&service->rcu, service_free_rcu);
}

struct dray_service_conf *
dray_service_conf_create(const struct dray_service_params *params, u32 cap)
{
	struct dray_service_conf *conf;

	conf = kvzalloc(struct_size(conf, slots, cap), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	conf->params = *params;
	conf->cap = cap;
	conf->gcd = 1;
	return conf;
}
