// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sync: what a change of tables, or of servers' states, makes diverge.
 *
 * An entry that is where the old table says is unknown to the other directors.
 * Where the new table says something else, or its server drains or goes down, it
 * has to be told before that is in force, or a director that takes over in
 * between loses the flow.
 */
#include <linux/sched/signal.h>

#include "flow.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"
#include "schedule.h"
#include "steer.h"
#include "sync.h"
#include "txn_impl.h"

#define CHANGE_STRIDE	1024	/* entries without leaving the RCU read side */
#define CHANGE_WAIT	(HZ / 5)

/* The states in force are the servers', those to come the slots'. */
static bool states_change(const struct dray_service_conf *conf)
{
	const struct dray_service_slot *slot;
	bool was, is;

	for (slot = conf->slots; slot < conf->slots + conf->n; slot++) {
		was = READ_ONCE(slot->server->state) == DRAY_SERVER_STATE_UP;
		/* as dray_server_set_params() has it */
		is = slot->params.state == DRAY_SERVER_STATE_UP &&
		     slot->params.weight;
		if (was != is)
			return true;
	}
	return false;
}

static bool service_affected(const struct dray_txn_service *ts)
{
	const struct dray_choice *was, *is = ts->choice;

	if (!ts->published || ts->created || !ts->conf)
		return false;
	was = dray_conf_locked(ts->published)->choice;
	if ((was ? was->pool : NULL) != (is ? is->pool : NULL))
		return true;
	if (is && states_change(ts->conf))
		return true;
	return is && (!is->pool ||
		      !dray_steer_alike(&dray_conf_locked(ts->published)->params,
					&ts->conf->params));
}

bool dray_sync_affected(struct dray_txn *txn)
{
	struct dray_txn_service *ts;
	bool affected = false;

	if (!dray_nl_sync_listening(txn->dn))
		return false;
	list_for_each_entry(ts, &txn->services, node) {
		ts->affected = service_affected(ts);
		affected |= ts->affected;
	}
	return affected;
}

/* One entry: its flag becomes what it will be.  Returns whether it was told. */
static bool change_entry(struct dray_net *dn, struct dray_flow *flow,
			 const void *arg)
{
	struct dray_txn *txn = (struct dray_txn *)arg;
	const struct dray_service *service;
	struct dray_txn_service *ts;

	service = xa_load(&dn->service_ids, dray_flow_service(flow));
	ts = service ? dray_txn_staged(txn, &service->key) : NULL;
	/* Where somebody else has changed the service, servers of our
	 * configuration may be gone; txn_overtaken() finds out afterwards.
	 */
	if (!ts || !ts->affected || ts->published_id != service->id ||
	    rcu_dereference(service->conf)->generation != ts->generation)
		return false;
	if (!dray_sync_judge(ts->conf, flow) && ts->conf->choice)
		return false;
	dray_sync_tell(dn, ts->conf, flow);
	return true;
}

/* One entry, by what is published. */
static bool settle_entry(struct dray_net *dn, struct dray_flow *flow,
			 const void *arg)
{
	const struct dray_service_conf *conf;
	const struct dray_service *service;
	const u32 *from = arg;

	service = xa_load(&dn->service_ids, dray_flow_service(flow));
	if (!service)
		return false;
	conf = rcu_dereference(service->conf);
	if ((s32)(conf->generation - *from) < 0 || !dray_sync_judge(conf, flow))
		return false;
	dray_sync_tell(dn, conf, flow);
	return true;
}

/* Returns whether anything was told. */
static bool change_scan(struct dray_net *dn,
			bool (*entry)(struct dray_net *dn,
				      struct dray_flow *flow, const void *arg),
			const void *arg)
{
	struct dray_flow_walk walk;
	struct dray_flow *flow;
	unsigned int steps = 0;
	bool told = false;

	dray_flow_walk_init(&walk, dn);
	dray_flow_walk_start(&walk);
	while ((flow = dray_flow_walk_next(&walk))) {
		told |= entry(dn, flow, arg);
		if (++steps % CHANGE_STRIDE)
			continue;
		dray_flow_walk_stop(&walk);
		cond_resched();
		dray_flow_walk_start(&walk);
	}
	dray_flow_walk_stop(&walk);
	dray_flow_walk_exit(&walk);
	return told;
}

static void change_wait(struct dray_net *dn)
{
	struct dray_sync *sync = &dn->sync;
	u32 wait = atomic_inc_return(&sync->waits);

	mod_delayed_work(system_highpri_wq, &sync->work, 0);
	flush_delayed_work(&sync->work);
	dray_nl_sync_wait(dn, wait);
	wait_event_killable_timeout(sync->over,
				    (s32)(READ_ONCE(sync->done) - wait) >= 0,
				    CHANGE_WAIT);
}

void dray_sync_change(struct dray_txn *txn)
{
	struct dray_txn_service *ts;

	list_for_each_entry(ts, &txn->services, node)
		if (ts->conf)
			ts->conf->choice = ts->choice;
	if (change_scan(txn->dn, change_entry, txn))
		change_wait(txn->dn);
}

void dray_sync_settle(struct dray_txn *txn)
{
	struct dray_sync *sync = &txn->dn->sync;
	const struct dray_txn_service *ts;

	spin_lock_bh(&sync->lock);
	list_for_each_entry(ts, &txn->services, node) {
		if (!ts->affected)
			continue;
		if (!sync->settles || (s32)(ts->generation - sync->from) < 0)
			sync->from = ts->generation;
		sync->settles = true;
	}
	if (sync->settles)
		queue_work(system_unbound_wq, &sync->settle);
	spin_unlock_bh(&sync->lock);
}

static void settle_work(struct work_struct *work)
{
	struct dray_sync *sync = container_of(work, struct dray_sync, settle);
	struct dray_net *dn = container_of(sync, struct dray_net, sync);
	u32 from;

	spin_lock_bh(&sync->lock);
	from = sync->from;
	sync->settles = false;
	spin_unlock_bh(&sync->lock);
	/* Whoever goes by what was published before is done with it then. */
	synchronize_rcu();
	change_scan(dn, settle_entry, &from);
}

void dray_sync_settle_init(struct dray_net *dn)
{
	INIT_WORK(&dn->sync.settle, settle_work);
}
