// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: staging changes of services, servers, VIPs and settings.
 *
 * What is staged of a service is a whole configuration of it, copied when the
 * first step touches it and changed in place by the following ones.  What is
 * new (services, servers, VIPs) is in lists of the transaction, so that
 * dropping it needs to look at nothing that is published.  Publishing is in
 * commit.c.
 */
#include <linux/gcd.h>
#include <linux/jhash.h>
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

void dray_txn_forget_service(struct dray_txn_service *ts)
{
	list_del(&ts->node);
	hash_del(&ts->index);
	/* A step that is done again wants the same table. */
	if (ts->choice && ts->choice->pool)
		dray_choice_retire(ts->choice);
	else
		dray_choice_destroy(ts->choice);
	kvfree(ts->conf);
	kfree(ts);
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

static u32 key_hash(const struct dray_service_key *key)
{
	return jhash(key, sizeof(*key), 0);
}

/* What the transaction has staged of a service, if it has. */
struct dray_txn_service *dray_txn_staged(struct dray_txn *txn,
					 const struct dray_service_key *key)
{
	struct dray_txn_service *ts;

	hash_for_each_possible(txn->index, ts, index, key_hash(key))
		if (!memcmp(&ts->key, key, sizeof(*key)))
			return ts;
	return NULL;
}

/* A copy of a configuration with room for more servers. */
static struct dray_service_conf *
conf_copy(const struct dray_service_conf *old, u32 cap)
{
	struct dray_service_conf *conf;

	conf = dray_service_conf_create(&old->params, cap);
	if (!conf)
		return NULL;
	conf->n = old->n;
	conf->gcd = old->gcd;
	memcpy(conf->slots, old->slots, flex_array_size(old, slots, old->n));
	return conf;
}

static struct dray_txn_service *
txn_service_create(const struct dray_service_key *key,
		   struct dray_service *published)
{
	struct dray_txn_service *ts = kzalloc(sizeof(*ts), GFP_KERNEL_ACCOUNT);

	if (!ts)
		return NULL;
	ts->key = *key;
	ts->published = published;
	if (published) {
		ts->published_id = published->id;
		ts->generation = dray_conf_locked(published)->generation;
	}
	return ts;
}

static void txn_add(struct dray_txn *txn, struct dray_txn_service *ts)
{
	list_add_tail(&ts->node, &txn->services);
	hash_add(txn->index, &ts->index, key_hash(&ts->key));
}

static struct dray_txn_service *
txn_stage(struct dray_txn *txn, const struct dray_service_key *key,
	  struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_staged(txn, key);
	const struct dray_service_conf *conf;

	if (ts)
		return ts;
	ts = txn_service_create(key, dray_service_find(txn->dn, key));
	if (!ts)
		goto no_memory;
	if (ts->published) {
		conf = dray_conf_locked(ts->published);
		ts->conf = conf_copy(conf, conf->n + 1);
		if (!ts->conf)
			goto no_memory;
	}
	txn_add(txn, ts);
	return ts;

no_memory:
	kfree(ts);
	NL_SET_ERR_MSG(extack, "Out of memory");
	return ERR_PTR(-ENOMEM);
}

/* The staged configuration of a service that has to be there. */
static struct dray_txn_service *
txn_stage_present(struct dray_txn *txn, const struct dray_service_key *key,
		  struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_staged(txn, key);

	/* Staging what is not there would only fill the list. */
	if (ts ? !ts->conf : !dray_service_find(txn->dn, key)) {
		NL_SET_ERR_MSG(extack, "No such service");
		return ERR_PTR(-ESRCH);
	}
	return txn_stage(txn, key, extack);
}

/* Read only, so that asking stages nothing. */
static const struct dray_service_conf *
txn_peek(struct dray_txn *txn, const struct dray_service_key *key)
{
	const struct dray_txn_service *ts = dray_txn_staged(txn, key);
	struct dray_service *service;

	if (ts)
		return ts->conf;
	service = dray_service_find(txn->dn, key);
	return service ? dray_conf_locked(service) : NULL;
}

int dray_txn_service_params(struct dray_txn *txn,
			    const struct dray_service_key *key,
			    struct dray_service_params *params,
			    struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf = txn_peek(txn, key);

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

	if (txn_peek(txn, key)) {
		NL_SET_ERR_MSG(extack, "Service already exists");
		return -EEXIST;
	}
	if (dn->n_services[0] + dn->n_services[1] + txn->n_created -
	    txn->n_removed >= DRAY_SERVICES_MAX) {
		NL_SET_ERR_MSG(extack, "Too many services");
		return -ENOSPC;
	}
	ts = txn_stage(txn, key, extack);
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
	struct dray_txn_service *ts = txn_stage_present(txn, key, extack);

	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ts->conf->params = *params;
	return 0;
}

/* A server that this transaction has made is freed at once. */
static void txn_drop_server(struct dray_txn *txn, struct dray_server *server)
{
	if (server->published)
		return;
	list_del(&server->owned);
	dray_server_destroy(txn->dn, server);
}

static void txn_drop_service(struct dray_txn *txn, struct dray_txn_service *ts)
{
	u32 i;

	for (i = 0; i < ts->conf->n; i++)
		txn_drop_server(txn, ts->conf->slots[i].server);
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
	struct dray_txn_service *ts = txn_stage_present(txn, key, extack);

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
		ts = txn_service_create(&service->key, service);
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
		txn_add(txn, ts);
	}
	return 0;

no_memory:
	list_for_each_entry_safe(ts, next, &gone, node)
		kfree(ts);
	NL_SET_ERR_MSG(extack, "Out of memory");
	return -ENOMEM;
}

int dray_txn_server_params(struct dray_txn *txn,
			   const struct dray_service_key *service,
			   const struct dray_server_key *key,
			   struct dray_server_params *params,
			   struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf = txn_peek(txn, service);
	const struct dray_service_slot *slot;

	if (!conf) {
		NL_SET_ERR_MSG(extack, "No such service");
		return -ESRCH;
	}
	slot = dray_server_slot((struct dray_service_conf *)conf, key);
	if (!slot) {
		NL_SET_ERR_MSG(extack, "No such server");
		return -ENOENT;
	}
	*params = slot->params;
	return 0;
}

static int server_check(const struct dray_server_params *params,
			struct netlink_ext_ack *extack)
{
	if (params->l_threshold > params->u_threshold) {
		NL_SET_ERR_MSG(extack,
			       "Lower threshold is above the upper one");
		return -ERANGE;
	}
	return 0;
}

static void conf_update_gcd(struct dray_service_conf *conf)
{
	u32 i;

	conf->gcd = 0;
	for (i = 0; i < conf->n; i++)
		conf->gcd = gcd(conf->gcd, conf->slots[i].params.weight);
	conf->gcd = max(conf->gcd, 1U);
}

/* Room for one more server; the number doubles, so that adding n servers to
 * one transaction copies O(n) of them.
 */
static int conf_grow(struct dray_txn_service *ts)
{
	struct dray_service_conf *old = ts->conf, *conf;

	if (old->n < old->cap)
		return 0;
	conf = conf_copy(old, old->cap * 2);
	if (!conf)
		return -ENOMEM;
	ts->conf = conf;
	kvfree(old);
	return 0;
}

int dray_txn_new_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			const struct dray_server_params *params,
			struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = txn_stage_present(txn, service, extack);
	struct dray_service_slot *slot;
	struct dray_server *server;
	int err;

	if (IS_ERR(ts))
		return PTR_ERR(ts);
	err = server_check(params, extack);
	if (err)
		return err;
	if (dray_server_slot(ts->conf, key)) {
		NL_SET_ERR_MSG(extack, "Server already exists");
		return -EEXIST;
	}
	if (ts->conf->n >= DRAY_SERVERS_MAX) {
		NL_SET_ERR_MSG(extack, "Too many servers in the service");
		return -ENOSPC;
	}
	if (conf_grow(ts))
		goto no_memory;
	server = dray_server_create(ts->created ?: ts->published, key);
	if (!server)
		goto no_memory;
	list_add_tail(&server->owned, &txn->new_servers);
	slot = &ts->conf->slots[ts->conf->n++];
	slot->server = server;
	slot->params = *params;
	conf_update_gcd(ts->conf);
	return 0;

no_memory:
	NL_SET_ERR_MSG(extack, "Out of memory");
	return -ENOMEM;
}

/* The staged slot of a server that has to be there. */
static struct dray_service_slot *
txn_slot(struct dray_txn_service *ts, const struct dray_server_key *key,
	 struct netlink_ext_ack *extack)
{
	struct dray_service_slot *slot;

	if (IS_ERR(ts))
		return ERR_CAST(ts);
	slot = dray_server_slot(ts->conf, key);
	if (!slot) {
		NL_SET_ERR_MSG(extack, "No such server");
		return ERR_PTR(-ENOENT);
	}
	return slot;
}

int dray_txn_set_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			const struct dray_server_params *params,
			struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = txn_stage_present(txn, service, extack);
	struct dray_service_slot *slot = txn_slot(ts, key, extack);
	int err;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = server_check(params, extack);
	if (err)
		return err;
	slot->params = *params;
	conf_update_gcd(ts->conf);
	return 0;
}

int dray_txn_del_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = txn_stage_present(txn, service, extack);
	struct dray_service_slot *slot = txn_slot(ts, key, extack);
	struct dray_service_slot *end;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	txn_drop_server(txn, slot->server);
	end = ts->conf->slots + ts->conf->n;
	memmove(slot, slot + 1, (void *)end - (void *)(slot + 1));
	ts->conf->n--;
	conf_update_gcd(ts->conf);
	return 0;
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
		conf = txn_peek(txn, &service->key);
		if (!conf || conf->params.sched->key == DRAY_KEY_NONE)
			continue;
		ts = txn_stage(txn, &service->key, extack);
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
