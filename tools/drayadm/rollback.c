// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way back.  A small process of its own session waits; it lives on when
 * the terminal or the ssh session that started it dies, which is what it is
 * for.  Whether it is still wanted stands in one file per network namespace:
 *
 *	/run/dray/unconfirmed-INODE	"PID DEADLINE", then the lines to go back to
 *
 * "confirm" removes the file.  File and decision are guarded by a lock on a
 * second file, so that confirming and rolling back cannot both happen.  The
 * lines are for people; the process has the configuration in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "save.h"

#ifndef STATE_DIR
#define STATE_DIR "/run/dray"
#endif

struct state_path {
	char file[128], lock[128];
};

static int make_path(struct state_path *path)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns))
		return -1;
	if (mkdir(STATE_DIR, 0700) && errno != EEXIST)
		return -1;
	snprintf(path->file, sizeof(path->file), STATE_DIR "/unconfirmed-%lu",
		 (unsigned long)ns.st_ino);
	snprintf(path->lock, sizeof(path->lock), STATE_DIR "/lock-%lu",
		 (unsigned long)ns.st_ino);
	return 0;
}

/* Return: a descriptor to close, or -1. */
static int take_lock(const struct state_path *path)
{
	int fd = open(path->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Return: the process that waits, 0 if there is none. */
static pid_t read_owner(const struct state_path *path, long *deadline)
{
	FILE *in = fopen(path->file, "re");
	long pid = 0;

	*deadline = 0;
	if (!in)
		return 0;
	if (fscanf(in, "# %ld %ld", &pid, deadline) != 2)
		pid = 0;
	fclose(in);
	/* it may have been killed: then nobody rolls back any more */
	return pid > 0 && !kill(pid, 0) ? pid : 0;
}

static long boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

static int no_state(struct session *s)
{
	complain(s, "cannot use " STATE_DIR ": %s", strerror(errno));
	return RC_FAILED;
}

/* A second change on top of an unconfirmed one would have no clear way back. */
int rollback_pending(struct session *s)
{
	struct state_path path;
	long deadline;

	if (make_path(&path))
		return 0;
	if (!read_owner(&path, &deadline))
		return 0;
	complain(s, "the last apply is not confirmed: \"%s confirm\" keeps it, "
		 "or it is rolled back in %ld s", s->program,
		 deadline - boottime());
	return RC_FAILED;
}

static int write_state(const struct state_path *path, const struct apply *a,
		       long deadline)
{
	FILE *out = fopen(path->file, "we");
	int rc;

	if (!out)
		return -1;
	fprintf(out, "# %ld %ld\n", (long)getpid(), deadline);
	rc = save_write(out, &a->before, true, true);
	return fclose(out) ? -1 : rc;
}

static void sleep_until(long deadline)
{
	struct timespec ts = { .tv_sec = deadline };

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL) ==
	       EINTR)
		;
}

/* Return: true if this process is still the one to roll back. */
static bool claim(const struct state_path *path)
{
	int lock = take_lock(path);
	long deadline;
	bool mine;

	mine = read_owner(path, &deadline) == getpid();
	if (mine)
		unlink(path->file);
	if (lock >= 0)
		close(lock);
	return mine;
}

static void wait_and_roll_back(struct session *s, const struct apply *a,
			       const struct state_path *path, long deadline)
{
	struct dray_table back = a->before;

	sleep_until(deadline);
	if (!claim(path))
		return;
	openlog("drayadm", LOG_PID, LOG_DAEMON);
	dray_diff_rollback_target(&back, a->wanted);
	s->file = NULL;
	if (session_connect(s) || apply_table(s, &back, a->with_vips))
		syslog(LOG_ERR, "apply was not confirmed, and could not be "
		       "rolled back: %s", s->nl.error.text);
	else
		syslog(LOG_WARNING, "apply was not confirmed: rolled back");
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (chdir("/"))
		_exit(RC_FAILED);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* The child: says through ready when its file is written, then waits for go. */
static void watch(struct session *s, const struct apply *a, int ready, int go,
		  unsigned int seconds)
{
	struct state_path path;
	long deadline = boottime() + seconds;
	char byte = 0;

	/* the parent's socket: a transaction must die with the parent */
	session_close(s);
	signal(SIGPIPE, SIG_IGN);
	if (make_path(&path) || write_state(&path, a, deadline)) {
		byte = errno ? errno : EIO;
		if (write(ready, &byte, 1) != 1)
			_exit(RC_FAILED);
		_exit(RC_FAILED);
	}
	if (write(ready, &byte, 1) != 1)
		_exit(RC_FAILED);
	close(ready);
	detach();
	/* end of file without a byte: the change was not made */
	if (read(go, &byte, 1) != 1)
		claim(&path);
	else
		wait_and_roll_back(s, a, &path, deadline);
	_exit(0);
}

/*
 * Before the change is made the watcher is there and its file is written: a
 * change that could not be undone is not made.
 * Return: 0 and in *handle what rollback_start() or _disarm() takes.
 */
int rollback_arm(struct session *s, const struct apply *a, unsigned int seconds,
		 int *handle)
{
	int ready[2], go[2];
	char byte = EIO;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return no_state(s);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ready[0]);
		close(go[1]);
		watch(s, a, ready[1], go[0], seconds);
	}
	close(ready[1]);
	close(go[0]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1 || byte) {
		errno = byte;
		close(ready[0]);
		close(go[1]);
		return no_state(s);
	}
	close(ready[0]);
	*handle = go[1];
	return 0;
}

int rollback_start(struct session *s, const struct apply *a,
		   unsigned int seconds, int handle)
{
	char byte = 1;
	bool ok = write(handle, &byte, 1) == 1;

	(void)a;
	close(handle);
	if (!ok) {
		complain(s, "the rollback process has died: the change stays");
		return RC_FAILED;
	}
	printf("applied; rolled back in %u s unless \"%s confirm\" is called\n",
	       seconds, s->program);
	return 0;
}

void rollback_disarm(int handle)
{
	close(handle);
}

int rollback_confirm(struct session *s)
{
	struct state_path path;
	long deadline;
	pid_t owner;
	int lock;

	if (make_path(&path))
		return no_state(s);
	lock = take_lock(&path);
	if (lock < 0)
		return no_state(s);
	owner = read_owner(&path, &deadline);
	unlink(path.file);
	/* it would only find out at its deadline that it is not wanted */
	if (owner)
		kill(owner, SIGTERM);
	close(lock);
	if (owner)
		return 0;
	complain(s, "nothing waits for a confirmation");
	return RC_FAILED;
}
