// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ready, reloading, stopping, and a sign of life twice within each interval
 * of the watchdog: from the loop, so that a loop that hangs gives none.
 */
#include "ready.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#ifdef HAVE_SYSTEMD
#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static struct event watchdog;

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	sd_notify(0, "WATCHDOG=1");
}

void ready_open(struct event_base *base)
{
	struct timeval every;
	uint64_t us;

	if (sd_watchdog_enabled(0, &us) <= 0)
		return;
	every = (struct timeval){ us / 2 / 1000000, us / 2 % 1000000 };
	event_assign(&watchdog, base, -1, EV_PERSIST, on_watchdog, NULL);
	event_add(&watchdog, &every);
}

void ready_now(void)
{
	sd_notify(0, "READY=1");
}

void ready_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void ready_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
#else
void ready_open(struct event_base *base)
{
	(void)base;
}

void ready_now(void)
{
}

void ready_reloading(void)
{
}

void ready_stopping(void)
{
}
#endif
