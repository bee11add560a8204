/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check that runs: its state machine, its timer and the looks that are going
 * on.  Checks that are the same in everything are one job, however many
 * services and servers want to know.
 *
 * With a path it is the VIP on the server that is looked at.  Where a failure
 * would count, the server's own address is looked at as well: one that answers
 * there lacks the VIP.
 */
#ifndef DRAYCHECKD_JOB_H
#define DRAYCHECKD_JOB_H

#include <event2/event_struct.h>

#include "check.h"
#include "path.h"
#include "probe.h"

#define JOB_WHY 280

struct real;
struct job;

enum look_state { LOOK_NONE, LOOK_BEGUN, LOOK_GOOD, LOOK_BAD };

struct look {
	struct job *job;
	enum look_state state;
	void *handle;			/* for cancel(); NULL: none */
	struct probe_result result;	/* its why is: */
	char why[160];
};

struct job {
	char *id;			/* all that makes it this check */
	const struct ka_checker *conf;	/* of one of those that want it */
	struct path *path;		/* NULL: the server's own address */
	struct ka_checker marked;	/* conf with the path's mark */
	struct look vip, own;
	bool looking;
	bool idle;			/* all who want it are suspended */
	bool vip_missing;		/* its last look says so, */
	bool told_missing;		/* the log has */
	const struct probe_ops *ops;
	struct check check;
	enum check_verdict told;	/* what the log has said last */
	struct event timer;
	bool wanted, started;
	bool failing;			/* its last look failed */
	uint64_t began, took;		/* ms; of the last look */
	char why[JOB_WHY];		/* of the last failure; "" after success */
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
struct job *job_get(const struct ka_checker *conf, const struct dray_addr *vip,
		    struct real *user);
void jobs_reload_end(void);
void job_start(struct job *job, enum check_verdict adopted);
void job_hurry(struct job *job);
void job_done(struct job *job, const struct probe_result *result);
void job_again(struct job *job, int err);
void jobs_suspend(void);
void jobs_free(void);

char *job_identity(const struct ka_checker *conf, const struct dray_addr *vip);

bool looks_begin(struct job *job);
void looks_cancel(struct job *job);

#endif
