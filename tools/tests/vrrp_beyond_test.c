// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the state machine does beyond the RFCs: preempt_delay, polite stops,
 * faults, changes while it runs, and what it does after it has slept.
 */
#include "vrrp_fsm_fixture.h"

/* The first worse advert starts the delay, one as good ends it. */
static void preempt_delay(void **state)
{
	struct bench b;
	int i;

	(void)state;
	set_up_backup(&b, 2, S, 100);
	change(&b, true, 5 * S, false, START);
	for (i = 1; i <= 5; i++) {
		hear(&b, 90, START + i * S);
		assert_int_equal(b.armed, START + i * S + 3609375);
	}
	hear(&b, 100, START + 6 * S - 1);
	for (i = 6; i <= 10; i++) {
		hear(&b, 90, START + i * S);
		assert_int_equal(b.armed, START + i * S + 3609375);
	}
	hear(&b, 90, START + 11 * S);
	assert_int_equal(b.armed, START + 10 * S + 3609375);
	assert_log(&b, "");
}

/* A master that dies meanwhile is followed at once. */
static void held_back(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 2, S, 100);
	fsm_hold(&b.fsm, START + 20 * S);
	hear(&b, 90, START + S);
	assert_int_equal(b.armed, START + S + 3609375);
	fsm_hold(&b.fsm, 0);
	hear(&b, 90, START + 2 * S);
	assert_int_equal(b.armed, START + S + 3609375);
	fsm_timer(&b.fsm, b.armed);
	assert_log(&b, "advert:100 acquire announce MASTER");

	set_up(&b, 2, S, 255);
	fsm_hold(&b.fsm, START + 20 * S);
	fsm_start(&b.fsm, START);
	assert_log(&b, "BACKUP");
}

static void polite_stop(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	assert_log(&b, "advert:0:last");
	assert_true(b.fsm.draining && b.fsm.running);
	assert_int_equal(b.armed, START + S);
	hear(&b, 0, START + 1);		/* another one that leaves */
	fsm_stop(&b.fsm, true, START + 2);
	fsm_set_priority(&b.fsm, 50, START + 3);
	assert_log(&b, "");
	hear(&b, 20, START + 500 * MS);
	assert_log(&b, "release INIT");
	assert_int_equal(b.fsm.reason, FSM_REASON_SUCCESSOR);
	assert_false(b.fsm.running);
}

static void polite_stop_alone(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	fsm_timer(&b.fsm, START + S);
	assert_log(&b, "advert:0:last release INIT");
	assert_int_equal(b.fsm.reason, FSM_REASON_NO_SUCCESSOR);

	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	fsm_stop(&b.fsm, false, START + 1);
	assert_log(&b, "advert:0:last release INIT");

	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START + 1);
	assert_log(&b, "advert:0:last release INIT");
}

static void faults(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_TRACK, START);
	assert_log(&b, "advert:0 release FAULT");
	fsm_fault(&b.fsm, FSM_FAULT_VIP, START);
	fsm_recover(&b.fsm, FSM_FAULT_TRACK, START + 1);
	hear(&b, 0, START + 2);
	assert_log(&b, "");
	fsm_recover(&b.fsm, FSM_FAULT_VIP, START + 3);
	assert_log(&b, "BACKUP");
	assert_int_equal(b.fsm.reason, FSM_REASON_RECOVERED);

	set_up_master(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START);
	assert_log(&b, "release FAULT");	/* nobody would hear it */

	set_up_backup(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_SOURCE, START);
	assert_log(&b, "FAULT");
	assert_int_equal(b.armed, FSM_NEVER);
	fsm_stop(&b.fsm, true, START);
	assert_log(&b, "INIT");
}

static void pending_results(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_PENDING, START);
	fsm_start(&b.fsm, START);
	assert_log(&b, "");
	assert_int_equal(b.fsm.state, FSM_INIT);
	fsm_recover(&b.fsm, FSM_FAULT_PENDING, START + 1);
	assert_log(&b, "BACKUP");
	fsm_fault(&b.fsm, FSM_FAULT_PENDING, START + 2);	/* a reload */
	assert_log(&b, "");

	/* the next worker of a master asks anew, and stays what it was */
	set_up(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_PENDING, START);
	fsm_adopt(&b.fsm, START - 1, 0, START);
	assert_int_equal(b.fsm.state, FSM_MASTER);
	fsm_recover(&b.fsm, FSM_FAULT_PENDING, START + 1);
	assert_int_equal(b.fsm.state, FSM_MASTER);
}

static void priority_changes(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 2, S, 100);
	fsm_set_priority(&b.fsm, 90, START + S);
	assert_int_equal(b.armed, START + 3648437);
	fsm_set_priority(&b.fsm, 100, START + 2 * S);
	assert_int_equal(b.armed, START + 3609375);
	hear(&b, 0, START + 3 * S);
	fsm_set_priority(&b.fsm, 90, START + 3 * S);
	assert_int_equal(b.armed, START + 3 * S + 648437);
	assert_log(&b, "");

	set_up_master(&b, 3, S, 100);
	fsm_set_priority(&b.fsm, 101, START);
	assert_log(&b, "advert:101");
	assert_int_equal(b.armed, START + S);
	fsm_set_priority(&b.fsm, 101, START);
	assert_log(&b, "");
}

/* From when it came in, not from when it was looked at. */
static void arrival_counts(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	hear_from(&b, "10.0.0.50", 200, S, START + S, START + S + 700 * MS);
	assert_int_equal(b.armed, START + S + 3609375);
	/* a stamp from the future, and one older than what was heard */
	hear_from(&b, "10.0.0.50", 200, S, START + 9 * S, START + 2 * S);
	assert_int_equal(b.armed, START + 2 * S + 3609375);
	hear_from(&b, "10.0.0.50", 200, S, START + S, START + 2 * S);
	assert_int_equal(b.armed, START + 2 * S + 3609375);
	/* a clock that goes back */
	hear_from(&b, "10.0.0.50", 200, S, START, START);
	assert_int_equal(b.armed, START + 2 * S + 3609375);
}

static void backup_oversleeps(void **state)
{
	uint64_t now = START + 60 * S;
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "note:late");
	assert_int_equal(b.armed, now + S + 609375);
	hear(&b, 200, now + S);
	assert_int_equal(b.armed, now + S + 3609375);
	assert_log(&b, "");

	set_up_backup(&b, 3, S, 100);
	fsm_timer(&b.fsm, now);
	fsm_timer(&b.fsm, b.armed);
	assert_log(&b, "note:late advert:100 acquire announce MASTER");

	/* always late: not for ever nobody */
	set_up_backup(&b, 3, S, 100);
	for (now = START + 60 * S; b.fsm.state == FSM_BACKUP; now += 60 * S)
		fsm_timer(&b.fsm, now);
	assert_log(&b, "note:late note:late note:late "
		   "advert:100 acquire announce MASTER");
	assert_int_equal(b.fsm.counters.n[COUNTER_LATE], 3);
}

/* Late, but by less than an interval: no reason to wait any longer. */
static void backup_is_late(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	fsm_timer(&b.fsm, START + 3609375 + S);
	assert_log(&b, "advert:100 acquire announce MASTER");
}

/* What was queued while it slept is heard before the timer acts. */
static void backup_finds_adverts(void **state)
{
	uint64_t now = START + 60 * S, at;
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	for (at = START; at < now; at += S)
		hear_from(&b, "10.0.0.50", 200, S, at, now);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "");
	assert_int_equal(b.armed, at - S + 3609375);
	/* old ones only: it listens */
	set_up_backup(&b, 3, S, 100);
	hear_from(&b, "10.0.0.50", 200, S, START + S, now);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "note:late");
}

static void master_oversleeps(void **state)
{
	uint64_t now = START + 60 * S;
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 128);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "note:late");
	assert_false(fsm_holds(&b.fsm));
	assert_int_equal(b.armed, now + 500 * MS);
	fsm_timer(&b.fsm, b.armed);
	assert_log(&b, "advert:128 announce:wake");
	assert_true(fsm_holds(&b.fsm));
	assert_int_equal(b.armed, now + 500 * MS + S);

	set_up_master(&b, 3, S, 128);
	change(&b, false, 0, false, START);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "note:late");
	assert_int_equal(b.armed, now + 1500 * MS);
}

/* Backups may be about to take over, but nobody has been heard yet. */
static void master_is_late(void **state)
{
	uint64_t now = START + 3900 * MS;
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 128);
	fsm_timer(&b.fsm, now);
	assert_log(&b, "advert:128");
	assert_int_equal(b.armed, now + S);

	/* one of them has */
	set_up_master(&b, 3, S, 128);
	change(&b, false, 0, false, START);
	hear_from(&b, "10.0.0.50", 90, S, now, now);
	assert_log(&b, "note:late release BACKUP");
	assert_int_equal(b.fsm.reason, FSM_REASON_OVERSLEPT);
}

/* Eight seconds of a successor's adverts: one answer, one announcement. */
static void master_finds_adverts(void **state)
{
	static const char first[] = "note:late note:contender advert:128 "
				    "announce:wake note:contender";
	uint64_t now = START + 60 * S, at;
	struct bench b;

	(void)state;
	set_up_master(&b, 3, 100 * MS, 128);
	for (at = now - 8 * S; at < now; at += 100 * MS)
		hear_from(&b, "10.0.0.50", 90, 100 * MS, at, now);
	fsm_timer(&b.fsm, now);
	assert_memory_equal(b.log, first, strlen(first));
	assert_null(strstr(b.log + strlen(first), "announce"));
	assert_null(strstr(b.log + strlen(first), "advert"));

	set_up_master(&b, 3, 100 * MS, 128);
	hear_from(&b, "10.0.0.50", 200, 100 * MS, now - S, now);
	assert_log(&b, "note:late release BACKUP");

	/* who does not preempt lets the successor be it */
	set_up_master(&b, 3, 100 * MS, 128);
	change(&b, false, 0, false, START);
	hear_from(&b, "10.0.0.50", 90, 100 * MS, now, now);
	assert_log(&b, "note:late release BACKUP");
	assert_int_equal(b.fsm.reason, FSM_REASON_OVERSLEPT);
}

static void adopts_its_own_past(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START - 3 * S + 1, 0, START);
	assert_log(&b, "advert:100 acquire announce MASTER");
	assert_int_equal(b.fsm.reason, FSM_REASON_ADOPTED);
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START - 3 * S, 0, START);
	assert_log(&b, "release BACKUP");
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START + 1, 0, START);	/* of another boot */
	assert_log(&b, "release BACKUP");
	set_up(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START);
	fsm_adopt(&b.fsm, START, 0, START);
	assert_log(&b, "release FAULT");
}

/* A reload may change the interval: the peers wait by what they were told. */
static void adopts_by_the_old_interval(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, 100 * MS, 100);
	fsm_adopt(&b.fsm, START - 2 * S, S, START);
	assert_log(&b, "advert:100 acquire announce MASTER");
	assert_int_equal(b.fsm.deadline, START + 100 * MS);
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START - 300 * MS, 100 * MS, START);
	assert_log(&b, "release BACKUP");
}

static void renounces(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 100);
	fsm_renounce(&b.fsm, START);
	assert_log(&b, "advert:0 release INIT");
	assert_false(b.fsm.running);
	set_up(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START);
	fsm_renounce(&b.fsm, START);
	assert_log(&b, "release INIT");
}

static void speaks_out_of_turn(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_speak(&b.fsm, START + 300 * MS);
	assert_log(&b, "advert:100");
	assert_int_equal(b.fsm.deadline, START + 1300 * MS);
	assert_int_equal(b.fsm.last_sent, START + 300 * MS);
	set_up_backup(&b, 3, S, 100);
	fsm_speak(&b.fsm, START + 300 * MS);
	assert_log(&b, "");
}

static void resume(struct bench *b, uint64_t last_heard, uint32_t interval)
{
	const struct fsm_past past = {
		.last_heard = last_heard,
		.master = interval ? ip("10.0.0.50") : (struct dray_addr){ 0 },
		.master_priority = 200,
		.master_interval_us = interval,
	};

	fsm_resume(&b->fsm, &past, START);
}

static void resumes_its_waiting(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 128);
	resume(&b, START - 500 * MS, 200 * MS);
	assert_log(&b, "BACKUP");
	assert_int_equal(b.armed, START + 200 * MS);
	assert_int_equal(b.fsm.master.family, AF_INET);
	/* the Down timer has run out meanwhile: as if nothing was known */
	set_up(&b, 3, S, 128);
	resume(&b, START - 700 * MS, 200 * MS);
	assert_log(&b, "BACKUP");
	assert_int_equal(b.armed, START + 3500 * MS);
	assert_int_equal(b.fsm.master.family, 0);
	set_up(&b, 2, S, 128);
	resume(&b, START - 3 * S, S);
	assert_int_equal(b.armed, START + 500 * MS);
	set_up(&b, 3, S, 128);			/* no master was heard */
	resume(&b, START - S, 0);
	assert_int_equal(b.armed, START + 2500 * MS);
	set_up(&b, 3, S, 128);			/* of another boot */
	resume(&b, START + 1, 200 * MS);
	assert_int_equal(b.armed, START + 3500 * MS);
	set_up(&b, 3, S, 128);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START);
	resume(&b, START - 1, 200 * MS);
	assert_log(&b, "FAULT");
	assert_int_equal(b.armed, FSM_NEVER);
}

static void reload(void **state)
{
	struct bench b;
	uint64_t due;

	(void)state;
	set_up_master(&b, 3, S, 100);
	due = b.armed;
	change(&b, false, 0, false, due - 900 * MS);
	assert_int_equal(b.armed, due);
	b.params.interval_us = 200 * MS;
	fsm_set_params(&b.fsm, &b.params, due - 900 * MS);
	assert_int_equal(b.armed, due - 800 * MS);
	b.params.interval_us = 5 * S;
	fsm_set_params(&b.fsm, &b.params, due - 900 * MS);
	assert_int_equal(b.armed, due - 800 * MS);
	assert_log(&b, "");

	set_up_backup(&b, 3, S, 128);
	b.params.interval_us = 100 * MS;
	fsm_set_params(&b.fsm, &b.params, START);
	assert_int_equal(b.armed, START + 350 * MS);
	hear_from(&b, "10.0.0.50", 200, S, START, START);
	b.params.interval_us = 10 * MS;		/* the master's counts */
	fsm_set_params(&b.fsm, &b.params, START);
	assert_int_equal(b.armed, START + 3500 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("preempt_delay", preempt_delay),
		T("no preemption while held back", held_back),
		T("a polite stop until the successor is heard", polite_stop),
		T("a polite stop without a successor", polite_stop_alone),
		T("faults", faults),
		T("results that are waited for", pending_results),
		T("the priority changes", priority_changes),
		T("the arrival counts", arrival_counts),
		T("81: a backup oversleeps", backup_oversleeps),
		T("a backup is a little late", backup_is_late),
		T("a backup wakes up to old adverts", backup_finds_adverts),
		T("81: a master oversleeps", master_oversleeps),
		T("a master is a little late", master_is_late),
		T("a master wakes up to old adverts", master_finds_adverts),
		T("a restart in time", adopts_its_own_past),
		T("a restart with another interval", adopts_by_the_old_interval),
		T("last words after a crash", renounces),
		T("an advert out of turn", speaks_out_of_turn),
		T("a backup's restart in time", resumes_its_waiting),
		T("a reload", reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
