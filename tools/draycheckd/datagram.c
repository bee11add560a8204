// SPDX-License-Identifier: GPL-2.0-or-later
/* See datagram.h. */
#include "datagram.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

void datagram_cancel(void *probe)
{
	struct datagram *d = probe;

	event_del(&d->event);
	close(d->fd);
	free(d);
}

static void finish(struct datagram *d, bool ok, const char *why)
{
	struct look *look = d->look;

	datagram_cancel(d);
	if (ok)
		look_passed(look);
	else
		look_failed(look, "%s", why);
}

/* The time is up once, however much rubbish comes before. */
static void wait_on(struct datagram *d)
{
	uint64_t now = now_ms();
	struct timeval left = probe_timeval(d->until > now ?
					    (d->until - now) * 1000 : 0);

	event_add(&d->event, &left);
}

static void on_answer(struct datagram *d)
{
	static uint8_t data[DATAGRAM_MAX];
	ssize_t n = recv(d->fd, data, sizeof(data), 0);
	enum datagram_verdict verdict;
	char why[100] = "";

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		wait_on(d);
		return;
	}
	if (n < 0) {
		finish(d, false, strerror(errno));
		return;
	}
	verdict = d->answer(d, data, n, why, sizeof(why));
	if (verdict == DATAGRAM_WAIT)
		wait_on(d);
	else
		finish(d, verdict == DATAGRAM_GOOD, why);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct datagram *d = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		finish(d, d->silence_is_good, "no answer");
	else
		on_answer(d);
}

/* d->fd is connected.  Return: 0 or -errno, then d is still the caller's. */
int datagram_start(struct datagram *d, const void *data, size_t n,
		   uint64_t timeout_us)
{
	if (send(d->fd, data, n, 0) < 0)
		return -errno;
	event_assign(&d->event, job_base(), d->fd, EV_READ, on_event, d);
	d->until = now_ms() + timeout_us / 1000;
	wait_on(d);
	return 0;
}
