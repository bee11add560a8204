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
 * @published_id: its id
 * @generation: of its configuration when it was staged
 * @created: a service made by the transaction that takes its place or is
 *	new; owned
 * @conf: configuration to be; owned; NULL if the service is to go
 * @choice: its way into a table; owned
 * @affected: entries of it may come to diverge
 */
struct dray_txn_service {
	struct list_head node;
	struct hlist_node index;
	struct dray_service_key key;
	struct dray_service *published;
	u32 published_id;
	u32 generation;
	struct dray_service *created;
	struct dray_service_conf *conf;
	struct dray_choice *choice;
	bool affected;
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
 * @node: in dray_net.txns, unless it is being committed
 * @single: it is of one step alone
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
 * @settings_generation: of those that it began with
 * @set_settings: whether they are
 *
 * All under dray_net.lock.
 */
struct dray_txn {
	struct list_head node;
	bool single;
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
	u32 settings_generation;
	bool set_settings;
};

static inline struct dray_service_conf *
dray_conf_locked(const struct dray_service *service)
{
	return rcu_dereference_protected(service->conf,
					 lockdep_is_held(&service->dn->lock));
}

/**
 * dray_txn_staged() - what a transaction has staged of a service
 * @txn: transaction
 * @key: identity
 *
 * Context: dray_net.lock held.
 * Return: that, or NULL if it has staged nothing of it.
 */
struct dray_txn_service *dray_txn_staged(struct dray_txn *txn,
					 const struct dray_service_key *key);

/**
 * dray_txn_peek() - a service's configuration with what is staged
 * @txn: transaction
 * @key: identity
 *
 * To be read only, so that asking stages nothing.
 *
 * Context: dray_net.lock held.
 * Return: the configuration, or NULL if there is none.
 */
const struct dray_service_conf *
dray_txn_peek(struct dray_txn *txn, const struct dray_service_key *key);

/**
 * dray_txn_stage() - stage a service, if it is not
 * @txn: transaction
 * @key: identity
 * @extack: why not
 *
 * Context: process, dray_net.lock held.
 * Return: what is staged, with a configuration to change unless there is no
 * such service or it is to go; or ERR_PTR(-ENOMEM).
 */
struct dray_txn_service *dray_txn_stage(struct dray_txn *txn,
					const struct dray_service_key *key,
					struct netlink_ext_ack *extack);

/**
 * dray_txn_stage_present() - stage a service that has to be there
 * @txn: transaction
 * @key: identity
 * @extack: why not
 *
 * Context: process, dray_net.lock held.
 * Return: what is staged, with a configuration to change; or an error:
 * -ESRCH, -ENOMEM.
 */
struct dray_txn_service *
dray_txn_stage_present(struct dray_txn *txn, const struct dray_service_key *key,
		       struct netlink_ext_ack *extack);

/**
 * dray_txn_stage_create() - make what says that a service is to go
 * @key: identity
 * @published: the service in force, or NULL
 *
 * It gets a configuration if the service is to stay, or to be new.
 *
 * Context: process, dray_net.lock held.
 * Return: that, in no transaction and the caller's, or NULL for want of memory.
 */
struct dray_txn_service *
dray_txn_stage_create(const struct dray_service_key *key,
		      struct dray_service *published);

/**
 * dray_txn_stage_add() - give a transaction what is staged
 * @txn: transaction that has staged nothing of the service
 * @ts: what is staged; @txn's from now on
 *
 * Context: dray_net.lock held.
 */
void dray_txn_stage_add(struct dray_txn *txn, struct dray_txn_service *ts);

/**
 * dray_txn_conf_copy() - copy a configuration
 * @old: configuration
 * @cap: servers to have room for
 *
 * Context: process.
 * Return: the copy, the caller's, or NULL for want of memory.
 */
struct dray_service_conf *
dray_txn_conf_copy(const struct dray_service_conf *old, u32 cap);

/**
 * dray_txn_drop_server() - let go of a server of a staged configuration
 * @txn: transaction
 * @server: server; freed if @txn has made it
 *
 * Context: process, dray_net.lock held.
 */
void dray_txn_drop_server(struct dray_txn *txn, struct dray_server *server);

/**
 * dray_txn_stale() - whether somebody else's commit has overtaken
 * @txn: transaction
 * @expected: generation that the caller expects to be in force, or NULL
 * @extack: why
 *
 * Context: dray_net.lock held.
 * Return: 0 or -ESTALE.
 */
int dray_txn_stale(const struct dray_txn *txn, const u32 *expected,
		   struct netlink_ext_ack *extack);

/**
 * dray_txn_tables() - make the tables that what is staged needs
 * @txn: not stale, in no list
 * @extack: why not
 *
 * Context: process, dray_net.lock held; released and taken again if a table
 * has to be made.
 * Return: 0; -EAGAIN, without a message, if the step has to be done again
 * since its service has changed meanwhile; -ESTALE if a transaction of several
 * steps has been overtaken; or an error of dray_choice_create() or
 * dray_choice_make().
 */
int dray_txn_tables(struct dray_txn *txn, struct netlink_ext_ack *extack);

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
