// SPDX-License-Identifier: GPL-2.0-or-later
/* See blame.h. */
#include "blame.h"

static bool most(size_t failing, size_t all)
{
	return all > 1 && failing * 2 > all;
}

/* Once the gateway has answered, only clearly more failures are a new case. */
static bool suspect(const struct blame *b)
{
	return b->witness && b->failing > b->acquitted + b->acquitted / 8;
}

static enum blame_act look(struct blame *b, uint64_t now, uint64_t look_ms)
{
	b->phase = BLAME_LOOKING;
	b->until = now + look_ms;
	return BLAME_LOOK;
}

/* Fewer fail than that it could be us. */
static enum blame_act calm(struct blame *b, uint64_t now, uint64_t look_ms)
{
	b->acquitted = 0;
	/* the others have not looked again yet */
	if (b->phase == BLAME_FROZEN && b->failing)
		return look(b, now, look_ms);
	if (b->phase == BLAME_CLEAR ||
	    (b->phase == BLAME_LOOKING && b->failing))
		return BLAME_NOTHING;
	b->phase = BLAME_CLEAR;
	return BLAME_RELEASE;
}

/*
 * After each result.  @failing: checks whose last look failed; @all: of how
 * many.  Return: whether the gateway is to be asked at once.
 */
bool blame_counts(struct blame *b, size_t failing, size_t all, uint64_t now,
		  uint64_t look_ms, enum blame_act *act)
{
	*act = BLAME_NOTHING;
	b->failing = failing;
	if (!most(failing, all)) {
		*act = calm(b, now, look_ms);
		return false;
	}
	if (b->phase != BLAME_CLEAR || !suspect(b))
		return false;
	b->phase = BLAME_ASKING;
	b->missed = 0;
	return true;
}

/* @look_ms: how long it takes until all that fail have looked again. */
enum blame_act blame_answer(struct blame *b, bool answered, uint64_t now,
			    uint64_t look_ms)
{
	b->missed = answered ? 0 : b->missed + 1;
	if (answered)
		b->witness = true;
	if (answered && b->phase == BLAME_ASKING) {
		b->acquitted = b->failing;
		b->phase = BLAME_CLEAR;
		return BLAME_RELEASE;
	}
	if (answered && b->phase == BLAME_FROZEN)
		return look(b, now, look_ms);
	if (b->missed < BLAME_TRIES)
		return BLAME_NOTHING;
	if (b->phase != BLAME_ASKING && b->phase != BLAME_LOOKING)
		return BLAME_NOTHING;
	b->phase = BLAME_FROZEN;
	return BLAME_FREEZE;
}

enum blame_act blame_tick(struct blame *b, uint64_t now)
{
	if (b->phase != BLAME_LOOKING || now < b->until)
		return BLAME_NOTHING;
	b->acquitted = b->failing;
	b->phase = BLAME_CLEAR;
	return BLAME_RELEASE;
}

uint64_t blame_next_question(const struct blame *b)
{
	return b->phase == BLAME_CLEAR ? BLAME_ASK_EVERY : BLAME_ASK_SOON;
}

/* There is another gateway, or none. */
void blame_forget(struct blame *b)
{
	b->witness = false;
	b->missed = 0;
}
