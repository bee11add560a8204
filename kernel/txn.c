// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: their life, and staging changes of services and settings.
 *
 * What is staged of a service is a whole configuration of it, copied when the
 * first step touches it (txn_stage.c) and changed in place by the following
 * ones.  What is new (services, servers, VIPs) is in lists of the transaction,
 * so that dropping it needs to look at nothing that is published.  The steps
 * for servers, VIPs and tables are in txn_server.c, txn_vip.c and txn_table.c,
 * publishing in commit.c.
 */
#include <linux/slab.h>

#include "net.h"
#include "pool.h"
#include "schedule.h"
#include "sync.h"
#include "txn_impl.h"

/* A socket that stages without end is stopped here, not by the OOM killer. */
#define TXNS_MAX	64

static struct dray_txn *txn_find(struct dray_net *dn, u32 portid)
{
	struct dray_txn *txn;

	lockdep_assert_held(&dn->lock);
	list_for_each_entry(txn, &dn->txns, node)
		if (txn->portid == portid)
			return txn;
	return NULL;
}

static struct dray_txn *txn_create(struct dray_net *dn, u32 portid)
{
	struct dray_txn *txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);

	if (!txn)
		return NULL;
	txn->dn = dn;
	txn->portid = portid;
	txn->generation = dn->generation;
	txn->settings = dn->settings;
	txn->settings_generation = dn->settings_generation;
	INIT_LIST_HEAD(&txn->node);
	INIT_LIST_HEAD(&txn->services);
	hash_init(txn->index);
	INIT_LIST_HEAD(&txn->vips);
	INIT_LIST_HEAD(&txn->new_servers);
	return txn;
}

static void txn_destroy(struct dray_txn *txn)
{
	struct dray_server *server, *next_server;
	struct dray_txn_service *ts, *next_ts;
	struct dray_txn_vip *tv, *next_tv;

	list_for_each_entry_safe(server, next_server, &txn->new_servers, owned) {
		list_del(&server->owned);
		dray_server_destroy(txn->dn, server);
	}
	list_for_each_entry_safe(ts, next_ts, &txn->services, node) {
		if (ts->created)
			dray_service_destroy(ts->created);
		dray_txn_forget_service(ts);
		cond_resched();
	}
	list_for_each_entry_safe(tv, next_tv, &txn->vips, node) {
		list_del(&tv->node);
		kfree(tv->vip);
		kfree(tv);
	}
	list_del(&txn->node);
	kfree_sensitive(txn);
}

int dray_txn_service_params(struct dray_txn *txn,
			    const struct dray_service_key *key,
			    struct dray_service_params *params,
			    struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf = dray_txn_peek(txn, key);

	if (!conf) {
		NL_SET_ERR_MSG(extack, "No such service");
		return -ESRCH;
	}
	*params = conf->params;
	return 0;
}

int dray_txn_new_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 const struct dray_service_params *params,
			 struct netlink_ext_ack *extack)
{
	struct dray_net *dn = txn->dn;
	struct dray_txn_service *ts;

	if (dray_txn_peek(txn, key)) {
		NL_SET_ERR_MSG(extack, "Service already exists");
		return -EEXIST;
	}
	if (dn->n_services[0] + dn->n_services[1] + txn->n_created -
	    txn->n_removed >= DRAY_SERVICES_MAX) {
		NL_SET_ERR_MSG(extack, "Too many services");
		return -ENOSPC;
	}
	ts = dray_txn_stage(txn, key, extack);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ts->conf = dray_service_conf_create(params, 4);
	if (!ts->conf)
		goto no_memory;
	ts->created = dray_service_create(dn, key);
	if (!ts->created)
		goto free_conf;
	txn->n_created++;
	return 0;

free_conf:
	kvfree(ts->conf);
	ts->conf = NULL;
no_memory:
	if (!ts->published)
		dray_txn_forget_service(ts);
	NL_SET_ERR_MSG(extack, "Out of memory");
	return -ENOMEM;
}

int dray_txn_set_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 const struct dray_service_params *params,
			 struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_stage_present(txn, key, extack);

	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ts->conf->params = *params;
	return 0;
}

static void txn_drop_service(struct dray_txn *txn, struct dray_txn_service *ts)
{
	u32 i;

	for (i = 0; i < ts->conf->n; i++)
		dray_txn_drop_server(txn, ts->conf->slots[i].server);
	kvfree(ts->conf);
	ts->conf = NULL;
	if (ts->created) {
		dray_service_destroy(ts->created);
		ts->created = NULL;
		txn->n_created--;
	} else {
		txn->n_removed++;
	}
	if (!ts->published)
		dray_txn_forget_service(ts);
}

int dray_txn_del_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_stage_present(txn, key, extack);

	if (IS_ERR(ts))
		return PTR_ERR(ts);
	txn_drop_service(txn, ts);
	return 0;
}

/* Makes what says that every published service is to go before it drops what
 * is staged, since only the making can fail.
 */
int dray_txn_flush(struct dray_txn *txn, struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts, *next;
	struct dray_service *service;
	LIST_HEAD(gone);
	unsigned long id;

	xa_for_each(&txn->dn->service_ids, id, service) {
		ts = dray_txn_stage_create(&service->key, service);
		if (!ts)
			goto no_memory;
		list_add_tail(&ts->node, &gone);
		cond_resched();
	}
	txn->n_removed = txn->dn->n_services[0] + txn->dn->n_services[1];
	list_for_each_entry_safe(ts, next, &txn->services, node) {
		if (!ts->created && ts->conf)
			txn->n_removed--;	/* is counted again */
		ts->published = NULL;	/* forget it altogether */
		if (ts->conf)
			txn_drop_service(txn, ts);
		else
			dray_txn_forget_service(ts);
	}
	list_for_each_entry_safe(ts, next, &gone, node) {
		list_del(&ts->node);
		dray_txn_stage_add(txn, ts);
	}
	return 0;

no_memory:
	list_for_each_entry_safe(ts, next, &gone, node)
		kfree(ts);
	NL_SET_ERR_MSG(extack, "Out of memory");
	return -ENOMEM;
}

const struct dray_settings *dray_txn_settings(const struct dray_txn *txn)
{
	return &txn->settings;
}

/* Every table is made anew with another key. */
static int txn_stage_tables(struct dray_txn *txn,
			    struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf;
	struct dray_txn_service *ts;
	struct dray_service *service;
	unsigned long id;

	xa_for_each(&txn->dn->service_ids, id, service) {
		conf = dray_txn_peek(txn, &service->key);
		if (!conf || conf->params.sched->key == DRAY_KEY_NONE)
			continue;
		ts = dray_txn_stage(txn, &service->key, extack);
		if (IS_ERR(ts))
			return PTR_ERR(ts);
		cond_resched();
	}
	return 0;
}

int dray_txn_set_settings(struct dray_txn *txn,
			  const struct dray_settings *settings,
			  struct netlink_ext_ack *extack)
{
	int err = 0;

	if (memcmp(txn->settings.table_key, settings->table_key,
		   sizeof(settings->table_key)))
		err = txn_stage_tables(txn, extack);
	if (err)
		return err;
	txn->settings = *settings;
	txn->set_settings = true;
	return 0;
}

int dray_txn_begin(struct dray_net *dn, u32 portid,
		   struct netlink_ext_ack *extack)
{
	struct dray_txn *txn;
	unsigned int n = 0;
	int err = 0;

	mutex_lock(&dn->lock);
	list_for_each_entry(txn, &dn->txns, node)
		n++;
	if (txn_find(dn, portid)) {
		NL_SET_ERR_MSG(extack,
			       "This socket has an open transaction already");
		err = -EBUSY;
	} else if (n >= TXNS_MAX) {
		NL_SET_ERR_MSG(extack, "Too many open transactions");
		err = -EBUSY;
	} else {
		txn = txn_create(dn, portid);
		if (txn)
			list_add_tail(&txn->node, &dn->txns);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&dn->lock);
	return err;
}

int dray_txn_stale(const struct dray_txn *txn, const u32 *expected,
		   struct netlink_ext_ack *extack)
{
	u32 now = txn->dn->generation;

	if (txn->generation == now && (!expected || *expected == now))
		return 0;
	if (txn->generation == now)
		NL_SET_ERR_MSG(extack,
			       "The configuration is not of the expected generation");
	else
		NL_SET_ERR_MSG(extack,
			       "The configuration has changed since the transaction began");
	return -ESTALE;
}

static int txn_finish(struct dray_txn *txn, struct netlink_ext_ack *extack)
{
	int err = dray_txn_tables(txn, extack);

	if (!err)
		err = dray_txn_publish(txn, extack);
	dray_sync_settle(txn);
	return err;
}

int dray_txn_commit(struct dray_net *dn, u32 portid, const u32 *expected,
		    u32 *generation, struct netlink_ext_ack *extack)
{
	struct dray_txn *txn;
	int err = -ENOENT;

	mutex_lock(&dn->lock);
	txn = txn_find(dn, portid);
	if (txn) {
		/* From here on the socket's closing does not drop it. */
		list_del_init(&txn->node);
		err = dray_txn_stale(txn, expected, extack);
		if (!err)
			err = txn_finish(txn, extack);
		txn_destroy(txn);
	} else {
		NL_SET_ERR_MSG(extack, "This socket has no open transaction");
	}
	*generation = dn->generation;
	mutex_unlock(&dn->lock);
	return err;
}

int dray_txn_abort(struct dray_net *dn, u32 portid)
{
	struct dray_txn *txn;

	mutex_lock(&dn->lock);
	txn = txn_find(dn, portid);
	if (txn)
		txn_destroy(txn);
	mutex_unlock(&dn->lock);
	return txn ? 0 : -ENOENT;
}

struct dray_txn *dray_txn_enter(struct dray_net *dn, u32 portid,
				struct netlink_ext_ack *extack)
{
	struct dray_txn *txn;
	int err;

	mutex_lock(&dn->lock);
	txn = txn_find(dn, portid);
	err = txn ? dray_txn_stale(txn, NULL, extack) : 0;
	if (!err && !txn) {
		txn = txn_create(dn, portid);
		if (txn)
			txn->single = true;
		else
			err = -ENOMEM;
	}
	if (err) {
		mutex_unlock(&dn->lock);
		return ERR_PTR(err);
	}
	return txn;
}

int dray_txn_leave(struct dray_txn *txn, int err,
		   struct netlink_ext_ack *extack)
{
	struct dray_net *dn = txn->dn;

	if (txn->single) {
		if (!err)
			err = txn_finish(txn, extack);
		txn_destroy(txn);
	}
	mutex_unlock(&dn->lock);
	return err;
}

void dray_txn_drop_all(struct dray_net *dn)
{
	struct dray_txn *txn, *next;

	mutex_lock(&dn->lock);
	list_for_each_entry_safe(txn, next, &dn->txns, node)
		txn_destroy(txn);
	mutex_unlock(&dn->lock);
}
