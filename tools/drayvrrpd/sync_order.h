/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries are taken in the order that they were sent in: one that was asked for
 * again must not undo what was said since.  So what comes behind a gap is held
 * until the gap is filled, or given up.  Pure, and bounded.
 */
#ifndef DRAYVRRPD_SYNC_ORDER_H
#define DRAYVRRPD_SYNC_ORDER_H

#include "sync_session.h"

#define SYNC_HELD 512			/* datagrams, of all sessions */
#define SYNC_PATIENCE_US 1000000ULL	/* then a gap is given up */

struct sync_held {
	uint64_t session;		/* 0: a free place */
	uint64_t since;			/* time */
	struct sync_reader reader;	/* of data */
	uint8_t data[SYNC_MAX];
};

struct sync_order {
	struct sync_held held[SYNC_HELD];
	struct sync_reader out;		/* the one that was given last */
	uint8_t data[SYNC_MAX];
};

/* What was given up of a session, kept with it. */
struct sync_passed {
	uint64_t until;			/* sequence number; 0: nothing */
};

enum sync_turn {
	SYNC_NOW,			/* it is its turn */
	SYNC_LATER,			/* held */
	SYNC_PASSED,			/* too late: it was given up */
	SYNC_FULL,			/* no place: gaps have to be given up */
};

/**
 * sync_order_take() - whether a datagram with entries may be taken
 * @o: what is held
 * @p: of its session
 * @s: its session
 * @r: the datagram; a copy is made if it is held
 * @now: time
 */
enum sync_turn sync_order_take(struct sync_order *o, const struct sync_passed *p,
			       const struct sync_session *s,
			       const struct sync_reader *r, uint64_t now);

/**
 * sync_order_next() - a held one whose turn has come
 * @o: what is held
 * @p: of its session
 * @s: its session
 *
 * Return: until the next call, or NULL.
 */
struct sync_reader *sync_order_next(struct sync_order *o,
				    const struct sync_passed *p,
				    const struct sync_session *s);

/* Give up the gaps before what is held; all of it is next then. */
void sync_order_pass(const struct sync_order *o, struct sync_passed *p,
		     const struct sync_session *s);
/* Has anything been held for too long? */
bool sync_order_is_late(const struct sync_order *o,
			const struct sync_session *s, uint64_t now);
/* The session is gone. */
void sync_order_forget(struct sync_order *o, uint64_t session);

#endif
