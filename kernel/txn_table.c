// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: the tables of what is staged.
 *
 * To make a table takes milliseconds, so dray_net.lock is let go meanwhile:
 * nobody waits who has to do with other services.  Whether somebody else
 * was faster with the same ones is found out afterwards.
 */
#include "pool.h"
#include "schedule.h"
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

static int txn_make_tables(struct dray_txn *txn,
			   struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts;
	int err = 0;

	list_for_each_entry(ts, &txn->services, node) {
		if (!err && ts->choice && !ts->choice->pool)
			err = dray_choice_make(txn->dn, ts->choice,
					       ts->conf->params.rows,
					       txn->settings.table_key, extack);
		cond_resched();
	}
	return err;
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

/* Of one step only what it touches must be as it was. */
static int txn_overtaken(struct dray_txn *txn, struct netlink_ext_ack *extack)
{
	const struct dray_txn_service *ts;

	if (txn->generation == txn->dn->generation)
		return 0;
	if (!txn->single)
		return dray_txn_stale(txn, NULL, extack);
	if (txn->set_settings)
		return -EAGAIN;
	list_for_each_entry(ts, &txn->services, node)
		if (service_overtaken(txn->dn, ts))
			return -EAGAIN;
	return 0;
}

int dray_txn_tables(struct dray_txn *txn, struct netlink_ext_ack *extack)
	__must_hold(&txn->dn->lock)
{
	struct dray_txn_service *ts;
	bool missing = false;
	int err;

	list_for_each_entry(ts, &txn->services, node) {
		err = txn_choice(txn, ts, &missing, extack);
		if (err)
			return err;
	}
	if (!missing)
		return 0;
	mutex_unlock(&txn->dn->lock);
	err = txn_make_tables(txn, extack);
	mutex_lock(&txn->dn->lock);
	return err ?: txn_overtaken(txn, extack);
}
