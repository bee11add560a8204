/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A struct dray_net without a network namespace, and what is put into it.
 *
 * Includes the sources of services and servers; routes do not exist.
 */
#ifndef _DRAY_TESTS_FIXTURE_H
#define _DRAY_TESTS_FIXTURE_H

#include <kunit/test.h>

#include "../server.c"
#include "../service.c"
#include "../stats.c"

void dray_route_free(struct dray_server *server)
{
}

/* 198.51.100.n or 2001:db8::n */
static inline union nf_inet_addr fixture_addr(u8 family, u32 n)
{
	union nf_inet_addr addr = {};

	if (family == AF_INET) {
		addr.ip = htonl(0xc6336400 + n);
	} else {
		addr.ip6[0] = htonl(0x20010db8);
		addr.ip6[3] = htonl(n);
	}
	return addr;
}

static inline struct dray_net *fixture_net_create(struct kunit *test)
{
	struct dray_net *dn = kunit_kzalloc(test, sizeof(*dn), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dn);
	mutex_init(&dn->lock);
	hash_init(dn->services);
	hash_init(dn->addrs);
	hash_init(dn->marks);
	hash_init(dn->vips);
	xa_init_flags(&dn->servers, XA_FLAGS_ALLOC1);
	xa_init_flags(&dn->service_ids, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&dn->txns);
	INIT_LIST_HEAD(&dn->pools);
	mutex_init(&dn->pool_make);
	dn->settings = (struct dray_settings){
		.timeout_tcp = 900, .timeout_tcpfin = 120, .timeout_udp = 300,
		.flow_limit = 1 << 20, .persist_limit = 1 << 18,
		.unassured_limit = 1 << 17,
	};
	dn->reasons = alloc_percpu(struct dray_reasons);
	KUNIT_ASSERT_TRUE(test, !!dn->reasons);
	return dn;
}

/* Services, servers and their configurations, as the packet path finds them. */
static inline void fixture_net_destroy(struct dray_net *dn)
{
	struct dray_service *service;
	struct dray_server *server;
	unsigned long id;

	mutex_lock(&dn->lock);
	xa_for_each(&dn->servers, id, server)
		dray_server_destroy(dn, server);
	xa_for_each(&dn->service_ids, id, service) {
		dray_service_unlink(service);
		dray_service_destroy(service);
	}
	mutex_unlock(&dn->lock);
	rcu_barrier();
	free_percpu(dn->reasons);
	xa_destroy(&dn->servers);
	xa_destroy(&dn->service_ids);
}

/* A TCP service that packets find; @persist is its timeout in seconds. */
static inline struct dray_service *
fixture_service(struct kunit *test, struct dray_net *dn, u8 family,
		u32 persist)
{
	const struct dray_service_params params = {
		.persist_timeout = persist,
		.persist_prefix = family == AF_INET ? 24 : 64,
	};
	const struct dray_service_key key = {
		.addr = fixture_addr(family, dn->next_service + 200),
		.port = htons(80), .family = family, .protocol = IPPROTO_TCP,
	};
	struct dray_service_conf *conf;
	struct dray_service *service;

	mutex_lock(&dn->lock);
	service = dray_service_create(dn, &key);
	conf = dray_service_conf_create(&params, 4);
	if (service && conf) {
		rcu_assign_pointer(service->conf, conf);
		xa_store(&dn->service_ids, service->id, service, GFP_KERNEL);
		dray_service_link(service);
	}
	mutex_unlock(&dn->lock);
	KUNIT_ASSERT_NOT_NULL(test, service);
	KUNIT_ASSERT_NOT_NULL(test, conf);
	return service;
}

/* A server that flows find, in no configuration. */
static inline struct dray_server *fixture_server(struct kunit *test,
						 struct dray_service *service,
						 u32 n)
{
	const struct dray_server_key key = {
		.addr = fixture_addr(service->key.family, n),
		.family = service->key.family,
	};
	struct dray_net *dn = service->dn;
	struct dray_server *server;

	mutex_lock(&dn->lock);
	server = dray_server_create(service, &key);
	if (server)
		xa_store(&dn->servers, server->id, server, GFP_KERNEL);
	mutex_unlock(&dn->lock);
	KUNIT_ASSERT_NOT_NULL(test, server);
	return server;
}

#endif
