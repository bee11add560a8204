/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that are not waited for: started in a process group of their own as
 * the user that the file names, ended with all their children when they take
 * too long.  This process never forks: it is a posix_spawn() each.
 */
#ifndef DRAYCHECKD_CHILD_H
#define DRAYCHECKD_CHILD_H

#include "ka.h"

struct child;

/* status: as from waitpid(); timed_out: it was ended */
typedef void (*child_done_fn)(int status, bool timed_out, void *arg);

/* What is to be run, and as whom; keeps nothing of the configuration. */
struct child_command {
	char **argv;		/* ends with NULL */
	char *why;		/* DRAY_WHY=...; NULL: none */
	uid_t uid;
	gid_t gid;
	bool named;		/* uid has a name, and so may have groups */
};

/* Asks name services and looks at the file: for a task of TASK_NAMES. */
int child_command_make(struct child_command *c, const struct ka_conf *conf,
		       const struct ka_command *command, const char *last_word,
		       char *why, size_t len);
void child_command_free(struct child_command *c);
struct child *child_start(const struct child_command *command,
			  uint64_t timeout_us, child_done_fn done, void *arg,
			  char *why, size_t len);
void child_abandon(struct child *child);
bool child_wait(struct child *child, int ms);
bool child_kill(struct child *child);

#endif
