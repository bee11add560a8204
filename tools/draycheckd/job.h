/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check that runs: its state machine, its timer and the look that is going
 * on.  Checks that are the same in everything are one job, however many
 * services and servers want to know.
 */
#ifndef DRAYCHECKD_JOB_H
#define DRAYCHECKD_JOB_H

#include <event2/event_struct.h>

#include "check.h"
#include "probe.h"

struct real;

struct job {
	char *id;			/* all that makes it this check */
	const struct ka_checker *conf;	/* of one of those that want it */
	const struct probe_ops *ops;
	struct check check;
	enum check_verdict told;	/* what the log has said last */
	struct event timer;
	void *probe;			/* the look that goes on, or NULL */
	bool wanted, started;
	bool failing;			/* its last look failed */
	uint64_t began, took;		/* ms; of the last look */
	char why[160];			/* of the last failure; "" after success */
	bool has_weight, relative;
	int weight;
	struct real **users;
	size_t n_users;
};

typedef void (*job_changed_fn)(struct job *job);

struct jobs {
	struct event_base *base;
	job_changed_fn changed;		/* a verdict or a weight */
	void (*looked)(void);		/* after each look, before changed */
	struct job **list;
	size_t n, room;
	void *tree;			/* by id */
	size_t failing;
	unsigned long runs, failures;
};

extern struct jobs jobs;

uint64_t now_ms(void);

void jobs_reload_begin(void);
struct job *job_get(const struct ka_checker *conf, struct real *user);
void jobs_reload_end(void);
void job_start(struct job *job, enum check_verdict adopted);
void job_hurry(struct job *job);
void jobs_free(void);

char *job_identity(const struct ka_checker *conf);

#endif
