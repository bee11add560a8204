// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of unassured entries.
 *
 * A list of pages of pointers: it grows and shrinks with what is in it and a
 * packet never needs more than one page.  An entry that was assured or killed
 * stays where it is until the queue comes across it and lets go of it, which
 * is what the flag FLOW_QUEUED is about: whoever of the queue and the killer
 * is the second to be done with an entry buries it.
 */
#include <linux/slab.h>

#include "flow_impl.h"
#include "net.h"
#include "stats.h"

/**
 * struct dray_queue_page - a page of the queue
 * @node: in dray_flow_queue.pages
 * @first: the oldest
 * @n: one past the youngest
 * @slots: entries
 */
struct dray_queue_page {
	struct list_head node;
	u32 first;
	u32 n;
	struct dray_flow *slots[];
};

#define QUEUE_SLOTS							\
	((PAGE_SIZE - sizeof(struct dray_queue_page)) / sizeof(void *))

/* How many entries a packet looks at to find one that may go. */
#define EVICT_TRIES	16

static struct dray_queue_page *queue_grow(struct dray_flow_queue *queue)
{
	struct dray_queue_page *page;

	page = kmalloc(PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	if (!page)
		return NULL;
	page->first = 0;
	page->n = 0;
	list_add_tail(&page->node, &queue->pages);
	WRITE_ONCE(queue->n_pages, queue->n_pages + 1);
	return page;
}

static struct dray_queue_page *queue_next(struct dray_flow_queue *queue,
					  struct dray_queue_page *page)
{
	return list_is_last(&page->node, &queue->pages) ?
	       NULL : list_next_entry(page, node);
}

static void queue_free_page(struct dray_flow_queue *queue,
			    struct dray_queue_page *page)
{
	if (queue->tidy == page)
		queue->tidy = queue_next(queue, page);
	list_del(&page->node);
	WRITE_ONCE(queue->n_pages, queue->n_pages - 1);
	kfree(page);
}

static bool queue_push(struct dray_flow_queue *queue, struct dray_flow *flow)
{
	struct dray_queue_page *page = NULL;

	lockdep_assert_held(&queue->lock);
	if (!list_empty(&queue->pages))
		page = list_last_entry(&queue->pages, struct dray_queue_page,
				       node);
	if (!page || page->n == QUEUE_SLOTS)
		page = queue_grow(queue);
	if (!page)
		return false;
	page->slots[page->n++] = flow;
	return true;
}

static struct dray_flow *queue_pop(struct dray_flow_queue *queue)
{
	struct dray_queue_page *page, *next;

	lockdep_assert_held(&queue->lock);
	list_for_each_entry_safe(page, next, &queue->pages, node) {
		if (page->first < page->n)
			return page->slots[page->first++];
		queue_free_page(queue, page);
	}
	return NULL;
}

/* The queue has no more to do with an entry. */
static void queue_let_go(struct dray_net *dn, struct dray_flow *flow)
{
	if (dray_flow_set_flags(flow, 0, FLOW_QUEUED).flags & FLOW_DEAD)
		dray_flow_bury(dn, flow);
}

bool dray_flow_enqueue(struct dray_net *dn, struct dray_flow *flow)
{
	struct dray_flow_queue *queue = &dn->flows.queue;
	bool done;

	spin_lock_bh(&queue->lock);
	done = queue_push(queue, flow);
	spin_unlock_bh(&queue->lock);
	if (!done)
		queue_let_go(dn, flow);
	return done;
}

/* A client that has answered a SYN+ACK is spared once in favour of half open
 * ones, which are what a flood is made of.
 */
static bool queue_spare(struct dray_flow_queue *queue, struct dray_flow *flow,
			const union dray_flow_word *w)
{
	if (w->state != DRAY_FLOW_STATE_ESTABLISHED || w->flags & FLOW_SPARED)
		return false;
	dray_flow_set_flags(flow, FLOW_SPARED, 0);
	return queue_push(queue, flow);
}

/* What was evicted is memory too until it is freed. */
bool dray_flow_may_evict(const struct dray_net *dn)
{
	return atomic_read(&dn->flows.n_dead) <=
	       READ_ONCE(dn->settings.unassured_limit) / 8;
}

bool dray_flow_evict(struct dray_net *dn)
{
	struct dray_flow_queue *queue = &dn->flows.queue;
	struct dray_flow *flow = NULL;
	union dray_flow_word w;
	bool evicted = false;
	unsigned int tries;

	if (!dray_flow_may_evict(dn))
		return false;
	for (tries = 0; tries < EVICT_TRIES && !evicted; tries++) {
		spin_lock_bh(&queue->lock);
		flow = queue_pop(queue);
		w.word = flow ? READ_ONCE(flow->w.word) : 0;
		if (flow && !(w.flags & (FLOW_ASSURED | FLOW_DEAD)) &&
		    queue_spare(queue, flow, &w)) {
			spin_unlock_bh(&queue->lock);
			continue;
		}
		spin_unlock_bh(&queue->lock);
		if (!flow)
			return false;
		/* Assured meanwhile or not: it is the killing that counts. */
		if (!(w.flags & (FLOW_ASSURED | FLOW_DEAD)))
			evicted = dray_flow_kill(dn, flow);
		queue_let_go(dn, flow);
	}
	if (evicted)
		this_cpu_inc(dn->reasons->packets[DRAY_REASON_EVICTED]);
	return evicted;
}

/* Let go of what is assured or dead; kill what has expired. */
static u32 page_tidy(struct dray_net *dn, struct dray_queue_page *page)
{
	u32 i, live = 0;

	for (i = page->first; i < page->n; i++) {
		struct dray_flow *flow = page->slots[i];

		if (!(READ_ONCE(flow->w.flags) & (FLOW_ASSURED | FLOW_DEAD))) {
			if (!dray_flow_expired(dn, flow)) {
				page->slots[page->first + live++] = flow;
				continue;
			}
			dray_flow_kill(dn, flow);
		}
		queue_let_go(dn, flow);
	}
	page->n = page->first + live;
	return live;
}

/* Move what is left of a page to the end of the one before it. */
static bool page_merge(struct dray_queue_page *to, struct dray_queue_page *from)
{
	u32 n = from->n - from->first;

	if (to->n + n > QUEUE_SLOTS)
		return false;
	memcpy(to->slots + to->n, from->slots + from->first,
	       n * sizeof(*to->slots));
	to->n += n;
	return true;
}

static void queue_tidy_page(struct dray_net *dn, struct dray_flow_queue *queue,
			    struct dray_queue_page *page)
{
	bool empty = !page_tidy(dn, page);

	if (empty || (!list_is_first(&page->node, &queue->pages) &&
		      page_merge(list_prev_entry(page, node), page)))
		queue_free_page(queue, page);
}

/* One page at a time under the lock, so that packets wait for some hundred
 * entries at most.  Whoever frees the page that is next moves @tidy on.
 */
void dray_flow_queue_tidy(struct dray_net *dn)
{
	struct dray_flow_queue *queue = &dn->flows.queue;
	struct dray_queue_page *page;

	spin_lock_bh(&queue->lock);
	queue->tidy = list_first_entry_or_null(&queue->pages,
					       struct dray_queue_page, node);
	spin_unlock_bh(&queue->lock);
	do {
		rcu_read_lock();
		spin_lock_bh(&queue->lock);
		page = queue->tidy;
		if (page) {
			queue->tidy = queue_next(queue, page);
			queue_tidy_page(dn, queue, page);
		}
		spin_unlock_bh(&queue->lock);
		rcu_read_unlock();
		cond_resched();
	} while (page);
}

void dray_flow_queue_destroy(struct dray_net *dn)
{
	struct dray_flow_queue *queue = &dn->flows.queue;
	struct dray_flow *flow;

	spin_lock_bh(&queue->lock);
	while ((flow = queue_pop(queue))) {
		dray_flow_free(flow);
		spin_unlock_bh(&queue->lock);
		cond_resched();
		spin_lock_bh(&queue->lock);
	}
	spin_unlock_bh(&queue->lock);
}
