/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether it is the servers or ourselves: when most checks fail at once and
 * the gateway, which did answer, does not answer either, this host is cut off
 * and the last good set of servers is kept.  Pure: is told counts, answers and
 * the time (ms).
 *
 *                                                   answer,
 *                                                 most are well
 *   CLEAR --most fail--> ASKING --no answer--> FROZEN --------> LOOKING
 *     ^                    |                                       |
 *     +-- answer, or most are well -------- all have looked -------+
 */
#ifndef DRAYCHECKD_BLAME_H
#define DRAYCHECKD_BLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLAME_ASK_EVERY 5000	/* while all is well: is it a witness? */
#define BLAME_ASK_SOON 300	/* while it matters */
#define BLAME_TRIES 3		/* without an answer: it is away */

enum blame_phase { BLAME_CLEAR, BLAME_ASKING, BLAME_FROZEN, BLAME_LOOKING };

enum blame_act {
	BLAME_NOTHING,
	BLAME_FREEZE,	/* tell */
	BLAME_LOOK,	/* tell; let all that fail look again */
	BLAME_RELEASE,	/* act upon what the checks say */
};

struct blame {
	enum blame_phase phase;
	bool witness;		/* the gateway has answered before */
	unsigned int missed;	/* questions without one, in a row */
	size_t failing;		/* checks, now */
	size_t acquitted;	/* and when the gateway last answered for us */
	uint64_t until;		/* of LOOKING */
};

/* Whether verdicts are to be acted upon now. */
static inline bool blame_holds(const struct blame *b)
{
	return b->phase != BLAME_CLEAR;
}

bool blame_counts(struct blame *b, size_t failing, size_t all, uint64_t now,
		  uint64_t look_ms, enum blame_act *act);
enum blame_act blame_answer(struct blame *b, bool answered, uint64_t now,
			    uint64_t look_ms);
enum blame_act blame_tick(struct blame *b, uint64_t now);
uint64_t blame_next_question(const struct blame *b);
void blame_forget(struct blame *b);

#endif
