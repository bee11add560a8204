// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the state machine with events in any order: three machines, two of
 * them a sync group.  Four bytes of the input are an event.  Whatever happens,
 * who has the addresses is master, timers are armed as they should be and run
 * out, and the members of the group agree.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "group.h"

#define MACHINES 3
#define HOUR (3600 * FSM_SECOND)

struct machine {
	struct fsm fsm;
	uint64_t armed;
	unsigned int adverts;		/* since the event began */
	bool has_vips, adopting;
};

struct world {
	struct machine m[MACHINES];
	struct fsm *members[2];
	struct group group;
	uint64_t now;
};

struct input {
	uint8_t event, machine, a, b;
};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void on_advert(void *arg, uint8_t priority)
{
	struct machine *m = arg;

	(void)priority;
	m->adverts++;
}

static void on_acquire(void *arg)
{
	struct machine *m = arg;

	must(!m->has_vips);
	m->has_vips = true;
}

static void on_announce(void *arg, enum fsm_announce why)
{
	struct machine *m = arg;

	(void)why;
	must(m->has_vips);
}

static void on_release(void *arg)
{
	struct machine *m = arg;

	must(m->has_vips || m->adopting);
	m->has_vips = false;
}

static void on_changed(void *arg, enum fsm_state from, enum fsm_state to,
		       enum fsm_reason reason)
{
	struct machine *m = arg;

	must(from != to && m->fsm.state == to && fsm_reason_text(reason));
}

static void on_arm(void *arg, uint64_t deadline)
{
	struct machine *m = arg;

	m->armed = deadline;
}

static void on_note(void *arg, enum fsm_note note, const struct dray_addr *src,
		    uint8_t priority)
{
	(void)arg;
	(void)src;
	(void)priority;
	must(fsm_note_text(note));
}

static struct fsm_params params(const struct fsm *fsm, uint8_t a, uint8_t b)
{
	return (struct fsm_params){
		.version = fsm->params.version,
		.down_adverts = 1 + (a & 3),
		.preempt = a & 4,
		.lower_prio_no_advert = a & 8,
		.higher_prio_send_advert = a & 64,
		.interval_us = 10000u << (b & 7),
		.preempt_delay_us = a & 16 ? FSM_SECOND : 0,
		.drain_us = a & 32 ? FSM_DRAIN_US : 0,
	};
}

static void packet(struct fsm *fsm, uint8_t a, uint8_t b, uint64_t now)
{
	const struct packet_advert advert = {
		.src = { .family = AF_INET, .bytes = { 10, 0, 0, b >> 4 } },
		.version = fsm->params.version,
		.priority = a,
		.interval_us = 10000u << (b & 7),
	};

	fsm_packet(fsm, &advert, b & 8 ? now : now - FSM_SECOND, now);
}

static void start(struct machine *m, const struct input *in, uint64_t now)
{
	if (m->fsm.running)
		return;
	m->adopting = in->a & 1;
	if (m->adopting)
		fsm_adopt(&m->fsm, now - in->b * 100000, 0, now);
	else
		fsm_start(&m->fsm, now);
	m->adopting = false;
}

static void happen(struct world *w, const struct input *in)
{
	struct machine *m = &w->m[in->machine % MACHINES];
	const struct dray_addr source = {
		.family = AF_INET, .bytes = { 10, 0, 0, in->a },
	};
	struct fsm_params p;

	switch (in->event % 12) {
	case 0:
		start(m, in, w->now);
		break;
	case 1:
		fsm_stop(&m->fsm, in->a & 1, w->now);
		break;
	case 2:
		fsm_fault(&m->fsm, 1u << in->a % 6 & ~FSM_FAULT_GROUP, w->now);
		break;
	case 3:
		fsm_recover(&m->fsm, in->a & ~FSM_FAULT_GROUP, w->now);
		break;
	case 4:
		fsm_set_priority(&m->fsm, in->a ? in->a : 1, w->now);
		break;
	case 5:
		fsm_set_source(&m->fsm, &source, w->now);
		break;
	case 6:
		p = params(&m->fsm, in->a, in->b);
		fsm_set_params(&m->fsm, &p, w->now);
		break;
	case 7:
		fsm_hold(&m->fsm, in->a & 1 ? w->now + FSM_SECOND : 0);
		break;
	case 8:
		w->now += in->a * 1000 + in->b * 1000000;
		break;
	case 9:
		w->now += in->a;
		fsm_timer(&m->fsm, w->now);
		break;
	default:
		packet(&m->fsm, in->a, in->b, w->now);
		break;
	}
}

static void check_machine(const struct machine *m, uint64_t now)
{
	const struct fsm *f = &m->fsm;
	bool timed = f->state == FSM_BACKUP || f->state == FSM_MASTER;

	must(m->has_vips == (f->state == FSM_MASTER));
	must(m->armed == f->deadline);
	must(timed == (f->deadline != FSM_NEVER));
	must(!timed || f->deadline < now + HOUR);
	must(!f->claims || f->state == FSM_BACKUP);
	must(!f->draining || f->state == FSM_MASTER);
	must(!f->listening || timed);
	must(f->running || f->state == FSM_INIT);
	must((f->state == FSM_FAULT) ==
	     (f->running && f->faults & ~FSM_FAULT_PENDING));
	must(m->adverts <= 2);
}

/* Who is on the way out, or does not run, does not count. */
static void check_group(const struct world *w)
{
	const struct fsm *a = w->members[0], *b = w->members[1];

	must(!w->group.moving);
	if (!a->running || !b->running || a->draining || b->draining)
		return;
	if (a->state == FSM_MASTER)
		must(b->state == FSM_MASTER || b->state == FSM_INIT);
	if (a->state == FSM_FAULT)
		must(b->state == FSM_FAULT);
}

static void check(struct world *w)
{
	unsigned int i;

	for (i = 0; i < MACHINES; i++) {
		check_machine(&w->m[i], w->now);
		w->m[i].adverts = 0;
	}
	check_group(w);
}

/* Left alone, each that runs is master at last, and stops when told. */
static void check_end(struct world *w)
{
	unsigned int i, turns;

	for (i = 0; i < MACHINES * 64; i++) {
		struct machine *m = &w->m[i % MACHINES];

		if (m->armed != FSM_NEVER && m->armed > w->now)
			w->now = m->armed;
		fsm_timer(&m->fsm, w->now);
		check(w);
	}
	for (i = 0; i < MACHINES; i++) {
		struct fsm *f = &w->m[i].fsm;

		must(f->state != FSM_BACKUP || f->hook);
		fsm_stop(f, true, w->now);
		for (turns = 0; f->draining && turns < 2; turns++)
			fsm_timer(f, f->deadline);
		must(!f->running && !w->m[i].has_vips);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fsm_ops ops = {
		.advert = on_advert,
		.acquire = on_acquire,
		.announce = on_announce,
		.release = on_release,
		.changed = on_changed,
		.arm = on_arm,
		.note = on_note,
	};
	static struct world w;
	struct fsm_params p = { .version = 3, .down_adverts = 3,
				.interval_us = 100000, .preempt = true };
	struct input in;
	unsigned int i;

	w = (struct world){ .now = HOUR };
	for (i = 0; i < MACHINES; i++) {
		p.version = i == 2 ? 2 : 3;
		w.m[i].armed = FSM_NEVER;
		fsm_init(&w.m[i].fsm, &p, &ops, &w.m[i]);
		fsm_set_priority(&w.m[i].fsm, 100, w.now);
	}
	w.members[0] = &w.m[0].fsm;
	w.members[1] = &w.m[1].fsm;
	group_init(&w.group, w.members, 2, NULL, NULL);
	for (; size >= sizeof(in); size -= sizeof(in), data += sizeof(in)) {
		memcpy(&in, data, sizeof(in));
		happen(&w, &in);
		check(&w);
	}
	check_end(&w);
	return 0;
}
