// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each helper holds one end of a pipe whose other end is the supervisor's alone: it
 * ends itself when that is closed, or when there is no supervisor any more.
 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sock.h"
#include "spawner.h"
#include "sync.h"

#define SYNC_END_MS 1000	/* what its process has to end itself */

static struct {
	struct event_base *base;
	struct state *state;
	int jobs;			/* the spawner's end */
	int alive[2];			/* closed: the spawner is to end */
	pid_t spawner;
	int sync_alive;			/* closed: the state sync is to end */
	pid_t sync;			/* 0: there is none */
} helpers = { .alive = { -1, -1 }, .sync_alive = -1 };

void helpers_init(struct event_base *base, struct state *state, int jobs)
{
	helpers.base = base;
	helpers.state = state;
	helpers.jobs = jobs;
}

pid_t helper_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	event_reinit(helpers.base);
	event_base_free(helpers.base);
	close(helpers.alive[1]);
	if (helpers.sync_alive >= 0)
		close(helpers.sync_alive);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* Scripts and the rest wait for a CPU like anybody. */
static void be_ordinary(void)
{
	struct sched_param param = { 0 };

	sched_setscheduler(0, SCHED_OTHER, &param);
}

/* --- the spawner --- */

int helper_start_spawner(void)
{
	pid_t pid;

	if (pipe2(helpers.alive, O_CLOEXEC))
		return -errno;
	pid = helper_fork();
	if (!pid) {
		be_ordinary();
		spawner_main(helpers.jobs, helpers.alive[0]);
	}
	close(helpers.alive[0]);
	helpers.spawner = pid;
	return pid < 0 ? -errno : 0;
}

void helper_end_spawner(void)
{
	close(helpers.alive[1]);
	if (helpers.spawner > 0)
		waitpid(helpers.spawner, NULL, 0);
}

/* --- the state sync --- */

/* Without one it is tried again after a second. */
void helper_start_sync(const struct ka_conf *conf, int control)
{
	int pair[2];

	if (helpers.sync || !sync_wanted(conf) || pipe2(pair, O_CLOEXEC))
		return;
	helpers.sync_alive = pair[1];
	helpers.sync = helper_fork();
	if (!helpers.sync) {
		be_ordinary();
		if (control >= 0)
			close(control);
		sync_main(conf, helpers.state, pair[0]);
	}
	close(pair[0]);
	if (helpers.sync > 0)
		return;
	close(pair[1]);
	helpers.sync_alive = -1;
	helpers.sync = 0;
}

static void sync_gone(void)
{
	helpers.sync = 0;
	if (helpers.sync_alive >= 0)
		close(helpers.sync_alive);
	helpers.sync_alive = -1;
	helpers.state->sync.pid = 0;
	helpers.state->sync.status = SYNC_OFF;
	helpers.state->sync.hold_until = 0;
}

/* It ends with the pipe; where it hangs, workers must not wait for it. */
void helper_end_sync(void)
{
	const struct timespec turn = { .tv_nsec = SYNC_END_MS * 1000000 / 100 };
	int turns;

	if (!helpers.sync)
		return;
	close(helpers.sync_alive);
	helpers.sync_alive = -1;
	for (turns = 0; turns < 100; turns++) {
		if (waitpid(helpers.sync, NULL, WNOHANG))
			break;
		nanosleep(&turn, NULL);
	}
	if (turns == 100) {
		kill(helpers.sync, SIGKILL);
		waitpid(helpers.sync, NULL, 0);
	}
	sync_gone();
}

/* Nobody is preempted before this host has what the others have. */
void helper_begin_sync(const struct ka_conf *conf)
{
	memset(&helpers.state->sync, 0, sizeof(helpers.state->sync));
	if (sync_wanted(conf))
		helpers.state->sync.hold_until = now_us() + SYNC_HOLD_US;
	helper_start_sync(conf, -1);
}

bool helper_died(pid_t pid)
{
	if (pid == helpers.spawner) {
		log_say(LOG_ERR, "the process that runs scripts died: another "
			"is started");
		close(helpers.alive[1]);
		helper_start_spawner();
	} else if (pid == helpers.sync) {
		log_say(LOG_ERR, "the process that syncs state died: another "
			"is started");
		sync_gone();
	} else {
		return false;
	}
	return true;
}
