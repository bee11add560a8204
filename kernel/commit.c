// SPDX-License-Identifier: GPL-2.0-only
/*
 * Committing a transaction: putting what is staged in force.
 *
 * First all that can fail: tables (txn_table.c), and the hooks of a family
 * that gets its first service.  From there on pointers are swapped, and what
 * they pointed at is freed after a grace period.
 *
 * Notifications are sent at the end, with the new generation.
 */
#include <linux/slab.h>

#include "accept.h"
#include "announce.h"
#include "hook.h"
#include "netlink.h"
#include "pool.h"
#include "route.h"
#include "txn_impl.h"

static u8 family_of(unsigned int index)
{
	return index ? AF_INET6 : AF_INET;
}

/* How many services each family will have. */
static void count_services(const struct dray_txn *txn, u32 n[2])
{
	const struct dray_txn_service *ts;

	n[0] = txn->dn->n_services[0];
	n[1] = txn->dn->n_services[1];
	list_for_each_entry(ts, &txn->services, node) {
		if (ts->published)
			n[dray_family_index(ts->key.family)]--;
		if (ts->conf)
			n[dray_family_index(ts->key.family)]++;
	}
}

static void count_vips(const struct dray_txn *txn, u32 n[2])
{
	const struct dray_txn_vip *tv;

	n[0] = txn->dn->n_vips_of[0];
	n[1] = txn->dn->n_vips_of[1];
	list_for_each_entry(tv, &txn->vips, node) {
		if (dray_vip_lookup(txn->dn, tv->key.family, &tv->key.addr))
			n[dray_family_index(tv->key.family)]--;
		if (tv->vip)
			n[dray_family_index(tv->key.family)]++;
	}
}

/* Hooks that are needed are there before the first service or VIP is, and go
 * after the last one has.
 */
static int hooks_prepare(struct dray_txn *txn)
{
	struct dray_net *dn = txn->dn;
	u32 services[2], vips[2];
	unsigned int i;
	int err = 0;

	count_services(txn, services);
	count_vips(txn, vips);
	for (i = 0; i < 2 && !err; i++) {
		if (services[i])
			err = dray_hooks_register(dn, family_of(i));
		if (!err && vips[i])
			err = dray_announce_register(dn, family_of(i));
		if (!err && vips[i])
			err = dray_accept_register(dn, family_of(i));
	}
	return err;
}

static void hooks_tidy(struct dray_net *dn)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!dn->n_services[i])
			dray_hooks_unregister(dn, family_of(i));
		if (dn->n_vips_of[i])
			continue;
		dray_announce_unregister(dn, family_of(i));
		dray_accept_unregister(dn, family_of(i));
	}
}

static bool params_equal(const struct dray_server_params *a,
			 const struct dray_server_params *b)
{
	return a->weight == b->weight && a->u_threshold == b->u_threshold &&
	       a->l_threshold == b->l_threshold && a->state == b->state;
}

/* Give every server of a configuration what is configured of it, and let flows
 * find the new ones.
 */
static void publish_servers(struct dray_net *dn,
			    struct dray_service_conf *conf)
{
	u32 i;

	for (i = 0; i < conf->n; i++) {
		struct dray_service_slot *slot = &conf->slots[i];
		struct dray_server *server = slot->server;

		server->mark = dn->generation;
		dray_server_set_params(server, &slot->params);
		if (server->published)
			continue;
		dray_reach_server(dn, server);
		list_del_init(&server->owned);
		server->published = true;
		dray_server_publish(dn, server);
	}
}

/* Servers of the old configuration that the new one does not have. */
static bool retired(const struct dray_net *dn,
		    const struct dray_service_slot *slot)
{
	return slot->server->mark != dn->generation;
}

static void notify_retired(struct dray_net *dn, struct dray_service *service,
			   struct dray_service_conf *old)
{
	u32 i;

	for (i = 0; i < old->n; i++)
		if (retired(dn, &old->slots[i]))
			dray_nl_notify_server(dn, DRAY_CMD_SERVER_DEL_NTF,
					      service, &old->slots[i]);
}

static void retire_servers(struct dray_net *dn, struct dray_service_conf *old)
{
	u32 i;

	for (i = 0; i < old->n; i++)
		if (retired(dn, &old->slots[i]))
			dray_server_destroy(dn, old->slots[i].server);
}

static void notify_servers(struct dray_net *dn, struct dray_service *service,
			   struct dray_service_conf *old,
			   struct dray_service_conf *conf)
{
	const struct dray_service_slot *was;
	u32 i, hint = 0;

	for (i = 0; i < conf->n; i++) {
		const struct dray_service_slot *slot = &conf->slots[i];

		/* Servers keep their order, so the search is short. */
		was = NULL;
		while (old && hint < old->n) {
			if (old->slots[hint].server == slot->server) {
				was = &old->slots[hint++];
				break;
			}
			if (old->slots[hint].server->mark == dn->generation)
				break;
			hint++;
		}
		if (!was || !params_equal(&was->params, &slot->params))
			dray_nl_notify_server(dn, DRAY_CMD_SERVER_NTF, service,
					      slot);
	}
}

/* None of its servers has the mark of this generation. */
static void notify_gone(struct dray_net *dn, struct dray_service *service)
{
	struct dray_service_conf *old = dray_conf_locked(service);

	dray_nl_notify_service(dn, DRAY_CMD_SERVICE_DEL_NTF, service, old);
	notify_retired(dn, service, old);
}

static void publish_gone(struct dray_net *dn, struct dray_service *service)
{
	dray_service_unlink(service);
	retire_servers(dn, dray_conf_locked(service));
	dray_choice_retire(dray_conf_locked(service)->choice);
	dray_service_destroy(service);
}

static void publish_conf(struct dray_service *service,
			 struct dray_txn_service *ts)
{
	ts->conf->choice = ts->choice;
	ts->conf->generation = service->dn->generation;
	rcu_assign_pointer(service->conf, ts->conf);
	ts->choice = NULL;
	dray_service_weigh(service);
}

static void publish_new(struct dray_net *dn, struct dray_txn_service *ts)
{
	struct dray_service *service = ts->created;

	publish_servers(dn, ts->conf);
	publish_conf(service, ts);
	xa_store(&dn->service_ids, service->id, service, GFP_ATOMIC);
	dray_service_link(service);
	dray_nl_notify_service(dn, DRAY_CMD_SERVICE_NTF, service, ts->conf);
	notify_servers(dn, service, NULL, ts->conf);
	ts->created = NULL;
	ts->conf = NULL;
}

static void publish_changed(struct dray_net *dn, struct dray_txn_service *ts)
{
	struct dray_service *service = ts->published;
	struct dray_service_conf *old = dray_conf_locked(service);
	struct dray_service_conf *conf = ts->conf;

	publish_servers(dn, conf);
	publish_conf(service, ts);
	if (memcmp(&old->params, &conf->params, sizeof(conf->params)))
		dray_nl_notify_service(dn, DRAY_CMD_SERVICE_NTF, service, conf);
	/* Listeners who go by the key hear of the old one first. */
	notify_retired(dn, service, old);
	notify_servers(dn, service, old, conf);
	retire_servers(dn, old);
	dray_choice_retire(old->choice);
	kvfree_rcu(old, rcu);
	ts->conf = NULL;
}

/* One that takes another's place is there before the other one goes; listeners,
 * who go by the key, hear of the other one first.
 */
static void publish_service(struct dray_net *dn, struct dray_txn_service *ts)
{
	bool gone = ts->published && (ts->created || !ts->conf);

	if (gone)
		notify_gone(dn, ts->published);
	if (ts->created)
		publish_new(dn, ts);
	else if (ts->conf)
		publish_changed(dn, ts);
	if (gone)
		publish_gone(dn, ts->published);
}

static bool vip_is_news(const struct dray_vip *old, const struct dray_vip *vip)
{
	return !old || old->params.role != vip->params.role ||
	       old->params.flags != vip->params.flags ||
	       old->params.n_peers != vip->params.n_peers ||
	       memcmp(old->params.peers, vip->params.peers,
		      sizeof(vip->params.peers));
}

/* Leases are renewed without making anybody's transaction stale: what one has
 * staged of something else must not set them back.
 */
static void keep_lease(const struct dray_vip *old, struct dray_vip *vip)
{
	if (old && vip->params.keep_lease)
		vip->params.lease_end = old->params.lease_end;
	vip->params.keep_lease = false;
}

static void publish_vip(struct dray_net *dn, struct dray_txn_vip *tv)
{
	struct dray_vip *old = dray_vip_lookup(dn, tv->key.family,
					       &tv->key.addr);

	if (!tv->vip) {
		if (!old)
			return;
		dray_nl_notify_vip(dn, DRAY_CMD_VIP_DEL_NTF, old);
		dray_vip_unlink(dn, old);
		return;
	}
	keep_lease(old, tv->vip);
	if (vip_is_news(old, tv->vip))
		dray_nl_notify_vip(dn, DRAY_CMD_VIP_NTF, tv->vip);
	if (old)
		dray_vip_replace(old, tv->vip);
	else
		dray_vip_link(dn, tv->vip);
	tv->vip = NULL;
}

static void publish_settings(struct dray_txn *txn)
{
	struct dray_settings *to = &txn->dn->settings;
	const struct dray_settings *from = &txn->settings;

	WRITE_ONCE(to->timeout_tcp, from->timeout_tcp);
	WRITE_ONCE(to->timeout_tcpfin, from->timeout_tcpfin);
	WRITE_ONCE(to->timeout_udp, from->timeout_udp);
	WRITE_ONCE(to->flow_limit, from->flow_limit);
	WRITE_ONCE(to->persist_limit, from->persist_limit);
	WRITE_ONCE(to->unassured_limit, from->unassured_limit);
	WRITE_ONCE(to->hook_mode, from->hook_mode);
	WRITE_ONCE(to->table_limit, from->table_limit);
	txn->dn->settings_generation++;
	memcpy(to->table_key, from->table_key, sizeof(to->table_key));
	dray_nl_notify_config(txn->dn);
}

/* A renewed lease is no change of the configuration: it comes several times a
 * second and would make every other transaction stale.
 */
static bool txn_is_renewal(struct dray_txn *txn)
{
	struct dray_txn_vip *tv;

	if (!list_empty(&txn->services) || txn->set_settings)
		return false;
	list_for_each_entry(tv, &txn->vips, node) {
		struct dray_vip *old = dray_vip_lookup(txn->dn, tv->key.family,
						       &tv->key.addr);

		if (!tv->vip || vip_is_news(old, tv->vip))
			return false;
	}
	return true;
}

int dray_txn_publish(struct dray_txn *txn, struct netlink_ext_ack *extack)
{
	struct dray_net *dn = txn->dn;
	struct dray_txn_service *ts;
	struct dray_txn_vip *tv;
	int err;

	lockdep_assert_held(&dn->lock);
	err = hooks_prepare(txn);
	if (err) {
		hooks_tidy(dn);
		NL_SET_ERR_MSG(extack, "Registering the hooks failed");
		return err;
	}
	if (!txn_is_renewal(txn))
		WRITE_ONCE(dn->generation, dn->generation + 1);
	if (txn->set_settings)
		publish_settings(txn);
	list_for_each_entry(tv, &txn->vips, node)
		publish_vip(dn, tv);
	list_for_each_entry(ts, &txn->services, node) {
		publish_service(dn, ts);
		cond_resched();
	}
	hooks_tidy(dn);
	dray_reach_judge(dn);
	return 0;
}

void dray_txn_end(struct dray_net *dn)
{
	struct dray_service *service;
	struct dray_vip *vip;
	struct hlist_node *next;
	unsigned long id;
	int bucket;

	mutex_lock(&dn->lock);
	WRITE_ONCE(dn->generation, dn->generation + 1);
	xa_for_each(&dn->service_ids, id, service) {
		notify_gone(dn, service);
		publish_gone(dn, service);
	}
	hash_for_each_safe(dn->vips, bucket, next, vip, node)
		dray_vip_unlink(dn, vip);
	hooks_tidy(dn);
	mutex_unlock(&dn->lock);
}
