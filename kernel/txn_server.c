// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: staging changes of servers.
 *
 * They stand in the staged configuration of their service; those that are new
 * are in a list of the transaction as well.
 */
#include <linux/gcd.h>

#include "net.h"
#include "txn_impl.h"

void dray_txn_drop_server(struct dray_txn *txn, struct dray_server *server)
{
	if (server->published)
		return;
	list_del(&server->owned);
	dray_server_destroy(txn->dn, server);
}

int dray_txn_server_params(struct dray_txn *txn,
			   const struct dray_service_key *service,
			   const struct dray_server_key *key,
			   struct dray_server_params *params,
			   struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf = dray_txn_peek(txn, service);
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
	conf = dray_txn_conf_copy(old, old->cap * 2);
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
	struct dray_txn_service *ts = dray_txn_stage_present(txn, service, extack);
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
	struct dray_txn_service *ts = dray_txn_stage_present(txn, service, extack);
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
	struct dray_txn_service *ts = dray_txn_stage_present(txn, service, extack);
	struct dray_service_slot *slot = txn_slot(ts, key, extack);
	struct dray_service_slot *end;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	dray_txn_drop_server(txn, slot->server);
	end = ts->conf->slots + ts->conf->n;
	memmove(slot, slot + 1, (void *)end - (void *)(slot + 1));
	ts->conf->n--;
	conf_update_gcd(ts->conf);
	return 0;
}
