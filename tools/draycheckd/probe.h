/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look at a server: how each kind of checker starts it, gives it up, and
 * says what came of it.  One file per kind; all of them wait in the one event
 * loop.
 */
#ifndef DRAYCHECKD_PROBE_H
#define DRAYCHECKD_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "ka_lvs.h"

struct event_base;
struct job;

struct probe_ops {
	const char *name;	/* the keyword */
	/*
	 * Begins one look.  Ends, at once or later, with one job_done().
	 * Return: what cancel() wants, NULL if job_done() was called already.
	 */
	void *(*start)(struct job *job);
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
const struct ka_checker *job_checker(const struct job *job);
void job_done(struct job *job, const struct probe_result *result);
void job_failed(struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void job_passed(struct job *job);
void job_error(struct job *job, int err);

static inline struct timeval probe_timeval(uint64_t us)
{
	return (struct timeval){ us / 1000000, us % 1000000 };
}

#endif
