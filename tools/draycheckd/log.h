/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's log: syslog, or the standard error if it was started for a
 * console.  Lines are keepalived's where it has any, for those who match them.
 */
#ifndef DRAYCHECKD_LOG_H
#define DRAYCHECKD_LOG_H

#include <stdbool.h>
#include <syslog.h>

void log_open(bool console, bool detail);
void log_line(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_detail(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
