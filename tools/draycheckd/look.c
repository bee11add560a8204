// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The looks of a job.  What the VIP on the server answers is what counts; the
 * server's own address is asked at the same time where it would take a second
 * timeout to ask it afterwards.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "job.h"

const struct ka_checker *look_checker(const struct look *look)
{
	const struct job *job = look->job;

	return look == &job->vip ? &job->marked : job->conf;
}

static void begin(struct look *look)
{
	if (look->state == LOOK_BEGUN)
		look->handle = look->job->ops->start(look);
}

static void cancel(struct look *look)
{
	if (look->handle)
		look->job->ops->cancel(look->handle);
	look->handle = NULL;
	look->state = LOOK_NONE;
}

void looks_cancel(struct job *job)
{
	cancel(&job->vip);
	cancel(&job->own);
	job->looking = false;
}

/*
 * An end may come at once, and with it the job's.
 * Return: false if it is not known yet whether there is a path.
 */
bool looks_begin(struct job *job)
{
	enum path_state path = job->path ? job->path->state : PATH_NONE;
	bool through = path == PATH_OPEN;

	if (path == PATH_ASKED && !job->path->passing)
		return false;
	job->looking = true;
	job->vip.state = through ? LOOK_BEGUN : LOOK_NONE;
	job->own.state = !through || check_decides(&job->check) ?
			 LOOK_BEGUN : LOOK_NONE;
	if (through) {
		job->marked = *job->conf;
		job->marked.fwmark = job->path->probe.mark;
		begin(&job->vip);
	}
	begin(&job->own);
	return true;
}

static void say_missing(const struct job *job, char *why, size_t len)
{
	char vip[INET6_ADDRSTRLEN];

	snprintf(why, len, "vip-missing: it answers on its own address, not "
		 "for %s: %s", dray_addr_text(&job->path->probe.vip, vip,
					      sizeof(vip)), job->vip.why);
}

static void conclude(struct job *job)
{
	bool own = job->own.state != LOOK_NONE && job->vip.state != LOOK_GOOD;
	struct probe_result result = own ? job->own.result : job->vip.result;
	char why[JOB_WHY];

	job->looking = false;
	job->vip_missing = job->vip.state == LOOK_BAD &&
			   job->own.state == LOOK_GOOD;
	if (job->vip_missing) {
		say_missing(job, why, sizeof(why));
		result = (struct probe_result){ .why = why };
	}
	job_done(job, &result);
}

void look_done(struct look *look, const struct probe_result *result)
{
	struct job *job = look->job;

	look->handle = NULL;
	look->state = result->ok ? LOOK_GOOD : LOOK_BAD;
	snprintf(look->why, sizeof(look->why), "%s",
		 result->why ? result->why : "");
	look->result = *result;
	look->result.why = look->why;
	if (job->vip.state == LOOK_GOOD)
		cancel(&job->own);
	if (job->vip.state != LOOK_BEGUN && job->own.state != LOOK_BEGUN)
		conclude(job);
}

void look_failed(struct look *look, const char *format, ...)
{
	char why[sizeof(look->why)];
	struct probe_result result = { .why = why };
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	look_done(look, &result);
}

void look_passed(struct look *look)
{
	struct probe_result result = { .ok = true };

	look_done(look, &result);
}

/* A look that could not even begin.  @err: errno. */
void look_error(struct look *look, int err)
{
	if (err != EMFILE && err != ENFILE && err != ENOMEM && err != ENOBUFS) {
		look_failed(look, "%s", strerror(err));
		return;
	}
	looks_cancel(look->job);
	job_again(look->job, err);
}
