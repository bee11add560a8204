// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists under one lock: what each thread is to do, and what has been done.  The
 * loop is woken through a descriptor.
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

struct lane {
	pthread_t thread;
	pthread_cond_t more;
	struct task *todo;	/* under tasks.lock */
	bool running;
};

static struct {
	struct lane lanes[TASK_LANES];
	pthread_mutex_t lock;
	struct task *finished;	/* under lock, as is */
	bool stop;
	struct event event;
	int fd;
} tasks = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static void append(struct task **list, struct task *task)
{
	while (*list)
		list = &(*list)->next;
	task->next = NULL;
	*list = task;
}

/* At the end the kernel is told nothing more, but scripts are still begun.
 * Return: NULL if there will be no more. */
static struct task *next_task(struct lane *lane)
{
	bool drains = lane != &tasks.lanes[TASK_KERNEL];
	struct task *task = NULL;

	pthread_mutex_lock(&tasks.lock);
	while (!lane->todo && !tasks.stop)
		pthread_cond_wait(&lane->more, &tasks.lock);
	if (lane->todo && (!tasks.stop || drains)) {
		task = lane->todo;
		lane->todo = task->next;
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

	while ((task = next_task(arg))) {
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
static int start_lane(struct lane *lane)
{
	sigset_t all, before;
	int rc;

	pthread_cond_init(&lane->more, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&lane->thread, NULL, thread_main, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	lane->running = !rc;
	return rc;
}

int task_open(struct event_base *base)
{
	int i, rc = 0;

	tasks.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (tasks.fd < 0)
		return -errno;
	event_assign(&tasks.event, base, tasks.fd, EV_READ | EV_PERSIST,
		     on_finished, NULL);
	event_add(&tasks.event, NULL);
	for (i = 0; !rc && i < TASK_LANES; i++)
		rc = start_lane(&tasks.lanes[i]);
	return rc;
}

void task_start(enum task_lane lane, struct task *task)
{
	pthread_mutex_lock(&tasks.lock);
	append(&tasks.lanes[lane].todo, task);
	pthread_cond_signal(&tasks.lanes[lane].more);
	pthread_mutex_unlock(&tasks.lock);
}

/* What is going on is waited for, within limits.
 * Return: whether the threads have ended. */
bool task_close(void)
{
	struct timespec limit;
	bool all = true;
	int i;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += STOP_SECONDS;
	pthread_mutex_lock(&tasks.lock);
	tasks.stop = true;
	for (i = 0; i < TASK_LANES; i++)
		pthread_cond_signal(&tasks.lanes[i].more);
	pthread_mutex_unlock(&tasks.lock);
	for (i = 0; i < TASK_LANES; i++) {
		if (tasks.lanes[i].running &&
		    pthread_timedjoin_np(tasks.lanes[i].thread, NULL, &limit))
			all = false;
		else
			tasks.lanes[i].running = false;
	}
	on_finished(tasks.fd, 0, NULL);
	if (!all)
		return false;
	event_del(&tasks.event);
	close(tasks.fd);
	return true;
}
