// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The spawner is asked every so often, and answers with a number: the value
 * that a file holds, or how many processes match.
 */
#include "watch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "log.h"
#include "sock.h"
#include "spawner.h"
#include "track.h"

#define EVERY_US 500000ull

struct watch {
	struct watch *next;
	const struct ka_track_file *file;	/* one of both */
	const struct ka_track_process *process;
	struct alarm alarm;
	uint32_t id;			/* of the question; 0: none is open */
	uint64_t asked;
	long value;
	bool known;
	enum priority_result result;	/* of a process */
	enum priority_result wanted;	/* that it becomes after the delay */
	uint64_t wanted_since;
};

static struct {
	struct watch *first;
	int jobs;
	uint32_t ids;
} watches;

static void ask_file(struct watch *w, struct job *job)
{
	const char *words[] = { w->file->path };

	job->kind = JOB_FILE;
	w->id = job_send(watches.jobs, job, words, 1) ? 0 : job->id;
}

static void ask_process(struct watch *w, struct job *job)
{
	const struct ka_track_process *p = w->process;
	const char *words[JOB_WORDS] = {
		p->full_command ? "full" : "name",
		p->match_initial ? "initial" : p->match_partial ? "partial" :
								  "exact" };
	size_t n = 2, i;

	for (i = 0; i < p->process->argc && n < JOB_WORDS; i++)
		words[n++] = p->process->argv[i];
	job->kind = JOB_PROCESSES;
	w->id = job_send(watches.jobs, job, words, n) ? 0 : job->id;
}

static void on_alarm(void *arg, uint64_t now)
{
	struct watch *w = arg;
	struct job job = { .id = WATCH_ID | (++watches.ids & ~WATCH_ID) };

	if (!w->id || now - w->asked > 10 * EVERY_US) {
		w->asked = now;
		if (w->file)
			ask_file(w, &job);
		else
			ask_process(w, &job);
	}
	alarm_set(&w->alarm, now + EVERY_US);
}

/* A number of processes is right or wrong at once, and believed later. */
static void judge(struct watch *w, uint64_t now)
{
	const struct ka_track_process *p = w->process;
	bool up = w->value >= (long)p->quorum &&
		  (p->quorum_max == UINT_MAX ||
		   w->value <= (long)p->quorum_max);
	uint64_t delay = up ? p->fork_delay_us : p->terminate_delay_us;
	enum priority_result wanted = up ? PRIORITY_UP : PRIORITY_DOWN;

	if (w->wanted != wanted) {
		w->wanted = wanted;
		w->wanted_since = now;
	}
	if (w->result == wanted ||
	    (w->result != PRIORITY_UNKNOWN && now - w->wanted_since < delay))
		return;
	w->result = wanted;
	log_say(LOG_NOTICE, "Process %s is %s: %ld of it", p->name,
		up ? "up" : "down", w->value);
	tracks_changed(now);
}

void watch_result(uint32_t id, long value, uint64_t now)
{
	struct watch *w;
	bool same;

	for (w = watches.first; w && w->id != id; w = w->next)
		;
	if (!w)
		return;
	w->id = 0;
	same = w->known && w->value == value;
	w->known = true;
	w->value = value;
	if (w->process) {
		judge(w, now);
	} else if (!same) {
		log_say(LOG_NOTICE, "Track file %s is %ld", w->file->name,
			value);
		tracks_changed(now);
	}
}

static struct watch *watch_create(void)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	alarm_add(&w->alarm, on_alarm, w);
	alarm_set(&w->alarm, now_us());
	w->next = watches.first;
	watches.first = w;
	return w;
}

void watches_create(const struct ka_conf *conf, int jobs)
{
	size_t i;

	watches.jobs = jobs;
	for (i = 0; i < conf->n_track_files; i++)
		watch_create()->file = conf->track_files[i];
	for (i = 0; i < conf->n_track_processes; i++)
		watch_create()->process = conf->track_processes[i];
}

long watch_file(const struct ka_track_file *file)
{
	const struct watch *w;

	for (w = watches.first; w; w = w->next)
		if (w->file == file)
			return w->value;
	return 0;
}

enum priority_result watch_process(const struct ka_track_process *process)
{
	const struct watch *w;

	for (w = watches.first; w; w = w->next)
		if (w->process == process)
			return w->result;
	return PRIORITY_UNKNOWN;
}
