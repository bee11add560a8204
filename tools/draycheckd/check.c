// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine of one check, keepalived's: a server that was up is given
 * `retry` more looks, delay_before_retry apart, before it is called down; one
 * that was down comes back with its first success.
 */
#include "check.h"

#include <string.h>

/*
 * Checks that are started together do not run together: the first look comes
 * after a second and a random part of warmup.  @random: of all 32 bits.
 * @adopted: what an earlier run has left behind; unknown if there was none.
 */
void check_start(struct check *c, const struct check_timing *timing,
		 enum check_verdict adopted, uint64_t now, uint32_t random)
{
	memset(c, 0, sizeof(*c));
	c->timing = *timing;
	c->verdict = adopted;
	c->since = now;
	c->due = now + CHECK_FIRST_DELAY + (timing->warmup * random >> 32);
}

static void judge(struct check *c, enum check_verdict verdict, uint64_t now)
{
	if (c->verdict != verdict)
		c->since = now;
	c->verdict = verdict;
}

/* Whether a failure now would be a verdict, or leave one as it is. */
bool check_decides(const struct check *c)
{
	return c->verdict != CHECK_UP || c->retried >= c->timing.retry;
}

/* Return: whether this result has changed the verdict, or is the first. */
bool check_result(struct check *c, bool ok, uint64_t now)
{
	enum check_verdict before = c->verdict;
	bool first = !c->ran;

	c->ran = true;
	c->due = now + c->timing.delay_loop;
	if (ok) {
		c->retried = 0;
		judge(c, CHECK_UP, now);
	} else if (!check_decides(c)) {
		c->retried++;
		c->due = now + c->timing.delay_before_retry;
	} else {
		/* of a server of which nothing is known one failure is enough */
		judge(c, CHECK_DOWN, now);
	}
	return first || c->verdict != before;
}

/* After a reload: the verdict stays, the next look comes no later than told. */
void check_retime(struct check *c, const struct check_timing *timing,
		  uint64_t now)
{
	c->timing = *timing;
	if (c->due > now + timing->delay_loop)
		c->due = now + timing->delay_loop;
}
