// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers: making, finding and freeing them.
 *
 * What changes them is in txn_server.c, how they are reached in route.c.
 */
#include <linux/netdevice.h>

#include "net.h"
#include "route.h"
#include "server.h"

/* Of two servers with the same low bits the later one has the place. */
void dray_server_publish(struct dray_net *dn, struct dray_server *server)
{
	/* Overwrites a reserved place, for which no memory is needed. */
	xa_store(&dn->servers, server->id, server, GFP_ATOMIC);
	rcu_assign_pointer(dn->near[server->id % DRAY_NEAR], server);
}

struct dray_service_slot *
dray_server_slot(struct dray_service_conf *conf,
		 const struct dray_server_key *key)
{
	u32 i;

	for (i = 0; i < conf->n; i++)
		if (!memcmp(&conf->slots[i].server->key, key, sizeof(*key)))
			return &conf->slots[i];
	return NULL;
}

struct dray_server *dray_server_create(struct dray_service *service,
				       const struct dray_server_key *key)
{
	struct dray_net *dn = service->dn;
	struct dray_server *server;

	server = kzalloc(sizeof(*server), GFP_KERNEL_ACCOUNT);
	if (!server)
		return NULL;
	server->stats = __netdev_alloc_pcpu_stats(struct dray_stats,
						  GFP_KERNEL_ACCOUNT);
	if (!server->stats)
		goto free_server;
	/* Reserves the place in the array, so that publishing cannot fail. */
	if (xa_alloc_cyclic(&dn->servers, &server->id, NULL, xa_limit_32b,
			    &dn->next_server, GFP_KERNEL_ACCOUNT) < 0)
		goto free_stats;
	server->key = *key;
	server->service = service;
	spin_lock_init(&server->route_lock);
	INIT_LIST_HEAD(&server->owned);
	return server;

free_stats:
	free_percpu(server->stats);
free_server:
	kfree(server);
	return NULL;
}

static void server_free_rcu(struct rcu_head *rcu)
{
	struct dray_server *server = container_of(rcu, struct dray_server,
						  rcu);

	dray_route_free(server);
	free_percpu(server->stats);
	kfree(server);
}

void dray_server_destroy(struct dray_net *dn, struct dray_server *server)
{
	struct dray_server __rcu **near = &dn->near[server->id % DRAY_NEAR];

	if (rcu_access_pointer(*near) == server)
		RCU_INIT_POINTER(*near, NULL);
	xa_erase(&dn->servers, server->id);
	call_rcu(&server->rcu, server_free_rcu);
}

void dray_server_set_params(struct dray_server *server,
			    const struct dray_server_params *params)
{
	bool served = dray_server_up(server);
	u8 old = server->state;
	u8 state = params->state;

	if (state == DRAY_SERVER_STATE_UP && !params->weight)
		state = DRAY_SERVER_STATE_DRAIN;
	if (state == DRAY_SERVER_STATE_DOWN && old != state)
		WRITE_ONCE(server->down_since, jiffies);
	if (state == DRAY_SERVER_STATE_UP &&
	    (old != state || !server->published))
		WRITE_ONCE(server->up_since, jiffies);
	WRITE_ONCE(server->state, state);
	dray_server_judge_leave(server, served);
	WRITE_ONCE(server->u_threshold, params->u_threshold);
	WRITE_ONCE(server->l_threshold, params->l_threshold);
	dray_server_judge_load(server);
}

/* From what has left already to another way of being out is no leaving: flows
 * that began in between are elsewhere.
 */
void dray_server_judge_leave(struct dray_server *server, bool served)
{
	if (dray_server_up(server))
		WRITE_ONCE(server->left_since, 0);
	else if (served && server->published)
		WRITE_ONCE(server->left_since, jiffies ?: 1);
}

/* As IPVS: overloaded from the upper threshold on, until it falls below the
 * lower one, or below three quarters of the upper one if there is none.
 */
void dray_server_judge_load(struct dray_server *server)
{
	u32 upper = READ_ONCE(server->u_threshold);
	u32 lower = READ_ONCE(server->l_threshold);
	bool overloaded = READ_ONCE(server->overloaded);
	u64 flows;

	if (!upper) {
		if (overloaded)
			WRITE_ONCE(server->overloaded, false);
		return;
	}
	flows = (u64)atomic_read(&server->active) +
		atomic_read(&server->inactive);
	flows = max_t(u64, flows, dray_server_told(server, DRAY_TOLD_ACTIVE) +
				  dray_server_told(server, DRAY_TOLD_INACTIVE));
	if (flows >= upper)
		overloaded = true;
	else if (lower ? flows < lower : flows * 4 < (u64)upper * 3)
		overloaded = false;
	/* It stands in a line that every packet reads. */
	if (overloaded != READ_ONCE(server->overloaded))
		WRITE_ONCE(server->overloaded, overloaded);
}
