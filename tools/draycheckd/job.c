// SPDX-License-Identifier: GPL-2.0-or-later
/* See job.h. */
#include "job.h"

#include <errno.h>
#include <event2/event.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "log.h"
#include "mem.h"
#include "model.h"
#include "name.h"
#include "service.h"

#define TELL_EVERY 60000	/* ms */
#define PATH_WAIT 100

struct jobs jobs;

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

struct event_base *job_base(void)
{
	return jobs.base;
}

static struct check_timing timing_of(const struct ka_checker *conf)
{
	return (struct check_timing){
		.delay_loop = conf->delay_loop_us / 1000,
		.delay_before_retry = conf->delay_before_retry_us / 1000,
		.warmup = conf->warmup_us / 1000,
		.retry = conf->retry,
	};
}

static void set_timer(struct job *job)
{
	uint64_t now = now_ms();
	uint64_t wait = job->check.due > now ? job->check.due - now : 0;
	struct timeval tv = probe_timeval(wait * 1000);

	if (!job->idle)
		evtimer_add(&job->timer, &tv);
}

/* Whether there is a path is soon known. */
static void run(struct job *job)
{
	job->began = now_ms();
	if (looks_begin(job)) {
		jobs.runs++;
		return;
	}
	job->check.due = job->began + PATH_WAIT;
	set_timer(job);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static bool take_weight(struct job *job, const struct probe_result *result)
{
	bool same = job->has_weight == result->has_weight &&
		    (!result->has_weight || (job->weight == result->weight &&
					     job->relative == result->relative));

	job->has_weight = result->has_weight;
	job->relative = result->relative;
	job->weight = result->weight;
	return !same;
}

static void set_failing(struct job *job, bool failing)
{
	jobs.failing += failing - job->failing;
	job->failing = failing;
}

void job_done(struct job *job, const struct probe_result *result)
{
	uint64_t now = now_ms();
	bool changed;

	job->took = now - job->began;
	jobs.failures += !result->ok;
	snprintf(job->why, sizeof(job->why), "%s",
		 result->why ? result->why : "");
	if (!result->ok && job->conf->log_all_failures)
		log_info("%s on service %s failed: %s", job->ops->name,
			 name_checker(job->conf), job->why);
	set_failing(job, !result->ok);
	changed = check_result(&job->check, result->ok, now);
	changed |= take_weight(job, result);
	changed |= job->vip_missing != job->told_missing;
	set_timer(job);
	jobs.looked();
	if (changed)
		jobs.changed(job);
}

/* What we lack says nothing of the server: another time. */
void job_again(struct job *job, int err)
{
	static uint64_t told;
	uint64_t now = now_ms();

	if (!told || now > told + TELL_EVERY)
		log_error("Checks cannot be made: %s", strerror(err));
	told = now;
	job->check.due = now + job->check.timing.delay_before_retry;
	set_timer(job);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct job *)a)->id, ((const struct job *)b)->id);
}

static struct job *job_create(char *id, const struct ka_checker *conf,
			      const struct dray_addr *vip)
{
	struct job *job = mem_zero(1, sizeof(*job));

	job->id = id;
	job->ops = probe_ops_of(conf->type);
	job->vip.job = job;
	job->own.job = job;
	if (vip)
		job->path = path_get(vip, &conf->addr);
	evtimer_assign(&job->timer, jobs.base, on_timer, job);
	if (!tsearch(job, &jobs.tree, compare))
		abort();
	if (jobs.n == jobs.room) {
		jobs.room = 2 * jobs.room + 16;
		jobs.list = reallocarray(jobs.list, jobs.room,
					 sizeof(*jobs.list));
		if (!jobs.list)
			abort();
	}
	jobs.list[jobs.n++] = job;
	return job;
}

static void stop(struct job *job)
{
	evtimer_del(&job->timer);
	looks_cancel(job);
}

static void job_destroy(struct job *job)
{
	stop(job);
	set_failing(job, false);
	tdelete(job, &jobs.tree, compare);
	path_put(job->path);
	free(job->users);
	free(job->id);
	free(job);
}

/* From here on only what job_get() is asked for is wanted. */
void jobs_reload_begin(void)
{
	size_t i;

	for (i = 0; i < jobs.n; i++) {
		jobs.list[i]->wanted = false;
		jobs.list[i]->n_users = 0;
		free(jobs.list[i]->users);
		jobs.list[i]->users = NULL;
	}
}

/*
 * The job of this check, with one more who wants to know.  @vip: to be looked
 * at on the server; NULL: its own address.
 */
struct job *job_get(const struct ka_checker *conf, const struct dray_addr *vip,
		    struct real *user)
{
	struct job like = { .id = job_identity(conf, vip) };
	struct job **found = tfind(&like, &jobs.tree, compare);
	struct job *job;

	if (found) {
		job = *found;
		free(like.id);
	} else {
		job = job_create(like.id, conf, vip);
	}
	job->conf = conf;
	job->wanted = true;
	job->users = dray_grow(job->users, job->n_users, sizeof(*job->users));
	job->users[job->n_users++] = user;
	return job;
}

/* A look that reads the old file's words is begun anew. */
static void carry_on(struct job *job)
{
	struct check_timing timing = timing_of(job->conf);

	if (!job->started)
		return;
	check_retime(&job->check, &timing, now_ms());
	if (job->looking) {
		stop(job);
		job->check.due = now_ms();
	}
	set_timer(job);
}

/* Must come before what the earlier users and their words were is freed. */
void jobs_reload_end(void)
{
	size_t i, kept = 0;

	for (i = 0; i < jobs.n; i++) {
		if (!jobs.list[i]->wanted) {
			job_destroy(jobs.list[i]);
			continue;
		}
		carry_on(jobs.list[i]);
		jobs.list[kept++] = jobs.list[i];
	}
	jobs.n = kept;
}

void job_start(struct job *job, enum check_verdict adopted)
{
	struct check_timing timing = timing_of(job->conf);

	if (job->started)
		return;
	job->started = true;
	job->told = adopted;
	check_start(&job->check, &timing, adopted, now_ms(), random() << 1);
	set_timer(job);
}

static bool all_suspended(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->n_users; i++)
		if (!job->users[i]->service->suspended)
			return false;
	return true;
}

static void set_idle(struct job *job, bool idle)
{
	job->idle = idle;
	if (idle) {
		stop(job);
		set_failing(job, false);
	} else if (job->started) {
		job->check.due = now_ms();
		set_timer(job);
	}
}

/* After a service was suspended or activated: what was known is kept. */
void jobs_suspend(void)
{
	size_t i;

	for (i = 0; i < jobs.n; i++)
		if (all_suspended(jobs.list[i]) != jobs.list[i]->idle)
			set_idle(jobs.list[i], !jobs.list[i]->idle);
}

/* Looks again now, if it does not already. */
void job_hurry(struct job *job)
{
	if (!job->started || job->looking)
		return;
	job->check.due = now_ms();
	set_timer(job);
}

void jobs_free(void)
{
	size_t i;

	for (i = 0; i < jobs.n; i++)
		job_destroy(jobs.list[i]);
	free(jobs.list);
	jobs.list = NULL;
	jobs.n = 0;
	jobs.room = 0;
}
