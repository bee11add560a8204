/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bus with three directors in virtual time, and the judge of what they do.
 * Bus, clocks and the RFCs' timers are reckoned here without fsm.c's help.
 * For one file to include: vrrp_sim_test.c says what happens.
 */
#ifndef VRRP_SIM_WORLD_H
#define VRRP_SIM_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fsm.h"

#define NODES 3
#define QUEUE 256
#define MS 1000ULL
#define S FSM_SECOND

struct setting {
	const char *name;
	uint8_t version;
	uint64_t interval;		/* the longest */
	bool preempt;
	bool mixed;			/* others half and a quarter of it */
};

enum event_kind { DELIVER, TIMER };

struct event {
	uint64_t at;
	enum event_kind kind;
	uint8_t node, from, priority;
	uint32_t generation;
};

struct waiting {
	uint8_t from, priority;
	uint64_t arrival;
};

struct world;

struct node {
	struct world *world;
	struct fsm fsm;
	struct dray_addr addr;
	bool up, frozen, deaf;		/* deaf: frozen, and nothing is queued */
	bool cut_off;
	bool has_vips;
	int64_t offset;			/* of its clock from the world's */
	uint64_t clock;			/* the latest it has shown */
	uint32_t generation;		/* of its timer */
	struct waiting queue[QUEUE];
	unsigned int queued;
	/* for the judge, by the node's clock */
	uint64_t heard, resigned;
	uint64_t master_interval;
	uint64_t sent_until[NODES];	/* a link in order: when it is through */
};

struct world {
	const struct setting *setting;
	uint64_t random, now, calm_since, overlap, nobody;
	struct event heap[4096];
	unsigned int n_events;
	struct node nodes[NODES];
	unsigned int loss, duplicates;	/* per cent */
	uint64_t delay;			/* at most */
	bool in_order, calm, strict, polite;
	uint64_t transitions, adverts, drills;
	const struct node *master;	/* that the calm has settled on */
	const char *broken;
};

static uint64_t rnd(struct world *w, uint64_t below)
{
	/* splitmix64 */
	uint64_t z = w->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % below;
}

static bool chance(struct world *w, unsigned int percent)
{
	return rnd(w, 100) < percent;
}

static void broken(struct world *w, const char *rule)
{
	const struct node *n;

	if (w->broken)
		return;
	w->broken = rule;
	printf("# at %.6f s: %s\n", w->now / 1e6, rule);
	for (n = w->nodes; n < w->nodes + NODES; n++)
		printf("#  %s priority %u, %s%s%s%s\n",
		       n->up ? fsm_state_name(n->fsm.state) : "off",
		       n->fsm.priority, fsm_reason_text(n->fsm.reason),
		       n->has_vips ? ", has the addresses" : "",
		       n->frozen ? ", frozen" : "",
		       n->fsm.draining ? ", draining" : "");
}

/* A binary heap of what is to come. */
static bool before(const struct event *a, const struct event *b)
{
	return a->at < b->at;
}

static void swap(struct event *a, struct event *b)
{
	struct event c = *a;

	*a = *b;
	*b = c;
}

static void push(struct world *w, struct event e)
{
	unsigned int i = w->n_events++;

	if (w->n_events == sizeof(w->heap) / sizeof(w->heap[0]))
		abort();
	w->heap[i] = e;
	for (; i && before(&w->heap[i], &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&w->heap[i], &w->heap[(i - 1) / 2]);
}

static struct event pop(struct world *w)
{
	struct event first = w->heap[0];
	unsigned int i = 0, child;

	w->heap[0] = w->heap[--w->n_events];
	while ((child = 2 * i + 1) < w->n_events) {
		if (child + 1 < w->n_events &&
		    before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &w->heap[i]))
			break;
		swap(&w->heap[child], &w->heap[i]);
		i = child;
	}
	return first;
}

/* Its clock may go back; the judge's does not. */
static uint64_t clock_of(struct node *n)
{
	uint64_t now = n->world->now + n->offset;

	if (now > n->clock)
		n->clock = now;
	return now;
}

static void arm(struct node *n, uint64_t deadline)
{
	struct world *w = n->world;
	int64_t at = deadline - n->offset;

	n->generation++;
	if (deadline == FSM_NEVER)
		return;
	if (at < (int64_t)w->now)
		at = w->now;
	push(w, (struct event){
		.at = at + rnd(w, 50),
		.kind = TIMER,
		.node = n - w->nodes,
		.generation = n->generation,
	});
}

static void on_arm(void *arg, uint64_t deadline)
{
	arm(arg, deadline);
}

/* Only turmoil changes the order of what one sends to another. */
static uint64_t arrival(struct world *w, struct node *from, unsigned int to)
{
	uint64_t at = w->now + 20 + rnd(w, w->delay);

	if (w->in_order && at <= from->sent_until[to])
		at = from->sent_until[to] + 1;
	from->sent_until[to] = at;
	return at;
}

static void send_to(struct world *w, struct node *from, const struct node *to,
		    uint8_t priority)
{
	struct event e = {
		.kind = DELIVER,
		.node = to - w->nodes,
		.from = from - w->nodes,
		.priority = priority,
	};
	int copies = 1 + chance(w, w->duplicates);

	while (copies--) {
		e.at = arrival(w, from, e.node);
		if (!chance(w, w->loss))
			push(w, e);
	}
}

static void on_advert(void *arg, uint8_t priority)
{
	struct node *n = arg, *to;
	struct world *w = n->world;

	w->adverts++;
	for (to = w->nodes; to < w->nodes + NODES; to++)
		if (to != n && !n->cut_off && !to->cut_off)
			send_to(w, n, to, priority);
}

static void on_acquire(void *arg)
{
	struct node *n = arg;

	n->has_vips = true;
}

static void on_release(void *arg)
{
	struct node *n = arg;

	n->has_vips = false;
}

static void on_announce(void *arg, enum fsm_announce why)
{
	(void)arg;
	(void)why;
}

static void on_note(void *arg, enum fsm_note note, const struct dray_addr *src,
		    uint8_t priority)
{
	(void)arg;
	(void)note;
	(void)src;
	(void)priority;
}

static uint64_t own_interval(const struct node *n)
{
	const struct setting *s = n->world->setting;

	return s->mixed ? s->interval >> (n - n->world->nodes) : s->interval;
}

/* Skew_Time by the RFCs, not by fsm.c. */
static uint64_t skew(const struct node *n)
{
	return (n->world->setting->version == 2 ? S : n->master_interval) *
	       (256 - n->fsm.priority) / 256;
}

static uint64_t down(const struct node *n)
{
	return 3 * n->master_interval + skew(n);
}

static void judge_claim(struct node *n, enum fsm_reason reason)
{
	bool in_time = n->clock >= n->heard + down(n);

	if (n->resigned >= n->heard && n->resigned)
		in_time |= n->clock >= n->resigned + skew(n);
	if (reason != FSM_REASON_ADOPTED && !in_time)
		broken(n->world, "a master before its Down timer ran out");
}

static void on_changed(void *arg, enum fsm_state from, enum fsm_state to,
		       enum fsm_reason reason)
{
	struct node *n = arg;

	n->world->transitions++;
	if (to == FSM_BACKUP && from != FSM_MASTER) {
		n->heard = n->clock;
		n->master_interval = own_interval(n);
	}
	if (to == FSM_MASTER)
		judge_claim(n, reason);
}

static const struct fsm_ops ops = {
	.advert = on_advert,
	.acquire = on_acquire,
	.announce = on_announce,
	.release = on_release,
	.changed = on_changed,
	.arm = on_arm,
	.note = on_note,
};

static bool is_master(const struct node *n)
{
	return n->up && n->fsm.state == FSM_MASTER && !n->fsm.draining;
}

/* Would @from, with @priority, be better than @n? */
static bool is_better(const struct node *from, uint8_t priority,
		      const struct node *n)
{
	if (priority != n->fsm.priority)
		return priority > n->fsm.priority;
	return dray_addr_cmp(&from->addr, &n->addr) > 0;
}

static void hear(struct node *n, const struct waiting *p)
{
	struct world *w = n->world;
	const struct node *from = &w->nodes[p->from];
	const struct packet_advert advert = {
		.src = from->addr,
		.version = w->setting->version,
		.priority = p->priority,
		.interval_us = own_interval(from),
	};
	uint64_t now = clock_of(n), at = p->arrival < n->clock ? p->arrival :
								 n->clock;
	bool was_master = is_master(n), better = is_better(from, p->priority, n);
	bool was_backup = n->fsm.state == FSM_BACKUP;
	bool counts = p->priority >= n->fsm.priority || !w->setting->preempt;

	fsm_packet(&n->fsm, &advert, p->arrival, now);
	if (was_backup && !p->priority) {
		n->resigned = at > n->heard ? at : n->heard;
	} else if ((was_backup && counts) ||
		   (was_master && n->fsm.state == FSM_BACKUP)) {
		n->master_interval = own_interval(from);
		if (was_master || at > n->heard)
			n->heard = at;
	}
	if (was_master && p->priority && better && is_master(n))
		broken(w, "a master that has heard a better one stays it");
}

static void deliver(struct world *w, const struct event *e)
{
	struct node *n = &w->nodes[e->node];
	struct waiting p = {
		.from = e->from,
		.priority = e->priority,
		.arrival = w->now + n->offset,
	};

	if (!n->up || n->deaf)
		return;
	if (!n->frozen)
		hear(n, &p);
	else if (n->queued < QUEUE)
		n->queue[n->queued++] = p;
}

static void thaw(struct node *n)
{
	unsigned int i;

	n->frozen = false;
	n->deaf = false;
	for (i = 0; i < n->queued; i++)
		hear(n, &n->queue[i]);
	n->queued = 0;
	fsm_timer(&n->fsm, clock_of(n));
}

static void start(struct node *n)
{
	uint8_t priority = n->fsm.priority;
	const struct setting *s = n->world->setting;
	const struct fsm_params params = {
		.version = s->version,
		.down_adverts = 3,
		.preempt = s->preempt,
		.interval_us = own_interval(n),
		.drain_us = FSM_DRAIN_US,
	};

	fsm_init(&n->fsm, &params, &ops, n);
	n->up = true;
	n->resigned = 0;
	clock_of(n);
	n->heard = n->clock;
	n->master_interval = own_interval(n);
	fsm_set_priority(&n->fsm, priority, n->clock);
	fsm_set_source(&n->fsm, &n->addr, n->clock);
}

static void judge_moment(struct world *w, uint64_t until)
{
	unsigned int masters = 0, holders = 0, i;
	const struct node *master = NULL;

	for (i = 0; i < NODES; i++) {
		if (is_master(&w->nodes[i])) {
			masters++;
			master = &w->nodes[i];
		}
		holders += w->nodes[i].has_vips;
	}
	if (masters > 1)
		w->overlap += until - w->now;
	if (!masters)
		w->nobody += until - w->now;
	if (w->strict && masters > 1)
		broken(w, "two masters after a single event");
	if (w->polite && !holders)
		broken(w, "nobody has the addresses during a polite stop");
	if (!w->calm || w->now < w->calm_since)
		return;
	if (masters != 1 || holders != 1)
		broken(w, "not one master although all is calm");
	else if (w->master && w->master != master)
		broken(w, "another master although all is calm");
	w->master = master;
}

static void handle(struct world *w, const struct event *e)
{
	struct node *n = &w->nodes[e->node];

	if (e->kind == DELIVER)
		deliver(w, e);
	else if (n->up && !n->frozen && n->generation == e->generation)
		fsm_timer(&n->fsm, clock_of(n));
}

static void run(struct world *w, uint64_t duration)
{
	uint64_t until = w->now + duration, next;
	struct event e;

	while (!w->broken) {
		next = w->n_events && w->heap[0].at < until ? w->heap[0].at :
							     until;
		judge_moment(w, next);
		w->now = next;
		if (next == until)
			return;
		e = pop(w);
		handle(w, &e);
	}
}

#endif
