// SPDX-License-Identifier: GPL-2.0-or-later
/* Sync groups: two machines that move together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "group.h"

#define S FSM_SECOND

struct pair {
	struct fsm a, b;
	struct fsm *members[2];
	struct group group;
	enum fsm_state told;
	unsigned int tellings, resigns;
};

static void on_advert(void *arg, uint8_t priority)
{
	struct pair *p = arg;

	p->resigns += !priority;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

static void on_announce(void *arg, enum fsm_announce why)
{
	(void)arg;
	(void)why;
}

static void on_member(void *arg, enum fsm_state from, enum fsm_state to,
		      enum fsm_reason reason)
{
	(void)arg;
	(void)from;
	(void)to;
	(void)reason;
}

static void on_arm(void *arg, uint64_t deadline)
{
	(void)arg;
	(void)deadline;
}

static void on_note(void *arg, enum fsm_note note, const struct dray_addr *src,
		    uint8_t priority)
{
	(void)arg;
	(void)note;
	(void)src;
	(void)priority;
}

static void on_group(void *arg, enum fsm_state from, enum fsm_state to)
{
	struct pair *p = arg;

	assert_int_equal(from, p->told);
	assert_int_not_equal(from, to);
	p->told = to;
	p->tellings++;
}

static void set_up(struct pair *p)
{
	static const struct fsm_ops ops = {
		.advert = on_advert,
		.acquire = on_nothing,
		.announce = on_announce,
		.release = on_nothing,
		.changed = on_member,
		.arm = on_arm,
		.note = on_note,
	};
	const struct fsm_params params = {
		.version = 3,
		.down_adverts = FSM_DOWN_ADVERTS,
		.preempt = true,
		.interval_us = S,
	};

	*p = (struct pair){ .members = { &p->a, &p->b } };
	fsm_init(&p->a, &params, &ops, p);
	fsm_init(&p->b, &params, &ops, p);
	group_init(&p->group, p->members, 2, on_group, p);
	fsm_set_priority(&p->a, 100, 0);
	fsm_set_priority(&p->b, 90, 0);
}

static void start(struct pair *p)
{
	set_up(p);
	fsm_start(&p->a, S);
	fsm_start(&p->b, S);
}

static void start_as_master(struct pair *p)
{
	start(p);
	fsm_timer(&p->a, p->a.deadline);
	fsm_timer(&p->b, p->b.deadline);
}

static void assert_states(const struct pair *p, enum fsm_state a,
			  enum fsm_state b, enum fsm_state group)
{
	assert_int_equal(p->a.state, a);
	assert_int_equal(p->b.state, b);
	assert_int_equal(p->group.state, group);
	assert_int_equal(p->told, group);
}

static void hear(struct fsm *fsm, uint8_t priority, uint64_t now)
{
	const struct packet_advert advert = {
		.src.family = 2,
		.version = 3,
		.priority = priority,
		.interval_us = S,
	};

	fsm_packet(fsm, &advert, now, now);
}

static void all_or_none(void **state)
{
	struct pair p;
	uint64_t now;

	(void)state;
	start(&p);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	assert_int_equal(p.tellings, 1);
	now = p.a.deadline;
	fsm_timer(&p.a, now);
	assert_true(p.a.claims);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	fsm_timer(&p.b, p.b.deadline);
	assert_states(&p, FSM_MASTER, FSM_MASTER, FSM_MASTER);
	assert_int_equal(p.a.reason, FSM_REASON_GROUP);
	assert_int_equal(p.tellings, 2);
}

/* One has a master yet: the other waits, and no longer once it hears one. */
static void one_has_a_master(void **state)
{
	struct pair p;
	uint64_t now;

	(void)state;
	start(&p);
	for (now = 2 * S; now < 20 * S; now += S) {
		hear(&p.b, 200, now);
		if (now >= p.a.deadline)
			fsm_timer(&p.a, now);
		assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	}
	assert_true(p.a.claims);
	hear(&p.a, 200, now);
	assert_false(p.a.claims);
}

static void one_leaves(void **state)
{
	struct pair p;

	(void)state;
	start_as_master(&p);
	hear(&p.b, 91, 10 * S);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	assert_int_equal(p.a.reason, FSM_REASON_GROUP);
	assert_int_equal(p.resigns, 0);
}

static void fault_of_one(void **state)
{
	struct pair p;

	(void)state;
	start_as_master(&p);
	fsm_fault(&p.a, FSM_FAULT_LINK, 10 * S);
	assert_states(&p, FSM_FAULT, FSM_FAULT, FSM_FAULT);
	assert_int_equal(p.b.reason, FSM_REASON_GROUP);
	assert_int_equal(p.resigns, 1);		/* of b: a's link is down */
	fsm_recover(&p.a, FSM_FAULT_LINK, 11 * S);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	assert_int_equal(p.b.faults, 0);
}

static void faults_of_both(void **state)
{
	struct pair p;

	(void)state;
	start(&p);
	fsm_fault(&p.a, FSM_FAULT_LINK, 2 * S);
	fsm_fault(&p.b, FSM_FAULT_TRACK, 3 * S);
	fsm_recover(&p.a, FSM_FAULT_LINK, 4 * S);
	assert_states(&p, FSM_FAULT, FSM_FAULT, FSM_FAULT);
	fsm_recover(&p.b, FSM_FAULT_TRACK, 5 * S);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	assert_int_equal(p.tellings, 3);
}

static void faults_before_the_start(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	fsm_fault(&p.b, FSM_FAULT_LINK, S);
	fsm_start(&p.a, S);
	fsm_start(&p.b, S);
	assert_states(&p, FSM_FAULT, FSM_FAULT, FSM_FAULT);
	fsm_recover(&p.b, FSM_FAULT_LINK, 2 * S);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
}

static void one_waits_for_a_result(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	fsm_fault(&p.b, FSM_FAULT_PENDING, S);
	fsm_start(&p.a, S);
	fsm_start(&p.b, S);
	fsm_timer(&p.a, p.a.deadline);
	assert_states(&p, FSM_BACKUP, FSM_INIT, FSM_BACKUP);
	fsm_recover(&p.b, FSM_FAULT_PENDING, 6 * S);
	fsm_timer(&p.b, p.b.deadline);
	assert_states(&p, FSM_MASTER, FSM_MASTER, FSM_MASTER);
}

/* It has no part in the mastership yet, and must not end it. */
static void one_comes_later(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	fsm_fault(&p.b, FSM_FAULT_PENDING, S);
	fsm_start(&p.b, S);
	fsm_adopt(&p.a, S, 0, S);
	assert_states(&p, FSM_MASTER, FSM_INIT, FSM_INIT);
	fsm_recover(&p.b, FSM_FAULT_PENDING, 6 * S);
	assert_states(&p, FSM_MASTER, FSM_MASTER, FSM_MASTER);
	assert_int_equal(p.b.reason, FSM_REASON_GROUP);
	/* another is better there: all or none */
	hear(&p.b, 200, 6 * S);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
}

/* Another process goes on: a script that was called is not called again. */
static void goes_on(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	p.told = FSM_MASTER;
	group_go_on(&p.group, FSM_MASTER);
	fsm_start(&p.b, S);
	fsm_adopt(&p.a, S, 0, S);
	group_settled(&p.group);
	assert_states(&p, FSM_MASTER, FSM_MASTER, FSM_MASTER);
	assert_int_equal(p.tellings, 0);
	hear(&p.a, 200, 2 * S);
	assert_int_equal(p.tellings, 1);
}

static void goes_on_otherwise(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	p.told = FSM_MASTER;
	group_go_on(&p.group, FSM_MASTER);
	fsm_start(&p.a, S);
	fsm_start(&p.b, S);
	assert_int_equal(p.tellings, 0);
	group_settled(&p.group);
	assert_states(&p, FSM_BACKUP, FSM_BACKUP, FSM_BACKUP);
	assert_int_equal(p.tellings, 1);
}

static void stops(void **state)
{
	struct pair p;

	(void)state;
	start_as_master(&p);
	fsm_stop(&p.a, false, 10 * S);
	assert_int_equal(p.b.state, FSM_MASTER);
	fsm_stop(&p.b, false, 10 * S);
	assert_states(&p, FSM_INIT, FSM_INIT, FSM_INIT);
	assert_int_equal(p.tellings, 3);
	group_exit(&p.group);
	fsm_start(&p.a, 11 * S);
	fsm_timer(&p.a, p.a.deadline);
	assert_int_equal(p.a.state, FSM_MASTER);
}

static void owners(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p);
	fsm_set_priority(&p.a, 255, 0);
	fsm_set_priority(&p.b, 255, 0);
	fsm_start(&p.a, S);
	fsm_start(&p.b, S);
	assert_states(&p, FSM_MASTER, FSM_MASTER, FSM_MASTER);
}

#define T(name, f) { name, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("master all or none", all_or_none),
		T("one member still has a master", one_has_a_master),
		T("one leaves, all leave", one_leaves),
		T("the fault of one is everyone's", fault_of_one),
		T("faults of both", faults_of_both),
		T("faults before the start", faults_before_the_start),
		T("a member whose result is waited for", one_waits_for_a_result),
		T("one that comes later goes where the others are",
		  one_comes_later),
		T("another process goes on, and nothing is told", goes_on),
		T("another process finds another state", goes_on_otherwise),
		T("stops", stops),
		T("owners start as master together", owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
