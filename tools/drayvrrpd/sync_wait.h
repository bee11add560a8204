/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table changes that wait in the module until the other directors have what was
 * told before them.  One before which something was lost is not over before a
 * dump has told all again.  Pure: time, in microseconds, is handed in.
 */
#ifndef DRAYVRRPD_SYNC_WAIT_H
#define DRAYVRRPD_SYNC_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#define SYNC_WAITS_MAX 8
#define SYNC_WAIT_US 200000ull		/* as long as the module waits */
#define SYNC_WAIT_ASK_US 20000ull

struct sync_wait {
	uint32_t number;		/* the module's */
	bool incomplete;		/* not all before it went out */
	uint64_t sequence;		/* of the last datagram before it */
	uint64_t since;
};

struct sync_waits {
	struct sync_wait waits[SYNC_WAITS_MAX];
	unsigned int n;
	bool lost;			/* something, since the last dump */
	uint64_t ask_at;
};

/* how things stand */
struct sync_wait_look {
	uint64_t now;
	uint64_t sequence;		/* of the last datagram */
	uint64_t behind;		/* how many the slowest director has not */
	bool dumping;			/* a dump runs or is wanted */
};

enum sync_wait_end {
	SYNC_WAIT_NONE,			/* nothing is over */
	SYNC_WAIT_DONE,
	SYNC_WAIT_LATE,			/* the module goes on by itself */
};

/* Something that was to be told was lost; a dump is wanted. */
void sync_waits_lose(struct sync_waits *w);
/* A wait begins.  Return: false if there is no room for one more. */
bool sync_waits_add(struct sync_waits *w, uint32_t number,
		    const struct sync_wait_look *look);
/* The next that is over, which is forgotten; its number is put to @number. */
enum sync_wait_end sync_waits_next(struct sync_waits *w,
				   const struct sync_wait_look *look,
				   uint32_t *number);
/* Return: whether receipts are to be asked for now, which is then noted. */
bool sync_waits_ask(struct sync_waits *w, uint64_t now);

#endif
