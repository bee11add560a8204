// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order entries are taken, and when everything of another is here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync_join.h"
#include "sync_order.h"

#define S 1000000ULL
#define BIT_OF(n) (1ULL << (n) % 64)

static struct sync_order order;
static struct sync_passed passed;
static struct sync_session session;

/* A believed session that has sent @latest datagrams, all of which came. */
static void set_up(uint64_t latest)
{
	memset(&order, 0, sizeof(order));
	memset(&passed, 0, sizeof(passed));
	session = (struct sync_session){ .number = 11, .believed = true,
					 .first = 1, .latest = latest };
	memset(session.seen, 0xff, sizeof(session.seen));
}

static void lose(uint64_t sequence)
{
	session.seen[sequence / 64] &= ~BIT_OF(sequence);
}

static void find(uint64_t sequence)
{
	session.seen[sequence / 64] |= BIT_OF(sequence);
}

static enum sync_turn take(uint64_t sequence, uint64_t now)
{
	uint8_t byte = sequence;
	struct sync_reader r = { .type = SYNC_FLOWS, .sequence = sequence,
				 .at = &byte, .end = &byte + 1 };

	return sync_order_take(&order, &passed, &session, &r, now);
}

static uint64_t next(void)
{
	struct sync_reader *r = sync_order_next(&order, &passed, &session);

	if (!r)
		return 0;
	assert_int_equal(r->end - r->at, 1);
	assert_int_equal(*r->at, r->sequence & 0xff);
	return r->sequence;
}

static void without_gaps(void **state)
{
	(void)state;
	set_up(9);
	assert_int_equal(take(9, S), SYNC_NOW);
	assert_int_equal(next(), 0);
}

static void behind_a_gap(void **state)
{
	(void)state;
	set_up(9);
	lose(6);
	assert_int_equal(take(5, S), SYNC_NOW);
	assert_int_equal(take(9, S), SYNC_LATER);
	assert_int_equal(take(7, S), SYNC_LATER);
	assert_int_equal(next(), 0);
	find(6);
	assert_int_equal(take(6, S), SYNC_NOW);
	assert_int_equal(next(), 7);
	assert_int_equal(next(), 9);
	assert_int_equal(next(), 0);
}

static void of_two_gaps(void **state)
{
	(void)state;
	set_up(9);
	lose(4);
	lose(7);
	assert_int_equal(take(5, S), SYNC_LATER);
	assert_int_equal(take(8, S), SYNC_LATER);
	find(4);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 0);
	find(7);
	assert_int_equal(next(), 8);
}

static void given_up(void **state)
{
	(void)state;
	set_up(9);
	lose(6);
	assert_int_equal(take(7, S), SYNC_LATER);
	assert_false(sync_order_is_late(&order, &session, S));
	assert_true(sync_order_is_late(&order, &session,
				       S + SYNC_PATIENCE_US));
	sync_order_pass(&order, &passed, &session);
	assert_int_equal(next(), 7);
	assert_int_equal(take(8, S), SYNC_NOW);
	find(6);
	assert_int_equal(take(6, S), SYNC_PASSED);
}

static void bounded(void **state)
{
	uint64_t n;

	(void)state;
	set_up(SYNC_HELD + 3);
	lose(1);
	for (n = 2; n < SYNC_HELD + 2; n++)
		assert_int_equal(take(n, S), SYNC_LATER);
	assert_int_equal(take(n, S), SYNC_FULL);
	sync_order_forget(&order, 11);
	assert_int_equal(take(n, S), SYNC_LATER);
}

static void a_dump_is_whole(void **state)
{
	struct sync_dump dump = { .number = 3 };
	struct sync_join j;

	(void)state;
	set_up(40);
	sync_join_start(&j, 11);
	assert_true(sync_join_asks(&j, 5 * S));
	assert_false(sync_join_asks(&j, 5 * S));
	sync_join_take(&j, SYNC_DUMP_BEGIN, &dump, 20, 5 * S);
	assert_false(sync_join_look(&j, &session));
	lose(25);
	sync_join_take(&j, SYNC_DUMP_END, &dump, 30, 5 * S);
	assert_false(sync_join_look(&j, &session));
	find(25);
	lose(35);			/* behind it: no matter */
	assert_true(sync_join_look(&j, &session));
	assert_false(sync_join_look(&j, &session));
	assert_false(sync_join_asks(&j, 100 * S));
}

static void a_dump_that_does_not_come(void **state)
{
	struct sync_dump dump = { .number = 3 };
	struct sync_join j;

	(void)state;
	set_up(40);
	sync_join_start(&j, 11);
	assert_true(sync_join_asks(&j, 5 * S));
	assert_true(sync_join_asks(&j, 5 * S + SYNC_ASK_US));
	sync_join_take(&j, SYNC_DUMP_BEGIN, &dump, 20, 7 * S);
	assert_false(sync_join_asks(&j, 7 * S + SYNC_ASK_US));
	assert_true(sync_join_asks(&j, 7 * S + SYNC_STALL_US));
	assert_int_equal(j.begin, 0);
}

/* The end of another's dump is not that of ours. */
static void two_dumps(void **state)
{
	struct sync_dump first = { .number = 3 }, second = { .number = 4 };
	struct sync_join j;

	(void)state;
	set_up(40);
	sync_join_start(&j, 11);
	sync_join_asks(&j, 5 * S);
	sync_join_take(&j, SYNC_DUMP_BEGIN, &second, 20, 5 * S);
	sync_join_take(&j, SYNC_DUMP_END, &first, 30, 5 * S);
	assert_false(sync_join_look(&j, &session));
	sync_join_take(&j, SYNC_DUMP_END, &second, 35, 5 * S);
	assert_true(sync_join_look(&j, &session));
}

static void an_overrun_spoils_it(void **state)
{
	struct sync_dump dump = { .number = 3 };
	struct sync_join j;

	(void)state;
	set_up(40);
	sync_join_start(&j, 11);
	sync_join_asks(&j, 5 * S);
	sync_join_take(&j, SYNC_DUMP_BEGIN, &dump, 20, 5 * S);
	sync_join_take(&j, SYNC_DUMP_END, &dump, 30, 5 * S);
	session.overrun = true;
	assert_false(sync_join_look(&j, &session));
}

#define T(name, f) { name, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("without gaps everything is taken at once", without_gaps),
		T("what comes behind a gap waits for it", behind_a_gap),
		T("of two gaps the first counts", of_two_gaps),
		T("a gap that is given up is passed for good", given_up),
		T("what is held is bounded", bounded),
		T("a dump is here when nothing of it is missing", a_dump_is_whole),
		T("a dump that does not come is asked for again", a_dump_that_does_not_come),
		T("of two dumps each has its own end", two_dumps),
		T("what was missed for good spoils a dump", an_overrun_spoils_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
