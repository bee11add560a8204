// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets of a kernel that is busy: whoever joins a group or closes does not wait. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "errand.h"
#include "sock.h"

#define LONG_MS 60000
#define HANGS_S 60
#define LO 1

static const struct dray_addr group = { .family = AF_INET,
					.bytes = { 224, 0, 0, 18 } },
			      other = { .family = AF_INET,
					.bytes = { 224, 0, 0, 19 } };

static struct {
	sem_t gate, inside;
	_Atomic bool slow;
	_Atomic int err, fd;
	_Atomic unsigned int joined, closed;
} kernel;

static void be_slow(void)
{
	bool slow = kernel.slow;

	sem_post(&kernel.inside);
	if (slow)
		sem_wait(&kernel.gate);
}

int __wrap_socket(int domain, int type, int protocol);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
int __real_close(int fd);
int __wrap_close(int fd);

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	kernel.fd = open("/dev/null", O_RDWR);
	return kernel.fd;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	(void)fd;
	(void)value;
	(void)len;
	if (level != IPPROTO_IP || name != IP_ADD_MEMBERSHIP)
		return 0;
	kernel.joined++;
	be_slow();
	errno = kernel.err;
	return kernel.err ? -1 : 0;
}

int __wrap_close(int fd)
{
	if (fd != kernel.fd)
		return __real_close(fd);
	be_slow();
	kernel.closed++;
	return __real_close(fd);
}

static int start(void **state)
{
	(void)state;
	sem_init(&kernel.gate, 0, 0);
	sem_init(&kernel.inside, 0, 0);
	alarm(HANGS_S);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	kernel.slow = false;
	kernel.err = 0;
	kernel.joined = kernel.closed = 0;
	while (!sem_trywait(&kernel.inside))
		;
	return 0;
}

static int tear_down(void **state)
{
	struct sock *sock = sock_next(NULL);

	(void)state;
	if (sock)
		sock_close(sock);
	if (errands_have_thread())
		errands_finish(LONG_MS);
	socks_changed();
	return 0;
}

/* A worker that starts has time, and is to hear before it acts. */
static void at_once_without_a_thread(void **state)
{
	struct sock *sock = sock_get(LO, AF_INET);

	(void)state;
	assert_non_null(sock);
	assert_int_equal(sock_join(sock, &group), 0);
	assert_int_equal(sock_join(sock, &group), 0);
	assert_int_equal(kernel.joined, 1);
	assert_int_equal(errands_start() < 0, 0);
}

static void joins_while_the_kernel_is_busy(void **state)
{
	struct sock *sock = sock_get(LO, AF_INET);

	(void)state;
	kernel.slow = true;
	assert_int_equal(sock_join(sock, &group), -EINPROGRESS);
	sem_wait(&kernel.inside);
	assert_int_equal(sock_join(sock, &other), -EINPROGRESS);
	assert_int_equal(sock_join(sock, &group), -EINPROGRESS);
	assert_false(socks_changed());
	kernel.slow = false;
	sem_post(&kernel.gate);
	assert_true(errands_finish(LONG_MS));
	assert_true(socks_changed());
	assert_false(socks_changed());
	assert_int_equal(sock_join(sock, &group), 0);
	assert_int_equal(sock_join(sock, &other), 0);
	assert_int_equal(kernel.joined, 2);
}

/* What looks whenever something has changed must not ask for ever. */
static void refused(void **state)
{
	struct sock *sock = sock_get(LO, AF_INET);
	int looks = 0;

	(void)state;
	kernel.err = EACCES;
	sock_join(sock, &group);
	do {
		assert_true(errands_finish(LONG_MS));
		/* however long this takes */
		if (sock->again_at)
			sock->again_at = UINT64_MAX;
		sock_join(sock, &group);
	} while (socks_changed() && ++looks < 10);
	assert_int_equal(sock_join(sock, &group), -EACCES);
	assert_in_range(kernel.joined, 1, 2);
	kernel.err = 0;
	sock->again_at = 0;
	sock_join(sock, &group);
	assert_true(errands_finish(LONG_MS));
	assert_int_equal(sock_join(sock, &group), 0);
}

static void closed_while_it_joins(void **state)
{
	struct sock *sock = sock_get(LO, AF_INET);

	(void)state;
	kernel.slow = true;
	sock_join(sock, &group);
	sem_wait(&kernel.inside);
	sock_close(sock);
	assert_null(sock_next(NULL));
	assert_int_equal(kernel.closed, 0);
	sem_post(&kernel.gate);
	sem_wait(&kernel.inside);
	assert_int_equal(kernel.closed, 0);
	sem_post(&kernel.gate);
	assert_true(errands_finish(LONG_MS));
	assert_int_equal(kernel.closed, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(at_once_without_a_thread),
		CASE(joins_while_the_kernel_is_busy),
		CASE(refused),
		CASE(closed_while_it_joins),
	};

	return cmocka_run_group_tests_name("vrrp_sock", tests, start, NULL);
}
