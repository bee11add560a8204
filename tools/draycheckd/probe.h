/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look at a server: how each kind of checker starts it, gives it up, and
 * says what came of it.  One file per kind; all of them wait in the one event
 * loop.  Whether it is the server's own address that is looked at or the VIP
 * on it, no kind has to know.
 */
#ifndef DRAYCHECKD_PROBE_H
#define DRAYCHECKD_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "ka_lvs.h"

struct event_base;
struct look;

struct probe_ops {
	const char *name;	/* the keyword */
	/*
	 * Begins one look.  Ends, at once or later, with one look_done().
	 * Return: what cancel() wants, NULL if look_done() was called already.
	 */
	void *(*start)(struct look *look);
	void (*cancel)(void *probe);
};

/* what a look has found */
struct probe_result {
	bool ok;
	const char *why;	/* "Connection refused"; NULL: nothing to say */
	bool has_weight;	/* the check speaks of a weight, too */
	bool relative;		/* to be added to the configured one */
	int weight;
};

extern const struct probe_ops probe_tcp, probe_http, probe_https, probe_udp,
	probe_dns, probe_ping, probe_smtp, probe_misc, probe_file;

const struct probe_ops *probe_ops_of(enum ka_checker_type type);

struct event_base *job_base(void);
const struct ka_checker *look_checker(const struct look *look);
void look_done(struct look *look, const struct probe_result *result);
void look_failed(struct look *look, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void look_passed(struct look *look);
void look_error(struct look *look, int err);

static inline struct timeval probe_timeval(uint64_t us)
{
	return (struct timeval){ us / 1000000, us % 1000000 };
}

#endif
