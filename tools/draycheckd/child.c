// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See child.h.  Who exits is told by a descriptor of the process, not by a
 * signal.  Another user's rights are taken on by setpriv(1), which the program
 * is started through.
 */
#include "child.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "mem.h"
#include "probe.h"

#define SETPRIV "/usr/bin/setpriv"
#define GRACE_US 1000000	/* between asking to end and ending */
#define WRAP_WORDS 6

extern char **environ;

struct child {
	pid_t pid;
	int fd;			/* readable when the process is gone */
	struct event exited, timer;
	bool asked, timed_out;
	child_done_fn done;	/* NULL: abandoned */
	void *arg;
};

static void child_free(struct child *s)
{
	event_del(&s->exited);
	event_del(&s->timer);
	close(s->fd);
	free(s);
}

static void on_exit_of(evutil_socket_t fd, short what, void *arg)
{
	struct child *s = arg;
	child_done_fn done = s->done;
	bool timed_out = s->timed_out;
	void *whose = s->arg;
	int status = 0;

	(void)fd;
	(void)what;
	if (waitpid(s->pid, &status, WNOHANG) == 0)
		return;
	/* what it has left behind of itself goes with it */
	if (s->asked)
		kill(-s->pid, SIGKILL);
	child_free(s);
	if (done)
		done(status, timed_out, whose);
}

/* First asked, then ended: it and all that it has started. */
static void end(struct child *s)
{
	struct timeval grace = probe_timeval(GRACE_US);

	kill(-s->pid, s->asked ? SIGKILL : SIGTERM);
	s->asked = true;
	evtimer_add(&s->timer, &grace);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct child *s = arg;

	(void)fd;
	(void)what;
	s->timed_out = true;
	end(s);
}

static int prepare(posix_spawnattr_t *attr, posix_spawn_file_actions_t *files)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attr);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawn_file_actions_init(files);
	posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
	return posix_spawn_file_actions_adddup2(files, 1, 2);
}

/* Ours, and the reason; the caller frees it. */
static char **make_environment(char *why)
{
	size_t n = 0;
	char **made;

	while (environ[n])
		n++;
	made = mem_zero(n + 2, sizeof(*made));
	memcpy(made, environ, n * sizeof(*made));
	made[n] = why;
	return made;
}

static int run(char **argv, char *why, pid_t *pid)
{
	char **environment = make_environment(why);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	rc = prepare(&attr, &files);
	if (!rc)
		rc = posix_spawn(pid, argv[0], &files, &attr, argv,
				 environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	free(environment);
	return rc;
}

/* @last_word: one more argument, or NULL.  Return: 0, or -1 with *why. */
int child_command_make(struct child_command *c, const struct ka_conf *conf,
		       const struct ka_command *command, const char *last_word,
		       char *why, size_t len)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	if (ka_command_owner(conf, command, &c->uid, &c->gid, why, len))
		return -1;
	if (conf->globals.script_security &&
	    ka_command_check(conf, command, why, len) == -EPERM)
		return -1;
	c->named = getpwuid(c->uid);
	c->argv = mem_zero(command->argc + 2, sizeof(*c->argv));
	for (i = 0; i < command->argc; i++)
		c->argv[i] = mem_text(command->argv[i]);
	if (last_word)
		c->argv[i] = mem_text(last_word);
	return 0;
}

void child_command_free(struct child_command *c)
{
	char **word;

	for (word = c->argv; word && *word; word++)
		free(*word);
	free(c->argv);
	free(c->why);
	c->argv = NULL;
	c->why = NULL;
}

static int run_as(const struct child_command *c, pid_t *pid)
{
	char uid[32], gid[32], **argv;
	size_t n = 0;
	int rc;

	if (c->uid == geteuid() && c->gid == getegid())
		return run(c->argv, c->why, pid);
	while (c->argv[n])
		n++;
	snprintf(uid, sizeof(uid), "--reuid=%u", c->uid);
	snprintf(gid, sizeof(gid), "--regid=%u", c->gid);
	argv = mem_zero(n + WRAP_WORDS + 1, sizeof(*argv));
	argv[0] = SETPRIV;
	argv[1] = uid;
	argv[2] = gid;
	argv[3] = c->named ? "--init-groups" : "--clear-groups";
	argv[4] = "--inh-caps=-all";
	argv[5] = "--";
	memcpy(argv + WRAP_WORDS, c->argv, n * sizeof(*argv));
	rc = run(argv, c->why, pid);
	free(argv);
	return rc;
}

/* NULL with errno: then the process is gone. */
static struct child *watch(pid_t pid, uint64_t timeout_us, child_done_fn done,
			   void *arg)
{
	struct timeval timeout = probe_timeval(timeout_us);
	int err, fd = syscall(SYS_pidfd_open, pid, 0);
	struct child *s;

	if (fd < 0) {
		err = errno;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		errno = err;
		return NULL;
	}
	s = mem_zero(1, sizeof(*s));
	s->pid = pid;
	s->done = done;
	s->arg = arg;
	s->fd = fd;
	event_assign(&s->exited, job_base(), s->fd, EV_READ | EV_PERSIST,
		     on_exit_of, s);
	event_add(&s->exited, NULL);
	evtimer_assign(&s->timer, job_base(), on_timeout, s);
	if (timeout_us)
		evtimer_add(&s->timer, &timeout);
	return s;
}

/*
 * @timeout_us: 0 for none.
 * Return: what child_abandon() wants, until done() is called; NULL with *why.
 */
struct child *child_start(const struct child_command *command,
			  uint64_t timeout_us, child_done_fn done, void *arg,
			  char *why, size_t len)
{
	struct child *child = NULL;
	pid_t pid;
	int rc = run_as(command, &pid);

	if (!rc) {
		child = watch(pid, timeout_us, done, arg);
		rc = errno;
	}
	if (!child)
		snprintf(why, len, "%s: %s", command->argv[0], strerror(rc));
	return child;
}

/* Nobody wants to know any more: it is ended. */
void child_abandon(struct child *s)
{
	s->done = NULL;
	end(s);
}

/* For at most @ms.  Return: whether it has ended; done() was called then. */
bool child_wait(struct child *s, int ms)
{
	struct pollfd gone = { .fd = s->fd, .events = POLLIN };
	uint64_t now = now_ms(), end = now + ms;
	int rc;

	do {
		rc = poll(&gone, 1, now < end ? end - now : 0);
		now = now_ms();
	} while (rc < 0 && errno == EINTR);
	if (rc <= 0)
		return false;
	on_exit_of(s->fd, EV_READ, s);
	return true;
}

/* Its time is over, and it is not asked.  Return: as child_wait(); one that the
 * kernel does not let go is not waited for.
 */
bool child_kill(struct child *s)
{
	s->timed_out = true;
	s->asked = true;
	kill(-s->pid, SIGKILL);
	return child_wait(s, GRACE_US / 1000);
}
