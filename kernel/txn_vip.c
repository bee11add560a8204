// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: staging changes of VIPs.
 */
#include <linux/slab.h>

#include "txn_impl.h"

static struct dray_txn_vip *txn_staged_vip(struct dray_txn *txn,
					   const struct dray_vip_key *key)
{
	struct dray_txn_vip *tv;

	list_for_each_entry(tv, &txn->vips, node)
		if (!memcmp(&tv->key, key, sizeof(*key)))
			return tv;
	return NULL;
}

/* The entry of an address as it is with what is staged, or NULL. */
static const struct dray_vip *txn_peek_vip(struct dray_txn *txn,
					   const struct dray_vip_key *key)
{
	const struct dray_txn_vip *tv = txn_staged_vip(txn, key);

	return tv ? tv->vip : dray_vip_lookup(txn->dn, key->family,
					      &key->addr);
}

int dray_txn_vip_params(struct dray_txn *txn, const struct dray_vip_key *key,
			struct dray_vip_params *params,
			struct netlink_ext_ack *extack)
{
	const struct dray_vip *vip = txn_peek_vip(txn, key);

	if (!vip) {
		NL_SET_ERR_MSG(extack, "No such VIP");
		return -ESRCH;
	}
	*params = vip->params;
	if (!txn_staged_vip(txn, key))
		params->keep_lease = true;
	return 0;
}

static struct dray_vip *vip_create(const struct dray_vip_key *key,
				   const struct dray_vip_params *params)
{
	struct dray_vip *vip = kzalloc(sizeof(*vip), GFP_KERNEL_ACCOUNT);

	if (!vip)
		return NULL;
	vip->key = *key;
	vip->params = *params;
	return vip;
}

/* Stage what an address's entry is to be; without @params it is to go. */
static int txn_put_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		       const struct dray_vip_params *params,
		       struct netlink_ext_ack *extack)
{
	struct dray_txn_vip *tv = txn_staged_vip(txn, key);
	struct dray_vip *vip = NULL;

	if (params) {
		vip = vip_create(key, params);
		if (!vip)
			goto no_memory;
	}
	if (!tv) {
		tv = kzalloc(sizeof(*tv), GFP_KERNEL_ACCOUNT);
		if (!tv)
			goto free_vip;
		tv->key = *key;
		list_add_tail(&tv->node, &txn->vips);
	}
	kfree(tv->vip);
	tv->vip = vip;
	return 0;

free_vip:
	kfree(vip);
no_memory:
	NL_SET_ERR_MSG(extack, "Out of memory");
	return -ENOMEM;
}

int dray_txn_new_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     const struct dray_vip_params *params,
		     struct netlink_ext_ack *extack)
{
	int err;

	if (txn_peek_vip(txn, key)) {
		NL_SET_ERR_MSG(extack, "VIP already exists");
		return -EEXIST;
	}
	if (txn->dn->n_vips + txn->n_vips >= DRAY_VIPS_MAX) {
		NL_SET_ERR_MSG(extack, "Too many VIPs");
		return -ENOSPC;
	}
	err = txn_put_vip(txn, key, params, extack);
	if (!err)
		txn->n_vips++;
	return err;
}

int dray_txn_set_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     const struct dray_vip_params *params,
		     struct netlink_ext_ack *extack)
{
	if (!txn_peek_vip(txn, key)) {
		NL_SET_ERR_MSG(extack, "No such VIP");
		return -ESRCH;
	}
	return txn_put_vip(txn, key, params, extack);
}

int dray_txn_del_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     struct netlink_ext_ack *extack)
{
	int err;

	if (!txn_peek_vip(txn, key)) {
		NL_SET_ERR_MSG(extack, "No such VIP");
		return -ESRCH;
	}
	err = txn_put_vip(txn, key, NULL, extack);
	if (!err)
		txn->n_vips--;
	return err;
}
