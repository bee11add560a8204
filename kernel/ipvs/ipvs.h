/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dray table as a scheduler of IPVS.
 *
 * IPVS tells of each change of a service's servers under its own mutex.  There
 * only a list of them is made, a struct dray_vs_choice; its table is made by a
 * work item, which never takes that mutex, and then it is put in force.
 */
#ifndef _DRAY_IPVS_H
#define _DRAY_IPVS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <net/ip_vs.h>

#include "table.h"

/**
 * struct dray_vs_table - a table, of all services whose servers are the same
 * @node: in the list of tables
 * @refs: choices that have it
 * @table: constant
 *
 * @node and @refs are touched by works of the queue only, which run one at a
 * time.
 */
struct dray_vs_table {
	struct list_head node;
	u32 refs;
	struct dray_table *table;
};

/**
 * struct dray_vs_choice - a service's servers and its way into their table
 * @table: NULL until it is made, and if no server has a weight
 * @work: frees it once no packet reads it
 * @n: number of servers
 * @members: those of the table, sorted as in it; weights are the last ones that
 *	were not 0, so that a server that gets no new flows stays in
 * @dests: IPVS's servers by position; NULL: gone since
 *
 * While it is the choice in force, or on its way there, it has a reference of
 * each server in @dests.  These are guarded by struct dray_vs_service's lock.
 */
struct dray_vs_choice {
	struct dray_vs_table *table;
	struct rcu_work work;
	u32 n;
	struct dray_table_server *members;
	struct ip_vs_dest __rcu *dests[];
};

/**
 * struct dray_vs_service - what the scheduler knows of a service
 * @choice: in force; NULL until there is one
 * @svc: IPVS's service, as long as @done is not set
 * @node: in the list of services
 * @lock: guards what follows, and writes of @choice and of the servers of all
 *	three choices
 * @next: waits for its table, or NULL
 * @making: its table is being made, or NULL
 * @err: why the newest list of servers is not and will not be in force, or 0
 * @done: the service is gone or has another scheduler
 * @refs: one of the service, one of @work while it is queued or runs
 * @work: makes the table of @next
 * @free: frees it once no packet reads it
 */
struct dray_vs_service {
	struct dray_vs_choice __rcu *choice;
	struct ip_vs_service *svc;
	struct list_head node;
	struct mutex lock;	/* guards what follows, and writes of choice */
	struct dray_vs_choice *next;
	struct dray_vs_choice *making;
	int err;
	bool done;
	refcount_t refs;
	struct work_struct work;
	struct rcu_work free;
};

/* param.c */

/**
 * dray_vs_rows() - rows of all tables
 *
 * Context: any.
 */
u32 dray_vs_rows(void);

/**
 * dray_vs_key() - key of all tables
 *
 * Context: any.
 * Return: DRAY_TABLE_KEY_LEN bytes that do not change.
 */
const u8 *dray_vs_key(void);

/**
 * dray_vs_param_check() - judge the parameters of the module
 *
 * Context: process.
 * Return: 0, or -EINVAL after the kernel's log has been told why.
 */
int dray_vs_param_check(void);

/* choice.c */

/**
 * dray_vs_choice_create() - list the servers of a service
 * @svc: service
 *
 * Context: process; IPVS's mutex held.
 * Return: a choice without a table that holds its servers; NULL if there is no
 * memory.
 */
struct dray_vs_choice *dray_vs_choice_create(const struct ip_vs_service *svc);

/**
 * dray_vs_choice_same() - whether two choices are of the same servers
 * @a: choice
 * @b: choice
 *
 * Context: process; the lock of their service held.
 */
bool dray_vs_choice_same(const struct dray_vs_choice *a,
			 const struct dray_vs_choice *b);

/**
 * dray_vs_choice_make() - give a choice its table
 * @choice: without a table
 * @done: give up once that is true
 *
 * Takes as long as a table takes to be made, if no other service has it.
 *
 * Context: a work of the queue.
 * Return: 0, or why it has none: what dray_table_create() returns.
 */
int dray_vs_choice_make(struct dray_vs_choice *choice, bool *done);

/**
 * dray_vs_choice_forget() - clear the position of a server
 * @choice: choice or NULL
 * @dest: server
 *
 * Context: process; the lock of the service held.
 */
void dray_vs_choice_forget(struct dray_vs_choice *choice,
			   struct ip_vs_dest *dest);

/**
 * dray_vs_choice_release() - let go of all servers
 * @choice: choice that is neither in force nor will be, or NULL
 *
 * Packets may still read it.
 *
 * Context: process; the lock of the service held.
 */
void dray_vs_choice_release(struct dray_vs_choice *choice);

/**
 * dray_vs_choice_destroy() - free a choice that nobody reads
 * @choice: choice that has let go of its servers, or NULL
 *
 * Context: process; a work of the queue, if it has a table.
 */
void dray_vs_choice_destroy(struct dray_vs_choice *choice);

/* service.c */

/**
 * dray_vs_service_init() - begin with a service: IPVS's init_service
 * @svc: service, with or without servers
 *
 * Context: process; IPVS's mutex held.
 * Return: 0 or -ENOMEM.
 */
int dray_vs_service_init(struct ip_vs_service *svc);

/**
 * dray_vs_service_done() - the opposite: IPVS's done_service
 * @svc: service, whose scheduler packets find no more
 *
 * Context: process; IPVS's mutex held.
 */
void dray_vs_service_done(struct ip_vs_service *svc);

/**
 * dray_vs_service_changed() - a server was added or changed: IPVS's add_dest
 * and upd_dest
 * @svc: service
 * @dest: server, in the list
 *
 * Context: process; IPVS's mutex held.
 * Return: 0.
 */
int dray_vs_service_changed(struct ip_vs_service *svc, struct ip_vs_dest *dest);

/**
 * dray_vs_service_deleted() - a server was taken out: IPVS's del_dest
 * @svc: service
 * @dest: server, in the list no more
 *
 * Context: process; IPVS's mutex held.
 * Return: 0.  No packet that comes from then on gets this server.
 */
int dray_vs_service_deleted(struct ip_vs_service *svc, struct ip_vs_dest *dest);

/**
 * dray_vs_service_each() - call a function for each service of a namespace
 * @net: namespace
 * @call: function; the service's lock is held
 * @arg: for @call
 *
 * Context: process; may sleep.
 */
void dray_vs_service_each(const struct net *net,
			  void (*call)(struct dray_vs_service *service,
				       void *arg),
			  void *arg);

/**
 * dray_vs_service_name() - a service, as ipvsadm takes it
 * @svc: service
 * @buf: where to put it
 * @len: size of @buf; DRAY_VS_NAME is enough
 *
 * Context: any.
 */
void dray_vs_service_name(const struct ip_vs_service *svc, char *buf,
			  size_t len);

#define DRAY_VS_NAME	64

/**
 * dray_vs_error() - words for why a table could not be made
 * @err: what dray_table_create() returned
 *
 * Context: any.
 */
const char *dray_vs_error(int err);

/**
 * dray_vs_service_module_init() - make the queue
 *
 * Return: 0 or -ENOMEM.
 */
int dray_vs_service_module_init(void);

/**
 * dray_vs_service_module_exit() - wait for all works, and for all readers
 *
 * Context: process; no service has the scheduler any more.
 */
void dray_vs_service_module_exit(void);

/* schedule.c */

/**
 * dray_vs_schedule() - the server of a new connection: IPVS's schedule
 * @svc: service
 * @skb: packet
 * @iph: where its parts are
 *
 * Context: RCU read side.
 * Return: a server, or NULL if none may have new connections.
 */
struct ip_vs_dest *dray_vs_schedule(struct ip_vs_service *svc,
				    const struct sk_buff *skb,
				    struct ip_vs_iphdr *iph);

/* show.c */

/**
 * dray_vs_show_init() - /proc/net/ip_vs_dray of each namespace
 *
 * Return: 0 or an error.
 */
int dray_vs_show_init(void);

/**
 * dray_vs_show_exit() - the opposite
 */
void dray_vs_show_exit(void);

#endif
