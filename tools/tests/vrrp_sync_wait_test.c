// SPDX-License-Identifier: GPL-2.0-or-later
/* When a change of tables that waits for the other directors may go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync_wait.h"

static struct sync_waits waits;
static struct sync_wait_look look;
static uint32_t number;

static int set_up(void **state)
{
	(void)state;
	memset(&waits, 0, sizeof(waits));
	look = (struct sync_wait_look){ .now = 1000, .sequence = 10,
					.behind = 10 };
	return 0;
}

static enum sync_wait_end next(void)
{
	return sync_waits_next(&waits, &look, &number);
}

static void is_over_with_the_last_receipt(void **state)
{
	(void)state;
	assert_true(sync_waits_add(&waits, 7, &look));
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.sequence = 12;
	look.behind = 3;
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.behind = 2;
	assert_int_equal(next(), SYNC_WAIT_DONE);
	assert_int_equal(number, 7);
	assert_int_equal(next(), SYNC_WAIT_NONE);
}

static void is_late(void **state)
{
	(void)state;
	sync_waits_add(&waits, 7, &look);
	look.now += SYNC_WAIT_US - 1;
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.now++;
	assert_int_equal(next(), SYNC_WAIT_LATE);
	assert_int_equal(waits.n, 0);
}

/* What was lost before it is told by a dump: that is to be received too. */
static void is_not_over_before_the_dump(void **state)
{
	(void)state;
	sync_waits_lose(&waits);
	look.dumping = true;
	sync_waits_add(&waits, 7, &look);
	look.behind = 0;
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.dumping = false;
	look.sequence = 100;
	look.behind = 90;
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.behind = 1;
	assert_int_equal(next(), SYNC_WAIT_NONE);
	look.behind = 0;
	assert_int_equal(next(), SYNC_WAIT_DONE);
	/* the next one has nothing to do with that */
	look.dumping = true;
	sync_waits_add(&waits, 8, &look);
	assert_int_equal(next(), SYNC_WAIT_DONE);
	assert_int_equal(number, 8);
}

/* What is lost behind it is not its business. */
static void was_complete(void **state)
{
	(void)state;
	sync_waits_add(&waits, 7, &look);
	sync_waits_lose(&waits);
	look.dumping = true;
	look.behind = 0;
	assert_int_equal(next(), SYNC_WAIT_DONE);
}

static void several(void **state)
{
	uint32_t i, seen = 0;

	(void)state;
	for (i = 1; i <= SYNC_WAITS_MAX; i++)
		assert_true(sync_waits_add(&waits, i, &look));
	assert_false(sync_waits_add(&waits, i, &look));
	look.behind = 0;
	while (next() == SYNC_WAIT_DONE)
		seen |= 1u << number;
	assert_int_equal(seen, (2u << SYNC_WAITS_MAX) - 2);
}

static void receipts_are_asked_for(void **state)
{
	(void)state;
	assert_false(sync_waits_ask(&waits, look.now));
	sync_waits_add(&waits, 7, &look);
	assert_true(sync_waits_ask(&waits, look.now));
	assert_false(sync_waits_ask(&waits, look.now + SYNC_WAIT_ASK_US - 1));
	assert_true(sync_waits_ask(&waits, look.now + SYNC_WAIT_ASK_US));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_over_with_the_last_receipt, set_up),
		cmocka_unit_test_setup(is_late, set_up),
		cmocka_unit_test_setup(is_not_over_before_the_dump, set_up),
		cmocka_unit_test_setup(was_complete, set_up),
		cmocka_unit_test_setup(several, set_up),
		cmocka_unit_test_setup(receipts_are_asked_for, set_up),
	};

	return cmocka_run_group_tests_name("vrrp_sync_wait", tests, NULL, NULL);
}
