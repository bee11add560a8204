/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that starts commands, writes to FIFOs and sends mail, so that
 * the one that sends adverts never forks and never waits.  Jobs come as
 * messages; of a job that was asked to be, the result goes back.
 */
#ifndef DRAYVRRPD_SPAWNER_H
#define DRAYVRRPD_SPAWNER_H

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

/* The whole life of the spawner: jobs come by @fd until the other end of
 * @alive is closed; then what notifies is finished, within some seconds. */
void spawner_main(int fd, int alive);

#endif
