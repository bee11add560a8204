// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of links when the kernel cannot be read; lo is on every host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>

#include "link.h"

static bool fails;
static unsigned int failed;

int __real_nl_recvmsgs_default(struct nl_sock *sk);
int __wrap_nl_recvmsgs_default(struct nl_sock *sk);

int __wrap_nl_recvmsgs_default(struct nl_sock *sk)
{
	int rc = __real_nl_recvmsgs_default(sk);

	if (!fails)
		return rc;
	failed++;
	return -NLE_NOMEM;
}

static int set_up(void **state)
{
	(void)state;
	return links_open() < 0;
}

static int tear_down(void **state)
{
	(void)state;
	links_close();
	return 0;
}

/* Better what was known than nothing: no interface at all is FAULT. */
static void failed_dumps_keep_the_table(void **state)
{
	const struct link *lo = link_by_name("lo");

	(void)state;
	assert_non_null(lo);
	fails = true;
	links_read();
	assert_true(failed > 5);
	fails = false;
	lo = link_by_name("lo");
	assert_non_null(lo);
	assert_ptr_equal(link_by_index(lo->index), lo);
}

/* And it is read again with the next wish, though nothing is told. */
static void read_again_later(void **state)
{
	(void)state;
	fails = true;
	links_read();
	fails = false;
	links_changed();
	links_read();
	assert_true(links_changed());
	assert_false(links_changed());
}

/* Whoever reads in between takes nothing away from who asks. */
static void a_change_is_not_forgotten(void **state)
{
	(void)state;
	fails = true;
	links_read();
	fails = false;
	links_read();
	links_read();
	assert_true(links_changed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_dumps_keep_the_table),
		cmocka_unit_test(read_again_later),
		cmocka_unit_test(a_change_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
