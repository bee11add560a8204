// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module that refuses probes, for a while or for good, and one that comes while
 * it is slow to be found: asked again, or not, and never waited for in the loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "check_fixture.h"
#include "path.h"
#include "reconcile.h"
#include "request.h"

#define LIMIT_S 60	/* a test that hangs is ended by SIGALRM */

int __wrap_dray_nl_open(struct dray_nl *nl);
void __wrap_dray_nl_close(struct dray_nl *nl);
int __wrap_dray_nl_join(struct dray_nl *nl, const char *group);
int __wrap_dray_probe_write(struct dray_nl *nl, uint8_t cmd,
			    const struct dray_probe *probe);
int __wrap_dray_table_read(struct dray_nl *nl, struct dray_table *table);

static struct event_base *base;
static unsigned int opened, closed, ticks;
static unsigned int asked[3];		/* by the last byte of the address, */
static int answers[3];			/* and what is said */
static int gate[2];
static bool slow;

int __wrap_dray_nl_open(struct dray_nl *nl)
{
	char c;

	/* until the loop opens the gate */
	if (slow && read(gate[0], &c, 1) != 1)
		abort();
	slow = false;
	opened++;
	nl->sk = nl_socket_alloc();
	return nl_connect(nl->sk, 0);
}

void __wrap_dray_nl_close(struct dray_nl *nl)
{
	closed++;
	nl_socket_free(nl->sk);
	nl->sk = NULL;
}

int __wrap_dray_nl_join(struct dray_nl *nl, const char *group)
{
	(void)nl;
	(void)group;
	return 0;
}

int __wrap_dray_probe_write(struct dray_nl *nl, uint8_t cmd,
			    const struct dray_probe *probe)
{
	uint8_t last = probe->server.bytes[3];

	nl->error.text[0] = '\0';
	if (cmd != DRAY_CMD_NEW_PROBE)
		return 0;
	asked[last]++;
	return -answers[last];
}

int __wrap_dray_table_read(struct dray_nl *nl, struct dray_table *table)
{
	(void)nl;
	(void)table;
	return -EAGAIN;
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_base_loopbreak(base);
}

static void run_for(unsigned int seconds)
{
	struct timeval tv = { seconds, 0 };

	event_base_once(base, -1, EV_TIMEOUT, on_end, NULL, &tv);
	event_base_dispatch(base);
}

static struct path *ask_for(unsigned int server)
{
	struct dray_addr vip, addr;
	char text[16];

	snprintf(text, sizeof(text), "10.0.0.%u", server);
	fixture_addr("10.0.0.100", &vip);
	fixture_addr(text, &addr);
	return path_get(&vip, &addr);
}

/* One has no memory, twice; no other answer is to be hoped for by two more. */
static void test_refused(void **state)
{
	struct path *path[3];
	size_t i;

	(void)state;
	answers[0] = ENOMEM;
	answers[1] = EINVAL;
	answers[2] = ENOSPC;
	for (i = 0; i < 3; i++)
		path[i] = ask_for(i);
	paths_open();
	run_for(1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(path[i]->state, PATH_REFUSED);
		assert_string_equal(path_absence(path[i]),
				    strerror(answers[i]));
	}
	while (asked[0] < 2)
		run_for(1);
	answers[0] = 0;
	while (path[0]->state != PATH_OPEN)
		run_for(1);
	assert_int_equal(asked[0], 3);
	for (i = 1; i < 3; i++) {
		assert_int_equal(asked[i], 1);
		assert_int_equal(path[i]->state, PATH_REFUSED);
	}
	for (i = 0; i < 3; i++)
		path_put(path[i]);
	paths_settle();
	run_for(1);
}

static void open_gate(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ticks++;
	if (write(gate[1], "", 1) != 1)
		abort();
}

static struct kernel *come(void)
{
	static struct services none;
	static struct kernel k;
	struct timeval soon = { 0, 100000 };

	memset(&k, 0, sizeof(k));
	ticks = opened = closed = 0;
	slow = true;
	k.base = base;
	k.services = &none;
	event_assign(&k.event, base, -1, 0, on_end, NULL);
	evtimer_assign(&k.later, base, on_end, NULL);
	evtimer_assign(&k.held, base, on_end, NULL);
	event_base_once(base, -1, EV_TIMEOUT, open_gate, NULL, &soon);
	kernel_join(&k);
	return &k;
}

/* The gate is opened by the loop, which nobody may hold up. */
static void test_slow_to_be_found(void **state)
{
	struct kernel *k = come();

	(void)state;
	assert_false(k->present);
	while (!k->present)
		run_for(1);
	assert_int_equal(ticks, 1);
	assert_int_equal(opened, 2);
	kernel_forget(k);
	assert_int_equal(closed, 2);
	event_del(&k->later);
}

/* What was found of the first is let go, and the second one found. */
static void test_other_module(void **state)
{
	struct kernel *k = come();

	(void)state;
	kernel_forget(k);
	k->came = true;
	while (!k->present)
		run_for(1);
	assert_int_equal(opened - closed, 2);
	assert_int_equal(opened, 4);
	kernel_forget(k);
	event_del(&k->later);
}

/* It went again meanwhile. */
static void test_gone(void **state)
{
	struct kernel *k = come();

	(void)state;
	kernel_forget(k);
	while (k->busy)
		run_for(1);
	assert_false(k->present);
	assert_int_equal(opened, 2);
	assert_int_equal(closed, 2);
}

static int set_up(void **state)
{
	(void)state;
	base = event_base_new();
	jobs.base = base;
	alarm(LIMIT_S);
	return pipe(gate) || task_open(base);
}

static int tear_down(void **state)
{
	(void)state;
	task_close();
	event_base_free(base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_slow_to_be_found),
		cmocka_unit_test(test_other_module),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests_name("check_path", tests, set_up,
					   tear_down);
}
