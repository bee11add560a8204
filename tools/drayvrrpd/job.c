// SPDX-License-Identifier: GPL-2.0-or-later
/* A job as a message, and as a process: a command of some user's, or a mail. */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mail.h"

int job_send(int fd, const struct job *job, const char *const *words,
	     size_t n_words)
{
	_Alignas(struct job) char buf[JOB_MAX];
	struct job *copy = (struct job *)buf;
	size_t i, len = sizeof(*copy), n;

	*copy = *job;
	copy->n_words = n_words;
	for (i = 0; i < n_words; i++) {
		n = strlen(words[i]) + 1;
		if (len + n > sizeof(buf))
			return -E2BIG;
		memcpy(buf + len, words[i], n);
		len += n;
	}
	return send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

size_t job_split(struct job *job, char *words[JOB_WORDS + 1])
{
	char *p = job->words;
	size_t i;

	for (i = 0; i < job->n_words; i++, p += strlen(p) + 1)
		words[i] = p;
	words[i] = NULL;
	return i;
}

/* --- in its process --- */

/* the word before the command: a name, or the path of a FIFO */
static bool has_name(const struct job *job)
{
	return job->kind == JOB_NOTIFY || job->kind == JOB_READER;
}

static void as_user(const struct job *job)
{
	const struct passwd *pw = getpwuid(job->uid);

	if (getuid())
		return;
	if (pw ? initgroups(pw->pw_name, job->gid) : setgroups(0, NULL))
		_exit(126);
	if (setgid(job->gid) || setuid(job->uid))
		_exit(126);
}

void job_main(struct job *job)
{
	char *words[JOB_WORDS + 1];
	sigset_t none;
	int null;

	job_split(job, words);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (job->kind == JOB_MAIL)
		_exit(mail_send(words, job->n_words));
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close_range(3, ~0U, 0);
	as_user(job);
	execv(words[has_name(job)], words + has_name(job));
	_exit(127);
}
