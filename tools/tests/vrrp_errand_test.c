// SPDX-License-Identifier: GPL-2.0-or-later
/* Errands: the order, what is given twice, and one that takes for ever. */
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "errand.h"
#include "sock.h"

#define LONG_MS 60000

static char ran[256], told[256];
static sem_t gate, inside;
static int fd;

static void word(char *log, const char *name)
{
	size_t len = strlen(log);

	snprintf(log + len, sizeof(ran) - len, "%s%s", len ? " " : "", name);
}

static void on_run(void *arg)
{
	word(ran, arg);
}

static void on_done(void *arg)
{
	word(told, arg);
}

/* As long as another holds the kernel's lock. */
static void on_wait(void *arg)
{
	sem_post(&inside);
	sem_wait(&gate);
	word(ran, arg);
}

static struct errand a = { .run = on_run, .done = on_done, .arg = "a" },
		     b = { .run = on_run, .done = on_done, .arg = "b" },
		     slow = { .run = on_wait, .done = on_done, .arg = "slow" };

static int start(void **state)
{
	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&inside, 0, 0);
	fd = errands_start();
	return fd < 0;
}

static int set_up(void **state)
{
	(void)state;
	ran[0] = told[0] = '\0';
	return 0;
}

static void in_order(void **state)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	(void)state;
	errand_give(&b);
	assert_int_equal(poll(&poll_fd, 1, LONG_MS), 1);
	errand_give(&a);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(ran, "b a");
	assert_string_equal(told, "b a");
	assert_true(errands_are_idle());
	assert_int_equal(errands_stuck(now_us()), 0);
}

/* Whoever gives never waits; what waits already is done once. */
static void while_one_takes_for_ever(void **state)
{
	int i;

	(void)state;
	errand_give(&slow);
	sem_wait(&inside);
	for (i = 0; i < 100000; i++) {
		errand_give(&b);
		errand_give(&a);
	}
	assert_false(errands_are_idle());
	assert_false(errands_finish(10));
	assert_true(errands_stuck(now_us()) >= 10000);
	assert_string_equal(ran, "");
	sem_post(&gate);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(ran, "slow b a");
	assert_string_equal(told, "slow b a");
}

/* It may have read what it was to do before it was changed. */
static void given_again_while_it_runs(void **state)
{
	(void)state;
	errand_give(&slow);
	sem_wait(&inside);
	errand_give(&a);
	errand_give(&slow);
	errand_give(&slow);
	sem_post(&gate);
	sem_post(&gate);
	assert_true(errands_finish(LONG_MS));
	sem_wait(&inside);
	assert_string_equal(ran, "slow a slow");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, set_up),
		cmocka_unit_test_setup(while_one_takes_for_ever, set_up),
		cmocka_unit_test_setup(given_again_while_it_runs, set_up),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
