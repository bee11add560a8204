// SPDX-License-Identifier: GPL-2.0-or-later
/* PING_CHECK: an echo request is answered. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "datagram.h"
#include "mem.h"
#include "ping.h"
#include "sock.h"

static enum datagram_verdict ping_answer(struct datagram *d,
					 const uint8_t *data, size_t n,
					 char *why, size_t len)
{
	(void)why;
	(void)len;
	return ping_answers(look_checker(d->look)->addr.family, d->id, data, n) ?
	       DATAGRAM_GOOD : DATAGRAM_WAIT;
}

/* Whether this group may have ping sockets is a setting of the host. */
static int ping_open(const struct ka_checker *conf)
{
	int protocol = conf->addr.family == AF_INET6 ? IPPROTO_ICMPV6 :
						       IPPROTO_ICMP;
	int fd = sock_open(conf, conf->addr.family, SOCK_DGRAM, protocol);

	if (fd == -EACCES || fd == -EPERM)
		fd = sock_open(conf, conf->addr.family, SOCK_RAW, protocol);
	return fd;
}

static int ping_begin(struct datagram *d, const struct ka_checker *conf)
{
	uint8_t echo[PING_LEN];
	int rc;

	d->fd = ping_open(conf);
	if (d->fd < 0)
		return d->fd;
	rc = sock_connect(d->fd, &conf->addr, 0);
	if (!rc)
		rc = datagram_start(d, echo, ping_make(conf->addr.family,
						       d->id, echo),
				    conf->connect_timeout_us);
	if (rc)
		close(d->fd);
	return rc;
}

static void *ping_start(struct look *look)
{
	static uint16_t last;
	struct datagram *d = mem_zero(1, sizeof(*d));
	int rc;

	d->look = look;
	d->answer = ping_answer;
	d->id = ++last;
	rc = ping_begin(d, look_checker(look));
	if (!rc)
		return d;
	free(d);
	look_error(look, -rc);
	return NULL;
}

const struct probe_ops probe_ping = {
	.name = "PING_CHECK",
	.start = ping_start,
	.cancel = datagram_cancel,
};
