/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services: what is balanced, and how.
 *
 * A struct dray_service is the identity of a service and what lasts as long
 * as it does.  What is configured, its servers included, is in a struct
 * dray_service_conf that is never changed once it is published: a change
 * makes a new one and swaps the pointer, so that a packet sees all of a
 * change or nothing of it.
 */
#ifndef _DRAY_SERVICE_H
#define _DRAY_SERVICE_H

#include <linux/netfilter.h>
#include <linux/spinlock.h>

#include <uapi/linux/dray.h>

#include "stats.h"

struct dray_choice;
struct dray_net;
struct dray_scheduler;
struct dray_server;
struct dray_service_addr;

#define DRAY_SERVICES_MAX	65536
#define DRAY_SERVERS_MAX	4096	/* of one service */
#define DRAY_DOWN_HOLD		10000	/* default, milliseconds */
#define DRAY_LOAD_LIMIT		125	/* default, percent */

/**
 * struct dray_service_key - identity of a service
 * @addr: VIP; zero for a firewall mark
 * @fwmark: firewall mark, else 0
 * @port: port, 0 for all
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_TCP, _UDP or _SCTP; 0 for a firewall mark
 *
 * Compared as memory: bytes not used are zero.
 */
struct dray_service_key {
	union nf_inet_addr addr;
	u32 fwmark;
	__be16 port;
	u8 family;
	u8 protocol;
};

/**
 * struct dray_service_params - what is configured of a service
 * @sched: scheduler
 * @flags: DRAY_SERVICE_FLAGS_*
 * @persist_timeout: seconds, 0 is no persistence
 * @down_hold: milliseconds
 * @sched_flags: flags 1 to 3 of the scheduler
 * @rows: rows of the table, a power of two
 * @load_limit: most of its share of flows that a server may have, in percent;
 *	0 is no limit
 * @slow_start: seconds in which a server that is new or back comes to get its
 *	share
 * @persist_prefix: length of the prefix that persistence looks at
 */
struct dray_service_params {
	const struct dray_scheduler *sched;
	u32 flags;
	u32 persist_timeout;
	u32 down_hold;
	u32 sched_flags;
	u32 rows;
	u32 load_limit;
	u32 slow_start;
	u8 persist_prefix;
};

/**
 * struct dray_server_params - what is configured of a server
 * @weight: 0 drains
 * @u_threshold: flows from which on it is overloaded, 0 is no limit
 * @l_threshold: flows below which it no longer is
 * @state: enum dray_server_state
 */
struct dray_server_params {
	u32 weight;
	u32 u_threshold;
	u32 l_threshold;
	u8 state;
};

/**
 * struct dray_service_slot - one server of a service
 * @server: the server
 * @params: what is configured of it
 */
struct dray_service_slot {
	struct dray_server *server;
	struct dray_server_params params;
};

/**
 * struct dray_service_conf - configuration of a service, servers included
 * @params: of the service
 * @gcd: greatest common divisor of the weights, at least 1
 * @choice: way into the table; NULL without one
 * @generation: of the namespace when it was published
 * @n: number of servers
 * @cap: slots allocated; of interest while it is being made only
 * @rcu: frees it once no packet reads it
 * @slots: the servers, in the order in which they were added
 */
struct dray_service_conf {
	struct dray_service_params params;
	u32 gcd;
	u32 generation;
	struct dray_choice *choice;
	u32 n;
	u32 cap;
	struct rcu_head rcu;
	struct dray_service_slot slots[] __counted_by(cap);
};

/**
 * struct dray_service - a service
 * @node: in dray_net.services or dray_net.marks
 * @key: identity, constant
 * @id: number, constant; 0 is never used
 * @conf: configuration; RCU, written under dray_net.lock
 * @stats: counters
 * @cursor: where rr goes on
 * @live: flows of all its servers that are open: UDP too
 * @told: what another director has counted of those beyond what is here
 * @weight: sum of the weights of the servers that serve; written under
 *	dray_net.lock
 * @wrr_lock: guards @wrr_pos and @wrr_weight
 * @wrr_pos: slot that wrr looks at next
 * @wrr_weight: weight that wrr is at
 * @zero: zero point of @stats; under dray_net.lock
 * @addr: entry of its address, shared with the other services of it once it is
 *	linked; under dray_net.lock
 * @dn: namespace, constant
 * @rcu: frees it once no packet reads it
 */
struct dray_service {
	struct hlist_node node;
	struct dray_service_key key;
	u32 id;
	struct dray_service_conf __rcu *conf;
	struct dray_stats __percpu *stats;

	atomic_t cursor ____cacheline_aligned_in_smp;
	atomic_t live;
	u32 told;
	u64 weight;
	spinlock_t wrr_lock;	/* guards wrr_pos and wrr_weight */
	u32 wrr_pos;
	u32 wrr_weight;

	struct dray_stats_sum zero;
	struct dray_service_addr *addr;
	struct dray_net *dn;
	struct rcu_head rcu;
};

/**
 * dray_service_lookup() - the service that a packet belongs to
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 * @protocol: of the transport header
 * @daddr: destination address
 * @dport: destination port
 * @mark: of the packet
 *
 * Firewall mark first, then the exact port, then port 0.
 *
 * Context: RCU read side.
 * Return: the service or NULL.
 */
struct dray_service *dray_service_lookup(struct dray_net *dn, u8 family,
					 u8 protocol,
					 const union nf_inet_addr *daddr,
					 __be16 dport, u32 mark);

/**
 * dray_service_maybe() - whether an address is a VIP
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 * @daddr: address
 *
 * The cheap question in front of everything else.
 *
 * Context: RCU read side.
 * Return: false if no service without a firewall mark has this address.
 */
bool dray_service_maybe(struct dray_net *dn, u8 family,
			const union nf_inet_addr *daddr);

/**
 * dray_service_by_mark() - a service by its firewall mark
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 * @mark: firewall mark
 *
 * Context: dray_net.lock held or RCU read side.
 * Return: the service or NULL.
 */
struct dray_service *dray_service_by_mark(const struct dray_net *dn, u8 family,
					  u32 mark);

/**
 * dray_service_find() - a service by its key
 * @dn: namespace
 * @key: identity
 *
 * Context: dray_net.lock held or RCU read side.
 * Return: the service or NULL.
 */
struct dray_service *dray_service_find(struct dray_net *dn,
				       const struct dray_service_key *key);

/**
 * dray_service_create() - make a service
 * @dn: namespace
 * @key: identity
 *
 * Its id is taken, but nobody finds it before dray_service_link().
 *
 * Context: process, dray_net.lock held.
 * Return: the service or NULL.
 */
struct dray_service *dray_service_create(struct dray_net *dn,
					 const struct dray_service_key *key);

/**
 * dray_service_destroy() - free a service
 * @service: not linked, or unlinked; its servers are destroyed before
 *
 * Frees it, and the configuration that it has, after a grace period.
 *
 * Context: process, dray_net.lock held.
 */
void dray_service_destroy(struct dray_service *service);

/**
 * dray_service_link() - let packets find a service
 * @service: with a configuration
 *
 * Context: dray_net.lock held.
 */
void dray_service_link(struct dray_service *service);

/**
 * dray_service_unlink() - let packets no longer find a service
 * @service: linked
 *
 * Context: dray_net.lock held.
 */
void dray_service_unlink(struct dray_service *service);

/**
 * dray_service_conf_create() - make a configuration without servers
 * @params: of the service
 * @cap: how many servers it has room for
 *
 * Context: process.
 * Return: the configuration, to be freed by kvfree(), or NULL.
 */
struct dray_service_conf *
dray_service_conf_create(const struct dray_service_params *params, u32 cap);

/**
 * dray_service_weigh() - sum the weights of the servers that serve
 * @service: with a configuration
 *
 * To be called when one comes, goes or changes.
 *
 * Context: dray_net.lock held.
 */
void dray_service_weigh(struct dray_service *service);

#endif
