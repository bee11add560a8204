// SPDX-License-Identifier: GPL-2.0-or-later
/* Alarms against a list that is searched: which ring, in which order. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alarm.h"
#include "sock.h"

#define ALARMS 300
#define ROUNDS 20000

static struct alarm alarms[ALARMS];
static uint64_t wanted[ALARMS], last;
static unsigned int rung;

static void ring(void *arg, uint64_t now)
{
	struct alarm *a = arg;
	size_t i = a - alarms;

	assert_true(wanted[i] <= now);
	assert_true(wanted[i] >= last);
	assert_int_equal(a->at, ALARM_NEVER);
	last = wanted[i];
	wanted[i] = ALARM_NEVER;
	rung++;
}

static int set_up(void **state)
{
	size_t i;

	(void)state;
	assert_true(alarms_open() >= 0);
	for (i = 0; i < ALARMS; i++) {
		alarm_add(&alarms[i], ring, &alarms[i]);
		wanted[i] = ALARM_NEVER;
	}
	return 0;
}

static bool is_due(uint64_t now)
{
	size_t i;

	for (i = 0; i < ALARMS; i++)
		if (wanted[i] <= now)
			return true;
	return false;
}

static void like_a_list(void **state)
{
	uint64_t now = 1000;
	unsigned int round;
	size_t i;

	(void)state;
	srandom(1);
	for (round = 0; round < ROUNDS; round++) {
		i = random() % ALARMS;
		wanted[i] = random() % 4 ? now + 1 + random() % 500 :
					   ALARM_NEVER;
		alarm_set(&alarms[i], wanted[i]);
		if (random() % 8)
			continue;
		now += random() % 100;
		last = 0;
		alarms_ring(now);
		assert_false(is_due(now));
	}
	assert_true(rung > ROUNDS / 10);
}

/* Put off is not told to the kernel, put forward is. */
static void the_timer(void **state)
{
	struct pollfd timer = { .fd = alarms_open(), .events = POLLIN };
	uint64_t now = now_us();
	size_t i;

	(void)state;
	for (i = 0; i < ALARMS; i++)
		alarm_set(&alarms[i], wanted[i] = ALARM_NEVER);
	alarm_set(&alarms[0], wanted[0] = now + 3600000000ull);
	alarms_commit();
	alarm_set(&alarms[1], wanted[1] = now + 1000);
	alarms_commit();
	assert_int_equal(poll(&timer, 1, 10000), 1);
	last = 0;
	rung = 0;
	assert_true(alarms_ring(now_us()) < 10000000);
	assert_int_equal(rung, 1);
	alarms_commit();
	alarm_set(&alarms[0], wanted[0] = now_us());
	alarms_commit();
	assert_int_equal(poll(&timer, 1, 10000), 1);
	alarms_ring(now_us());
	assert_int_equal(rung, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_a_list),
		cmocka_unit_test(the_timer),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
