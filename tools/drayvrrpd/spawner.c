// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every command is a process group of its own, is run as the user it belongs
 * to, and is ended when its time is up.  Commands that notify about one object
 * are run one after the other, in the order of the events.
 */
#include "spawner.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fifo.h"
#include "log.h"
#include "probe.h"

#define KILL_SECONDS 2
#define FINISH_SECONDS 5	/* for notifications after the end */
#define MAIL_TIMEOUT_MS 60000
#define TASKS_MAX 512		/* of all kinds */
#define QUEUE_MAX 64		/* notifications of one name that wait */
#define AGAIN_SECONDS 1		/* until a reader that ended is started again */
#define LAST_MS 1000		/* for readers to see the end of their FIFOs */

struct task {
	struct task *next;
	pid_t pid;			/* 0: waits for its turn */
	struct event *timer;
	bool timed_out;
	bool rests;		/* a reader, until its time has come */
	bool wanted;		/* a reader that the configuration still has */
	struct job *job;
	size_t len;
};

static struct {
	struct event_base *base;
	int fd;
	bool ending;
	struct task *first;
} spawner;

/* Whose queue a job stands in; NULL: none. */
static const char *queue_of(const struct task *t)
{
	if (t->job->kind == JOB_MAIL)
		return "mail";
	return t->job->kind == JOB_NOTIFY ? t->job->words : NULL;
}

static bool is_reader(const struct task *t)
{
	return t->job->kind == JOB_READER;
}

static void start_waiting(void);

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timeval later = { .tv_sec = KILL_SECONDS };
	struct task *t = arg;

	(void)fd;
	(void)what;
	if (t->rests) {
		t->rests = false;
		start_waiting();
		return;
	}
	kill(-t->pid, t->timed_out ? SIGKILL : SIGTERM);
	t->timed_out = true;
	evtimer_add(t->timer, &later);
}

static void task_start(struct task *t)
{
	uint32_t ms = t->job->timeout_ms;
	struct timeval limit = { .tv_sec = ms / 1000,
				 .tv_usec = ms % 1000 * 1000 };
	pid_t pid = fork();

	if (!pid)
		job_main(t->job);
	/* in both, so that a signal can be sent to the group at once */
	if (pid > 0)
		setpgid(pid, pid);
	t->pid = pid;
	if (pid > 0 && ms)
		evtimer_add(t->timer, &limit);
}

static void reader_again(struct task *t)
{
	struct timeval later = { .tv_sec = AGAIN_SECONDS };

	log_say(LOG_WARNING, "the reader of %s has ended: it is started again",
		t->job->words);
	t->pid = 0;
	t->rests = true;
	evtimer_add(t->timer, &later);
}

static void task_free(struct task *t)
{
	struct task **link = &spawner.first;

	while (*link && *link != t)
		link = &(*link)->next;
	if (*link)
		*link = t->next;
	event_free(t->timer);
	free(t->job);
	free(t);
}

static void task_end(struct task *t, int status)
{
	struct job_result result = { .id = t->job->id, .status = status,
				     .timed_out = t->timed_out };

	if (is_reader(t) && t->wanted && !spawner.ending) {
		reader_again(t);
		return;
	}
	/* The shell of a command may have died, and its child not. */
	if (t->timed_out && t->pid > 0)
		kill(-t->pid, SIGKILL);
	if (t->job->kind == JOB_RUN)
		send(spawner.fd, &result, sizeof(result),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (t->timed_out && queue_of(t))
		log_say(LOG_WARNING, "%s took too long and was ended",
			queue_of(t));
	task_free(t);
}

static bool is_running(const char *queue)
{
	struct task *t;

	for (t = spawner.first; t; t = t->next)
		if (t->pid && queue_of(t) && !strcmp(queue_of(t), queue))
			return true;
	return false;
}

/* The list is in the order of arrival. */
static void start_waiting(void)
{
	struct task *t, *next;

	for (t = spawner.first; t; t = next) {
		next = t->next;
		if (t->pid || t->rests || (queue_of(t) && is_running(queue_of(t))))
			continue;
		task_start(t);
		if (t->pid < 0) {
			log_say(LOG_ERR, "cannot start a process: %s",
				strerror(errno));
			task_end(t, -1);
		}
	}
}

/* Readers run until the very end. */
static bool has_work(void)
{
	const struct task *t;

	for (t = spawner.first; t; t = t->next)
		if (!is_reader(t))
			return true;
	return false;
}

static void on_child(evutil_socket_t sig, short what, void *arg)
{
	struct task *t, *next;
	int status;

	(void)sig;
	(void)what;
	(void)arg;
	for (t = spawner.first; t; t = next) {
		next = t->next;
		if (t->pid > 0 && waitpid(t->pid, &status, WNOHANG) > 0)
			task_end(t, status);
	}
	start_waiting();
	if (spawner.ending && !has_work())
		event_base_loopbreak(spawner.base);
}

static struct task *task_new(const struct job *job, size_t len)
{
	struct task *t = calloc(1, sizeof(*t)), **link = &spawner.first;

	if (!t)
		return NULL;
	t->job = malloc(len + 1);
	t->timer = evtimer_new(spawner.base, on_timer, t);
	if (!t->job || !t->timer) {
		free(t->job);
		free(t);
		return NULL;
	}
	memcpy(t->job, job, len);
	t->len = len;
	((char *)t->job)[len] = '\0';
	while (*link)
		link = &(*link)->next;
	*link = t;
	return t;
}

/* --- no more than can be done --- */

static bool is_same(const struct task *t, const struct job *job, size_t len)
{
	return t->len == len && t->job->kind == job->kind &&
	       t->job->uid == job->uid && t->job->gid == job->gid &&
	       !memcmp(t->job->words, job->words, len - sizeof(*job));
}

static struct task *find_same(const struct job *job, size_t len)
{
	struct task *t;

	for (t = spawner.first; t; t = t->next)
		if (is_same(t, job, len))
			return t;
	return NULL;
}

static size_t count_tasks(void)
{
	const struct task *t;
	size_t n = 0;

	for (t = spawner.first; t; t = t->next)
		n++;
	return n;
}

/* Of one queue: how many wait, and which for the longest. */
static size_t count_waiting(const char *queue, struct task **oldest)
{
	struct task *t;
	size_t n = 0;

	for (t = spawner.first; t; t = t->next) {
		if (t->pid || !queue_of(t) || strcmp(queue_of(t), queue))
			continue;
		if (!n++)
			*oldest = t;
	}
	return n;
}

/* The newest state is what counts; the order is kept. */
static void bound_queue(const struct task *t)
{
	static struct log_limit limit;
	struct task *oldest = NULL;
	unsigned int held;

	if (!queue_of(t) || count_waiting(queue_of(t), &oldest) <= QUEUE_MAX)
		return;
	if (log_may(&limit, &held))
		log_say(LOG_ERR, "%s: %d notifications wait, the oldest is "
			"not run (%u more)", queue_of(t), QUEUE_MAX, held);
	task_free(oldest);
}

static void refuse(const struct job *job)
{
	struct job_result result = { .id = job->id, .status = -1 };
	static struct log_limit limit;
	unsigned int held;

	if (log_may(&limit, &held))
		log_say(LOG_ERR, "%d commands run or wait: no more is started "
			"(%u more)", TASKS_MAX, held);
	if (job->kind == JOB_RUN)
		send(spawner.fd, &result, sizeof(result),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
}

static struct task *add(const struct job *job, size_t len)
{
	struct task *t;

	if (job->only_one && find_same(job, len))
		return NULL;
	if (count_tasks() >= TASKS_MAX) {
		refuse(job);
		return NULL;
	}
	t = task_new(job, len);
	if (t)
		bound_queue(t);
	return t;
}

/* --- readers of FIFOs --- */

static void add_reader(struct job *job, size_t len)
{
	struct task *t = find_same(job, len);

	/* it finds the FIFO there */
	if (fifo_open(job->words) < 0)
		log_say(LOG_ERR, "%s: %s", job->words, strerror(errno));
	if (!t)
		t = add(job, len);
	if (t)
		t->wanted = true;
}

static void mark_readers(bool begin)
{
	struct task *t, *next;

	for (t = spawner.first; t; t = next) {
		next = t->next;
		if (!is_reader(t))
			continue;
		if (begin)
			t->wanted = false;
		else if (!t->wanted && t->pid > 0)
			kill(-t->pid, SIGTERM);
		else if (!t->wanted)
			task_free(t);
	}
}

/* Each has what was written, and then the end of it. */
static void end_readers(void)
{
	struct task *t;
	int ms;

	fifos_close();
	for (t = spawner.first; t; t = t->next) {
		for (ms = 0; ms < LAST_MS && is_reader(t) && t->pid > 0; ms++) {
			if (waitpid(t->pid, NULL, WNOHANG))
				t->pid = 0;
			else
				usleep(1000);
		}
		if (is_reader(t) && t->pid > 0)
			kill(-t->pid, SIGTERM);
	}
}

static void answer(uint32_t id, long value)
{
	struct job_result result = { .id = id, .value = value };

	send(spawner.fd, &result, sizeof(result), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void take(struct job *job, size_t len)
{
	char *words[JOB_WORDS + 1];

	if (len < sizeof(*job) || job->n_words > JOB_WORDS || !job->n_words)
		return;
	if (job->kind == JOB_FIFO) {
		job_split(job, words);
		fifo_write(words[0], words[1]);
		return;
	}
	if (job->kind == JOB_FILE || job->kind == JOB_PROCESSES) {
		job_split(job, words);
		answer(job->id, job->kind == JOB_FILE ?
					probe_file(words[0]) :
					probe_processes(words, job->n_words));
		return;
	}
	if (job->kind == JOB_MAIL)
		job->timeout_ms = MAIL_TIMEOUT_MS;
	if (job->kind == JOB_READERS)
		mark_readers(!strcmp(job->words, "begin"));
	else if (job->kind == JOB_READER)
		add_reader(job, len);
	else
		add(job, len);
	start_waiting();
}

static void on_job(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct job) char buf[JOB_MAX + 1];
	ssize_t n;

	(void)what;
	(void)arg;
	while ((n = recv(fd, buf, JOB_MAX, MSG_DONTWAIT)) > 0) {
		buf[n] = '\0';
		take((struct job *)buf, n);
	}
}

/* What only looks at things is of no use any more; what tells is. */
static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct timeval limit = { .tv_sec = FINISH_SECONDS };
	struct task *t;

	(void)fd;
	(void)what;
	event_del(arg);
	on_job(spawner.fd, 0, NULL);
	spawner.ending = true;
	for (t = spawner.first; t; t = t->next)
		if (t->pid > 0 && t->job->kind == JOB_RUN)
			kill(-t->pid, SIGKILL);
	if (!has_work())
		event_base_loopbreak(spawner.base);
	event_base_loopexit(spawner.base, &limit);
}

void spawner_main(int fd, int alive)
{
	struct event *job, *end, *child;

	prctl(PR_SET_NAME, "drayvrrpd-run");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	spawner.fd = fd;
	spawner.base = event_base_new();
	if (!spawner.base)
		_exit(1);
	job = event_new(spawner.base, fd, EV_READ | EV_PERSIST, on_job, NULL);
	end = event_new(spawner.base, alive, EV_READ | EV_PERSIST, on_end,
			event_self_cbarg());
	child = evsignal_new(spawner.base, SIGCHLD, on_child, NULL);
	if (!job || !end || !child || event_add(job, NULL) ||
	    event_add(end, NULL) || event_add(child, NULL))
		_exit(1);
	event_base_dispatch(spawner.base);
	end_readers();
	while (spawner.first) {
		if (spawner.first->pid > 0 && !is_reader(spawner.first))
			kill(-spawner.first->pid, SIGKILL);
		task_free(spawner.first);
	}
	_exit(0);
}
