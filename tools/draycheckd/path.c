// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One task at a time asks for all that is to be asked for.  The socket is the
 * task's; a path that a task has is not freed before it is done.
 */
#include "path.h"

#include <errno.h>
#include <event2/event.h>
#include <search.h>
#include <stdio.h>

#include "job.h"
#include "log.h"
#include "mem.h"
#include "request.h"
#include "task.h"

#define AGAIN_S 5	/* after a refusal that may pass */

struct errand {
	struct path *path;
	struct dray_probe probe;
	uint8_t cmd;
	int err;
	char text[200];
};

static struct {
	void *tree;			/* by VIP and server */
	struct path *slots[PATHS_MAX];	/* by mark */
	size_t n;			/* slots that ever were in use */
	size_t next;			/* where to look for a free one */
	size_t in_use;
	uint32_t mark;
	bool present;			/* the module is there */
	bool told;			/* that it is not */
	bool complained;		/* that it refuses what may pass */
	bool waiting;			/* to ask again */
	bool stale;			/* the socket is of another module */
	bool busy;			/* the task has: */
	struct task task;
	struct errand *errands;
	size_t n_errands;
	bool reopen;
	struct dray_nl nl;		/* the task's alone */
} paths = { .mark = PATH_MARK };

/* a mark that somebody else has */
static struct path foreign;

static int compare(const void *a, const void *b)
{
	const struct path *x = a, *y = b;
	int rc = dray_addr_cmp(&x->probe.vip, &y->probe.vip);

	return rc ? rc : dray_addr_cmp(&x->probe.server, &y->probe.server);
}

/* @err: 0: ours.  What is no request of any sense, or one too many, stays so. */
static void refuse(struct path *path, int err, const char *why)
{
	path->state = PATH_REFUSED;
	path->passing = err && err != EINVAL && err != ENOSPC;
	snprintf(path->why, sizeof(path->why), "%s", why);
}

static void want(struct path *path)
{
	path->state = !paths.present ? PATH_NONE : PATH_ASKED;
	if (!path->probe.mark)
		refuse(path, 0, "too many servers and virtual addresses");
}

/* Mark 0: there is none left. */
static void give_mark(struct path *path)
{
	size_t tried, i;

	path->probe.mark = 0;
	for (tried = 0; tried < PATHS_MAX; tried++) {
		i = paths.next++ % PATHS_MAX;
		if (paths.slots[i])
			continue;
		paths.slots[i] = path;
		path->probe.mark = paths.mark + i;
		if (i >= paths.n)
			paths.n = i + 1;
		return;
	}
}

static void take_mark(struct path *path)
{
	if (path->probe.mark)
		paths.slots[path->probe.mark - paths.mark] = NULL;
	path->probe.mark = 0;
}

struct path *path_get(const struct dray_addr *vip,
		      const struct dray_addr *server)
{
	struct path like = { .probe = { .vip = *vip, .server = *server } };
	struct path **found = tfind(&like, &paths.tree, compare), *path;

	if (found) {
		path = *found;
		paths.in_use += !path->users;
		/* it may be on its way out */
		if (!path->users++ && path->state == PATH_NONE)
			want(path);
		return path;
	}
	path = mem_zero(1, sizeof(*path));
	path->probe.vip = *vip;
	path->probe.server = *server;
	path->users = 1;
	paths.in_use++;
	if (!tsearch(path, &paths.tree, compare))
		abort();
	give_mark(path);
	want(path);
	return path;
}

static void path_free(struct path *path)
{
	take_mark(path);
	tdelete(path, &paths.tree, compare);
	free(path);
}

/* It goes with the next paths_settle(). */
void path_put(struct path *path)
{
	if (!path || --path->users)
		return;
	paths.in_use--;
	if (!path->probe.mark)
		path_free(path);
}

/* Why there is none now; NULL if there is. */
const char *path_absence(const struct path *path)
{
	return path->state == PATH_OPEN ? NULL :
	       path->state == PATH_REFUSED ? path->why :
	       path->state == PATH_ASKED ? "not yet known to dray.ko" :
					   "dray.ko is not loaded";
}

/* --- in the thread --- */

static int reopen(void)
{
	if (paths.nl.sk)
		dray_nl_close(&paths.nl);
	return dray_nl_open(&paths.nl);
}

static void run_errand(struct errand *e, int rc)
{
	if (!rc)
		rc = dray_probe_write(&paths.nl, e->cmd, &e->probe);
	e->err = -rc;
	snprintf(e->text, sizeof(e->text), "%s", paths.nl.error.text[0] ?
		 paths.nl.error.text : strerror(-rc));
}

static void work(struct task *task)
{
	int rc = paths.reopen ? reopen() : 0;
	size_t i;

	(void)task;
	for (i = 0; i < paths.n_errands; i++)
		run_errand(&paths.errands[i], rc);
}

/* --- in the loop --- */

static bool take_answer(struct errand *e)
{
	struct path *path = e->path;

	if (e->cmd == DRAY_CMD_DEL_PROBE) {
		if (!path->users)
			path_free(path);
		return true;
	}
	if (paths.stale || path->state != PATH_ASKED)
		return true;
	if (e->err == EBUSY) {
		paths.slots[path->probe.mark - paths.mark] = &foreign;
		give_mark(path);
		want(path);
		return true;
	}
	if (e->err)
		refuse(path, e->err, e->text);
	else
		path->state = PATH_OPEN;
	return !e->err;
}

static bool passing(const struct path *path)
{
	return path && path->state == PATH_REFUSED && path->passing;
}

static bool any_passing(void)
{
	size_t i;

	for (i = 0; i < paths.n; i++)
		if (passing(paths.slots[i]))
			return true;
	return false;
}

static void ask_again(evutil_socket_t fd, short what, void *arg)
{
	size_t i;

	(void)fd;
	(void)what;
	(void)arg;
	paths.waiting = false;
	for (i = 0; i < paths.n; i++)
		if (passing(paths.slots[i]))
			want(paths.slots[i]);
	paths_settle();
}

/* Told once, however often it is asked again. */
static void complain(size_t refused, const char *why)
{
	bool again = any_passing();
	static const struct timeval soon = { AGAIN_S, 0 };

	if (refused && !(again && paths.complained))
		log_warning("%zu servers are checked at their own addresses "
			    "only, not for their VIPs: %s", refused, why);
	paths.complained = again;
	if (again && !paths.waiting)
		paths.waiting = !event_base_once(job_base(), -1, EV_TIMEOUT,
						 ask_again, NULL, &soon);
}

static void done(struct task *task)
{
	size_t i, refused = 0;
	const char *why = "";

	(void)task;
	for (i = 0; i < paths.n_errands; i++) {
		if (take_answer(&paths.errands[i]))
			continue;
		refused++;
		why = paths.errands[i].text;
	}
	complain(refused, why);
	free(paths.errands);
	paths.errands = NULL;
	paths.n_errands = 0;
	paths.busy = false;
	paths_settle();
}

static void add_errand(struct path *path, uint8_t cmd)
{
	struct errand *e;

	paths.errands = dray_grow(paths.errands, paths.n_errands,
				  sizeof(*paths.errands));
	e = &paths.errands[paths.n_errands++];
	memset(e, 0, sizeof(*e));
	e->path = path;
	e->probe = path->probe;
	e->cmd = cmd;
}

/* What nobody wants goes, what somebody wants is asked for. */
static void plan_errand(struct path *path)
{
	if (path->users) {
		if (path->state == PATH_ASKED)
			add_errand(path, DRAY_CMD_NEW_PROBE);
	} else if (path->state == PATH_OPEN && !paths.stale) {
		path->state = PATH_NONE;
		add_errand(path, DRAY_CMD_DEL_PROBE);
	} else {
		path_free(path);
	}
}

/* After paths were got and put. */
void paths_settle(void)
{
	size_t i;

	if (paths.busy)
		return;
	for (i = 0; i < paths.n; i++)
		if (paths.slots[i] && paths.slots[i] != &foreign)
			plan_errand(paths.slots[i]);
	if (!paths.present && paths.in_use && !paths.told) {
		log_info("Without dray.ko servers are checked at their own "
			 "addresses only, not for their VIPs");
		paths.told = true;
	}
	if (!paths.n_errands)
		return;
	paths.busy = true;
	paths.reopen = paths.stale || !paths.nl.sk;
	paths.stale = false;
	paths.task = (struct task){ .work = work, .done = done };
	task_start(TASK_KERNEL, &paths.task);
}

static void want_all(void)
{
	size_t i;

	for (i = 0; i < paths.n; i++)
		if (paths.slots[i] && paths.slots[i] != &foreign)
			want(paths.slots[i]);
	paths.stale = true;
}

/* The module is there, or another one. */
void paths_open(void)
{
	paths.present = true;
	paths.told = false;
	want_all();
	paths_settle();
}

void paths_close(void)
{
	paths.present = false;
	want_all();
	paths_settle();
}

/* With each file: what was refused is tried again.  @mark: 0: ours. */
void paths_setup(uint32_t mark)
{
	size_t i;

	if (!mark)
		mark = PATH_MARK;
	for (i = 0; i < paths.n; i++) {
		if (paths.slots[i] == &foreign) {
			paths.slots[i] = NULL;
			continue;
		}
		if (!paths.slots[i])
			continue;
		paths.slots[i]->probe.mark = mark + i;
		if (paths.slots[i]->state == PATH_REFUSED)
			want(paths.slots[i]);
	}
	if (mark != paths.mark)
		want_all();
	paths.mark = mark;
}
