/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: how the configuration changes.
 *
 * Every write is a transaction, most of them of one step.  A step is judged
 * and everything it needs is allocated when it is staged; nothing is seen by
 * packets before the commit, and past the point where a commit begins to
 * publish nothing can fail.  A step that fails leaves the transaction as it
 * was before the step.
 *
 * A transaction that somebody else's commit has overtaken is stale: each
 * further step and its commit fail with -ESTALE.  It holds no reference to
 * anything that is published, so that it can be dropped at any time.
 */
#ifndef _DRAY_TXN_H
#define _DRAY_TXN_H

#include <linux/netlink.h>

#include "net.h"
#include "server.h"
#include "service.h"
#include "vip.h"

struct dray_txn;

/**
 * dray_txn_begin() - open a transaction on a socket
 * @dn: namespace
 * @portid: of the socket
 * @extack: why not
 *
 * Context: process; takes dray_net.lock.
 * Return: 0, -EBUSY if the socket has one, -ENOMEM.
 */
int dray_txn_begin(struct dray_net *dn, u32 portid,
		   struct netlink_ext_ack *extack);

/**
 * dray_txn_commit() - commit a socket's transaction
 * @dn: namespace
 * @portid: of the socket
 * @expected: generation that the caller expects to be in force, or NULL
 * @generation: where to put the new generation
 * @extack: why not
 *
 * The transaction is gone afterwards, whatever the result.
 *
 * Context: process; takes dray_net.lock.
 * Return: 0, -ENOENT if there is none, -ESTALE, -ENOMEM.
 */
int dray_txn_commit(struct dray_net *dn, u32 portid, const u32 *expected,
		    u32 *generation, struct netlink_ext_ack *extack);

/**
 * dray_txn_abort() - drop a socket's transaction
 * @dn: namespace
 * @portid: of the socket
 *
 * Context: process; takes dray_net.lock.
 * Return: 0, or -ENOENT if there is none.
 */
int dray_txn_abort(struct dray_net *dn, u32 portid);

/**
 * dray_txn_enter() - begin a step
 * @dn: namespace
 * @portid: of the socket that asks
 * @extack: why not
 *
 * Context: process; takes dray_net.lock and keeps it if it returns a
 * transaction.
 * Return: the socket's open transaction, or a new one of this step alone, or
 * an error: -ENOMEM, -ESTALE.
 */
struct dray_txn *dray_txn_enter(struct dray_net *dn, u32 portid,
				struct netlink_ext_ack *extack);

/**
 * dray_txn_leave() - end a step
 * @txn: from dray_txn_enter()
 * @err: what the step returned
 * @extack: why not
 *
 * Commits a transaction of one step, unless @err.
 *
 * Context: process; releases dray_net.lock.
 * Return: @err, or the error of the commit, or 0; -EAGAIN without a message if
 * somebody else has changed the same service while its table was made, and the
 * step has to be done again from its beginning.
 */
int dray_txn_leave(struct dray_txn *txn, int err,
		   struct netlink_ext_ack *extack);

/* The steps.  Context of all: between dray_txn_enter() and dray_txn_leave().
 * They return 0 or an error with @extack set, and see what the transaction
 * has staged so far.
 */

/**
 * dray_txn_service_params() - what a service is configured to be
 * @txn: transaction
 * @key: service
 * @params: where to put it
 * @extack: why not
 *
 * To begin a change from; includes what is staged.
 *
 * Return: 0 or -ESRCH.
 */
int dray_txn_service_params(struct dray_txn *txn,
			    const struct dray_service_key *key,
			    struct dray_service_params *params,
			    struct netlink_ext_ack *extack);

/**
 * dray_txn_new_service() - add a service
 * @txn: transaction
 * @key: identity
 * @params: configuration
 * @extack: why not
 *
 * Return: 0, -EEXIST, -ENOSPC, -ENOMEM.
 */
int dray_txn_new_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 const struct dray_service_params *params,
			 struct netlink_ext_ack *extack);

/**
 * dray_txn_set_service() - change a service
 * @txn: transaction
 * @key: identity
 * @params: configuration, whole
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOMEM.
 */
int dray_txn_set_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 const struct dray_service_params *params,
			 struct netlink_ext_ack *extack);

/**
 * dray_txn_del_service() - remove a service with its servers
 * @txn: transaction
 * @key: identity
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOMEM.
 */
int dray_txn_del_service(struct dray_txn *txn,
			 const struct dray_service_key *key,
			 struct netlink_ext_ack *extack);

/**
 * dray_txn_flush() - remove all services
 * @txn: transaction
 * @extack: why not
 *
 * Return: 0 or -ENOMEM.
 */
int dray_txn_flush(struct dray_txn *txn, struct netlink_ext_ack *extack);

/**
 * dray_txn_server_params() - what a server is configured to be
 * @txn: transaction
 * @service: its service
 * @key: identity
 * @params: where to put it
 * @extack: why not
 *
 * Return: 0, -ESRCH if there is no such service, -ENOENT if no such server.
 */
int dray_txn_server_params(struct dray_txn *txn,
			   const struct dray_service_key *service,
			   const struct dray_server_key *key,
			   struct dray_server_params *params,
			   struct netlink_ext_ack *extack);

/**
 * dray_txn_new_server() - add a server
 * @txn: transaction
 * @service: its service
 * @key: identity
 * @params: configuration
 * @extack: why not
 *
 * Return: 0, -ESRCH, -EEXIST, -ENOSPC, -ERANGE, -ENOMEM.
 */
int dray_txn_new_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			const struct dray_server_params *params,
			struct netlink_ext_ack *extack);

/**
 * dray_txn_set_server() - change a server
 * @txn: transaction
 * @service: its service
 * @key: identity
 * @params: configuration, whole
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOENT, -ERANGE, -ENOMEM.
 */
int dray_txn_set_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			const struct dray_server_params *params,
			struct netlink_ext_ack *extack);

/**
 * dray_txn_del_server() - remove a server
 * @txn: transaction
 * @service: its service
 * @key: identity
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOENT, -ENOMEM.
 */
int dray_txn_del_server(struct dray_txn *txn,
			const struct dray_service_key *service,
			const struct dray_server_key *key,
			struct netlink_ext_ack *extack);

/**
 * dray_txn_vip_params() - what a VIP's role is configured to be
 * @txn: transaction
 * @key: address
 * @params: where to put it
 * @extack: why not
 *
 * Return: 0 or -ESRCH.
 */
int dray_txn_vip_params(struct dray_txn *txn, const struct dray_vip_key *key,
			struct dray_vip_params *params,
			struct netlink_ext_ack *extack);

/**
 * dray_txn_new_vip() - give an address a role
 * @txn: transaction
 * @key: address
 * @params: role, lease, peers
 * @extack: why not
 *
 * Return: 0, -EEXIST, -ENOMEM.
 */
int dray_txn_new_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     const struct dray_vip_params *params,
		     struct netlink_ext_ack *extack);

/**
 * dray_txn_set_vip() - change an address's role
 * @txn: transaction
 * @key: address
 * @params: role, lease, peers, whole
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOMEM.
 */
int dray_txn_set_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     const struct dray_vip_params *params,
		     struct netlink_ext_ack *extack);

/**
 * dray_txn_del_vip() - forget an address's role
 * @txn: transaction
 * @key: address
 * @extack: why not
 *
 * Return: 0, -ESRCH, -ENOMEM.
 */
int dray_txn_del_vip(struct dray_txn *txn, const struct dray_vip_key *key,
		     struct netlink_ext_ack *extack);

/**
 * dray_txn_settings() - the settings, with what is staged of them
 * @txn: transaction
 *
 * Return: valid until the next dray_txn_set_settings().
 */
const struct dray_settings *dray_txn_settings(const struct dray_txn *txn);

/**
 * dray_txn_set_settings() - change the settings
 * @txn: transaction
 * @settings: all of them
 * @extack: why not
 *
 * Return: 0 or -ENOMEM.
 */
int dray_txn_set_settings(struct dray_txn *txn,
			  const struct dray_settings *settings,
			  struct netlink_ext_ack *extack);

/**
 * dray_txn_drop_all() - drop every open transaction of a namespace
 * @dn: namespace, on its way out
 *
 * Context: process; takes dray_net.lock.
 */
void dray_txn_drop_all(struct dray_net *dn);

/**
 * dray_txn_end() - remove all services, VIPs and hooks
 * @dn: namespace, on its way out
 *
 * Context: process; takes dray_net.lock.
 */
void dray_txn_end(struct dray_net *dn);

#endif
