/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told, where there is one. */
#ifndef DRAYVRRPD_SYSTEMD_H
#define DRAYVRRPD_SYSTEMD_H

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#include <time.h>

static inline void systemd_ready(void)
{
	sd_notify(0, "READY=1");
}

static inline void systemd_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   now.tv_sec * 1000000ull + now.tv_nsec / 1000);
}

static inline void systemd_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

static inline void systemd_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}
#else
static inline void systemd_ready(void) { }
static inline void systemd_reloading(void) { }
static inline void systemd_stopping(void) { }
static inline void systemd_watchdog(void) { }
#endif

#endif
