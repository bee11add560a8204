// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine, event by event: what it asks for, in which order, and
 * until when it waits.  A number before a name counts the requirements of
 * RFC 9568 and 3768 as in Documentation/vrrp.rst.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "fsm.h"

#define MS 1000ULL
#define S FSM_SECOND
#define START (100 * S)

/* A machine, and all that it has asked for since it was last looked at. */
struct bench {
	struct fsm fsm;
	struct fsm_params params;
	uint64_t armed;
	char log[512];
};

static void log_word(struct bench *b, const char *word)
{
	size_t len = strlen(b->log);

	snprintf(b->log + len, sizeof(b->log) - len, "%s%s", len ? " " : "",
		 word);
}

static void on_advert(void *arg, uint8_t priority)
{
	char word[16];

	snprintf(word, sizeof(word), "advert:%u", priority);
	log_word(arg, word);
}

static void on_acquire(void *arg)
{
	log_word(arg, "acquire");
}

static void on_announce(void *arg, enum fsm_announce why)
{
	static const char *const words[] = {
		[FSM_ANNOUNCE_MASTER] = "announce",
		[FSM_ANNOUNCE_CONTENTION] = "announce:contention",
		[FSM_ANNOUNCE_WAKE] = "announce:wake",
	};

	log_word(arg, words[why]);
}

static void on_release(void *arg)
{
	log_word(arg, "release");
}

static void on_changed(void *arg, enum fsm_state from, enum fsm_state to,
		       enum fsm_reason reason)
{
	assert_int_not_equal(from, to);
	assert_non_null(fsm_reason_text(reason));
	log_word(arg, fsm_state_name(to));
}

static void on_arm(void *arg, uint64_t deadline)
{
	struct bench *b = arg;

	b->armed = deadline;
}

static void on_note(void *arg, enum fsm_note note, const struct dray_addr *src,
		    uint8_t priority)
{
	static const char *const words[] = {
		[FSM_NOTE_CONTENDER] = "note:contender",
		[FSM_NOTE_SECOND_OWNER] = "note:owner",
		[FSM_NOTE_LATE] = "note:late",
	};

	(void)src;
	(void)priority;
	assert_non_null(fsm_note_text(note));
	log_word(arg, words[note]);
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

static struct dray_addr ip(const char *text)
{
	struct dray_addr addr = { 0 };

	assert_true(dray_addr_parse(text, &addr));
	return addr;
}

/* Exactly these things were asked for, in this order. */
#define assert_log(b, text) do {			\
	assert_string_equal((b)->log, text);		\
	(b)->log[0] = '\0';				\
	assert_int_equal((b)->armed, (b)->fsm.deadline);\
} while (0)

static void set_up(struct bench *b, uint8_t version, uint64_t interval,
		   uint8_t priority)
{
	struct dray_addr source = ip("10.0.0.100");

	*b = (struct bench){
		.params = {
			.version = version,
			.down_adverts = FSM_DOWN_ADVERTS,
			.preempt = true,
			.interval_us = interval,
			.drain_us = FSM_DRAIN_US,
		},
		.armed = FSM_NEVER,
	};
	fsm_init(&b->fsm, &b->params, &ops, b);
	fsm_set_priority(&b->fsm, priority, 0);
	fsm_set_source(&b->fsm, &source, 0);
	assert_log(b, "");
}

static void set_up_backup(struct bench *b, uint8_t version, uint64_t interval,
			  uint8_t priority)
{
	set_up(b, version, interval, priority);
	fsm_start(&b->fsm, START);
	assert_log(b, "BACKUP");
}

/* Master since START, when its first advert went out. */
static void set_up_master(struct bench *b, uint8_t version, uint64_t interval,
			  uint8_t priority)
{
	set_up(b, version, interval, priority);
	fsm_start(&b->fsm, START - fsm_down_interval(&b->fsm));
	fsm_timer(&b->fsm, START);
	b->log[0] = '\0';
}

static void change(struct bench *b, bool preempt, uint64_t delay, bool mute,
		   uint64_t now)
{
	b->params.preempt = preempt;
	b->params.preempt_delay_us = delay;
	b->params.lower_prio_no_advert = mute;
	fsm_set_params(&b->fsm, &b->params, now);
}

static void hear_from(struct bench *b, const char *src, uint8_t priority,
		      uint64_t interval, uint64_t arrival, uint64_t now)
{
	const struct packet_advert advert = {
		.src = ip(src),
		.version = b->params.version,
		.vrid = 51,
		.priority = priority,
		.interval_us = interval,
	};

	fsm_packet(&b->fsm, &advert, arrival, now);
}

static void hear(struct bench *b, uint8_t priority, uint64_t now)
{
	hear_from(b, "10.0.0.50", priority, b->params.interval_us, now, now);
}

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

static void polite_stop(void **state)
{
	struct bench b;

	(void)state;
	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	assert_log(&b, "advert:0");
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
	assert_log(&b, "advert:0 release INIT");
	assert_int_equal(b.fsm.reason, FSM_REASON_NO_SUCCESSOR);

	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	fsm_stop(&b.fsm, false, START + 1);
	assert_log(&b, "advert:0 release INIT");

	set_up_master(&b, 3, S, 100);
	fsm_stop(&b.fsm, true, START);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START + 1);
	assert_log(&b, "advert:0 release INIT");
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
	fsm_adopt(&b.fsm, START - 3 * S + 1, START);
	assert_log(&b, "advert:100 acquire announce MASTER");
	assert_int_equal(b.fsm.reason, FSM_REASON_ADOPTED);
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START - 3 * S, START);
	assert_log(&b, "release BACKUP");
	set_up(&b, 3, S, 100);
	fsm_adopt(&b.fsm, START + 1, START);	/* of another boot */
	assert_log(&b, "release BACKUP");
	set_up(&b, 3, S, 100);
	fsm_fault(&b.fsm, FSM_FAULT_LINK, START);
	fsm_adopt(&b.fsm, START, START);
	assert_log(&b, "release FAULT");
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

#define T(name, f) { name, f, NULL, NULL, NULL }

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
		T("49, 79: a tie, by unsigned addresses", tie),
		T("50: a worse one is answered at once", master_answers),
		T("50: answers are bounded", answers_are_bounded),
		T("54, 78: two owners", two_owners),
		T("56: what is rejected counts, and nothing else", rejected_packets_count_only),
		T("89: a worse one is not answered if so told", master_is_told_not_to_answer),
		T("an advert of our own is nothing", own_advert_is_nothing),
		T("preempt_delay", preempt_delay),
		T("no preemption while held back", held_back),
		T("a polite stop until the successor is heard", polite_stop),
		T("a polite stop without a successor", polite_stop_alone),
		T("faults", faults),
		T("results that are waited for", pending_results),
		T("the priority changes", priority_changes),
		T("the arrival counts", arrival_counts),
		T("a backup oversleeps", backup_oversleeps),
		T("a backup is a little late", backup_is_late),
		T("a backup wakes up to old adverts", backup_finds_adverts),
		T("a master oversleeps", master_oversleeps),
		T("a master wakes up to old adverts", master_finds_adverts),
		T("a restart in time", adopts_its_own_past),
		T("a reload", reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
