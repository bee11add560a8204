/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the worker wants done by the spawner, which has a process for it. */
#ifndef DRAYVRRPD_JOB_H
#define DRAYVRRPD_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define JOB_MAX 16384
#define JOB_WORDS 64

enum job_kind {
	JOB_RUN,	/* words: argv; the result is told, no order kept */
	JOB_NOTIFY,	/* words: name, argv; in order with all of this name */
	JOB_FIFO,	/* words: path, line */
	JOB_FILE,	/* words: path; its number is told */
	JOB_PROCESSES,	/* words: of probe_processes(); how many is told */
	JOB_MAIL,	/* words: server URL, HELO, from, subject, body, to... */
	JOB_READER,	/* words: path of a FIFO, argv; runs for as long as we do */
	JOB_READERS,	/* words: "begin" or "end": of all that are to run */
};

struct job {
	uint32_t kind, id;
	uint32_t timeout_ms;	/* then SIGTERM, and SIGKILL two seconds later */
	uid_t uid;
	gid_t gid;
	bool only_one;		/* of those that say the same: others are dropped */
	uint32_t n_words;
	char words[];		/* each ends with a zero */
};

struct job_result {
	uint32_t id;
	int status;		/* as wait() has it; -1: could not be started */
	long value;		/* of what was looked at */
	bool timed_out;
};

/* In the worker: hand a job over.  Return: 0, or -errno if it is lost. */
int job_send(int fd, const struct job *job, const char *const *words,
	     size_t n_words);

/* In the spawner: its words, as they are in the message, and NULL.  Return: how many. */
size_t job_split(struct job *job, char *words[JOB_WORDS + 1]);
/* In a child of the spawner: be the command, or send the mail. */
void job_main(struct job *job) __attribute__((noreturn));

#endif
