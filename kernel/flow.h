/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows: which server a client's 5-tuple goes to, and persist entries, which
 * are entries of the same table that stand for a client instead.
 *
 * An entry has no timer, no reference to its server and no lock.  Its state
 * changes by cmpxchg64() of one word that holds its server too, so that each
 * change is made and accounted by exactly one CPU; expiry is judged when it is
 * looked at, and a sweeper frees what has expired.
 *
 * Life of an entry.  It is "unassured" until its client has shown that it is
 * real.  Unassured entries stand in a queue in the order of their making, from
 * which the oldest is taken when their budget is used up.  Killing an entry
 * sets FLOW_DEAD, takes it out of the hash table and puts it on a list; it is
 * freed after a grace period, and not before the queue has let go of it
 * (FLOW_QUEUED).
 */
#ifndef _DRAY_FLOW_H
#define _DRAY_FLOW_H

#include <linux/llist.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <uapi/linux/dray.h>

#include "flow_key.h"
#include "flow_walk.h"

struct net;
struct dray_net;
struct dray_queue_page;
struct dray_server;
struct dray_service;

#define DRAY_FLOW_LIMIT_MIN	1024
#define DRAY_FLOW_LIMIT_MAX	BIT(28)
#define DRAY_FLOW_LIMIT_USER	65536	/* in a namespace of an unprivileged user */
#define DRAY_UNASSURED_MIN	64
#define DRAY_HALF_OPEN		20	/* seconds, DESIGN 6 */

/* Bits of dray_flow_word.flags; the first two are those of the interface. */
#define FLOW_ASSURED		DRAY_FLOW_FLAGS_ASSURED
#define FLOW_DIVERGENT		DRAY_FLOW_FLAGS_DIVERGENT
#define FLOW_PERSIST		BIT(2)	/* stands for a client */
#define FLOW_V6			BIT(3)	/* has a struct dray_flow_key6 */
#define FLOW_QUEUED		BIT(4)	/* the queue of unassured entries has it */
#define FLOW_DEAD		BIT(5)	/* on its way out */
#define FLOW_SPARED		BIT(6)	/* the queue has spared it once */
#define FLOW_PAYLOAD		BIT(7)	/* has carried payload */
#define FLOW_COUNTED		BIT(8)	/* is one of its client's open flows */
#define FLOW_PACKETS		GENMASK(10, 9)	/* packets seen, up to 3 */
#define FLOW_SECOND		GENMASK(15, 11)	/* of the first payload, modulo 32 */

/**
 * union dray_flow_word - what changes as one
 * @server: id of the server
 * @protocol: of the transport header; 0 for a persist entry.  Part of the key
 * @state: enum dray_flow_state
 * @flags: FLOW_*
 * @word: all of it
 */
union dray_flow_word {
	struct {
		u32 server;
		u8 protocol;
		u8 state;
		u16 flags;
	};
	u64 word;
};

/**
 * struct dray_flow - an entry
 * @node: in dray_flows.table of its family
 * @dead: in dray_flows.dead
 * @w: server, protocol, state, flags; written by cmpxchg64() only
 * @last: jiffies of the last packet, 32 bits of them
 * @first: jiffies of the first packet (a flow)
 * @open: open flows of the client (a persist entry)
 * @key4: key, if not FLOW_V6
 * @key6: key, if FLOW_V6
 *
 * 48 bytes for IPv4: that is what is allocated then.
 */
struct dray_flow {
	struct rhash_head node;
	struct llist_node dead;
	union dray_flow_word w;
	u32 last;
	union {
		u32 first;
		atomic_t open;
	};
	union {
		struct dray_flow_key4 key4;
		struct dray_flow_key6 key6;
	};
};

/**
 * struct dray_flow_queue - unassured entries in the order of their making
 * @lock: guards all of it; taken with softirqs off
 * @pages: struct dray_queue_page, the oldest first
 * @tidy: the page that is to be tidied next
 * @n_pages: number of @pages; read without the lock to report memory
 */
struct dray_flow_queue {
	spinlock_t lock;	/* guards all of it */
	struct list_head pages;
	struct dray_queue_page *tidy;
	u32 n_pages;
};

/**
 * struct dray_flows - the entries of a namespace
 * @table: by family, [0] IPv4 and [1] IPv6
 * @queue: unassured entries
 * @dead: entries to be freed after a grace period
 * @n_dead: how many
 * @count: flow entries
 * @persists: persist entries
 * @unassured: unassured entries of both kinds
 * @pressed: jiffies at which there last was no room for an entry
 * @was_pressed: @pressed has ever been set
 * @sweeper: frees what has expired
 * @walk: where the sweeper is; its own
 * @walking: whether @walk has begun; the sweeper's own
 * @sweep_soon: bit 0: @sweeper was told to hurry; atomic
 */
struct dray_flows {
	struct rhashtable table[2];
	struct dray_flow_queue queue;
	struct llist_head dead;
	atomic_t n_dead;
	atomic_t count;
	atomic_t persists;
	atomic_t unassured;
	unsigned long pressed;
	bool was_pressed;
	struct delayed_work sweeper;
	struct dray_flow_walk walk;
	bool walking;
	unsigned long sweep_soon;
};

static inline u32 dray_now(void)
{
	return (u32)jiffies;
}

static inline u8 dray_flow_family(const struct dray_flow *flow)
{
	return flow->w.flags & FLOW_V6 ? AF_INET6 : AF_INET;
}

static inline u32 dray_flow_service(const struct dray_flow *flow)
{
	return flow->w.flags & FLOW_V6 ? flow->key6.service :
					 flow->key4.service;
}

static inline bool dray_flow_is_persist(const struct dray_flow *flow)
{
	return flow->w.flags & FLOW_PERSIST;
}

/**
 * dray_flow_lookup() - find an entry
 * @dn: namespace
 * @tuple: what to find
 *
 * An entry that has expired or whose server was removed is found all the
 * same; see dray_flow_expired() and dray_server_by_id().
 *
 * Context: RCU read side.
 * Return: the entry, valid until the end of the read side, or NULL.
 */
struct dray_flow *dray_flow_lookup(struct dray_net *dn,
				   const struct dray_flow_tuple *tuple);

/**
 * dray_flow_insert() - make an entry
 * @dn: namespace
 * @tuple: its key
 * @server: its server
 * @state: enum dray_flow_state
 * @flags: FLOW_*; without FLOW_ASSURED it goes into the queue.  FLOW_PAYLOAD
 *	if the packet that makes it carries payload
 * @may_evict: whether the oldest unassured entry may give way
 * @reason: where to put the enum dray_reason if there is none
 *
 * If another CPU was faster its entry is returned: the caller uses the server
 * that stands there.
 *
 * Context: softirq, RCU read side.
 * Return: the entry that is in the table, or NULL if there is no room or
 * memory.
 */
struct dray_flow *dray_flow_insert(struct dray_net *dn,
				   const struct dray_flow_tuple *tuple,
				   struct dray_server *server, u8 state,
				   u16 flags, bool may_evict, u8 *reason);

/**
 * dray_flow_room() - whether dray_flow_insert() would make an entry
 * @dn: namespace
 * @flags: FLOW_*
 * @may_evict: whether the oldest unassured entry may give way
 * @reason: where to put the enum dray_reason if it would not, or
 *	DRAY_REASON_EVICTED if another entry would give way; else
 *	DRAY_REASON_COUNT
 *
 * Context: any.
 * Return: what it would do, memory permitting.
 */
bool dray_flow_room(struct dray_net *dn, u16 flags, bool may_evict, u8 *reason);

/**
 * dray_flow_kill() - take an entry out
 * @dn: namespace
 * @flow: entry
 *
 * Context: RCU read side, softirqs off or process.
 * Return: false if somebody else did.
 */
bool dray_flow_kill(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_flow_move() - give an entry another server
 * @dn: namespace
 * @flow: entry
 * @from: id of the server that was found wanting
 * @server: its new server
 *
 * Context: RCU read side.
 * Return: the server that the entry has now: another CPU may have been faster.
 */
struct dray_server *dray_flow_move(struct dray_net *dn, struct dray_flow *flow,
				   u32 from, struct dray_server *server);

/**
 * dray_flow_set_flags() - set and clear flags as one step
 * @flow: entry
 * @set: FLOW_* to set
 * @clear: FLOW_* to clear
 *
 * Context: RCU read side.
 * Return: the word as it was before.
 */
union dray_flow_word dray_flow_set_flags(struct dray_flow *flow, u16 set,
					 u16 clear);

/**
 * dray_flow_assure() - the client of an entry is real
 * @dn: namespace
 * @flow: entry
 *
 * Context: RCU read side.
 * Return: false if it was before, or the entry is dead.
 */
bool dray_flow_assure(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_flow_set_state() - change the state of a flow
 * @dn: namespace
 * @flow: entry
 * @state: enum dray_flow_state
 *
 * Accounts for active and inactive flows of the server, and for the open
 * flows of a persistent client.
 *
 * Context: RCU read side.
 */
void dray_flow_set_state(struct dray_net *dn, struct dray_flow *flow,
			 u8 state);

/**
 * dray_flow_timeout() - how long an entry is kept
 * @dn: namespace
 * @flow: entry
 *
 * Context: RCU read side.
 * Return: jiffies after the last packet; 0 if its service is gone.
 */
unsigned long dray_flow_timeout(struct dray_net *dn,
				const struct dray_flow *flow);

/**
 * dray_flow_expired() - whether an entry is past its time
 * @dn: namespace
 * @flow: entry
 *
 * Context: RCU read side.
 */
bool dray_flow_expired(struct dray_net *dn, const struct dray_flow *flow);

/**
 * dray_flow_stale() - dray_flow_expired() for a flow whose service is known
 * @dn: namespace
 * @flow: flow entry
 *
 * Context: any.
 */
bool dray_flow_stale(struct dray_net *dn, const struct dray_flow *flow);

/**
 * dray_flow_count_packet() - note a packet of an unassured flow
 * @flow: entry
 * @payload: the packet carries payload
 * @packets: where to put how many packets there were, 3 at most
 *
 * Context: RCU read side.
 * Return: whether the packet carries payload and one in another second did.
 */
bool dray_flow_count_packet(struct dray_flow *flow, bool payload, u8 *packets);

/**
 * dray_flow_expires() - how long an entry still has
 * @dn: namespace
 * @flow: entry
 *
 * Context: RCU read side.
 * Return: milliseconds; 0 if it has expired.
 */
u32 dray_flow_expires(struct dray_net *dn, const struct dray_flow *flow);

/**
 * dray_flow_pressed() - whether there is, or was lately, no room for entries
 * @dn: namespace
 *
 * Context: any.
 * Return: true if an entry was refused or evicted in the last 60 s.
 */
bool dray_flow_pressed(struct dray_net *dn);

/**
 * dray_flow_active() - whether a flow in a state counts as active
 * @state: enum dray_flow_state
 *
 * As ipvsadm's ActiveConn: established and half open.
 */
static inline bool dray_flow_active(u8 state)
{
	return state == DRAY_FLOW_STATE_ESTABLISHED ||
	       state == DRAY_FLOW_STATE_SYN_RECV ||
	       state == DRAY_FLOW_STATE_SCTP_ESTABLISHED ||
	       state == DRAY_FLOW_STATE_SCTP_INIT;
}

/**
 * dray_flow_open() - whether a flow in a state keeps its client persistent
 * @state: enum dray_flow_state
 */
static inline bool dray_flow_open(u8 state)
{
	return dray_flow_active(state) || state == DRAY_FLOW_STATE_UDP;
}

/**
 * dray_flows_bytes() - memory of a namespace's entries
 * @dn: namespace
 *
 * Context: process.
 * Return: bytes of entries, hash tables and queue.
 */
u64 dray_flows_bytes(struct dray_net *dn);

/**
 * dray_flows_init() - make a namespace's tables
 * @dn: namespace
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int dray_flows_init(struct dray_net *dn);

/**
 * dray_flows_exit() - free a namespace's entries and tables
 * @dn: namespace; no packet reaches it any more
 *
 * Context: process.
 */
void dray_flows_exit(struct dray_net *dn);

/**
 * dray_flow_module_init() - make the caches that entries come from
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int dray_flow_module_init(void);

/**
 * dray_flow_module_exit() - undo dray_flow_module_init()
 *
 * Context: process; no entry is left.
 */
void dray_flow_module_exit(void);

/**
 * dray_flows_default_limit() - flow entries that a namespace may have
 * @net: namespace
 *
 * A sixteenth of memory at 64 bytes an entry.
 *
 * Context: any.
 */
u32 dray_flows_default_limit(const struct net *net);

/**
 * dray_flows_max_limit() - what the limits of a namespace may be set to
 * @net: namespace
 *
 * Entries are made in softirq and charged to nobody's memory cgroup, so the
 * owner of a user namespace may have few.
 *
 * Context: any.
 */
u32 dray_flows_max_limit(const struct net *net);

/**
 * dray_flow_tuple_of() - an entry's tuple
 * @tuple: where to put it
 * @flow: entry
 *
 * Context: any.
 */
static inline void dray_flow_tuple_of(struct dray_flow_tuple *tuple,
				      const struct dray_flow *flow)
{
	tuple->family = dray_flow_family(flow);
	tuple->protocol = flow->w.protocol;
	if (tuple->family == AF_INET)
		tuple->key4 = flow->key4;
	else
		tuple->key6 = flow->key6;
}

#endif
