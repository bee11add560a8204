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
	struct look *look;
	struct child *child;
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

static void misc_done(int status, bool timed_out, void *arg)
{
	struct misc *misc = arg;
	struct look *look = misc->look;

	free(misc);
	if (timed_out)
		look_failed(look, "did not end in %.3g s",
			   look_checker(look)->misc.timeout_us / 1e6);
	else
		misc_judge(look, status);
}

static void *misc_start(struct look *look)
{
	const struct ka_misc *conf = &look_checker(look)->misc;
	struct misc *misc = mem_zero(1, sizeof(*misc));
	struct child_command command;
	char why[150];

	misc->look = look;
	if (!child_command_make(&command, daemon_state.conf, conf->command,
				NULL, why, sizeof(why)))
		misc->child = child_start(&command, conf->timeout_us,
					  misc_done, misc, why, sizeof(why));
	child_command_free(&command);
	if (misc->child)
		return misc;
	free(misc);
	look_failed(look, "%s", why);
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
