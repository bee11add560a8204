/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says.  A line is put into a socket and never waited for: a
 * process of its own reads there and writes to syslog or stderr.  When that is
 * slower than what is said, lines are lost, and how many is said instead.
 */
#ifndef DRAYVRRPD_LOG_H
#define DRAYVRRPD_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#define LOG_LINE 512

struct log_options {
	bool to_stderr;
	bool detail;		/* LOG_INFO as well */
};

/* Starts the writer; until then, and if that fails, lines go to stderr. */
int log_start(const struct log_options *options);
void log_say(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Ends the writer when it has written what was said. */
void log_stop(void);

/* once per second and place at most; the rest is counted in the next line */
struct log_limit {
	uint64_t next;		/* ms, monotonic */
	unsigned int held;
};

bool log_may(struct log_limit *limit, unsigned int *held);

#endif
