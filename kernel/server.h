/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers: where packets are sent.
 *
 * A server belongs to one service.  Flows name it by its id; ids are given
 * out in a circle of 2^32 and so never again within the life of a flow.  A
 * removed server is gone from dray_net.servers at once, and with it from
 * every flow, and is freed after a grace period.
 */
#ifndef _DRAY_SERVER_H
#define _DRAY_SERVER_H

#include <linux/netfilter.h>
#include <linux/spinlock.h>

#include "net.h"
#include "service.h"

struct dray_route;

/**
 * struct dray_server_key - identity of a server within its service
 * @addr: address
 * @port: port
 * @family: AF_INET or AF_INET6
 *
 * Compared as memory: bytes not used are zero.
 */
struct dray_server_key {
	union nf_inet_addr addr;
	__be16 port;
	u8 family;
	u8 zero;
};

enum dray_told_kind {
	DRAY_TOLD_ACTIVE,
	DRAY_TOLD_INACTIVE,
	DRAY_TOLD_KINDS
};

#define DRAY_TOLD_MAX	0xfffffff	/* in all, so that products of it fit */

/**
 * struct dray_told - flows of a server as another director has counted them
 * @count: how many
 * @at: dray_now() when that was told, or halved
 */
struct dray_told {
	u32 count;
	u32 at;
};

/**
 * struct dray_server - a server
 * @id: number, constant; 0 is never used
 * @state: enum dray_server_state as configured; weight 0 counts as drain
 * @reach: enum dray_reach
 * @overloaded: above its upper threshold
 * @published: packets can find it; under dray_net.lock
 * @neigh_failed: its neighbour was seen to fail since it was judged last
 * @route: how to get there; RCU, written under @route_lock
 * @stats: counters
 * @down_since: jiffies at which it went down or out of reach
 * @up_since: jiffies at which it came, came up or came within reach
 * @u_threshold: see struct dray_server_params
 * @l_threshold: see struct dray_server_params
 * @key: identity, constant
 * @left_since: jiffies at which it ceased to serve; 0 if it serves, or never has
 * @active: flows that are established or half open
 * @inactive: other flows
 * @persistent: persist entries
 * @told: what another director has counted, by enum dray_told_kind
 * @route_lock: guards @route
 * @zero: zero point of @stats; under dray_net.lock
 * @service: whose server it is, constant.  Gone before the server is, if a
 *	transaction that made the server was overtaken: for packets only
 * @owned: in the list of what an open transaction has made
 * @mark: scratch of a commit; under dray_net.lock
 * @rcu: frees it once no packet reads it
 */
struct dray_server {
	u32 id;
	u8 state;
	u8 reach;
	bool overloaded;
	bool published;
	bool neigh_failed;
	struct dray_route __rcu *route;
	struct dray_stats __percpu *stats;
	unsigned long down_since;
	unsigned long up_since;
	u32 u_threshold;
	u32 l_threshold;
	struct dray_server_key key;
	unsigned long left_since;

	atomic_t active ____cacheline_aligned_in_smp;
	atomic_t inactive;
	atomic_t persistent;
	struct dray_told told[DRAY_TOLD_KINDS];

	spinlock_t route_lock;	/* guards route */
	struct dray_stats_sum zero;
	struct dray_service *service;
	struct list_head owned;
	u32 mark;
	struct rcu_head rcu;
};

static inline bool dray_server_reachable(const struct dray_server *server)
{
	return READ_ONCE(server->reach) <= DRAY_REACH_LOCAL;
}

/**
 * dray_server_up() - whether packets can go to a server, as it stands
 * @server: server
 *
 * Context: any.
 */
static inline bool dray_server_up(const struct dray_server *server)
{
	return READ_ONCE(server->state) == DRAY_SERVER_STATE_UP &&
	       dray_server_reachable(server);
}

/**
 * dray_server_told() - flows of a server as another director has counted them
 * @server: server
 * @kind: which
 *
 * Context: any.
 */
static inline u32 dray_server_told(const struct dray_server *server,
				   enum dray_told_kind kind)
{
	return READ_ONCE(server->told[kind].count);
}

/**
 * dray_server_unfit() - why a slot's server gets no packets of new flows
 * @slot: slot of a published configuration
 *
 * Its load is not asked: that changes from one packet of a flow to the next.
 *
 * Context: RCU read side.
 * Return: DRAY_EXPLAIN_WHY_TAKEN, which is 0, if it may get them.
 */
static inline enum dray_explain_why
dray_server_unfit(const struct dray_service_slot *slot)
{
	if (!slot->params.weight)
		return DRAY_EXPLAIN_WHY_WEIGHT_ZERO;
	if (slot->params.state != DRAY_SERVER_STATE_UP)
		return slot->params.state == DRAY_SERVER_STATE_DRAIN ?
		       DRAY_EXPLAIN_WHY_DRAIN : DRAY_EXPLAIN_WHY_DOWN;
	if (!dray_server_reachable(slot->server))
		return DRAY_EXPLAIN_WHY_UNREACHABLE;
	return DRAY_EXPLAIN_WHY_TAKEN;
}

/**
 * dray_server_unusable() - why a slot's server gets no new flow
 * @slot: slot of a published configuration
 *
 * Context: RCU read side.
 * Return: DRAY_EXPLAIN_WHY_TAKEN, which is 0, if it may get one.
 */
static inline enum dray_explain_why
dray_server_unusable(const struct dray_service_slot *slot)
{
	enum dray_explain_why why = dray_server_unfit(slot);

	if (!why && READ_ONCE(slot->server->overloaded))
		return DRAY_EXPLAIN_WHY_OVERLOADED;
	return why;
}

/**
 * dray_server_serves() - whether a slot's server may get packets of new flows
 * @slot: slot of a published configuration
 *
 * Context: RCU read side.
 */
static inline bool dray_server_serves(const struct dray_service_slot *slot)
{
	return !dray_server_unfit(slot);
}

/**
 * dray_server_usable() - whether a slot's server may get a new flow
 * @slot: slot of a published configuration
 *
 * Context: RCU read side.
 */
static inline bool dray_server_usable(const struct dray_service_slot *slot)
{
	return !dray_server_unusable(slot);
}

/**
 * dray_server_by_id() - the server that a flow names
 * @dn: namespace
 * @id: number
 *
 * Context: RCU read side.
 * Return: the server, or NULL if it was removed.
 */
static inline struct dray_server *dray_server_by_id(struct dray_net *dn,
						    u32 id)
{
	struct dray_server *server = rcu_dereference(dn->near[id % DRAY_NEAR]);

	if (likely(server && server->id == id))
		return server;
	return xa_load(&dn->servers, id);
}

/**
 * dray_server_publish() - let flows find a server
 * @dn: namespace
 * @server: server
 *
 * Cannot fail.
 *
 * Context: dray_net.lock held.
 */
void dray_server_publish(struct dray_net *dn, struct dray_server *server);

/**
 * dray_server_slot() - a server's slot in a configuration
 * @conf: configuration
 * @key: identity
 *
 * Context: dray_net.lock held or RCU read side.
 * Return: the slot or NULL.
 */
struct dray_service_slot *
dray_server_slot(struct dray_service_conf *conf,
		 const struct dray_server_key *key);

/**
 * dray_server_create() - make a server
 * @service: its service
 * @key: identity
 *
 * Its id is taken, but nobody finds it before it is published.
 *
 * Context: process, dray_net.lock held.
 * Return: the server or NULL.
 */
struct dray_server *dray_server_create(struct dray_service *service,
				       const struct dray_server_key *key);

/**
 * dray_server_destroy() - free a server
 * @dn: namespace
 * @server: in no configuration any more
 *
 * From now on no flow finds it; it is freed after a grace period.
 *
 * Context: process, dray_net.lock held.
 */
void dray_server_destroy(struct dray_net *dn, struct dray_server *server);

/**
 * dray_server_set_params() - let packets see what is configured of a server
 * @server: server
 * @params: configuration
 *
 * Context: dray_net.lock held.
 */
void dray_server_set_params(struct dray_server *server,
			    const struct dray_server_params *params);

/**
 * dray_server_judge_leave() - note that a server has ceased to serve
 * @server: server
 * @served: whether it was up and within reach before its state or reach changed
 *
 * Context: dray_net.lock held.
 */
void dray_server_judge_leave(struct dray_server *server, bool served);

/**
 * dray_server_judge_load() - judge whether a server is overloaded
 * @server: server
 *
 * To be called when the number of its flows or a threshold has changed.
 *
 * Context: any.
 */
void dray_server_judge_load(struct dray_server *server);

#endif
