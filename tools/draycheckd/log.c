// SPDX-License-Identifier: GPL-2.0-or-later
/* See log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static bool to_console, with_detail;

void log_open(bool console, bool detail)
{
	to_console = console;
	with_detail = detail;
	if (!console)
		openlog("draycheckd", LOG_PID, LOG_DAEMON);
}

static void print(const char *text)
{
	struct timespec now;
	struct tm local;
	char when[32];

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &local);
	fprintf(stderr, "%s.%03ld draycheckd: %s\n", when,
		now.tv_nsec / 1000000, text);
}

void log_line(int priority, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (priority == LOG_DEBUG && !with_detail)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (to_console)
		print(text);
	else
		syslog(priority, "%s", text);
}
