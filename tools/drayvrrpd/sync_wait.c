// SPDX-License-Identifier: GPL-2.0-or-later
/* What was lost is told again by a dump: then the last of that is waited for. */
#include "sync_wait.h"

void sync_waits_lose(struct sync_waits *w)
{
	w->lost = true;
}

bool sync_waits_add(struct sync_waits *w, uint32_t number,
		    const struct sync_wait_look *look)
{
	if (w->n == SYNC_WAITS_MAX)
		return false;
	w->waits[w->n++] = (struct sync_wait){
		.number = number, .incomplete = w->lost,
		.sequence = look->sequence, .since = look->now };
	w->ask_at = look->now;
	return true;
}

static void told_again(struct sync_waits *w, uint64_t sequence)
{
	unsigned int i;

	w->lost = false;
	for (i = 0; i < w->n; i++) {
		if (!w->waits[i].incomplete)
			continue;
		w->waits[i].incomplete = false;
		w->waits[i].sequence = sequence;
	}
}

static enum sync_wait_end judge(const struct sync_wait *wait,
				const struct sync_wait_look *look)
{
	if (look->now - wait->since >= SYNC_WAIT_US)
		return SYNC_WAIT_LATE;
	if (wait->incomplete ||
	    look->behind > look->sequence - wait->sequence)
		return SYNC_WAIT_NONE;
	return SYNC_WAIT_DONE;
}

enum sync_wait_end sync_waits_next(struct sync_waits *w,
				   const struct sync_wait_look *look,
				   uint32_t *number)
{
	enum sync_wait_end end;
	unsigned int i;

	if (!look->dumping)
		told_again(w, look->sequence);
	for (i = 0; i < w->n; i++) {
		end = judge(&w->waits[i], look);
		if (end == SYNC_WAIT_NONE)
			continue;
		*number = w->waits[i].number;
		w->waits[i] = w->waits[--w->n];
		return end;
	}
	return SYNC_WAIT_NONE;
}

bool sync_waits_ask(struct sync_waits *w, uint64_t now)
{
	if (!w->n || now < w->ask_at)
		return false;
	w->ask_at = now + SYNC_WAIT_ASK_US;
	return true;
}
