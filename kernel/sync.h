/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sync: telling other directors what they cannot know.
 *
 * A flow or persist entry that is where the table of its service says is known
 * to whoever has the same table.  What counts are those that diverge from it,
 * and all of a service without a table.  They are queued as copies, and go out
 * in batches to the multicast group sync; who listens there carries them to the
 * other directors.  Without a listener nothing is queued.
 */
#ifndef _DRAY_SYNC_H
#define _DRAY_SYNC_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct dray_flow;
struct dray_flow_tuple;
struct dray_net;
struct dray_server;
struct dray_service_conf;
struct dray_txn;
struct netlink_ext_ack;

/**
 * struct dray_sync - what is to be told
 * @lock: guards @pages, @n_pages, @lost and what is settled; taken with
 *	softirqs off
 * @pages: struct sync_page, the oldest first
 * @n_pages: number of @pages
 * @lost: something was not queued since the last batch
 * @work: sends a batch
 * @settle: judges entries again after a change
 * @settles: @settle is to run; @from counts
 * @from: generation; of services that are older nothing has to be judged
 * @waits: number of the last wait; atomic
 * @done: number of the last one that is over; only grows, by cmpxchg()
 * @over: where they wait
 */
struct dray_sync {
	spinlock_t lock;	/* guards pages to lost, settles and from */
	struct list_head pages;
	u32 n_pages;
	bool lost;
	struct delayed_work work;
	struct work_struct settle;
	bool settles;
	u32 from;
	atomic_t waits;
	u32 done;
	wait_queue_head_t over;
};

/**
 * dray_sync_tell() - tell other directors of an entry, if they cannot know
 * @dn: namespace
 * @conf: configuration of its service
 * @flow: entry
 *
 * Context: softirq or process, RCU read side.
 */
void dray_sync_tell(struct dray_net *dn, const struct dray_service_conf *conf,
		    const struct dray_flow *flow);

/**
 * dray_sync_tell_end() - tell other directors that an entry is deleted
 * @dn: namespace
 * @flow: entry, not yet killed
 *
 * It is told as one whose time is over, also where it does not diverge: it may
 * have when it was told.
 *
 * Context: RCU read side.
 */
void dray_sync_tell_end(struct dray_net *dn, const struct dray_flow *flow);

/**
 * dray_sync_judge() - set an entry's FLOW_DIVERGENT as a configuration has it
 * @conf: configuration of its service, published or to be
 * @flow: entry
 *
 * Context: RCU read side.
 * Return: whether it diverges, and did not when it was judged before: then it is
 * to be told.
 */
bool dray_sync_judge(const struct dray_service_conf *conf,
		     struct dray_flow *flow);

/**
 * dray_sync_tell_again() - the same when an entry was used
 * @dn: namespace
 * @conf: configuration of its service
 * @flow: entry
 * @last: when it was used before, in jiffies
 * @now: jiffies
 *
 * Judges and tells when a third of the entry's time has begun, so that the
 * others' does not expire.
 *
 * Context: softirq, RCU read side.
 */
void dray_sync_tell_again(struct dray_net *dn,
			  const struct dray_service_conf *conf,
			  struct dray_flow *flow, u32 last, u32 now);

/**
 * dray_sync_take() - make an entry what another director says of it
 * @dn: namespace
 * @tuple: its key
 * @server: its server
 * @state: enum dray_flow_state
 * @flags: FLOW_PERSIST, FLOW_ASSURED
 * @expires: milliseconds that it has; 0 if it is deleted
 * @reason: where to put the enum dray_reason if there is no room for it
 *
 * Context: process, RCU read side, softirqs off.
 * Return: false if there is no room for it.
 */
bool dray_sync_take(struct dray_net *dn, const struct dray_flow_tuple *tuple,
		    struct dray_server *server, u8 state, u16 flags,
		    u32 expires, u8 *reason);

/**
 * dray_sync_affected() - whether a commit makes entries diverge
 * @txn: in no list, its choices made or to be made
 *
 * Context: dray_net.lock held.
 * Return: whether dray_sync_change() has to be called before it is published.
 */
bool dray_sync_affected(struct dray_txn *txn);

/**
 * dray_sync_change() - tell what a commit makes diverge
 * @txn: in no list, its choices made
 *
 * Waits until the other directors have it, but 200 ms at most.
 *
 * Context: process, dray_net.lock not held.
 */
void dray_sync_change(struct dray_txn *txn);

/**
 * dray_sync_settle() - judge the entries of a commit's services once more
 * @txn: published or refused, its services still in its list
 *
 * Soon after, not at once: what began by the configuration of before, while the
 * new one was being told, or was marked by one that came to nothing.
 *
 * Context: dray_net.lock held.
 */
void dray_sync_settle(struct dray_txn *txn);

/**
 * dray_sync_settle_init() - begin
 * @dn: namespace
 *
 * Context: process.
 */
void dray_sync_settle_init(struct dray_net *dn);

/**
 * dray_sync_done() - the other directors have what was told before a wait
 * @dn: namespace
 * @wait: its number
 *
 * Context: any.
 * Return: false if nobody waits for that.
 */
bool dray_sync_done(struct dray_net *dn, u32 wait);

/**
 * dray_sync_init() - begin
 * @dn: namespace
 *
 * Context: process.
 */
void dray_sync_init(struct dray_net *dn);

/**
 * dray_sync_exit() - drop what is queued
 * @dn: namespace; nothing is told any more
 *
 * Context: process.
 */
void dray_sync_exit(struct dray_net *dn);

#endif
