/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a transaction, shared by txn*.c and commit.c only.
 */
#ifndef _DRAY_TXN_IMPL_H
#define _DRAY_TXN_IMPL_H

#include "txn.h"

/**
 * struct dray_txn_service - what is staged of a service
 * @node: in dray_txn.services
 * @index: in dray_txn.index
 * @key: identity
 * @published: the service in force, or NULL.  Looked at only while the
 *	transaction is not stale
 * @created: a service made by the transaction that takes its place or is
 *	new; owned
 * @conf: configuration to be; owned; NULL if the service is to go
 */
struct dray_txn_service {
	struct list_head node;
	struct hlist_node index;
	struct dray_service_key key;
	struct dray_service *published;
	struct dray_service *created;
	struct dray_service_conf *conf;
};

/**
 * struct dray_txn_vip - what is staged of a VIP
 * @node: in dray_txn.vips
 * @key: address
 * @vip: entry to be; owned; NULL if it is to go
 */
struct dray_txn_vip {
	struct list_head node;
	struct dray_vip_key key;
	struct dray_vip *vip;
};

/**
 * struct dray_txn - a transaction
 * @node: in dray_net.txns; empty if it is of one step alone
 * @dn: namespace
 * @portid: socket that it belongs to
 * @generation: generation that it began at
 * @n_created: services made
 * @n_removed: published services that are to go
 * @n_vips: VIPs that it adds, less those that it takes away
 * @services: struct dray_txn_service
 * @index: the same by key
 * @vips: struct dray_txn_vip
 * @new_servers: servers made, by dray_server.owned
 * @settings: settings to be
 * @set_settings: whether they are
 *
 * All under dray_net.lock.
 */
struct dray_txn {
	struct list_head node;
	struct dray_net *dn;
	u32 portid;
	u32 generation;
	u32 n_created;
	u32 n_removed;
	int n_vips;
	struct list_head services;
	DECLARE_HASHTABLE(index, 6);
	struct list_head vips;
	struct list_head new_servers;
	struct dray_settings settings;
	bool set_settings;
};

static inline struct dray_service_conf *
dray_conf_locked(const struct dray_service *service)
{
	return rcu_dereference_protected(service->conf,
					 lockdep_is_held(&service->dn->lock));
}

/**
 * dray_txn_publish() - put what is staged in force
 * @txn: not stale
 * @extack: why not
 *
 * Context: process, dray_net.lock held.
 * Return: 0, or an error; then nothing has changed.
 */
int dray_txn_publish(struct dray_txn *txn, struct netlink_ext_ack *extack);

/**
 * dray_txn_forget_service() - free what is staged of a service
 * @ts: without a created service
 *
 * Context: process, dray_net.lock held.
 */
void dray_txn_forget_service(struct dray_txn_service *ts);

#endif
