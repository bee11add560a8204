// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three directors on a bus, in virtual time: two weeks of it at adverts of one
 * second.  Turmoil (loss, delay, duplicates, reordering, partitions, crashes,
 * freezes, clocks that jump, priorities that change) takes turns with calm, in
 * which now and then exactly one thing happens (a drill).  Held against:
 *
 *  - RFC 9568 and 3768, 6.4.2: nobody becomes master before its Down timer, as
 *    reckoned here, has run out;
 *  - 6.4.3: no master stays one that has heard a better one;
 *  - calm: when it has lasted for a while there is exactly one master, the best
 *    one if it preempts, and it stays; only it has the addresses;
 *  - a drill: the next master within its Down interval, never two; when a
 *    master stops politely somebody has the addresses at every moment.
 *
 *	SIM_SEEDS=N	so many seeds instead of one
 *	SIM_DAYS=N	so many days instead of 1,209,600 intervals
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fsm.h"

#define NODES 3
#define QUEUE 256
#define MS 1000ULL
#define S FSM_SECOND
#define TWO_WEEKS (14 * 86400)	/* in intervals */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER 20
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

struct setting {
	const char *name;
	uint8_t version;
	uint64_t interval;
	bool preempt;
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

/* Skew_Time by the RFCs, not by fsm.c. */
static uint64_t skew(const struct node *n)
{
	const struct setting *s = n->world->setting;

	return (s->version == 2 ? S : s->interval) *
	       (256 - n->fsm.priority) / 256;
}

static uint64_t down(const struct node *n)
{
	return 3 * n->world->setting->interval + skew(n);
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

	(void)from;
	n->world->transitions++;
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
		.interval_us = w->setting->interval,
	};
	uint64_t now = clock_of(n), at = p->arrival < n->clock ? p->arrival :
								 n->clock;
	bool was_master = is_master(n), better = is_better(from, p->priority, n);
	bool counts = p->priority >= n->fsm.priority || !w->setting->preempt;

	if (!p->priority)
		n->resigned = at > n->heard ? at : n->heard;
	if (p->priority && counts && at > n->heard)
		n->heard = at;
	fsm_packet(&n->fsm, &advert, p->arrival, now);
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
		.interval_us = s->interval,
		.drain_us = FSM_DRAIN_US,
	};

	fsm_init(&n->fsm, &params, &ops, n);
	n->up = true;
	n->resigned = 0;
	clock_of(n);
	n->heard = n->clock;
	fsm_set_priority(&n->fsm, priority, n->clock);
	fsm_set_source(&n->fsm, &n->addr, n->clock);
}

static void crash(struct node *n)
{
	n->up = false;
	n->has_vips = false;
	n->frozen = false;
	n->deaf = false;
	n->queued = 0;
	n->generation++;
}

static void kill_worker(struct node *n)
{
	uint64_t sent = n->fsm.last_sent;
	bool was_master = is_master(n);

	n->generation++;
	start(n);
	if (n->has_vips)
		fsm_adopt(&n->fsm, was_master ? sent : 0, n->clock);
	else
		fsm_start(&n->fsm, n->clock);
}

static void jump(struct node *n)
{
	struct world *w = n->world;
	uint64_t interval = w->setting->interval;

	if (chance(w, 70))
		n->offset += rnd(w, 20 * interval);
	else
		n->offset -= rnd(w, interval);
	arm(n, n->fsm.deadline);
}

/* Something happens to one of them. */
static void strike(struct world *w)
{
	struct node *n = &w->nodes[rnd(w, NODES)];

	if (n->frozen) {
		thaw(n);
		return;
	}
	if (!n->up) {
		start(n);
		fsm_start(&n->fsm, n->clock);
		return;
	}
	switch (rnd(w, 8)) {
	case 0:
		crash(n);
		break;
	case 1:
		kill_worker(n);
		break;
	case 2:
		n->deaf = chance(w, 50);
		n->frozen = true;
		break;
	case 3:
		jump(n);
		break;
	case 4:
		fsm_set_priority(&n->fsm, 1 + rnd(w, 254), clock_of(n));
		break;
	case 5:
		n->cut_off = !n->cut_off;
		break;
	case 6:
		fsm_stop(&n->fsm, chance(w, 50), clock_of(n));
		break;
	case 7:
		fsm_fault(&n->fsm, FSM_FAULT_TRACK, clock_of(n));
		break;
	}
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

static void turmoil(struct world *w)
{
	uint64_t interval = w->setting->interval;
	unsigned int strikes = 1 + rnd(w, 12);

	w->loss = chance(w, 50) ? rnd(w, 60) : 0;
	w->duplicates = rnd(w, 30);
	w->delay = chance(w, 50) ? 1 + rnd(w, 2 * interval) : 200;
	w->in_order = false;
	while (strikes--) {
		strike(w);
		run(w, rnd(w, 6 * interval));
	}
}

static void let_run(struct node *n)
{
	n->cut_off = false;
	if (n->frozen)
		thaw(n);
	if (!n->up || !n->fsm.running) {
		start(n);
		fsm_start(&n->fsm, n->clock);
	}
	fsm_recover(&n->fsm, FSM_FAULT_TRACK, clock_of(n));
	if (n->fsm.draining) {
		fsm_stop(&n->fsm, false, clock_of(n));
		start(n);
		fsm_start(&n->fsm, n->clock);
	}
}

/*
 * The network is well and all are up.  Longest: what is still under way, a
 * late listener's turn, two Down intervals, and a second of skew each.
 */
static void calm(struct world *w)
{
	uint64_t interval = w->setting->interval;
	uint64_t settle = w->setting->version == 2 ? 14 * S : 14 * interval;
	unsigned int i;

	w->loss = w->duplicates = 0;
	w->delay = 200;
	w->in_order = true;
	for (i = 0; i < NODES; i++)
		let_run(&w->nodes[i]);
	w->calm = true;
	w->master = NULL;
	w->calm_since = w->now + settle;
	run(w, settle + interval * (5 + rnd(w, 200)));
	w->calm = false;
}

/* Equal ones leave it to each other. */
static bool is_best(const struct node *n)
{
	const struct world *w = n->world;
	unsigned int i;

	for (i = 0; i < NODES; i++)
		if (w->nodes[i].fsm.priority > n->fsm.priority)
			return false;
	return true;
}

static struct node *best_backup(struct world *w)
{
	struct node *best = NULL;
	unsigned int i;

	for (i = 0; i < NODES; i++)
		if (&w->nodes[i] != w->master &&
		    (!best || is_better(&w->nodes[i],
					w->nodes[i].fsm.priority, best)))
			best = &w->nodes[i];
	return best;
}

/* A skew, or a difference of two, that messages outrun decides nothing. */
static bool are_apart(const struct world *w)
{
	unsigned int i, j;
	int64_t apart;

	for (i = 0; i < NODES; i++) {
		if (skew(&w->nodes[i]) < 500)
			return false;
		for (j = i + 1; j < NODES; j++) {
			apart = skew(&w->nodes[i]) - skew(&w->nodes[j]);
			if (llabs(apart) < 500)
				return false;
		}
	}
	return true;
}

/* One thing happens to the master, and nothing else. */
static void drill(struct world *w)
{
	struct node *master = (struct node *)w->master, *next;
	uint64_t within;

	if (!master || !are_apart(w))
		return;
	w->drills++;
	next = best_backup(w);
	w->strict = true;
	switch (rnd(w, 3)) {
	case 0:
		crash(master);
		within = down(next) + 300;
		break;
	case 1:
		w->polite = true;
		fsm_stop(&master->fsm, true, clock_of(master));
		within = skew(next) + 600;
		break;
	default:
		fsm_stop(&master->fsm, false, clock_of(master));
		within = skew(next) + 600;
		break;
	}
	run(w, within);
	if (!is_master(next))
		broken(w, "the next one has not taken over in time");
	run(w, 2 * w->setting->interval);
	w->strict = false;
	w->polite = false;
}

static void set_up(struct world *w, const struct setting *setting,
		   uint64_t seed)
{
	static const uint8_t priorities[NODES] = { 100, 150, 200 };
	struct node *n;

	*w = (struct world){ .setting = setting, .random = seed, .now = S };
	for (n = w->nodes; n < w->nodes + NODES; n++) {
		n->world = w;
		n->offset = rnd(w, 1000 * S);
		n->addr = (struct dray_addr){
			.family = AF_INET,
			.bytes = { 10, 0, 0, 2 + 100 * (n - w->nodes) },
		};
		/* two of equal priority in every other world */
		n->fsm.priority = priorities[n - w->nodes] -
				  (seed & 1 && n == &w->nodes[2] ? 50 : 0);
	}
}

static bool live(struct world *w, uint64_t duration)
{
	uint64_t end = w->now + duration;

	while (w->now < end && !w->broken) {
		if (chance(w, 60))
			turmoil(w);
		else
			drill(w);
		calm(w);
		if (!w->broken && w->setting->preempt && !is_best(w->master))
			broken(w, "the master is not the best one");
	}
	return !w->broken;
}

static unsigned long from_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static bool test(const struct setting *setting)
{
	unsigned long seeds = from_env("SIM_SEEDS", 1), seed;
	unsigned long days = from_env("SIM_DAYS", 0);
	uint64_t duration = days ? days * 86400 * S :
				   setting->interval * TWO_WEEKS / SLOWER;
	static struct world w;

	for (seed = 1; seed <= seeds; seed++) {
		set_up(&w, setting, seed);
		w.random ^= setting->interval * (setting->version + 1);
		if (!live(&w, duration)) {
			printf("# seed %lu\n", seed);
			return false;
		}
		printf("# %.1f days, %lu adverts, %lu transitions, %lu drills, "
		       "two masters for %.3f %%, none for %.3f %%\n",
		       w.now / 86400e6, w.adverts, w.transitions, w.drills,
		       100.0 * w.overlap / w.now, 100.0 * w.nobody / w.now);
	}
	return true;
}

int main(void)
{
	static const struct setting settings[] = {
		{ "version 2, 1 s", 2, S, true },
		{ "version 2, 1 s, nopreempt", 2, S, false },
		{ "version 3, 1 s", 3, S, true },
		{ "version 3, 1 s, nopreempt", 3, S, false },
		{ "version 3, 100 ms", 3, 100 * MS, true },
		{ "version 3, 100 ms, nopreempt", 3, 100 * MS, false },
		{ "version 3, 10 ms", 3, 10 * MS, true },
		{ "version 3, 10 ms, nopreempt", 3, 10 * MS, false },
	};
	const unsigned int n = sizeof(settings) / sizeof(settings[0]);
	bool ok, all = true;
	unsigned int i;

	printf("1..%u\n", n);
	for (i = 0; i < n; i++) {
		ok = test(&settings[i]);
		printf("%sok %u - one master: %s\n", ok ? "" : "not ", i + 1,
		       settings[i].name);
		fflush(stdout);
		all &= ok;
	}
	return !all;
}
