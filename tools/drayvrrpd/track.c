// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scripts: each runs once per interval, and never while it still runs.  A
 * result is what priority_script_ran() makes of it.
 *
 * Files and processes are looked at by the spawner, too: see watch.h.
 */
#include "track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "link.h"
#include "owner.h"
#include "spawner.h"
#include "watch.h"

/* for a spawner that died with the script */
#define LOST_US 5000000ull

struct script {
	struct script *next;
	const struct ka_vrrp_script *conf;
	struct priority_script result;
	struct state_script *record;
	struct alarm alarm;
	uint32_t id;			/* of the run; 0: does not run */
	uint64_t started;
	int last;			/* status */
	const struct owner *owner;	/* NULL: it is not to be run */
};

static struct {
	struct script *first;
	int jobs;
	uint32_t ids;
} scripts;

void tracks_changed(uint64_t now)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		router_weigh(r, now);
}

static void run(struct script *s, uint64_t now)
{
	struct job job = { .kind = JOB_RUN, .uid = s->owner->uid,
			   .gid = s->owner->gid };
	int rc;

	job.timeout_ms = s->conf->timeout_us / 1000;
	job.id = ++scripts.ids & ~WATCH_ID;
	rc = job_send(scripts.jobs, &job,
		      (const char *const *)s->conf->command->argv,
		      s->conf->command->argc);
	s->id = rc ? 0 : job.id;
	s->started = now;
}

static void on_alarm(void *arg, uint64_t now)
{
	struct script *s = arg;

	if (s->id && now - s->started > s->conf->timeout_us + LOST_US)
		tracks_result(s->id, -1, true, now);
	if (!s->id)
		run(s, now);
	alarm_set(&s->alarm, now + s->conf->interval_us);
}

static const char *status_text(int status, bool timed_out, char *buf,
			       size_t len)
{
	if (timed_out)
		snprintf(buf, len, "timed out");
	else if (status == -1)
		snprintf(buf, len, "could not be started");
	else if (WIFSIGNALED(status))
		snprintf(buf, len, "killed by signal %d", WTERMSIG(status));
	else
		snprintf(buf, len, "exited with status %d",
			 WEXITSTATUS(status));
	return buf;
}

void tracks_result(uint32_t id, int status, bool timed_out, uint64_t now)
{
	struct script *s;
	char text[64];

	for (s = scripts.first; s && s->id != id; s = s->next)
		;
	if (!s || !id)
		return;
	s->id = 0;
	status_text(status, timed_out, text, sizeof(text));
	if (s->last != status && !timed_out && WIFEXITED(status))
		log_say(LOG_INFO, "Script `%s` now returning %d",
			s->conf->name, WEXITSTATUS(status));
	s->last = status;
	if (s->record) {
		s->record->status = status;
		s->record->ran = now;
	}
	if (!priority_script_ran(&s->result, !status && !timed_out))
		return;
	if (s->record)
		s->record->result = s->result.result;
	if (s->result.result == PRIORITY_UP)
		log_say(LOG_NOTICE, "VRRP_Script(%s) succeeded", s->conf->name);
	else
		log_say(LOG_NOTICE, "VRRP_Script(%s) failed (%s)",
			s->conf->name, text);
	tracks_changed(now);
}

/* One that must not run counts as failed. */
static struct script *script_create(const struct ka_vrrp_script *c,
				    struct state *state)
{
	struct script *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->conf = c;
	s->last = -2;
	priority_script_init(&s->result, c->rise, c->fall, c->init_fail);
	s->record = state_script(state, c->name);
	if (s->record && s->record->result != PRIORITY_UNKNOWN)
		priority_script_keep(&s->result, s->record->result);
	s->owner = owner_of(c->command);
	alarm_add(&s->alarm, on_alarm, s);
	if (s->owner)
		alarm_set(&s->alarm, now_us());
	else
		s->result.result = PRIORITY_DOWN;
	return s;
}

void tracks_create(const struct ka_conf *conf, struct state *state, int jobs)
{
	struct script *s;
	size_t i;

	scripts.jobs = jobs;
	/* of an earlier worker's runs, whose results may still come */
	scripts.ids = now_us() & ~WATCH_ID;
	for (i = 0; i < conf->n_scripts; i++) {
		s = script_create(conf->scripts[i], state);
		if (!s)
			continue;
		s->next = scripts.first;
		scripts.first = s;
	}
	watches_create(conf, jobs);
}

/* A member of a sync group has no weights, unless the group says so. */
static bool has_weight(const struct router *r, const struct ka_track *t)
{
	return !r->conf->group || r->conf->group->tracking_weight ||
	       t->kind == KA_TRACK_INTERFACE;
}

static void bind_one(struct router *r, const struct ka_track *t)
{
	struct priority_track *p = &r->tracks[r->n_tracks];

	r->track_conf[r->n_tracks++] = t;
	p->kind = t->kind == KA_TRACK_FILE ? PRIORITY_FILE : PRIORITY_SWITCH;
	p->weight = has_weight(r, t) ? t->weight : 0;
	p->reverse = t->reverse;
}

void track_bind(struct router *r)
{
	const struct ka_sync_group *group = r->conf->group;
	size_t n = r->conf->n_tracks + (group ? group->n_tracks : 0), i;

	r->tracks = calloc(n + 1, sizeof(*r->tracks));
	r->track_conf = calloc(n + 1, sizeof(*r->track_conf));
	if (!r->tracks || !r->track_conf)
		abort();
	for (i = 0; i < r->conf->n_tracks; i++)
		bind_one(r, &r->conf->tracks[i]);
	for (i = 0; group && i < group->n_tracks; i++)
		bind_one(r, &group->tracks[i]);
}

static enum priority_result script_result(const struct ka_vrrp_script *conf)
{
	const struct script *s;

	for (s = scripts.first; s; s = s->next)
		if (s->conf == conf)
			return s->result.result;
	return PRIORITY_UNKNOWN;
}

void track_results(struct router *r)
{
	size_t i;

	for (i = 0; i < r->n_tracks; i++) {
		const struct ka_track *t = r->track_conf[i];
		struct priority_track *p = &r->tracks[i];

		switch (t->kind) {
		case KA_TRACK_INTERFACE:
			p->result = link_is_up(link_by_name(t->name)) ?
					    PRIORITY_UP : PRIORITY_DOWN;
			break;
		case KA_TRACK_SCRIPT:
			p->result = script_result(t->script);
			break;
		case KA_TRACK_FILE:
			p->value = watch_file(t->file);
			break;
		case KA_TRACK_PROCESS:
			p->result = watch_process(t->process);
			break;
		}
	}
}
