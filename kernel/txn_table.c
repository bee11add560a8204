// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: the tables of what is staged.
 *
 * To make a table takes milliseconds, so dray_net.lock is let go meanwhile:
 * nobody waits but those who need a new table themselves.  Whether somebody
 * else was faster with the same services is found out afterwards.  So it is let
 * go while other directors are told what the new tables make diverge.
 */
#include "pool.h"
#include "schedule.h"
#include "sync.h"
#include "txn_impl.h"

static int txn_choice(struct dray_txn *txn, struct dray_txn_service *ts,
		      bool *missing, struct netlink_ext_ack *extack)
{
	const struct dray_service_params *params;
	struct dray_choice *choice;

	if (!ts->conf || ts->conf->params.sched->key == DRAY_KEY_NONE)
		return 0;
	params = &ts->conf->params;
	choice = dray_choice_create(ts->conf, extack);
	if (IS_ERR_OR_NULL(choice))
		return PTR_ERR_OR_ZERO(choice);
	ts->choice = choice;
	if (!dray_choice_find(txn->dn, choice, params->rows,
			      txn->settings.table_key))
		*missing = true;
	return 0;
}

static bool service_overtaken(struct dray_net *dn,
			      const struct dray_txn_service *ts)
{
	const struct dray_service *service = dray_service_find(dn, &ts->key);

	if (!ts->published)
		return service;
	return !service || service->id != ts->published_id ||
	       dray_conf_locked(service)->generation != ts->generation;
}

/* Another key means another table for every service that has one. */
static bool tables_unstaged(struct dray_txn *txn)
{
	struct dray_service *service;
	unsigned long id;

	xa_for_each(&txn->dn->service_ids, id, service)
		if (dray_conf_locked(service)->params.sched->key !=
		    DRAY_KEY_NONE && !dray_txn_staged(txn, &service->key))
			return true;
	return false;
}

/* Of one step only what it touches must be as it was. */
static int txn_overtaken(struct dray_txn *txn, struct netlink_ext_ack *extack)
{
	const struct dray_txn_service *ts;

	if (txn->generation == txn->dn->generation)
		return 0;
	if (!txn->single)
		return dray_txn_stale(txn, NULL, extack);
	/* The key is one of the settings. */
	if (txn->settings_generation != txn->dn->settings_generation ||
	    (txn->set_settings && tables_unstaged(txn)))
		return -EAGAIN;
	list_for_each_entry(ts, &txn->services, node)
		if (service_overtaken(txn->dn, ts))
			return -EAGAIN;
	return 0;
}

/* Of several tables of a namespace one is made after the other.  Whoever had to
 * wait looks first whether it may still want its table: what others have
 * changed meanwhile joins the one table, instead of being found out after it.
 */
static int txn_make_table(struct dray_txn *txn, struct dray_txn_service *ts,
			  u64 limit, struct netlink_ext_ack *extack)
	__must_hold(&txn->dn->lock)
{
	struct dray_net *dn = txn->dn;
	int err;

	mutex_unlock(&dn->lock);
	err = mutex_lock_killable(&dn->pool_make);
	mutex_lock(&dn->lock);
	if (err)
		return err;
	err = txn_overtaken(txn, extack);
	if (!err) {
		mutex_unlock(&dn->lock);
		err = dray_choice_make(dn, ts->choice, ts->conf->params.rows,
				       txn->settings.table_key, limit, extack);
		mutex_lock(&dn->lock);
	}
	mutex_unlock(&dn->pool_make);
	return err;
}

static int txn_make_tables(struct dray_txn *txn, u64 leaving,
			   struct netlink_ext_ack *extack)
	__must_hold(&txn->dn->lock)
{
	u64 limit = txn->settings.table_limit + leaving;
	struct dray_txn_service *ts;
	int err;

	list_for_each_entry(ts, &txn->services, node) {
		cond_resched();
		if (!ts->choice || ts->choice->pool)
			continue;
		err = txn_make_table(txn, ts, limit, extack);
		if (err)
			return err;
	}
	return txn_overtaken(txn, extack);
}

int dray_txn_tables(struct dray_txn *txn, struct netlink_ext_ack *extack)
	__must_hold(&txn->dn->lock)
{
	struct dray_txn_service *ts;
	bool missing = false, affected;
	u64 leaving = 0;
	int err = 0;

	list_for_each_entry(ts, &txn->services, node) {
		err = txn_choice(txn, ts, &missing, extack);
		if (err)
			return err;
		if (ts->published)
			leaving += dray_choice_alone(dray_conf_locked(ts->published)->choice);
		cond_resched();
	}
	affected = dray_sync_affected(txn);
	if (!missing && !affected)
		return 0;
	if (missing)
		err = txn_make_tables(txn, leaving, extack);
	if (err || !affected)
		return err;
	mutex_unlock(&txn->dn->lock);
	dray_sync_change(txn);
	mutex_lock(&txn->dn->lock);
	return txn_overtaken(txn, extack);
}
