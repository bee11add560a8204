// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MISC_CHECK: a script says how the server is: 0 is well, with misc_dynamic 2
 * to 255 is well with a weight of two less.  The weight is absolute: it holds
 * until the next result and leaves nothing behind.
 */
#include "probe.h"

#include <stdio.h>
#include <sys/wait.h>

#include "daemon.h"
#include "mem.h"
#include "child.h"

struct misc {
	struct job *job;
	struct child *child;
};

static void misc_judge(struct job *job, int status)
{
	struct probe_result result = { .ok = true };
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code < 0) {
		job_failed(job, "killed by signal %d", WTERMSIG(status));
	} else if (job_checker(job)->misc.dynamic && code >= 2) {
		result.has_weight = true;
		result.weight = code - 2;
		job_done(job, &result);
	} else if (code) {
		job_failed(job, "exited with status %d", code);
	} else {
		job_passed(job);
	}
}

static void misc_done(int status, bool timed_out, void *arg)
{
	struct misc *misc = arg;
	struct job *job = misc->job;

	free(misc);
	if (timed_out)
		job_failed(job, "did not end in %.3g s",
			   job_checker(job)->misc.timeout_us / 1e6);
	else
		misc_judge(job, status);
}

static void *misc_start(struct job *job)
{
	const struct ka_misc *conf = &job_checker(job)->misc;
	struct misc *misc = mem_zero(1, sizeof(*misc));
	struct child_command command;
	char why[150];

	misc->job = job;
	if (!child_command_make(&command, daemon_state.conf, conf->command,
				NULL, why, sizeof(why)))
		misc->child = child_start(&command, conf->timeout_us,
					  misc_done, misc, why, sizeof(why));
	child_command_free(&command);
	if (misc->child)
		return misc;
	free(misc);
	job_failed(job, "%s", why);
	return NULL;
}

static void misc_cancel(void *probe)
{
	struct misc *misc = probe;

	child_abandon(misc->child);
	free(misc);
}

const struct probe_ops probe_misc = {
	.name = "MISC_CHECK",
	.start = misc_start,
	.cancel = misc_cancel,
};
