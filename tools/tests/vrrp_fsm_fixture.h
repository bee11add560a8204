/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state machine on a bench, for the tests of what it asks for. */
#ifndef VRRP_FSM_FIXTURE_H
#define VRRP_FSM_FIXTURE_H

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
	struct bench *b = arg;
	char word[32];

	/* what shortens the lease goes by it */
	snprintf(word, sizeof(word), "advert:%u%s", priority,
		 b->fsm.draining ? ":last" : "");
	log_word(b, word);
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

static inline struct dray_addr ip(const char *text)
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

static inline void set_up_backup(struct bench *b, uint8_t version, uint64_t interval,
			  uint8_t priority)
{
	set_up(b, version, interval, priority);
	fsm_start(&b->fsm, START);
	assert_log(b, "BACKUP");
}

/* Master since START, when its first advert went out. */
static inline void set_up_master(struct bench *b, uint8_t version, uint64_t interval,
			  uint8_t priority)
{
	set_up(b, version, interval, priority);
	fsm_start(&b->fsm, START - fsm_down_interval(&b->fsm));
	fsm_timer(&b->fsm, START);
	b->log[0] = '\0';
}

static inline void change(struct bench *b, bool preempt, uint64_t delay, bool mute,
		   uint64_t now)
{
	b->params.preempt = preempt;
	b->params.preempt_delay_us = delay;
	b->params.lower_prio_no_advert = mute;
	fsm_set_params(&b->fsm, &b->params, now);
}

static inline void hear_from(struct bench *b, const char *src, uint8_t priority,
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

static inline void hear(struct bench *b, uint8_t priority, uint64_t now)
{
	hear_from(b, "10.0.0.50", priority, b->params.interval_us, now, now);
}

#define T(name, f) { name, f, NULL, NULL, NULL }

#endif
