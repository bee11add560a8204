// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: what is staged of a service.
 *
 * A whole configuration, copied when the first step touches the service.  What
 * the steps make of it is in txn.c and txn_server.c.
 */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "net.h"
#include "pool.h"
#include "txn_impl.h"

static u32 key_hash(const struct dray_service_key *key)
{
	return jhash(key, sizeof(*key), 0);
}

struct dray_txn_service *dray_txn_staged(struct dray_txn *txn,
					 const struct dray_service_key *key)
{
	struct dray_txn_service *ts;

	hash_for_each_possible(txn->index, ts, index, key_hash(key))
		if (!memcmp(&ts->key, key, sizeof(*key)))
			return ts;
	return NULL;
}

struct dray_service_conf *
dray_txn_conf_copy(const struct dray_service_conf *old, u32 cap)
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

struct dray_txn_service *
dray_txn_stage_create(const struct dray_service_key *key,
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

void dray_txn_stage_add(struct dray_txn *txn, struct dray_txn_service *ts)
{
	list_add_tail(&ts->node, &txn->services);
	hash_add(txn->index, &ts->index, key_hash(&ts->key));
}

struct dray_txn_service *dray_txn_stage(struct dray_txn *txn,
					const struct dray_service_key *key,
					struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_staged(txn, key);
	const struct dray_service_conf *conf;

	if (ts)
		return ts;
	ts = dray_txn_stage_create(key, dray_service_find(txn->dn, key));
	if (!ts)
		goto no_memory;
	if (ts->published) {
		conf = dray_conf_locked(ts->published);
		ts->conf = dray_txn_conf_copy(conf, conf->n + 1);
		if (!ts->conf)
			goto no_memory;
	}
	dray_txn_stage_add(txn, ts);
	return ts;

no_memory:
	kfree(ts);
	NL_SET_ERR_MSG(extack, "Out of memory");
	return ERR_PTR(-ENOMEM);
}

struct dray_txn_service *
dray_txn_stage_present(struct dray_txn *txn, const struct dray_service_key *key,
		       struct netlink_ext_ack *extack)
{
	struct dray_txn_service *ts = dray_txn_staged(txn, key);

	/* Staging what is not there would only fill the list. */
	if (ts ? !ts->conf : !dray_service_find(txn->dn, key)) {
		NL_SET_ERR_MSG(extack, "No such service");
		return ERR_PTR(-ESRCH);
	}
	return dray_txn_stage(txn, key, extack);
}

const struct dray_service_conf *
dray_txn_peek(struct dray_txn *txn, const struct dray_service_key *key)
{
	const struct dray_txn_service *ts = dray_txn_staged(txn, key);
	struct dray_service *service;

	if (ts)
		return ts->conf;
	service = dray_service_find(txn->dn, key);
	return service ? dray_conf_locked(service) : NULL;
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
