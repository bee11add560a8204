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
#include "server.h"
#include "service.h"

/**
 * struct dray_service_addr - an address that some service has
 * @node: in dray_net.addrs; RCU
 * @addr: address
 * @family: AF_INET or AF_INET6
 * @refs: services that have it; under dray_net.lock
 * @rcu: frees it once no packet reads it
 */
struct dray_service_addr {
	struct hlist_node node;
	union nf_inet_addr addr;
	u8 family;
	u32 refs;
	struct rcu_head rcu;
};

static u32 addr_hash(u8 family, const union nf_inet_addr *addr)
{
	return family == AF_INET ? (__force u32)addr->ip :
				   ipv6_addr_hash(&addr->in6);
}

static struct hlist_head *addr_chain(struct dray_net *dn, u8 family,
				     const union nf_inet_addr *addr)
{
	return &dn->addrs[hash_32(addr_hash(family, addr), DRAY_ADDR_BITS)];
}

static struct hlist_head *service_chain(struct dray_net *dn, u8 family,
					u8 protocol,
					const union nf_inet_addr *addr,
					__be16 port)
{
	u32 hash = addr_hash(family, addr) ^ (__force u16)port << 8 ^ protocol;

	return &dn->services[hash_32(hash, DRAY_SERVICE_BITS)];
}

static bool same_addr(u8 family, const union nf_inet_addr *a,
		      const union nf_inet_addr *b)
{
	return family == AF_INET ? a->ip == b->ip :
				   ipv6_addr_equal(&a->in6, &b->in6);
}

static struct dray_service_addr *addr_find(struct dray_net *dn, u8 family,
					   const union nf_inet_addr *addr)
{
	struct dray_service_addr *a;

	hlist_for_each_entry_rcu(a, addr_chain(dn, family, addr), node,
				 lockdep_is_held(&dn->lock))
		if (a->family == family && same_addr(family, &a->addr, addr))
			return a;
	return NULL;
}

bool dray_service_maybe(struct dray_net *dn, u8 family,
			const union nf_inet_addr *daddr)
{
	return addr_find(dn, family, daddr);
}

struct dray_service *dray_service_by_mark(const struct dray_net *dn, u8 family,
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

static struct dray_service *service_by_port(struct dray_net *dn, u8 family,
					    u8 protocol,
					    const union nf_inet_addr *addr,
					    __be16 port)
{
	struct dray_service *service;

	hlist_for_each_entry_rcu(service,
				 service_chain(dn, family, protocol, addr, port),
				 node, lockdep_is_held(&dn->lock))
		if (service->key.port == port &&
		    service->key.protocol == protocol &&
		    service->key.family == family &&
		    same_addr(family, &service->key.addr, addr))
			return service;
	return NULL;
}

struct dray_service *dray_service_lookup(struct dray_net *dn, u8 family,
					 u8 protocol,
					 const union nf_inet_addr *daddr,
					 __be16 dport, u32 mark)
{
	struct dray_service *service;

	if (mark && READ_ONCE(dn->n_marks)) {
		service = dray_service_by_mark(dn, family, mark);
		if (service)
			return service;
	}
	service = service_by_port(dn, family, protocol, daddr, dport);
	if (!service && READ_ONCE(dn->n_any_port))
		service = service_by_port(dn, family, protocol, daddr, 0);
	return service;
}

struct dray_service *dray_service_find(struct dray_net *dn,
				       const struct dray_service_key *key)
{
	if (key->fwmark)
		return dray_service_by_mark(dn, key->family, key->fwmark);
	return service_by_port(dn, key->family, key->protocol, &key->addr,
			       key->port);
}

/* The first service of an address brings the address along. */
static void addr_get(struct dray_service *service)
{
	const struct dray_service_key *key = &service->key;
	struct dray_service_addr *a;

	a = addr_find(service->dn, key->family, &key->addr);
	if (a) {
		kfree(service->addr);
	} else {
		a = service->addr;
		a->addr = key->addr;
		a->family = key->family;
		hlist_add_head_rcu(&a->node, addr_chain(service->dn, key->family,
							&key->addr));
	}
	a->refs++;
	service->addr = a;
}

static void addr_put(struct dray_service *service)
{
	struct dray_service_addr *a = service->addr;

	service->addr = NULL;
	if (--a->refs)
		return;
	hlist_del_rcu(&a->node);
	kfree_rcu(a, rcu);
}

/* At the head of its chain: a service that takes another's place is found
 * from here on, though the other one is still there.
 */
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
				   service_chain(dn, key->family, key->protocol,
						 &key->addr, key->port));
		addr_get(service);
		if (!key->port)
			WRITE_ONCE(dn->n_any_port, dn->n_any_port + 1);
	}
	dn->n_services[dray_family_index(key->family)]++;
}

void dray_service_unlink(struct dray_service *service)
{
	const struct dray_service_key *key = &service->key;
	struct dray_net *dn = service->dn;

	lockdep_assert_held(&dn->lock);
	hash_del_rcu(&service->node);
	/* Nobody finds its configuration by its id once its servers go. */
	xa_erase(&dn->service_ids, service->id);
	if (key->fwmark) {
		WRITE_ONCE(dn->n_marks, dn->n_marks - 1);
	} else {
		addr_put(service);
		if (!key->port)
			WRITE_ONCE(dn->n_any_port, dn->n_any_port - 1);
	}
	dn->n_services[dray_family_index(key->family)]--;
}

struct dray_service *dray_service_create(struct dray_net *dn,
					 const struct dray_service_key *key)
{
	struct dray_service *service;

	service = kzalloc(sizeof(*service), GFP_KERNEL_ACCOUNT);
	if (!service)
		return NULL;
	service->addr = kzalloc(sizeof(*service->addr), GFP_KERNEL_ACCOUNT);
	if (!service->addr)
		goto free_service;
	service->stats = __netdev_alloc_pcpu_stats(struct dray_stats,
						   GFP_KERNEL_ACCOUNT);
	if (!service->stats)
		goto free_addr;
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
free_addr:
	kfree(service->addr);
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
	kfree(service->addr);
	kfree(service);
}

void dray_service_destroy(struct dray_service *service)
{
	/* Of one that was never published the id was only reserved. */
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

void dray_service_weigh(struct dray_service *service)
{
	const struct dray_service_conf *conf;
	u64 weight = 0;
	u32 i;

	conf = rcu_dereference_protected(service->conf,
					 lockdep_is_held(&service->dn->lock));
	for (i = 0; conf && i < conf->n; i++)
		if (dray_server_serves(&conf->slots[i]))
			weight += conf->slots[i].params.weight;
	WRITE_ONCE(service->weight, weight);
}
