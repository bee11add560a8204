/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools: servers that several services have in common, and their table.
 *
 * Services whose servers, weights, rows and key are the same have one table
 * between them.  A service finds its own servers in it by a struct
 * dray_choice, which holds the pool.
 */
#ifndef _DRAY_POOL_H
#define _DRAY_POOL_H

#include <linux/netlink.h>
#include <linux/workqueue.h>

#include "service.h"
#include "table.h"

struct dray_net;

#define DRAY_TABLE_LIMIT	(256ULL << 20)	/* default, bytes */
#define DRAY_TABLE_LIMIT_USER	(16ULL << 20)	/* in a user namespace */

/**
 * struct dray_pool - servers with a table
 * @node: in dray_net.pools
 * @dn: namespace, constant
 * @refs: choices that have it
 * @users: those of them that packets may find, or will
 * @key: that the table was made with, constant
 * @table: constant
 *
 * @node, @refs and @users are guarded by the lock of pool.c.
 */
struct dray_pool {
	struct list_head node;
	struct dray_net *dn;
	u32 refs;
	u32 users;
	u8 key[DRAY_TABLE_KEY_LEN];
	struct dray_table *table;
};

/**
 * struct dray_choice - a service's way into a table
 * @pool: the pool, or NULL until the table is made
 * @retired: it only waits to be freed
 * @work: frees it once no packet reads it
 * @n: number of servers that have a weight
 * @members: these servers, sorted as those of the table; of interest until the
 *	table is made only
 * @slots: of each of them the index in dray_service_conf.slots
 */
struct dray_choice {
	struct dray_pool *pool;
	bool retired;
	struct rcu_work work;
	u32 n;
	struct dray_table_server *members;
	u16 slots[] __counted_by(n);
};

/**
 * dray_choice_create() - begin a way into a table
 * @conf: configuration, with a scheduler that goes by a table
 * @extack: why not
 *
 * Context: process; dray_net.lock held or @conf not published.
 * Return: a choice without a pool; NULL if no server has a weight; or an
 * error: -ENOSPC if the servers are too many for the rows, -ENOMEM.
 */
struct dray_choice *dray_choice_create(const struct dray_service_conf *conf,
				       struct netlink_ext_ack *extack);

/**
 * dray_choice_find() - give a choice a pool that is there
 * @dn: namespace
 * @choice: without a pool
 * @rows: of the table
 * @key: of the table
 *
 * Context: process; may sleep.
 * Return: whether there is one.
 */
bool dray_choice_find(struct dray_net *dn, struct dray_choice *choice,
		      u32 rows, const u8 *key);

/**
 * dray_choice_make() - give a choice a pool, made if need be
 * @dn: namespace
 * @choice: without a pool
 * @rows: of the table
 * @key: of the table
 * @limit: bytes that the tables in use may take with this one
 * @extack: why not
 *
 * Takes as long as a table takes to be made.
 *
 * Context: process; dray_net.pool_make held, dray_net.lock not held.
 * Return: 0, -ENOSPC if the tables would take more than table-limit, -EBUSY if
 * tables of a user namespace have taken too much time lately, -ENOMEM, -EINTR
 * if the caller was killed.
 */
int dray_choice_make(struct dray_net *dn, struct dray_choice *choice, u32 rows,
		     const u8 *key, u64 limit, struct netlink_ext_ack *extack);

/**
 * dray_choice_alone() - memory that will be free when a choice is retired
 * @choice: published, or NULL
 *
 * Context: process; may sleep.
 * Return: bytes of its table, 0 if others have it too.
 */
u64 dray_choice_alone(const struct dray_choice *choice);

/**
 * dray_choice_destroy() - free a choice
 * @choice: never published, or NULL
 *
 * Context: process; may sleep.
 */
void dray_choice_destroy(struct dray_choice *choice);

/**
 * dray_choice_retire() - free a choice once no packet reads it
 * @choice: with a pool, published no more or never, or NULL
 *
 * It counts no more for the limit.  Its table can still be found for a moment.
 *
 * Context: process; may sleep.
 */
void dray_choice_retire(struct dray_choice *choice);

/**
 * dray_pools_bytes() - memory that the tables in use of a namespace take
 * @dn: namespace
 * @n: where to put the number of tables
 *
 * Context: process; may sleep.
 */
u64 dray_pools_bytes(struct dray_net *dn, u32 *n);

/**
 * dray_pools_exit() - wait until all pools of a namespace are free
 * @dn: namespace, on its way out, without services
 *
 * Context: process; may sleep.
 */
void dray_pools_exit(struct dray_net *dn);

/**
 * dray_pool_module_init() - what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int dray_pool_module_init(void);

/**
 * dray_pool_module_exit() - the opposite
 */
void dray_pool_module_exit(void);

#endif
