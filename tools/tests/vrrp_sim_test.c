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
 *    master stops politely somebody has the addresses at every moment; a
 *    backup that has slept drives out nobody, and a master that has slept is
 *    one of two for no longer than it listens.
 *
 *	SIM_SEEDS=N	so many seeds instead of one
 *	SIM_DAYS=N	so many days instead of 1,209,600 intervals
 */
#include "vrrp_sim_world.h"

#define TWO_WEEKS (14 * 86400)	/* in intervals */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER 20
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

static void crash(struct node *n)
{
	n->up = false;
	n->has_vips = false;
	n->frozen = false;
	n->deaf = false;
	n->queued = 0;
	n->generation++;
}

/* The judge goes on from where it was if the machine does. */
static void resume(struct node *n)
{
	uint64_t heard = n->heard, interval = n->master_interval;
	const struct fsm_past past = {
		.last_heard = n->fsm.last_heard,
		.master = n->fsm.master,
		.master_priority = n->fsm.master_priority,
		.master_interval_us = n->fsm.master_interval_us,
	};

	start(n);
	fsm_resume(&n->fsm, &past, n->clock);
	if (n->fsm.last_heard != past.last_heard)
		return;
	n->heard = heard;
	n->master_interval = interval;
}

static void kill_worker(struct node *n)
{
	uint64_t sent = n->fsm.last_sent;
	bool was_master = is_master(n);

	n->generation++;
	if (n->fsm.state == FSM_BACKUP) {
		resume(n);
		return;
	}
	start(n);
	if (n->has_vips)
		fsm_adopt(&n->fsm, was_master ? sent : 0, 0, n->clock);
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

static void expect_next(struct world *w, const struct node *next,
			uint64_t within)
{
	run(w, within);
	if (!is_master(next))
		broken(w, "the next one has not taken over in time");
	run(w, 2 * w->setting->interval);
}

/* As long as a virtual machine that is paused. */
static void sleep_through(struct node *n)
{
	n->frozen = true;
	n->deaf = true;
	run(n->world, 10 * n->world->setting->interval);
	thaw(n);
}

/* A backup that wakes up has heard nobody, and must not believe that. */
static void sleep_as_backup(struct world *w, const struct node *master,
			    struct node *next)
{
	sleep_through(next);
	run(w, 4 * w->setting->interval);
	if (!is_master(master))
		broken(w, "a backup that woke up has driven out the master");
}

/* A master that wakes up may not be alone: settled after it has listened. */
static void sleep_as_master(struct world *w, struct node *master,
			    const struct node *next)
{
	w->strict = false;
	sleep_through(master);
	run(w, skew(master) + 2 * w->setting->interval);
	if (is_master(master) == is_master(next))
		broken(w, "not one master after one has slept");
	if (!w->setting->preempt && !w->setting->mixed && !is_master(next))
		broken(w, "one that slept has preempted its successor");
}

/* One thing happens, and nothing else. */
static void drill(struct world *w)
{
	struct node *master = (struct node *)w->master, *next;

	if (!master || !are_apart(w))
		return;
	w->drills++;
	next = best_backup(w);
	w->strict = true;
	switch (rnd(w, 5)) {
	case 0:
		crash(master);
		expect_next(w, next, down(next) + 300);
		break;
	case 1:
		w->polite = true;
		fsm_stop(&master->fsm, true, clock_of(master));
		expect_next(w, next, skew(next) + 600);
		break;
	case 2:
		fsm_stop(&master->fsm, false, clock_of(master));
		expect_next(w, next, skew(next) + 600);
		break;
	case 3:
		sleep_as_backup(w, master, next);
		break;
	case 4:
		sleep_as_master(w, master, next);
		break;
	}
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
		{ "version 2, 1 s", 2, S, true, false },
		{ "version 2, 1 s, nopreempt", 2, S, false, false },
		{ "version 3, 1 s", 3, S, true, false },
		{ "version 3, 1 s, nopreempt", 3, S, false, false },
		{ "version 3, 100 ms", 3, 100 * MS, true, false },
		{ "version 3, 100 ms, nopreempt", 3, 100 * MS, false,
		  false },
		{ "version 3, 10 ms", 3, 10 * MS, true, false },
		{ "version 3, 10 ms, nopreempt", 3, 10 * MS, false,
		  false },
		{ "version 3, 200, 100 and 50 ms", 3, 200 * MS, true, true },
		{ "version 3, 200, 100 and 50 ms, nopreempt", 3, 200 * MS,
		  false, true },
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
