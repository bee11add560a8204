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
#include "task.h"

/* Who runs it is asked for in a task, for which it lives on if given up. */
struct misc {
	struct task task;
	struct look *look;	/* NULL: given up */
	const struct ka_conf *conf;
	const struct ka_command *words;
	struct child_command command;
	struct child *child;
	char why[150];
	bool failed;
};

static void misc_judge(struct look *look, int status)
{
	struct probe_result result = { .ok = true };
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code < 0) {
		look_failed(look, "killed by signal %d", WTERMSIG(status));
	} else if (look_checker(look)->misc.dynamic && code >= 2) {
		result.has_weight = true;
		result.weight = code - 2;
		look_done(look, &result);
	} else if (code) {
		look_failed(look, "exited with status %d", code);
	} else {
		look_passed(look);
	}
}

static void misc_free(struct misc *misc)
{
	child_command_free(&misc->command);
	free(misc);
}

static void misc_done(int status, bool timed_out, void *arg)
{
	struct misc *misc = arg;
	struct look *look = misc->look;

	misc_free(misc);
	if (timed_out)
		look_failed(look, "did not end in %.3g s",
			   look_checker(look)->misc.timeout_us / 1e6);
	else
		misc_judge(look, status);
}

static void prepare_work(struct task *task)
{
	struct misc *misc = (struct misc *)task;

	misc->failed = child_command_make(&misc->command, misc->conf,
					  misc->words, NULL, misc->why,
					  sizeof(misc->why));
}

static void prepare_done(struct task *task)
{
	struct misc *misc = (struct misc *)task;
	struct look *look = misc->look;
	char why[sizeof(misc->why)];

	if (look && !misc->failed)
		misc->child = child_start(&misc->command,
					  look_checker(look)->misc.timeout_us,
					  misc_done, misc, misc->why,
					  sizeof(misc->why));
	if (misc->child)
		return;
	snprintf(why, sizeof(why), "%s", misc->why);
	misc_free(misc);
	if (look)
		look_failed(look, "%s", why);
}

static void *misc_start(struct look *look)
{
	struct misc *misc = mem_zero(1, sizeof(*misc));

	misc->task = (struct task){ .work = prepare_work,
				    .done = prepare_done };
	misc->look = look;
	misc->conf = daemon_state.conf;
	misc->words = look_checker(look)->misc.command;
	task_start(TASK_NAMES, &misc->task);
	return misc;
}

static void misc_cancel(void *probe)
{
	struct misc *misc = probe;

	misc->look = NULL;
	if (!misc->child)
		return;
	child_abandon(misc->child);
	misc_free(misc);
}

const struct probe_ops probe_misc = {
	.name = "MISC_CHECK",
	.start = misc_start,
	.cancel = misc_cancel,
};
