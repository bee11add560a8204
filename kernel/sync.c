// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sync: queue of what is to be told to other directors, and taking over what
 * they tell.
 *
 * What a change of tables makes diverge is found in sync_change.c.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "flow.h"
#include "net.h"
#include "netlink.h"
#include "server.h"
#include "service.h"
#include "steer.h"
#include "sync.h"

#define SYNC_DELAY	msecs_to_jiffies(5)	/* a batch within 10 ms */
#define SYNC_PAGES	1024			/* 57,000 entries, 4 MB */

/**
 * struct sync_page - a page of copies of entries
 * @node: in dray_sync.pages
 * @n: how many
 * @entries: their copies; of no use but for reading key, word and time
 */
struct sync_page {
	struct list_head node;
	u32 n;
	struct dray_flow entries[];
};

#define SYNC_ENTRIES							\
	((PAGE_SIZE - sizeof(struct sync_page)) / sizeof(struct dray_flow))

static struct sync_page *sync_grow(struct dray_sync *sync)
{
	struct sync_page *page;

	if (sync->n_pages == SYNC_PAGES)
		return NULL;
	page = kmalloc(PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	if (!page)
		return NULL;
	page->n = 0;
	list_add_tail(&page->node, &sync->pages);
	sync->n_pages++;
	return page;
}

/* Of an IPv4 entry there is no more than its own size. */
static void sync_copy(struct dray_flow *to, const struct dray_flow *from)
{
	if (dray_flow_family(from) == AF_INET6)
		*to = *from;
	else
		memcpy(to, from, offsetofend(struct dray_flow, key4));
}

static void sync_push(struct dray_sync *sync, const struct dray_flow *flow)
{
	struct sync_page *page = NULL;

	lockdep_assert_held(&sync->lock);
	if (!list_empty(&sync->pages))
		page = list_last_entry(&sync->pages, struct sync_page, node);
	if (!page || page->n == SYNC_ENTRIES)
		page = sync_grow(sync);
	if (page)
		sync_copy(&page->entries[page->n++], flow);
	else
		sync->lost = true;
}

static bool sync_counts(const struct dray_service_conf *conf, u16 flags)
{
	return !conf->choice || flags & FLOW_DIVERGENT;
}

static void sync_queue(struct dray_sync *sync, const struct dray_flow *flow)
{
	spin_lock_bh(&sync->lock);
	sync_push(sync, flow);
	spin_unlock_bh(&sync->lock);
	if (!delayed_work_pending(&sync->work))
		queue_delayed_work(system_highpri_wq, &sync->work, SYNC_DELAY);
}

void dray_sync_tell(struct dray_net *dn, const struct dray_service_conf *conf,
		    const struct dray_flow *flow)
{
	if (sync_counts(conf, READ_ONCE(flow->w.flags)) &&
	    dray_nl_sync_listening(dn))
		sync_queue(&dn->sync, flow);
}

void dray_sync_tell_end(struct dray_net *dn, const struct dray_flow *flow)
{
	struct dray_flow end;

	if (!dray_nl_sync_listening(dn))
		return;
	sync_copy(&end, flow);
	end.last = dray_now() - (u32)dray_flow_timeout(dn, flow);
	sync_queue(&dn->sync, &end);
}

static void sync_mark(struct dray_flow *flow, bool diverges)
{
	dray_flow_set_flags(flow, diverges ? FLOW_DIVERGENT : 0,
			    diverges ? 0 : FLOW_DIVERGENT);
}

bool dray_sync_judge(const struct dray_service_conf *conf,
		     struct dray_flow *flow)
{
	union dray_flow_word old, new;
	struct dray_flow_tuple tuple;
	bool diverges;

	dray_flow_tuple_of(&tuple, flow);
	/* Together with the server that was judged: it may move meanwhile. */
	do {
		old.word = READ_ONCE(flow->w.word);
		diverges = dray_steer_diverges(conf, &tuple, old.server);
		if (diverges == !!(old.flags & FLOW_DIVERGENT))
			return false;
		new = old;
		new.flags ^= FLOW_DIVERGENT;
	} while (cmpxchg64(&flow->w.word, old.word, new.word) != old.word);
	return diverges;
}

void dray_sync_tell_again(struct dray_net *dn,
			  const struct dray_service_conf *conf,
			  struct dray_flow *flow, u32 last, u32 now)
{
	u32 third;

	if (!dray_nl_sync_listening(dn))
		return;
	third = max_t(u32, dray_flow_timeout(dn, flow) / 3, 1);
	if (last / third == now / third)
		return;
	/* The table may have changed since the entry was judged. */
	dray_sync_judge(conf, flow);
	dray_sync_tell(dn, conf, flow);
}

/* As if its last packet had come when the other director says. */
static void sync_age(struct dray_net *dn, struct dray_flow *flow, u32 expires)
{
	unsigned long timeout = dray_flow_timeout(dn, flow);
	unsigned long left = min(msecs_to_jiffies(expires), timeout);

	WRITE_ONCE(flow->last, dray_now() - (u32)(timeout - left));
}

static void sync_change_entry(struct dray_net *dn, struct dray_flow *flow,
			      struct dray_server *server, u8 state, u16 flags)
{
	u32 from = READ_ONCE(flow->w.server);

	if (from != server->id)
		dray_flow_move(dn, flow, from, server);
	sync_mark(flow, flags & FLOW_DIVERGENT);
	if (!(flags & FLOW_PERSIST))
		dray_flow_set_state(dn, flow, state);
	if (flags & FLOW_ASSURED)
		dray_flow_assure(dn, flow);
}

bool dray_sync_take(struct dray_net *dn, const struct dray_flow_tuple *tuple,
		    struct dray_server *server, u8 state, u16 flags,
		    u32 expires, u8 *reason)
{
	struct dray_flow *flow = dray_flow_lookup(dn, tuple);

	if (!expires) {
		if (flow)
			dray_flow_kill(dn, flow);
		return true;
	}
	if (dray_steer_diverges(rcu_dereference(server->service->conf), tuple,
				server->id))
		flags |= FLOW_DIVERGENT;
	if (!flow)
		flow = dray_flow_insert(dn, tuple, server, state, flags, false,
					reason);
	if (!flow)
		return false;
	sync_change_entry(dn, flow, server, state, flags);
	sync_age(dn, flow, expires);
	return true;
}

bool dray_sync_done(struct dray_net *dn, u32 wait)
{
	struct dray_sync *sync = &dn->sync;
	u32 done = READ_ONCE(sync->done), was;

	for (;;) {
		if ((s32)(atomic_read(&sync->waits) - wait) < 0 ||
		    (s32)(wait - done) <= 0)
			return false;
		was = cmpxchg(&sync->done, done, wait);
		if (was == done)
			break;
		done = was;
	}
	wake_up_all(&sync->over);
	return true;
}

static void sync_work(struct work_struct *work)
{
	struct dray_sync *sync = container_of(to_delayed_work(work),
					      struct dray_sync, work);
	struct dray_net *dn = container_of(sync, struct dray_net, sync);
	struct sync_page *page, *next;
	LIST_HEAD(pages);
	bool lost;

	spin_lock_bh(&sync->lock);
	list_splice_init(&sync->pages, &pages);
	sync->n_pages = 0;
	lost = sync->lost;
	sync->lost = false;
	spin_unlock_bh(&sync->lock);
	list_for_each_entry_safe(page, next, &pages, node) {
		dray_nl_sync_send(dn, page->entries, page->n);
		kfree(page);
		cond_resched();
	}
	if (lost)
		dray_nl_sync_lost(dn);
}

void dray_sync_init(struct dray_net *dn)
{
	struct dray_sync *sync = &dn->sync;

	spin_lock_init(&sync->lock);
	INIT_LIST_HEAD(&sync->pages);
	INIT_DELAYED_WORK(&sync->work, sync_work);
	init_waitqueue_head(&sync->over);
	dray_sync_settle_init(dn);
}

void dray_sync_exit(struct dray_net *dn)
{
	struct sync_page *page, *next;

	/* It tells, so it goes first. */
	cancel_work_sync(&dn->sync.settle);
	cancel_delayed_work_sync(&dn->sync.work);
	list_for_each_entry_safe(page, next, &dn->sync.pages, node)
		kfree(page);
}
