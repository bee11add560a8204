// SPDX-License-Identifier: GPL-2.0-or-later
/* See reader.h.  One that is left reads what there is, and ends as it likes. */
#include "reader.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "child.h"
#include "job.h"
#include "log.h"
#include "mem.h"
#include "task.h"

#define WAIT_LEAST_MS 1000
#define WAIT_MOST_MS 60000

struct reader {
	struct task task;
	const struct ka_conf *conf;	/* until it is prepared, as is */
	const struct ka_command *words;
	char *path;
	struct child_command command;
	char why[200];
	bool failed, prepared, left;
	struct child *child;
	struct event timer;
	uint64_t began, wait;		/* ms */
};

static void reader_free(struct reader *r)
{
	evtimer_del(&r->timer);
	child_command_free(&r->command);
	free(r->path);
	free(r);
}

static void again(struct reader *r)
{
	struct timeval tv;

	/* one that ran for a while has ended, not failed */
	if (now_ms() - r->began > WAIT_MOST_MS || !r->wait)
		r->wait = WAIT_LEAST_MS;
	tv = probe_timeval(r->wait * 1000);
	evtimer_add(&r->timer, &tv);
	r->wait = r->wait * 2 < WAIT_MOST_MS ? r->wait * 2 : WAIT_MOST_MS;
}

static void on_end(int status, bool timed_out, void *arg)
{
	struct reader *r = arg;

	(void)timed_out;
	r->child = NULL;
	if (r->left) {
		reader_free(r);
		return;
	}
	again(r);
	log_warning("The reader of the FIFO %s has ended with status %d; it is "
		    "started again", r->path, status);
}

static void run(struct reader *r)
{
	r->began = now_ms();
	r->child = child_start(&r->command, 0, on_end, r, r->why,
			       sizeof(r->why));
	if (r->child)
		return;
	log_error("The reader of the FIFO %s cannot be run: %s", r->path,
		  r->why);
	again(r);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static void prepare_work(struct task *task)
{
	struct reader *r = (struct reader *)task;

	r->failed = child_command_make(&r->command, r->conf, r->words, r->path,
				       r->why, sizeof(r->why));
}

static void prepare_done(struct task *task)
{
	struct reader *r = (struct reader *)task;

	r->prepared = true;
	if (r->left)
		reader_free(r);
	else if (r->failed)
		log_error("The reader of the FIFO %s is not run: %s", r->path,
			  r->why);
	else
		run(r);
}

struct reader *reader_start(const struct ka_conf *conf,
			    const struct ka_command *command, const char *path)
{
	struct reader *r = mem_zero(1, sizeof(*r));

	r->task = (struct task){ .work = prepare_work, .done = prepare_done };
	r->conf = conf;
	r->words = command;
	r->path = mem_text(path);
	evtimer_assign(&r->timer, job_base(), on_timer, r);
	task_start(TASK_NAMES, &r->task);
	return r;
}

/* NULL is none. */
void reader_leave(struct reader *r)
{
	if (!r)
		return;
	r->left = true;
	if (r->prepared && !r->child)
		reader_free(r);
}
