// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine, event by event: what it asks for, in which order, and
 * until when it waits.  A number before a name counts the requirements of
 * RFC 9568 and 3768 as in Documentation/vrrp.rst.
 */
#include "vrrp_fsm_fixture.h"

static void skew_and_down(void **state)
{
	static const struct {
		uint8_t version, priority;
		uint64_t interval, skew, down;
	} cases[] = {
		{ 2, 254, S, 7812, 3007812 },
		{ 2, 100, S, 609375, 3609375 },
		{ 2, 90, S, 648437, 3648437 },
		{ 2, 1, S, 996093, 3996093 },
		{ 2, 100, 3 * S, 609375, 9609375 },
		{ 3, 100, S, 609375, 3609375 },
		{ 3, 254, 100 * MS, 781, 300781 },
		{ 3, 90, 100 * MS, 64843, 364843 },
		{ 3, 100, 10 * MS, 6093, 36093 },
		{ 3, 1, 10 * MS, 9960, 39960 },
	};
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up_backup(&b, cases[i].version, cases[i].interval,
			      cases[i].priority);
		assert_int_equal(fsm_skew(&b.fsm), cases[i].skew);
		assert_int_equal(fsm_down_interval(&b.fsm), cases[i].down);
		assert_int_equal(b.fsm.deadline, START + cases[i].down);
	}
}

static void waits_for_startup(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 100);
	hear(&b, 90, START);
	fsm_timer(&b.fsm, START + 10 * S);
	assert_log(&b, "");
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START + 11 * S);
	fsm_start(&b.fsm, START + 12 * S);
	assert_log(&b, "FAULT");
	fsm_timer(&b.fsm, START + 30 * S);
	hear(&b, 90, START + 31 * S);
	assert_log(&b, "");
	fsm_recover(&b.fsm, FSM_FAULT_LINK, START + 40 * S);
	assert_log(&b, "BACKUP");
	assert_int_equal(b.armed, START + 40 * S + 3609375);
}

static void owner_starts(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 255);
	fsm_start(&b.fsm, START);
	assert_log(&b, "advert:255 acquire announce MASTER");
	assert_int_equal(b.armed, START + S);
}

static void down_timer_fires(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	fsm_timer(&b.fsm, START + 3609374);
	assert_log(&b, "");
	fsm_timer(&b.fsm, START + 3609375);
	assert_log(&b, "advert:100 acquire announce MASTER");
	assert_int_equal(b.fsm.reason, FSM_REASON_SILENCE);
	assert_int_equal(b.armed, START + 3609375 + S);
	assert_int_equal(b.fsm.counters.n[COUNTER_BECAME_MASTER], 1);
}

static void backup_hears_resignation(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 2, S, 90);
	hear(&b, 100, START + S);
	hear(&b, 0, START + S + 300 * MS);
	assert_log(&b, "");
	assert_int_equal(b.armed, START + S + 300 * MS + 648437);
	fsm_timer(&b.fsm, b.armed);
	assert_log(&b, "advert:90 acquire announce MASTER");
	assert_int_equal(b.fsm.reason, FSM_REASON_RESIGNED);
}

/* The skew is a part of the resigning master's interval in version 3. */
static void skew_of_the_masters_interval(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 128);
	hear_from(&b, "10.0.0.50", 200, 100 * MS, START + S, START + S);
	hear_from(&b, "10.0.0.50", 0, 100 * MS, START + S, START + S);
	assert_int_equal(b.armed, START + S + 50 * MS);
}

static void adopts_the_masters_interval(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 128);
	hear_from(&b, "10.0.0.50", 128, 200 * MS, START + S, START + S);
	assert_log(&b, "");
	assert_int_equal(b.armed, START + S + 600 * MS + 100 * MS);
	fsm_timer(&b.fsm, b.armed);
	/* as a master it goes by its own */
	assert_int_equal(b.armed, START + S + 700 * MS + S);
	set_up_backup(&b, 2, S, 100);
	hear(&b, 100, START + S);
	assert_int_equal(b.armed, START + S + 3609375);
}

static void adopts_the_worse_without_preempt(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 128);
	change(&b, false, 0, false, START);
	hear_from(&b, "10.0.0.50", 1, 200 * MS, START + S, START + S);
	assert_int_equal(b.armed, START + S + 700 * MS);
}

static void discards_the_worse_with_preempt(void **state)
{
	struct bench b;
	int i;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	for (i = 1; i < 36; i++)
		hear_from(&b, "10.0.0.200", 99, 2 * S, START + i * 100 * MS,
			  START + i * 100 * MS);
	assert_log(&b, "");
	assert_int_equal(b.armed, START + 3609375);
}

static void owner_always_preempts(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	change(&b, false, 0, false, START);
	fsm_set_priority(&b.fsm, 255, START);
	hear(&b, 254, START + S);
	assert_int_equal(b.armed, START + 3003906);
}

static void adver_timer(void **state)
{
	struct bench b;
	uint64_t due;

	(void)state;
	set_up_master(&b, 3, 100 * MS, 100);
	due = b.armed;
	fsm_timer(&b.fsm, due);
	assert_log(&b, "advert:100");
	assert_int_equal(b.armed, due + 100 * MS);
	fsm_timer(&b.fsm, due + 130 * MS);	/* late; the next is not */
	assert_log(&b, "advert:100");
	assert_int_equal(b.armed, due + 200 * MS);
	fsm_timer(&b.fsm, due + 350 * MS);
	assert_log(&b, "advert:100");
	assert_int_equal(b.armed, due + 450 * MS);
}

static void master_hears_resignation(void **state)
{
	struct bench b;
	uint64_t now;

	(void)state;
	set_up_master(&b, 3, S, 100);
	now = b.armed - 400 * MS;
	hear(&b, 0, now);
	assert_log(&b, "advert:100");
	assert_int_equal(b.armed, now + S);
}

static void master_yields(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 128);
	hear_from(&b, "10.0.0.1", 129, 200 * MS, START, START + 1);
	assert_log(&b, "release BACKUP");
	assert_int_equal(b.fsm.reason, FSM_REASON_HIGHER_PRIORITY);
	assert_int_equal(b.armed, START + 700 * MS);
	assert_int_equal(b.fsm.counters.n[COUNTER_LEFT_MASTER], 1);

	set_up_master(&b, 2, S, 128);
	hear_from(&b, "10.0.0.130", 128, S, START, START);
	assert_log(&b, "release BACKUP");
	assert_int_equal(b.fsm.reason, FSM_REASON_HIGHER_ADDRESS);
	assert_int_equal(b.armed, START + 3 * S + 500 * MS);
}

/* One advert, so that the other one knows; not after a long sleep. */
static void master_answers_and_yields(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 128);
	b.params.higher_prio_send_advert = true;
	fsm_set_params(&b.fsm, &b.params, START);
	hear_from(&b, "10.0.0.1", 129, S, START + S / 2, START + S / 2);
	assert_log(&b, "advert:128 release BACKUP");
	hear_from(&b, "10.0.0.1", 129, S, START + S, START + S);
	assert_log(&b, "");

	set_up_master(&b, 3, S, 128);
	b.params.higher_prio_send_advert = true;
	fsm_set_params(&b.fsm, &b.params, START);
	hear_from(&b, "10.0.0.1", 129, S, START + 60 * S, START + 60 * S);
	assert_log(&b, "note:late release BACKUP");
}

static void tie(void **state)
{
	static const struct {
		const char *ours, *theirs;
		bool yields;
	} cases[] = {
		{ "10.0.0.2", "10.0.0.130", true },
		{ "10.0.0.130", "10.0.0.2", false },
		{ "9.255.255.255", "10.0.0.1", true },
		{ "127.0.0.1", "128.0.0.1", true },
		{ "10.0.0.2", "10.0.0.2", false },
		{ "fe80::1", "fe80::8000:0:0:1", true },
		{ "fe80::8000:0:0:1", "fe80::1", false },
	};
	struct dray_addr ours;
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up_master(&b, 3, S, 100);
		ours = ip(cases[i].ours);
		fsm_set_source(&b.fsm, &ours, START);
		hear_from(&b, cases[i].theirs, 100, S, START, START);
		assert_int_equal(b.fsm.state == FSM_BACKUP, cases[i].yields);
	}
	assert_int_equal(b.fsm.counters.n[COUNTER_CONTENDERS], 1);
}

static void own_advert_is_nothing(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	hear_from(&b, "10.0.0.100", 100, S, START, START);
	assert_log(&b, "");
}

static void master_answers(void **state)
{
	uint64_t due;
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	due = b.armed;
	hear(&b, 99, due - 500 * MS);
	assert_log(&b, "note:contender advert:100 announce:contention");
	assert_int_equal(b.armed, due);
	assert_int_equal(b.fsm.counters.n[COUNTER_ANSWERS], 1);
}

static void master_is_told_not_to_answer(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 2, S, 100);
	change(&b, true, 0, true, START);
	hear(&b, 99, b.armed - 500 * MS);
	assert_log(&b, "note:contender announce:contention");
}

/* A thousand adverts in one interval: four answers, and none is forgotten. */
static void answers_are_bounded(void **state)
{
	uint64_t begin, i, sent;
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	begin = START;
	sent = b.fsm.counters.n[COUNTER_SENT];
	for (i = 0; i < 1000; i++) {
		hear(&b, i & 1 ? 99 : 0, begin + i * MS);
		if (begin + i * MS >= b.fsm.deadline)
			fsm_timer(&b.fsm, begin + i * MS);
	}
	sent = b.fsm.counters.n[COUNTER_SENT] - sent;
	assert_in_range(sent, 4, 10);
}

static void two_owners(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 3, S, 255);
	fsm_start(&b.fsm, START);
	b.log[0] = '\0';
	hear_from(&b, "10.0.0.200", 255, S, START + 1, START + 1);
	assert_log(&b, "note:owner");
}

/* A wrong password every 0.4 s for 12 s: twelve adverts, and nothing else. */
static void rejected_packets_count_only(void **state)
{
	struct packet_spec spec = {
		.version = 2,
		.family = AF_INET,
		.vrid = 51,
		.interval_us = S,
		.group = packet_group(AF_INET),
	};
	struct packet_advert advert;
	struct packet_datagram d;
	enum packet_reject verdict;
	uint64_t now, sent;
	uint8_t buf[64];
	struct bench b;

	(void)state;
	set_up_master(&b, 2, S, 100);
	sent = b.fsm.counters.n[COUNTER_SENT];
	packet_set_password(&spec, "wrong");
	d = (struct packet_datagram){
		.src = ip("10.0.0.200"),
		.dst = spec.group,
		.ttl = PACKET_TTL,
		.data = buf,
		.len = packet_build(&spec, &d.src, &d.dst, 255, buf,
				    sizeof(buf)),
	};
	packet_set_password(&spec, "right");
	for (now = START + 1; now <= START + 12 * S; now += 400 * MS) {
		verdict = packet_parse(&d, &spec, &advert);
		counters_parsed(&b.fsm.counters, verdict, &spec, &advert);
		if (verdict == PACKET_ACCEPTED)
			fsm_packet(&b.fsm, &advert, now, now);
		while (b.armed < now + 400 * MS && b.armed <= START + 12 * S)
			fsm_timer(&b.fsm, b.armed);
	}
	assert_in_range(b.fsm.counters.n[COUNTER_SENT] - sent, 11, 12);
	assert_int_equal(b.fsm.counters.rejected[PACKET_REJECT_AUTH], 30);
	assert_int_equal(b.fsm.state, FSM_MASTER);
}

static void backup_stops(void **state)
{
	struct bench b;

	(void)state;
	set_up_backup(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START + S);
	assert_log(&b, "INIT");
	assert_int_equal(b.armed, FSM_NEVER);
	assert_false(b.fsm.running);
}

static void master_stops(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, false, START);
	assert_log(&b, "advert:0 release INIT");
	assert_int_equal(b.armed, FSM_NEVER);
	assert_false(b.fsm.running);
	fsm_stop(&b.fsm, false, START);
	assert_log(&b, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("11, 26: the owner starts as master, with 255", owner_starts),
		T("13, 45: a master that stops sends 0 once, then lets go", master_stops),
		T("25: nothing before Startup, nor while there is a fault", waits_for_startup),
		T("27, 90: Skew_Time and Active_Down_Interval", skew_and_down),
		T("33: a backup that stops says nothing", backup_stops),
		T("34: the Down timer fires", down_timer_fires),
		T("35: a resignation heard: Skew_Time from then", backup_hears_resignation),
		T("35: Skew_Time is of the master's interval", skew_of_the_masters_interval),
		T("36: adopts the master's interval", adopts_the_masters_interval),
		T("36: adopts a worse one without preempt", adopts_the_worse_without_preempt),
		T("24, 37: discards a worse one with preempt", discards_the_worse_with_preempt),
		T("37: the owner preempts whatever is configured", owner_always_preempts),
		T("46: the Adver timer fires, and does not drift", adver_timer),
		T("47: a master hears a resignation", master_hears_resignation),
		T("48: a better one is heard", master_yields),
		T("higher_prio_send_advert: a better one is answered",
		  master_answers_and_yields),
		T("49, 79: a tie, by unsigned addresses", tie),
		T("50: a worse one is answered at once", master_answers),
		T("50: answers are bounded", answers_are_bounded),
		T("54, 78: two owners", two_owners),
		T("56: what is rejected counts, and nothing else", rejected_packets_count_only),
		T("89: a worse one is not answered if so told", master_is_told_not_to_answer),
		T("an advert of our own is nothing", own_advert_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
