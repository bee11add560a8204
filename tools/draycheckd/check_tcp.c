// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP_CHECK: the server takes a connection.  Nothing is said in it, and it is
 * ended by a reset: thousands of checks a second would otherwise leave as many
 * sockets waiting for a minute.
 */
#include "probe.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "sock.h"

struct tcp {
	struct look *look;
	struct event event;
	int fd;
};

static void tcp_cancel(void *probe)
{
	struct tcp *tcp = probe;

	event_del(&tcp->event);
	close(tcp->fd);
	free(tcp);
}

static void tcp_event(evutil_socket_t fd, short what, void *arg)
{
	struct tcp *tcp = arg;
	struct look *look = tcp->look;
	socklen_t len = sizeof(int);
	int err = ETIMEDOUT;

	if (!(what & EV_TIMEOUT) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	tcp_cancel(tcp);
	if (err)
		look_failed(look, "%s", strerror(err));
	else
		look_passed(look);
}

static int tcp_open(const struct ka_checker *conf)
{
	struct linger reset = { .l_onoff = 1 };
	int fd = sock_open(conf, conf->addr.family, SOCK_STREAM, IPPROTO_TCP);
	int rc;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	rc = sock_connect(fd, &conf->addr, conf->port);
	if (!rc || rc == -EINPROGRESS)
		return fd;
	close(fd);
	return rc;
}

static void *tcp_start(struct look *look)
{
	const struct ka_checker *conf = look_checker(look);
	struct timeval timeout = probe_timeval(conf->connect_timeout_us);
	struct tcp *tcp;
	int fd = tcp_open(conf);

	if (fd < 0) {
		look_error(look, -fd);
		return NULL;
	}
	tcp = mem_zero(1, sizeof(*tcp));
	tcp->look = look;
	tcp->fd = fd;
	event_assign(&tcp->event, job_base(), fd, EV_WRITE, tcp_event, tcp);
	event_add(&tcp->event, &timeout);
	return tcp;
}

const struct probe_ops probe_tcp = {
	.name = "TCP_CHECK",
	.start = tcp_start,
	.cancel = tcp_cancel,
};
