/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a director believes, and what it has missed.  Each start of a director
 * is a session with a random number of its own.  A session is believed once a
 * hello of it has a receipt for something that was sent here a few seconds ago
 * at most: nobody who only stored datagrams has that, neither of this start of
 * the peer nor of an earlier one.  From then on each sequence number is
 * accepted once.  Pure: time is handed in, in microseconds of a clock that
 * does not go back.
 */
#ifndef DRAYVRRPD_SYNC_SESSION_H
#define DRAYVRRPD_SYNC_SESSION_H

#include "sync_packet.h"

#define SYNC_SESSIONS 16		/* directors, and who claims to be one */
#define SYNC_WINDOW 2048		/* datagrams that may be out of order */
#define SYNC_FRESH_US 5000000ULL	/* a receipt's age: once or twice this */
#define SYNC_SILENT_US 30000000ULL	/* then a session is forgotten */

struct sync_session {
	uint64_t number;		/* 0: a free place */
	bool believed;
	bool overrun;			/* missed what cannot be asked for again */
	uint64_t met, last_heard;	/* times; it is met again after a silence */
	uint64_t first, latest;		/* sequence numbers since it is believed */
	uint64_t seen[SYNC_WINDOW / 64];/* ring of bits by sequence number */
	uint64_t receipt;		/* it has all of ours until this */
	struct sync_hello hello;	/* its last */
};

struct sync_sessions {
	uint64_t own;
	uint64_t sequence;		/* of the last datagram sent */
	uint64_t mark_time;
	uint64_t marks[2];		/* our sequence, older and newer */
	struct sync_session peers[SYNC_SESSIONS];
	uint64_t accepted, rejected[SYNC_N_REJECTS];
};

/**
 * sync_sessions_init() - begin a session of our own
 * @s: to be set up
 * @own: a random number, not 0
 */
void sync_sessions_init(struct sync_sessions *s, uint64_t own);

/* Return: the sequence number of the next datagram to send. */
uint64_t sync_next(struct sync_sessions *s, uint64_t now);

/**
 * sync_judge() - whether an opened datagram is to be believed, and counts it
 * @s: sessions
 * @verdict: of sync_open()
 * @r: the datagram, as yet unread
 * @now: time
 *
 * Return: @verdict if it was a rejection, SYNC_ACCEPTED, or one of
 * SYNC_REJECT_OWN to SYNC_REJECT_OLD.
 */
enum sync_reject sync_judge(struct sync_sessions *s, enum sync_reject verdict,
			    const struct sync_reader *r, uint64_t now);

/* Return: the believed session of that number, or NULL. */
struct sync_session *sync_session_lookup(struct sync_sessions *s,
					 uint64_t number);

/* Is it, of us, for us?  A datagram for another is accepted, not acted upon. */
static inline bool sync_is_for_us(const struct sync_sessions *s,
				  const struct sync_reader *r)
{
	return !r->to || r->to == s->own;
}

/**
 * sync_put_receipts() - say whom we have heard, in a hello
 * @s: sessions
 * @w: a datagram of type SYNC_HELLO after its sync_hello
 */
void sync_put_receipts(const struct sync_sessions *s, struct sync_writer *w);

/**
 * sync_session_gap() - what is missing of a session
 * @session: believed
 * @after: sequence number to look behind, 0 at first
 * @gap: receives the next run of missing numbers
 *
 * Return: false if there is none.
 */
bool sync_session_gap(const struct sync_session *session, uint64_t after,
		      struct sync_gap *gap);

#endif
