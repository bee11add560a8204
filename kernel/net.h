/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dray keeps per network namespace.
 *
 * struct dray_net is the private data of the netfilter hooks, so the packet
 * path never looks it up.  Everything that a packet reads is either constant,
 * a single word read with READ_ONCE(), or reached by RCU.
 */
#ifndef _DRAY_NET_H
#define _DRAY_NET_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "flow.h"
#include "stats.h"
#include "sync.h"
#include "table.h"
#include "version.h"

#define DRAY_SERVICE_BITS	10	/* 8 KB: a few services in a chain */
#define DRAY_ADDR_BITS		8
#define DRAY_VIP_BITS		6
#define DRAY_NEAR		256	/* servers; 2 KB */

#define DRAY_N_HOOKS		3	/* of each family */

/**
 * struct dray_settings - what set-config sets
 * @timeout_tcp: seconds an idle established TCP or SCTP flow is kept
 * @timeout_tcpfin: seconds after the client's FIN
 * @timeout_udp: seconds an idle UDP flow is kept
 * @flow_limit: flow entries at most
 * @persist_limit: persist entries at most
 * @unassured_limit: unassured entries of both kinds at most
 * @hook_mode: enum dray_hook_mode
 * @table_limit: bytes that tables may take
 * @table_key: of the tables; not read by packets
 *
 * Written under dray_net.lock with WRITE_ONCE(), read by packets with
 * READ_ONCE(); each member stands for itself.
 */
struct dray_settings {
	u32 timeout_tcp;
	u32 timeout_tcpfin;
	u32 timeout_udp;
	u32 flow_limit;
	u32 persist_limit;
	u32 unassured_limit;
	u8 hook_mode;
	u64 table_limit;
	u8 table_key[DRAY_TABLE_KEY_LEN];
};

/**
 * struct dray_net - one network namespace
 * @net: the namespace; outlives this
 * @services: services by protocol, address and port; RCU, written under @lock
 * @addrs: addresses of @services; RCU, written under @lock
 * @marks: services by firewall mark; RCU, written under @lock
 * @vips: roles by address; RCU, written under @lock
 * @n_marks: number of @marks, zero keeps packets from looking
 * @n_any_port: number of @services for all ports, likewise
 * @n_vips: number of @vips, zero keeps packets from looking
 * @settings: see there
 * @flows: flow and persist entries
 * @sync: what is to be told to other directors
 * @told_work: lets what other directors have counted fade
 * @servers: servers by id; RCU, written under @lock
 * @near: some of @servers, by the low bits of their id: those that packets
 *	find without a walk; RCU, written under @lock
 * @service_ids: services by id; RCU, written under @lock
 * @reasons: why packets were passed or dropped
 * @lock: serialises every change of the configuration.  It guards all of the
 *	above that is said to be written under it, and what follows
 * @generation: counts changes; written under @lock, read with READ_ONCE()
 * @settings_generation: counts changes of @settings
 * @n_services: number of services of each family, [0] IPv4 and [1] IPv6
 * @hooks_on: whether the hooks of a family are registered
 * @hook_ops: the hooks of each family, while they are registered
 * @n_vips_of: number of @vips of each family
 * @announce_ops: the hook that watches what each family's VIPs announce; its
 *	hook is NULL while it is not registered
 * @accept_ops: the hook that watches what the local stack gets of each family's
 *	VIPs; likewise
 * @lsm_hook: the security module's hook at POST_ROUTING, by family; constant
 *	while hooks are registered
 * @next_server: where the search for a free server id begins
 * @next_service: where the search for a free service id begins
 * @txns: open transactions
 * @pools: servers and tables of services; under the lock of pool.c
 * @table_bytes: what those in use take, likewise
 * @n_tables: how many of them are in use, likewise
 * @n_pools: how many they are, likewise
 * @pool_make: held while a table is being made; taken outside @lock
 * @tables_made: how many were made; under @pool_make, read with READ_ONCE()
 * @pool_time: until when the making of tables is paid for, in nanoseconds;
 *	under @pool_make
 * @probes: probes, NULL while there are none; written under @lock
 * @reach_work: judges again whether servers can be reached
 * @reach_soon: bit 0: @reach_work was told to hurry; atomic
 */
struct dray_net {
	struct net *net;
	DECLARE_HASHTABLE(services, DRAY_SERVICE_BITS);
	DECLARE_HASHTABLE(addrs, DRAY_ADDR_BITS);
	DECLARE_HASHTABLE(marks, DRAY_VIP_BITS);
	DECLARE_HASHTABLE(vips, DRAY_VIP_BITS);
	u32 n_marks;
	u32 n_any_port;
	u32 n_vips;
	struct dray_settings settings;
	struct dray_flows flows;
	struct dray_sync sync;
	struct delayed_work told_work;
	struct xarray servers;
	struct dray_server __rcu *near[DRAY_NEAR];
	struct xarray service_ids;
	struct dray_reasons __percpu *reasons;

	struct mutex lock;	/* guards the configuration; see above */
	u32 generation;
	u32 settings_generation;
	u32 n_services[2];
	bool hooks_on[2];
	struct nf_hook_ops hook_ops[2][DRAY_N_HOOKS];
	u32 n_vips_of[2];
	struct nf_hook_ops announce_ops[2];
	struct nf_hook_ops accept_ops[2];
	nf_hookfn *lsm_hook[2];
	u32 next_server;
	u32 next_service;
	struct list_head txns;
	struct list_head pools;
	u64 table_bytes;
	u32 n_tables;
	u32 n_pools;
	struct mutex pool_make;	/* serialises the making of tables */
	u32 tables_made;
	u64 pool_time;
	struct dray_probes *probes;
	struct delayed_work reach_work;
	unsigned long reach_soon;
};

extern unsigned int dray_net_id;

/**
 * dray_net() - dray's data of a namespace
 * @net: the namespace
 *
 * Context: any.
 * Return: the data; valid as long as @net is.
 */
struct dray_net *dray_net(const struct net *net);

static inline unsigned int dray_family_index(u8 family)
{
	return family == AF_INET6;
}

#endif
