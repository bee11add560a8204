// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of links when the kernel cannot be read, or makes us wait; lo is on every
 * host.
 */
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>

#include "errand.h"
#include "link.h"

#define LONG_MS 60000

static bool fails, loses;
static unsigned int failed;
static pthread_t loop;
/* of a dump in the thread: what it has read is from before */
static sem_t inside, gate;
static _Atomic bool waits;

int __real_nl_recvmsgs_default(struct nl_sock *sk);
int __wrap_nl_recvmsgs_default(struct nl_sock *sk);

int __wrap_nl_recvmsgs_default(struct nl_sock *sk)
{
	int rc = __real_nl_recvmsgs_default(sk);

	if (!pthread_equal(pthread_self(), loop) && waits) {
		waits = false;
		sem_post(&inside);
		sem_wait(&gate);
	}
	if (loses) {
		loses = false;
		return -NLE_NOMEM;
	}
	if (!fails)
		return rc;
	failed++;
	return -NLE_NOMEM;
}

static int set_up(void **state)
{
	(void)state;
	loop = pthread_self();
	sem_init(&inside, 0, 0);
	sem_init(&gate, 0, 0);
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

static void set_lo(bool up)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(sock, SIOCSIFFLAGS, &req), 0);
	close(sock);
}

static bool lo_is_up(void)
{
	const struct link *lo = link_by_name("lo");

	return lo && lo->flags & IFF_UP;
}

/*
 * Who sends adverts waits for no dump; and what was told meanwhile is in the table
 * that it brings, which is older.
 */
static void read_anew_while_the_kernel_is_busy(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		print_message("no namespace of our own\n");
		skip();
	}
	links_close();
	assert_true(links_open() >= 0);
	assert_false(lo_is_up());
	assert_true(errands_start() >= 0);
	waits = true;
	loses = true;
	links_read();
	sem_wait(&inside);
	set_lo(true);
	links_read();
	assert_true(lo_is_up());
	links_changed();
	sem_post(&gate);
	assert_true(errands_finish(LONG_MS));
	assert_true(links_changed());
	assert_true(lo_is_up());
	set_lo(false);
	links_read();
	assert_false(lo_is_up());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_dumps_keep_the_table),
		cmocka_unit_test(read_again_later),
		cmocka_unit_test(a_change_is_not_forgotten),
		cmocka_unit_test(read_anew_while_the_kernel_is_busy),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
