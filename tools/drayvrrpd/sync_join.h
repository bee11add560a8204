/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getting everything that another director has: it is asked for a dump, and
 * the dump is here when all datagrams from its begin to its end are.  Pure.
 */
#ifndef DRAYVRRPD_SYNC_JOIN_H
#define DRAYVRRPD_SYNC_JOIN_H

#include "sync_session.h"

#define SYNC_ASK_US 1000000ULL		/* asked again if nothing begins */
#define SYNC_STALL_US 5000000ULL	/* or nothing of it comes */

struct sync_join {
	uint64_t session;		/* 0: unused */
	bool done;
	uint64_t asked;			/* time; 0: not yet */
	uint64_t active;		/* time of the last sign of it */
	uint64_t number, begin, end;	/* of the dump; sequence numbers */
};

/* Forget what is here: all of it is wanted again. */
void sync_join_start(struct sync_join *j, uint64_t session);

/* The same, and not to be asked for before its time. */
void sync_join_restart(struct sync_join *j);
/* Return: whether it is to be asked for now, which is then noted. */
bool sync_join_asks(struct sync_join *j, uint64_t now);
/* SYNC_DUMP_BEGIN and SYNC_DUMP_END of the session; any other: one of its. */
void sync_join_take(struct sync_join *j, enum sync_type type,
		    const struct sync_dump *dump, uint64_t sequence,
		    uint64_t now);
/* Return: true if it has just become whole. */
bool sync_join_look(struct sync_join *j, const struct sync_session *session);

#endif
