// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two lists under one lock: what is to be done, and what has been.  The loop is
 * woken through a descriptor.
 */
#include "task.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 5

static struct {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct task *todo, *finished;	/* under lock, as is */
	bool stop;
	bool running;
	struct event event;
	int fd;
} tasks = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER,
	    .fd = -1 };

static void append(struct task **list, struct task *task)
{
	while (*list)
		list = &(*list)->next;
	task->next = NULL;
	*list = task;
}

/* Return: NULL if there will be no more. */
static struct task *next_task(void)
{
	struct task *task = NULL;

	pthread_mutex_lock(&tasks.lock);
	while (!tasks.todo && !tasks.stop)
		pthread_cond_wait(&tasks.more, &tasks.lock);
	if (!tasks.stop) {
		task = tasks.todo;
		tasks.todo = task->next;
	}
	pthread_mutex_unlock(&tasks.lock);
	return task;
}

static void finish(struct task *task)
{
	uint64_t one = 1;

	pthread_mutex_lock(&tasks.lock);
	append(&tasks.finished, task);
	pthread_mutex_unlock(&tasks.lock);
	while (write(tasks.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *thread_main(void *arg)
{
	struct task *task;

	(void)arg;
	while ((task = next_task())) {
		task->work(task);
		finish(task);
	}
	return NULL;
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
	struct task *task, *next;
	uint64_t count;

	(void)what;
	(void)arg;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&tasks.lock);
	task = tasks.finished;
	tasks.finished = NULL;
	pthread_mutex_unlock(&tasks.lock);
	/* done() may free it or start it again */
	for (; task; task = next) {
		next = task->next;
		task->done(task);
	}
}

/* Signals are the loop's.  Return: 0 or -errno. */
static int start_thread(void)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&tasks.thread, NULL, thread_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int task_open(struct event_base *base)
{
	int rc;

	tasks.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (tasks.fd < 0)
		return -errno;
	event_assign(&tasks.event, base, tasks.fd, EV_READ | EV_PERSIST,
		     on_finished, NULL);
	event_add(&tasks.event, NULL);
	rc = start_thread();
	tasks.running = !rc;
	return rc;
}

void task_start(struct task *task)
{
	pthread_mutex_lock(&tasks.lock);
	append(&tasks.todo, task);
	pthread_cond_signal(&tasks.more);
	pthread_mutex_unlock(&tasks.lock);
}

/*
 * What has not begun is dropped, what is going on is waited for, within limits.
 * Return: whether the thread has ended.
 */
bool task_close(void)
{
	struct timespec limit;

	if (!tasks.running)
		return true;
	pthread_mutex_lock(&tasks.lock);
	tasks.stop = true;
	pthread_cond_signal(&tasks.more);
	pthread_mutex_unlock(&tasks.lock);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += STOP_SECONDS;
	if (pthread_timedjoin_np(tasks.thread, NULL, &limit))
		return false;
	tasks.running = false;
	event_del(&tasks.event);
	close(tasks.fd);
	return true;
}
