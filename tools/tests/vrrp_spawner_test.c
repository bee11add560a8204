// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that runs commands, when it is asked for more than it should. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "spawner.h"

#define LONG_MS 60000
#define MANY 300
#define QUEUE_MAX 64		/* spawner.c's */
#define TASKS_MAX 512

static char folder[] = "/tmp/vrrp-spawner-XXXXXX";
static int jobs[2], alive[2];
static pid_t pid;

static int set_up(void **state)
{
	int bytes = 4 << 20;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, jobs), 0);
	setsockopt(jobs[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	assert_int_equal(pipe(alive), 0);
	pid = fork();
	if (!pid) {
		close(alive[1]);
		close(jobs[0]);
		spawner_main(jobs[1], alive[0]);
	}
	close(alive[0]);
	close(jobs[1]);
	return 0;
}

/* What was asked for is done, or it has taken too long. */
static int end(void **state)
{
	(void)state;
	if (pid <= 0)
		return 0;
	close(alive[1]);
	waitpid(pid, NULL, 0);
	close(jobs[0]);
	pid = 0;
	return 0;
}

static int give(struct job *job, const char *name, const char *command)
{
	const char *words[] = { name, "/bin/sh", "-c", command };
	int rc;

	job->uid = getuid();
	job->gid = getgid();
	/* a full socket: it reads as fast as it can */
	while ((rc = job_send(jobs[0], job, name ? words : words + 1,
			      name ? 4 : 3)) == -EAGAIN)
		usleep(1000);
	return rc;
}

static void notify(const char *name, const char *command)
{
	struct job job = { .kind = JOB_NOTIFY };

	assert_int_equal(give(&job, name, command), 0);
}

static void read_lines(const char *name, char *text, size_t size)
{
	char path[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (f) {
		n = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[n] = '\0';
}

/* As long as it takes: alarm() ends what takes for ever. */
static void wait_for_line(const char *name, const char *line, char *text,
			  size_t size)
{
	do {
		usleep(10000);
		read_lines(name, text, size);
	} while (!strstr(text, line));
}

static void touch(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fclose(fopen(path, "w"));
}

static void block(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "while [ ! -e %s/gate ]; do sleep 0.02; done; "
		 "rm %s/gate", folder, folder);
	notify(name, command);
}

/* The last ones are run, in order: the newest state is what counts. */
static void notifications_are_bounded(void **state)
{
	char command[128], text[4096], wanted[4096] = "";
	int i;

	(void)state;
	block("VI_1");
	for (i = 0; i < MANY; i++) {
		snprintf(command, sizeof(command), "echo %d >>%s/told", i,
			 folder);
		notify("VI_1", command);
		if (i >= MANY - QUEUE_MAX)
			sprintf(wanted + strlen(wanted), "%d\n", i);
	}
	/* another's are not held up by it */
	snprintf(command, sizeof(command), "touch %s/gate", folder);
	notify("VI_2", command);
	wait_for_line("told", "299\n", text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* An advert each: one script at a time, however many come. */
static void only_one(void **state)
{
	struct job job = { .kind = JOB_NOTIFY, .only_one = true };
	char command[128], text[4096];
	int i;

	(void)state;
	block("VI_1");
	snprintf(command, sizeof(command), "echo lower >>%s/lower", folder);
	for (i = 0; i < MANY; i++)
		assert_int_equal(give(&job, "VI_1", command), 0);
	touch("gate");
	end(NULL);
	read_lines("lower", text, sizeof(text));
	assert_string_equal(text, "lower\n");
}

/* What cannot be started is told as such, and what runs goes on. */
static void tasks_are_bounded(void **state)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct job job = { .kind = JOB_RUN };
	struct job_result result;
	int i;

	(void)state;
	poll_fd.fd = jobs[0];
	for (i = 0; i <= TASKS_MAX; i++) {
		job.id = i + 1;
		assert_int_equal(give(&job, NULL, "sleep 600"), 0);
	}
	assert_int_equal(poll(&poll_fd, 1, LONG_MS), 1);
	assert_int_equal(recv(jobs[0], &result, sizeof(result), 0),
			 sizeof(result));
	assert_int_equal(result.id, TASKS_MAX + 1);
	assert_int_equal(result.status, -1);
}

static void mark_readers(const char *word)
{
	struct job job = { .kind = JOB_READERS };

	assert_int_equal(job_send(jobs[0], &job, &word, 1), 0);
}

static void write_line(const char *path, const char *line)
{
	struct job job = { .kind = JOB_FIFO };
	const char *words[] = { path, line };

	assert_int_equal(job_send(jobs[0], &job, words, 2), 0);
}

/* A reader sees each line, is started again, and has the last word too. */
static void reader_of_a_fifo(void **state)
{
	struct job job = { .kind = JOB_READER };
	char path[64], command[256], text[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/fifo", folder);
	/* ends after one line, and goes on with the next */
	snprintf(command, sizeof(command),
		 "exec <%s; read line; echo $line >>%s/read; "
		 "[ \"$line\" = one ] || while read line; do "
		 "echo $line >>%s/read; done", path, folder, folder);
	mark_readers("begin");
	assert_int_equal(give(&job, path, command), 0);
	mark_readers("end");
	/* a worker after a crash says it again: it is the same */
	mark_readers("begin");
	assert_int_equal(give(&job, path, command), 0);
	mark_readers("end");
	write_line(path, "one\n");
	wait_for_line("read", "one\n", text, sizeof(text));
	write_line(path, "two\n");
	wait_for_line("read", "two\n", text, sizeof(text));
	assert_string_equal(text, "one\ntwo\n");
	write_line(path, "three\n");
	end(NULL);
	read_lines("read", text, sizeof(text));
	assert_string_equal(text, "one\ntwo\nthree\n");
}

static int make_folder(void **state)
{
	(void)state;
	alarm(300);
	return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, end)
		T(notifications_are_bounded),
		T(only_one),
		T(tasks_are_bounded),
		T(reader_of_a_fifo),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
