// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of flow and persist entries: lookup, insert, change.
 *
 * What they are found by is in flow_hash.h, a walk over all of them in
 * flow_walk.c, how they age and are freed in flow_sweep.c.
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/once.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/ipv6.h>

#include "flow_hash.h"
#include "flow_impl.h"
#include "net.h"
#include "persist.h"
#include "server.h"
#include "trace.h"

static struct kmem_cache *flow_cache[2];

struct dray_flow *dray_flow_lookup(struct dray_net *dn,
				   const struct dray_flow_tuple *tuple)
{
	if (tuple->family == AF_INET)
		return rhashtable_lookup(&dn->flows.table[0], tuple,
					 flow_params4);
	return rhashtable_lookup(&dn->flows.table[1], tuple, flow_params6);
}

static struct dray_flow *flow_link(struct dray_net *dn,
				   const struct dray_flow_tuple *tuple,
				   struct dray_flow *flow)
{
	if (tuple->family == AF_INET)
		return rhashtable_lookup_get_insert_key(&dn->flows.table[0],
							tuple, &flow->node,
							flow_params4);
	return rhashtable_lookup_get_insert_key(&dn->flows.table[1], tuple,
						&flow->node, flow_params6);
}

void dray_flow_unlink(struct dray_net *dn, struct dray_flow *flow)
{
	if (flow->w.flags & FLOW_V6)
		rhashtable_remove_fast(&dn->flows.table[1], &flow->node,
				       flow_params6);
	else
		rhashtable_remove_fast(&dn->flows.table[0], &flow->node,
				       flow_params4);
}

void dray_flow_free(struct dray_flow *flow)
{
	kmem_cache_free(flow_cache[!!(flow->w.flags & FLOW_V6)], flow);
}

/* What a service knows of its flows, also of those whose server is gone. */
static void flow_account_live(struct dray_net *dn,
			      const struct dray_flow *flow,
			      const struct dray_server *server, u8 state,
			      int add)
{
	struct dray_service *service;

	if (!dray_flow_open(state))
		return;
	service = server ? server->service :
			   xa_load(&dn->service_ids, dray_flow_service(flow));
	if (service)
		atomic_add(add, &service->live);
}

/* What a server, and a persistent client, know of their flows. */
void dray_flow_account(struct dray_net *dn, const struct dray_flow *flow,
		       u32 server_id, u8 state, int add)
{
	struct dray_server *server = dray_server_by_id(dn, server_id);

	if (dray_flow_is_persist(flow)) {
		if (server)
			atomic_add(add, &server->persistent);
		return;
	}
	flow_account_live(dn, flow, server, state, add);
	if (!server)
		return;
	atomic_add(add, dray_flow_active(state) ? &server->active :
						  &server->inactive);
	dray_server_judge_load(server);
}

static atomic_t *flow_counter(struct dray_flows *flows, u16 flags)
{
	return flags & FLOW_PERSIST ? &flows->persists : &flows->count;
}

static u32 flow_limit(const struct dray_net *dn, u16 flags)
{
	return flags & FLOW_PERSIST ? READ_ONCE(dn->settings.persist_limit) :
				      READ_ONCE(dn->settings.flow_limit);
}

static void flow_pressed(struct dray_flows *flows)
{
	WRITE_ONCE(flows->pressed, jiffies);
	if (!READ_ONCE(flows->was_pressed))
		WRITE_ONCE(flows->was_pressed, true);
}

bool dray_flow_pressed(struct dray_net *dn)
{
	return READ_ONCE(dn->flows.was_pressed) &&
	       time_before(jiffies, READ_ONCE(dn->flows.pressed) + 60 * HZ);
}

/* Are so many flow or persist entries within their limit? */
static bool flow_fits(const struct dray_net *dn, u16 flags, u32 count,
		      u8 *reason)
{
	if (count <= flow_limit(dn, flags))
		return true;
	*reason = flags & FLOW_PERSIST ? DRAY_REASON_PERSIST_LIMIT :
					 DRAY_REASON_FLOW_LIMIT;
	return false;
}

static bool unassured_fits(const struct dray_net *dn, u32 count, u8 *reason)
{
	if (count <= READ_ONCE(dn->settings.unassured_limit))
		return true;
	*reason = DRAY_REASON_UNASSURED_LIMIT;
	return false;
}

bool dray_flow_room(struct dray_net *dn, u16 flags, bool may_evict, u8 *reason)
{
	struct dray_flows *flows = &dn->flows;

	*reason = DRAY_REASON_COUNT;
	if (!flow_fits(dn, flags, atomic_read(flow_counter(flows, flags)) + 1,
		       reason))
		return false;
	if (flags & FLOW_ASSURED ||
	    unassured_fits(dn, atomic_read(&flows->unassured) + 1, reason))
		return true;
	if (!may_evict || !dray_flow_may_evict(dn))
		return false;
	*reason = DRAY_REASON_EVICTED;
	return true;
}

/* Is there room for one more entry?  Counting first and looking afterwards
 * keeps the limit exact with many CPUs.
 */
static bool flow_charge(struct dray_net *dn, u16 flags, bool may_evict,
			u8 *reason)
{
	struct dray_flows *flows = &dn->flows;

	if (!flow_fits(dn, flags,
		       atomic_inc_return(flow_counter(flows, flags)), reason))
		goto uncharge;
	if (flags & FLOW_ASSURED ||
	    unassured_fits(dn, atomic_inc_return(&flows->unassured), reason))
		return true;
	flow_pressed(flows);
	if (may_evict && dray_flow_evict(dn))
		return true;
	atomic_dec(&flows->unassured);

uncharge:
	flow_pressed(flows);
	atomic_dec(flow_counter(flows, flags));
	return false;
}

static void flow_uncharge(struct dray_net *dn, u16 flags)
{
	atomic_dec(flow_counter(&dn->flows, flags));
	if (!(flags & FLOW_ASSURED))
		atomic_dec(&dn->flows.unassured);
}

/* This second, as an entry remembers it. */
static u16 flow_second(void)
{
	return FIELD_PREP(FLOW_SECOND, dray_now() / HZ % 32);
}

static struct dray_flow *flow_alloc(const struct dray_flow_tuple *tuple,
				    u32 server, u8 state, u16 flags)
{
	bool v6 = tuple->family == AF_INET6;
	struct dray_flow *flow;

	flow = kmem_cache_alloc(flow_cache[v6], GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return NULL;
	flow->last = dray_now();
	flow->first = flags & FLOW_PERSIST ? 0 : flow->last;
	flow->w.server = server;
	flow->w.protocol = tuple->protocol;
	flow->w.state = state;
	flow->w.flags = flags | FIELD_PREP(FLOW_PACKETS, 1);
	if (v6)
		flow->w.flags |= FLOW_V6;
	if (!(flags & FLOW_ASSURED))
		flow->w.flags |= FLOW_QUEUED;
	if (flags & FLOW_PAYLOAD)
		flow->w.flags |= flow_second();
	if (v6)
		flow->key6 = tuple->key6;
	else
		flow->key4 = tuple->key4;
	return flow;
}

struct dray_flow *dray_flow_insert(struct dray_net *dn,
				   const struct dray_flow_tuple *tuple,
				   struct dray_server *server, u8 state,
				   u16 flags, bool may_evict, u8 *reason)
{
	struct dray_flow *flow, *old;

	if (!flow_charge(dn, flags, may_evict, reason))
		return NULL;
	flow = flow_alloc(tuple, server->id, state, flags);
	if (!flow)
		goto no_memory;
	/* From here on it counts, and dray_flow_kill() undoes all of it. */
	dray_flow_account(dn, flow, server->id, state, 1);
	if (!(flags & FLOW_PERSIST) && dray_flow_open(state))
		dray_persist_flow_opened(dn, flow);
	old = flow_link(dn, tuple, flow);
	if (old) {
		/* Neither table nor queue have it. */
		dray_flow_set_flags(flow, 0, FLOW_QUEUED);
		dray_flow_kill(dn, flow);
		if (!IS_ERR(old))
			return old;
		flow_pressed(&dn->flows);
		*reason = PTR_ERR(old) == -ENOMEM ? DRAY_REASON_NO_MEMORY :
						    DRAY_REASON_FLOW_LIMIT;
		return NULL;
	}
	/* Linked first: the queue must not bury what a lookup may yet find. */
	if (!(flags & FLOW_ASSURED) && !dray_flow_enqueue(dn, flow)) {
		flow_pressed(&dn->flows);
		dray_flow_kill(dn, flow);
		*reason = DRAY_REASON_NO_MEMORY;
		return NULL;
	}
	dray_flow_sweep_later(dn);
	return flow;

no_memory:
	flow_uncharge(dn, flags);
	flow_pressed(&dn->flows);
	*reason = DRAY_REASON_NO_MEMORY;
	return NULL;
}

bool dray_flow_kill(struct dray_net *dn, struct dray_flow *flow)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		if (old.flags & FLOW_DEAD)
			return false;
		new = old;
		new.flags |= FLOW_DEAD;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);

	dray_flow_unlink(dn, flow);
	flow_uncharge(dn, old.flags);
	dray_flow_account(dn, flow, old.server, old.state, -1);
	if (old.flags & FLOW_COUNTED)
		dray_persist_flow_closed(dn, flow);
	if (!(old.flags & FLOW_QUEUED))
		dray_flow_bury(dn, flow);
	return true;
}

struct dray_server *dray_flow_move(struct dray_net *dn, struct dray_flow *flow,
				   u32 from, struct dray_server *server)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		if (old.flags & FLOW_DEAD)
			return server;
		if (old.server != from)
			return dray_server_by_id(dn, old.server) ?: server;
		new = old;
		new.server = server->id;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);
	dray_flow_account(dn, flow, old.server, old.state, -1);
	dray_flow_account(dn, flow, new.server, old.state, 1);
	return server;
}

union dray_flow_word dray_flow_set_flags(struct dray_flow *flow, u16 set,
					 u16 clear)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		new = old;
		new.flags = (new.flags | set) & ~clear;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);
	return old;
}

bool dray_flow_assure(struct dray_net *dn, struct dray_flow *flow)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		if (old.flags & (FLOW_ASSURED | FLOW_DEAD))
			return false;
		new = old;
		new.flags |= FLOW_ASSURED;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);
	atomic_dec(&dn->flows.unassured);
	return true;
}

void dray_flow_set_state(struct dray_net *dn, struct dray_flow *flow, u8 state)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		if (old.flags & FLOW_DEAD || old.state == state)
			return;
		new = old;
		new.state = state;
		if (!dray_flow_open(state))
			new.flags &= ~FLOW_COUNTED;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);

	if (dray_flow_active(old.state) != dray_flow_active(state)) {
		dray_flow_account(dn, flow, old.server, old.state, -1);
		dray_flow_account(dn, flow, old.server, state, 1);
	}
	if (old.flags & ~new.flags & FLOW_COUNTED)
		dray_persist_flow_closed(dn, flow);
	else if (!dray_flow_open(old.state) && dray_flow_open(state))
		dray_persist_flow_opened(dn, flow);
}

bool dray_flow_count_packet(struct dray_flow *flow, bool payload, u8 *packets)
{
	union dray_flow_word old, new;

	do {
		old.word = READ_ONCE(flow->w.word);
		new = old;
		*packets = min_t(u8, FIELD_GET(FLOW_PACKETS, old.flags) + 1, 3);
		new.flags &= ~FLOW_PACKETS;
		new.flags |= FIELD_PREP(FLOW_PACKETS, *packets);
		if (payload && !(old.flags & FLOW_PAYLOAD))
			new.flags |= FLOW_PAYLOAD | flow_second();
		if (new.word == old.word)
			break;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);
	return payload && old.flags & FLOW_PAYLOAD &&
	       (old.flags & FLOW_SECOND) != flow_second();
}

static u64 flow_table_bytes(struct rhashtable *table)
{
	u64 bytes;

	rcu_read_lock();
	bytes = (u64)rht_dereference_rcu(table->tbl, table)->size *
		sizeof(void *);
	rcu_read_unlock();
	return bytes;
}

u64 dray_flows_bytes(struct dray_net *dn)
{
	struct dray_flows *flows = &dn->flows;
	u32 n4 = atomic_read(&flows->table[0].nelems);
	u32 n6 = atomic_read(&flows->table[1].nelems);
	u32 n_dead = max(atomic_read(&flows->n_dead), 0);

	return (u64)(n4 + n_dead) * kmem_cache_size(flow_cache[0]) +
	       (u64)n6 * kmem_cache_size(flow_cache[1]) +
	       flow_table_bytes(&flows->table[0]) +
	       flow_table_bytes(&flows->table[1]) +
	       (u64)READ_ONCE(flows->queue.n_pages) * PAGE_SIZE;
}

u32 dray_flows_default_limit(const struct net *net)
{
	u64 limit = (u64)totalram_pages() * PAGE_SIZE / 16 / 64;

	return clamp_t(u64, limit, DRAY_FLOW_LIMIT_MIN,
		       dray_flows_max_limit(net));
}

u32 dray_flows_max_limit(const struct net *net)
{
	return net->user_ns == &init_user_ns ? DRAY_FLOW_LIMIT_MAX :
					       DRAY_FLOW_LIMIT_USER;
}

int dray_flows_init(struct dray_net *dn)
{
	struct dray_flows *flows = &dn->flows;
	int err;

	init_llist_head(&flows->dead);
	spin_lock_init(&flows->queue.lock);
	INIT_LIST_HEAD(&flows->queue.pages);
	dray_flow_sweep_init(dn);
	err = rhashtable_init(&flows->table[0], &flow_params4);
	if (err)
		return err;
	err = rhashtable_init(&flows->table[1], &flow_params6);
	if (err)
		rhashtable_destroy(&flows->table[0]);
	return err;
}

static void flow_free_left(void *ptr, void *arg)
{
	struct dray_flow *flow = ptr;

	/* What the queue still has goes with the queue. */
	if (!(flow->w.flags & FLOW_QUEUED))
		dray_flow_free(flow);
}

void dray_flows_exit(struct dray_net *dn)
{
	struct dray_flows *flows = &dn->flows;

	dray_flow_sweep_exit(dn);
	rhashtable_free_and_destroy(&flows->table[0], flow_free_left, NULL);
	rhashtable_free_and_destroy(&flows->table[1], flow_free_left, NULL);
	dray_flow_queue_destroy(dn);
}

int dray_flow_module_init(void)
{
	get_random_once(&flow_hash_key, sizeof(flow_hash_key));
	flow_cache[0] = kmem_cache_create("dray_flow4",
					  offsetofend(struct dray_flow, key4),
					  0, 0, NULL);
	if (!flow_cache[0])
		return -ENOMEM;
	flow_cache[1] = kmem_cache_create("dray_flow6",
					  offsetofend(struct dray_flow, key6),
					  0, 0, NULL);
	if (!flow_cache[1]) {
		kmem_cache_destroy(flow_cache[0]);
		return -ENOMEM;
	}
	BUILD_BUG_ON(offsetofend(struct dray_flow, key4) > 48);
	BUILD_BUG_ON(offsetofend(struct dray_flow, key6) > 72);
	return 0;
}

void dray_flow_module_exit(void)
{
	kmem_cache_destroy(flow_cache[1]);
	kmem_cache_destroy(flow_cache[0]);
}
