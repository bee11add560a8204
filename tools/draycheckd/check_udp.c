// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP_CHECK: a datagram, and no refusal of it within connect_timeout; with
 * require_reply an answer, of the length and the bytes that the file wants.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "datagram.h"
#include "mem.h"
#include "sock.h"

static bool matches(const struct ka_udp *udp, const uint8_t *data, size_t n)
{
	uint8_t mask;
	size_t i;

	if (n < udp->reply_len)
		return false;
	for (i = 0; i < udp->reply_len; i++) {
		mask = udp->reply_mask ? udp->reply_mask[i] : 0xff;
		if ((data[i] ^ udp->reply[i]) & mask)
			return false;
	}
	return true;
}

static enum datagram_verdict udp_answer(struct datagram *d, const uint8_t *data,
					size_t n, char *why, size_t len)
{
	const struct ka_udp *udp = &look_checker(d->look)->udp;

	if (!udp->require_reply)
		return DATAGRAM_GOOD;
	if (n < udp->min_reply || n > udp->max_reply) {
		snprintf(why, len, "an answer of %zu bytes", n);
		return DATAGRAM_BAD;
	}
	if (!udp->reply || matches(udp, data, n))
		return DATAGRAM_GOOD;
	snprintf(why, len, "another answer than the one wanted");
	return DATAGRAM_BAD;
}

static int udp_begin(struct datagram *d, const struct ka_checker *conf)
{
	int rc;

	d->fd = sock_open(conf, conf->addr.family, SOCK_DGRAM, IPPROTO_UDP);
	if (d->fd < 0)
		return d->fd;
	rc = sock_connect(d->fd, &conf->addr, conf->port);
	if (!rc)
		rc = datagram_start(d, conf->udp.payload,
				    conf->udp.payload_len,
				    conf->connect_timeout_us);
	if (rc)
		close(d->fd);
	return rc;
}

static void *udp_start(struct look *look)
{
	const struct ka_checker *conf = look_checker(look);
	struct datagram *d = mem_zero(1, sizeof(*d));
	int rc;

	d->look = look;
	d->answer = udp_answer;
	d->silence_is_good = !conf->udp.require_reply;
	rc = udp_begin(d, conf);
	if (!rc)
		return d;
	free(d);
	look_error(look, -rc);
	return NULL;
}

const struct probe_ops probe_udp = {
	.name = "UDP_CHECK",
	.start = udp_start,
	.cancel = datagram_cancel,
};
