// SPDX-License-Identifier: GPL-2.0-or-later
/* Work that waits holds up neither the loop nor the work of the other kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "task.h"

#define LIMIT_S 60	/* a test that hangs is ended by SIGALRM */

static struct event_base *base;
static int gate[2];
static char done_order[16];

static void note(char c)
{
	size_t n = strlen(done_order);

	if (n < sizeof(done_order) - 1)
		done_order[n] = c;
}

/* Until somebody opens the gate. */
static void wait_work(struct task *task)
{
	char c;

	(void)task;
	if (read(gate[0], &c, 1) != 1)
		note('?');
}

static void no_work(struct task *task)
{
	(void)task;
}

static void slow_done(struct task *task)
{
	(void)task;
	note('s');
	event_base_loopbreak(base);
}

static void quick_done(struct task *task)
{
	(void)task;
	note('q');
	if (write(gate[1], "", 1) != 1)
		note('?');
}

static void plain_done(struct task *task)
{
	(void)task;
	note('p');
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	note('t');
	task_start(TASK_NAMES, arg);
}

/* The gate is opened by the other lane's end, and that is begun by a timer:
 * if one of the two waited for the slow one, nothing would ever end. */
static void test_nobody_waits(void **state)
{
	struct task slow = { .work = wait_work, .done = slow_done };
	struct task quick = { .work = no_work, .done = quick_done };
	struct timeval soon = { 0, 1000 };

	(void)state;
	task_start(TASK_KERNEL, &slow);
	event_base_once(base, -1, EV_TIMEOUT, on_timer, &quick, &soon);
	event_base_dispatch(base);
	assert_string_equal(done_order, "tqs");
}

/* What the kernel was to be told is dropped, what is to be run is prepared. */
static void test_end(void **state)
{
	struct task first = { .work = wait_work, .done = plain_done };
	struct task never = { .work = wait_work, .done = slow_done };
	struct task names[2] = { { .work = no_work, .done = plain_done },
				 { .work = no_work, .done = plain_done } };

	(void)state;
	memset(done_order, 0, sizeof(done_order));
	task_start(TASK_KERNEL, &first);
	task_start(TASK_KERNEL, &never);
	task_start(TASK_NAMES, &names[0]);
	task_start(TASK_NAMES, &names[1]);
	assert_int_equal(write(gate[1], "", 1), 1);
	/* the gate is open for one: had the other begun, this would not end */
	assert_int_equal(write(gate[1], "", 1), 1);
	assert_true(task_close());
	assert_true(strlen(done_order) >= 2);
}

static int setup(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	base = event_base_new();
	return !base || pipe(gate) || task_open(base);
}

static int teardown(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_waits),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
