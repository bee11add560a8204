// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drayadm: a word as the first argument is one of our commands, everything
 * else is ipvsadm's command line.  The name the program was called by is the
 * one it gives itself, so a link named ipvsadm behaves the same.
 */
#include <signal.h>
#include <stdio.h>

#include "classic_run.h"
#include "words.h"

int main(int argc, char **argv)
{
	struct session s = { .program = argc ? argv[0] : "drayadm" };
	const char *const *args = (const char *const *)argv;
	const struct command *command;
	int rc;

	/* a listing into "head" ends quietly; children must not inherit this */
	signal(SIGPIPE, SIG_DFL);
	command = argc > 1 ? command_find(argv[1]) : NULL;
	if (command)
		rc = words_main(&s, command, argc - 1, args + 1);
	else
		rc = classic_main(&s, argc, args);
	session_close(&s);
	if (fflush(stdout) || ferror(stdout)) {
		perror("stdout");
		rc = rc ? rc : RC_FAILED;
	}
	return rc;
}
