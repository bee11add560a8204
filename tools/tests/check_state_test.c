// SPDX-License-Identifier: GPL-2.0-or-later
/* The state machine of one check and the quorum, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blame.h"
#include "check.h"
#include "quorum.h"

/* the check of the how-to that this project began with */
static const struct check_timing seed = {
	.delay_loop = 1000,
	.delay_before_retry = 3000,
	.warmup = 1000,
	.retry = 3,
};

static void test_start_is_spread(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 5000, 0);
	assert_int_equal(c.due, 6000);
	check_start(&c, &seed, CHECK_UNKNOWN, 5000, UINT32_MAX / 2 + 1);
	assert_int_equal(c.due, 6500);
	check_start(&c, &seed, CHECK_UNKNOWN, 5000, UINT32_MAX);
	assert_int_equal(c.due, 6999);
	assert_int_equal(c.verdict, CHECK_UNKNOWN);
}

static void test_no_warmup(void **state)
{
	struct check_timing timing = seed;
	struct check c;

	(void)state;
	timing.warmup = 0;
	check_start(&c, &timing, CHECK_UNKNOWN, 0, UINT32_MAX);
	assert_int_equal(c.due, 1000);
}

static void test_first_success(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 0, 0);
	assert_true(check_result(&c, true, 1000));
	assert_int_equal(c.verdict, CHECK_UP);
	assert_int_equal(c.due, 2000);
	/* a second one is no news */
	assert_false(check_result(&c, true, 2000));
}

/* Of a server that nothing is known of one failure is enough. */
static void test_first_failure(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 0, 0);
	assert_true(check_result(&c, false, 1000));
	assert_int_equal(c.verdict, CHECK_DOWN);
	assert_int_equal(c.due, 2000);
}

/* Fails at t: looked at up to a second later, then thrice more, 3 s apart. */
static void test_retries(void **state)
{
	struct check c;
	uint64_t now;
	int i;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 0, 0);
	check_result(&c, true, 1000);
	now = c.due;
	for (i = 0; i < 3; i++) {
		assert_false(check_result(&c, false, now));
		assert_int_equal(c.verdict, CHECK_UP);
		assert_int_equal(c.due, now + 3000);
		now = c.due;
	}
	assert_true(check_result(&c, false, now));
	assert_int_equal(c.verdict, CHECK_DOWN);
	assert_int_equal(now, 2000 + 9000);
	assert_int_equal(c.since, now);
	/* from now on for its return */
	assert_int_equal(c.due, now + 1000);
}

static void test_success_between_retries(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 0, 0);
	check_result(&c, true, 1000);
	check_result(&c, false, 2000);
	check_result(&c, false, 5000);
	assert_false(check_result(&c, true, 8000));
	assert_int_equal(c.retried, 0);
	assert_int_equal(c.due, 9000);
	assert_int_equal(c.since, 1000);
	/* and all three retries are there again */
	check_result(&c, false, 9000);
	check_result(&c, false, 12000);
	assert_false(check_result(&c, false, 15000));
	assert_true(check_result(&c, false, 18000));
}

static void test_one_success_brings_back(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UNKNOWN, 0, 0);
	check_result(&c, false, 1000);
	assert_false(check_result(&c, false, 2000));
	assert_int_equal(c.due, 3000);
	assert_true(check_result(&c, true, 3000));
	assert_int_equal(c.verdict, CHECK_UP);
	assert_int_equal(c.since, 3000);
}

/* A restart neither shortens a failure nor forgets one. */
static void test_adopted(void **state)
{
	struct check c;

	(void)state;
	check_start(&c, &seed, CHECK_UP, 0, 0);
	assert_true(check_result(&c, false, 1000));
	assert_int_equal(c.verdict, CHECK_UP);
	assert_int_equal(c.due, 4000);
	check_start(&c, &seed, CHECK_DOWN, 0, 0);
	assert_int_equal(c.verdict, CHECK_DOWN);
	assert_true(check_result(&c, false, 1000));
	assert_int_equal(c.verdict, CHECK_DOWN);
	assert_true(check_result(&c, true, 2000));
}

static void test_no_retry(void **state)
{
	struct check_timing timing = seed;
	struct check c;

	(void)state;
	timing.retry = 0;
	check_start(&c, &timing, CHECK_UP, 0, 0);
	assert_true(check_result(&c, false, 1000));
	assert_int_equal(c.verdict, CHECK_DOWN);
}

static void test_reload_keeps_verdict(void **state)
{
	struct check_timing slow = seed, fast = seed;
	struct check c;

	(void)state;
	slow.delay_loop = 60000;
	check_start(&c, &slow, CHECK_UNKNOWN, 0, 0);
	check_result(&c, false, 1000);
	assert_int_equal(c.due, 61000);
	check_retime(&c, &fast, 2000);
	assert_int_equal(c.verdict, CHECK_DOWN);
	assert_int_equal(c.due, 3000);
	/* what comes sooner than it has to stays */
	check_retime(&c, &slow, 2500);
	assert_int_equal(c.due, 3000);
}

static void test_quorum_plain(void **state)
{
	struct quorum q;

	(void)state;
	assert_true(quorum_init(&q, 1, 0, 2));
	quorum_adopt(&q, 2);
	assert_true(q.has);
	assert_int_equal(quorum_update(&q, 1), QUORUM_SAME);
	assert_int_equal(quorum_update(&q, 0), QUORUM_LOST);
	assert_int_equal(quorum_update(&q, 0), QUORUM_SAME);
	assert_int_equal(quorum_update(&q, 1), QUORUM_GAINED);
}

/* quorum 5, hysteresis 2: lost below 3, back at 7 */
static void test_quorum_hysteresis(void **state)
{
	struct quorum q;

	(void)state;
	assert_true(quorum_init(&q, 5, 2, 10));
	quorum_adopt(&q, 10);
	assert_int_equal(quorum_update(&q, 3), QUORUM_SAME);
	assert_int_equal(quorum_update(&q, 2), QUORUM_LOST);
	assert_int_equal(quorum_update(&q, 6), QUORUM_SAME);
	assert_int_equal(quorum_update(&q, 7), QUORUM_GAINED);
	assert_int_equal(quorum_update(&q, 4), QUORUM_SAME);
}

static void test_quorum_is_reduced(void **state)
{
	struct quorum q;

	(void)state;
	assert_false(quorum_init(&q, 9, 0, 2));
	assert_int_equal(q.quorum, 2);
	assert_false(quorum_init(&q, 2, 5, 10));
	assert_int_equal(q.hysteresis, 1);
	/* all servers together must be enough to gain it */
	assert_false(quorum_init(&q, 2, 1, 2));
	assert_int_equal(q.hysteresis, 0);
	quorum_adopt(&q, 0);
	assert_int_equal(quorum_update(&q, 2), QUORUM_GAINED);
}

static void test_quorum_without_servers(void **state)
{
	struct quorum q;

	(void)state;
	assert_true(quorum_init(&q, 1, 0, 0));
	quorum_adopt(&q, 0);
	assert_false(q.has);
	assert_int_equal(quorum_update(&q, 0), QUORUM_SAME);
}

/* A gateway that has answered, and no check that fails. */
static void well_connected(struct blame *b)
{
	enum blame_act act;

	memset(b, 0, sizeof(*b));
	assert_int_equal(blame_answer(b, true, 0, 5000), BLAME_NOTHING);
	assert_false(blame_counts(b, 0, 10, 70000, 5000, &act));
	assert_int_equal(act, BLAME_NOTHING);
}

static void cut_off(struct blame *b)
{
	enum blame_act act;

	well_connected(b);
	assert_false(blame_counts(b, 5, 10, 70000, 5000, &act));
	assert_true(blame_counts(b, 6, 10, 70000, 5000, &act));
	assert_true(blame_holds(b));
	assert_int_equal(blame_answer(b, false, 300, 5000), BLAME_NOTHING);
	assert_int_equal(blame_answer(b, false, 600, 5000), BLAME_NOTHING);
	assert_int_equal(blame_answer(b, false, 900, 5000), BLAME_FREEZE);
	assert_true(blame_holds(b));
}

static void test_blame_servers(void **state)
{
	enum blame_act act;
	struct blame b;

	(void)state;
	well_connected(&b);
	assert_true(blame_counts(&b, 6, 10, 70000, 5000, &act));
	assert_int_equal(blame_answer(&b, true, 5, 5000), BLAME_RELEASE);
	assert_false(blame_holds(&b));
	/* not again for the same failures, but for many more */
	assert_false(blame_counts(&b, 6, 10, 70000, 5000, &act));
	assert_true(blame_counts(&b, 7, 10, 70000, 5000, &act));
	assert_int_equal(blame_answer(&b, true, 9, 5000), BLAME_RELEASE);
	/* and again after they were well */
	assert_false(blame_counts(&b, 0, 10, 70000, 5000, &act));
	assert_true(blame_counts(&b, 6, 10, 70000, 5000, &act));
}

static void test_blame_ourselves(void **state)
{
	struct blame b;

	(void)state;
	cut_off(&b);
	assert_int_equal(blame_answer(&b, false, 1200, 5000), BLAME_NOTHING);
	assert_int_equal(blame_answer(&b, true, 60000, 5000), BLAME_LOOK);
	assert_true(blame_holds(&b));
	assert_int_equal(blame_tick(&b, 64999), BLAME_NOTHING);
	assert_int_equal(blame_tick(&b, 65000), BLAME_RELEASE);
	assert_false(blame_holds(&b));
}

static void test_blame_is_cut_off_again(void **state)
{
	struct blame b;
	int i;

	(void)state;
	cut_off(&b);
	blame_answer(&b, true, 60000, 5000);
	for (i = 0; i < 2; i++)
		assert_int_equal(blame_answer(&b, false, 60500, 5000),
				 BLAME_NOTHING);
	assert_int_equal(blame_answer(&b, false, 61000, 5000), BLAME_FREEZE);
	assert_int_equal(blame_tick(&b, 99999), BLAME_NOTHING);
}

/* The servers answer again, whatever the gateway does: those that have not
 * looked again yet are waited for. */
static void test_blame_servers_are_back(void **state)
{
	enum blame_act act;
	struct blame b;

	(void)state;
	cut_off(&b);
	blame_counts(&b, 5, 10, 70000, 5000, &act);
	assert_int_equal(act, BLAME_LOOK);
	assert_true(blame_holds(&b));
	blame_counts(&b, 1, 10, 70100, 5000, &act);
	assert_int_equal(act, BLAME_NOTHING);
	assert_int_equal(blame_tick(&b, 74999), BLAME_NOTHING);
	blame_counts(&b, 0, 10, 70200, 5000, &act);
	assert_int_equal(act, BLAME_RELEASE);
	assert_false(blame_holds(&b));
	/* or not for ever */
	cut_off(&b);
	blame_counts(&b, 5, 10, 70000, 5000, &act);
	assert_int_equal(blame_tick(&b, 75000), BLAME_RELEASE);
}

/* A gateway that never answers says nothing. */
static void test_blame_no_witness(void **state)
{
	enum blame_act act;
	struct blame b;
	int i;

	(void)state;
	memset(&b, 0, sizeof(b));
	for (i = 0; i < 9; i++)
		assert_int_equal(blame_answer(&b, false, 0, 0), BLAME_NOTHING);
	assert_false(blame_counts(&b, 10, 10, 70000, 5000, &act));
	assert_false(blame_holds(&b));
	/* nor does one check make a majority */
	well_connected(&b);
	assert_false(blame_counts(&b, 1, 1, 70000, 5000, &act));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_is_spread),
		cmocka_unit_test(test_no_warmup),
		cmocka_unit_test(test_first_success),
		cmocka_unit_test(test_first_failure),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_success_between_retries),
		cmocka_unit_test(test_one_success_brings_back),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_no_retry),
		cmocka_unit_test(test_reload_keeps_verdict),
		cmocka_unit_test(test_quorum_plain),
		cmocka_unit_test(test_quorum_hysteresis),
		cmocka_unit_test(test_quorum_is_reduced),
		cmocka_unit_test(test_quorum_without_servers),
		cmocka_unit_test(test_blame_servers),
		cmocka_unit_test(test_blame_ourselves),
		cmocka_unit_test(test_blame_is_cut_off_again),
		cmocka_unit_test(test_blame_servers_are_back),
		cmocka_unit_test(test_blame_no_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
