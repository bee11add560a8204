// SPDX-License-Identifier: GPL-2.0-or-later
/* A router's addresses, with a kernel that is slow or refuses. */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "hold.h"
#include "holding.h"
#include "link.h"
#include "router.h"

#define LONG_MS 60000

static struct {
	char log[512];
	sem_t gate, inside;
	bool slow;
	int rc;				/* of each address */
	unsigned int held, failed;
} kernel;

static void word(const char *what, const struct ka_address *a)
{
	size_t len = strlen(kernel.log);

	snprintf(kernel.log + len, sizeof(kernel.log) - len, "%s%s:%u",
		 len ? " " : "", what, a->addr.bytes[3]);
}

int __wrap_address_put(const struct ka_address *a, int ifindex);
int __wrap_address_take(const struct ka_address *a, int ifindex);
void __wrap_router_held(struct router *r, bool failed, uint64_t now);

int __wrap_address_put(const struct ka_address *a, int ifindex)
{
	assert_int_not_equal(ifindex, 0);
	if (kernel.slow) {
		sem_post(&kernel.inside);
		sem_wait(&kernel.gate);
	}
	word("put", a);
	return kernel.rc;
}

int __wrap_address_take(const struct ka_address *a, int ifindex)
{
	assert_int_not_equal(ifindex, 0);
	word("take", a);
	return 0;
}

void __wrap_router_held(struct router *r, bool failed, uint64_t now)
{
	(void)r;
	(void)now;
	kernel.held++;
	kernel.failed += failed;
}

static struct ka_address addresses[2] = {
	{ .addr = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } } },
	{ .addr = { .family = AF_INET, .bytes = { 192, 0, 2, 2 } } },
};
static const struct ka_instance conf = {
	.name = "VI_1", .interface = "lo", .priority = 100,
	.addresses = addresses, .n_addresses = 2,
};
static struct state_router record;
static struct router r;

static int start(void **state)
{
	(void)state;
	sem_init(&kernel.gate, 0, 0);
	sem_init(&kernel.inside, 0, 0);
	return links_open() < 0 || errands_start() < 0;
}

static int set_up(void **state)
{
	(void)state;
	kernel.log[0] = '\0';
	kernel.slow = false;
	kernel.rc = 0;
	kernel.held = kernel.failed = 0;
	r = (struct router){ .conf = &conf, .record = &record };
	r.ifindex = link_by_name("lo")->index;
	hold_init(&r);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(r.hold.addresses);
	return 0;
}

static void has_and_lets_go(void **state)
{
	(void)state;
	hold_wish(&r, HOLD_ALL);
	assert_true(errands_finish(LONG_MS));
	assert_false(hold_is_pending(&r));
	assert_int_equal(r.hold.addresses[0].ifindex, r.ifindex);
	hold_wish(&r, HOLD_NOTHING);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(kernel.log, "put:1 put:2 take:2 take:1");
	assert_int_equal(r.hold.addresses[0].ifindex, 0);
	assert_int_equal(kernel.held, 2);
	assert_int_equal(kernel.failed, 0);
}

/* What was never put is not taken away from anybody. */
static void nothing_to_let_go(void **state)
{
	(void)state;
	hold_wish(&r, HOLD_GONE);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(kernel.log, "");
}

static void refused(void **state)
{
	(void)state;
	kernel.rc = -EPERM;
	hold_wish(&r, HOLD_ALL);
	assert_true(errands_finish(LONG_MS));
	assert_int_equal(kernel.failed, 1);
}

/* Another is master by now: it must not have to wait for the second address. */
static void resigned_while_the_kernel_is_busy(void **state)
{
	(void)state;
	kernel.slow = true;
	hold_wish(&r, HOLD_ALL);
	sem_wait(&kernel.inside);
	assert_true(hold_is_pending(&r));
	hold_wish(&r, HOLD_NOTHING);
	sem_post(&kernel.gate);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(kernel.log, "put:1 take:1");
	assert_int_equal(kernel.held, 1);
}

/* However often it changes its mind, the last word is done and nothing else. */
static void to_and_fro(void **state)
{
	int i;

	(void)state;
	kernel.slow = true;
	hold_wish(&r, HOLD_ALL);
	sem_wait(&kernel.inside);
	for (i = 0; i < 1000; i++)
		hold_wish(&r, i & 1 ? HOLD_ALL : HOLD_NOTHING);
	kernel.slow = false;
	sem_post(&kernel.gate);
	assert_true(errands_finish(LONG_MS));
	assert_string_equal(kernel.log, "put:1 put:1 put:2");
	assert_false(hold_is_pending(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(has_and_lets_go),
		T(nothing_to_let_go),
		T(refused),
		T(resigned_while_the_kernel_is_busy),
		T(to_and_fro),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
