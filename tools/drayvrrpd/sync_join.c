// SPDX-License-Identifier: GPL-2.0-or-later
/* One dump at a time counts: of two that overlap, the one that began last. */
#include "sync_join.h"

void sync_join_start(struct sync_join *j, uint64_t session)
{
	*j = (struct sync_join){ .session = session };
}

void sync_join_restart(struct sync_join *j)
{
	*j = (struct sync_join){ .session = j->session, .asked = j->asked };
}

bool sync_join_asks(struct sync_join *j, uint64_t now)
{
	if (j->done)
		return false;
	if (j->asked && !j->begin && now - j->asked < SYNC_ASK_US)
		return false;
	if (j->begin && now - j->active < SYNC_STALL_US)
		return false;
	*j = (struct sync_join){ .session = j->session, .asked = now };
	return true;
}

void sync_join_take(struct sync_join *j, enum sync_type type,
		    const struct sync_dump *dump, uint64_t sequence,
		    uint64_t now)
{
	j->active = now;
	if (type == SYNC_DUMP_BEGIN && sequence > j->begin) {
		j->begin = sequence;
		if (j->number != dump->number)
			j->end = 0;
		j->number = dump->number;
	} else if (type == SYNC_DUMP_END &&
		   (!j->begin || j->number == dump->number)) {
		j->number = dump->number;
		j->end = sequence;
	}
}

bool sync_join_look(struct sync_join *j, const struct sync_session *session)
{
	struct sync_gap gap;

	if (j->done || !j->asked || !j->begin || j->end <= j->begin)
		return false;
	if (session->overrun || session->latest < j->end)
		return false;
	if (sync_session_gap(session, j->begin, &gap) && gap.first < j->end)
		return false;
	j->done = true;
	return true;
}
