// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two lists without a bound of their own: an errand is in each of them once at
 * most, so that they are as long as there are errands.
 */
#include "errand.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sock.h"
#include "thread.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t given, idle;
	struct errand *first, **last;		/* to be run */
	struct errand *done, **done_last;	/* to be told */
	bool running;
	_Atomic uint64_t since;			/* us; 0: nothing to do */
	bool started;				/* the loop's */
	int fd;
} errands = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.given = PTHREAD_COND_INITIALIZER,
	.idle = PTHREAD_COND_INITIALIZER,
	.last = &errands.first,
	.done_last = &errands.done,
	.fd = -1,
};

void errands_lock(void)
{
	pthread_mutex_lock(&errands.lock);
}

void errands_unlock(void)
{
	pthread_mutex_unlock(&errands.lock);
}

/* --- in the thread, with the lock held --- */

static struct errand *take(void)
{
	struct errand *e;

	while (!errands.first) {
		errands.since = 0;
		pthread_cond_broadcast(&errands.idle);
		pthread_cond_wait(&errands.given, &errands.lock);
	}
	e = errands.first;
	errands.first = e->next;
	if (!errands.first)
		errands.last = &errands.first;
	e->waiting = false;
	errands.running = true;
	errand_goes_on();
	return e;
}

static void put_done(struct errand *e)
{
	errands.running = false;
	if (e->finished)
		return;
	e->finished = true;
	e->next_done = NULL;
	*errands.done_last = e;
	errands.done_last = &e->next_done;
	eventfd_write(errands.fd, 1);
}

static void *thread_main(void *arg)
{
	struct errand *e;

	(void)arg;
	errands_lock();
	for (;;) {
		e = take();
		errands_unlock();
		e->run(e->arg);
		errands_lock();
		put_done(e);
	}
	return NULL;
}

void errand_goes_on(void)
{
	errands.since = now_us();
}

/* --- for the others --- */

int errands_start(void)
{
	int rc;

	errands.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (errands.fd < 0)
		return -errno;
	rc = thread_start(NULL, thread_main);
	errands.started = !rc;
	return rc ? rc : errands.fd;
}

bool errands_have_thread(void)
{
	return errands.started;
}

void errand_give(struct errand *e)
{
	errands_lock();
	if (!e->waiting) {
		e->waiting = true;
		e->next = NULL;
		*errands.last = e;
		errands.last = &e->next;
		pthread_cond_signal(&errands.given);
	}
	errands_unlock();
}

static struct errand *next_done(void)
{
	struct errand *e;

	errands_lock();
	e = errands.done;
	if (e) {
		errands.done = e->next_done;
		if (!errands.done)
			errands.done_last = &errands.done;
		e->finished = false;
	}
	errands_unlock();
	return e;
}

void errands_done(void)
{
	struct errand *e;
	eventfd_t count;

	eventfd_read(errands.fd, &count);
	while ((e = next_done()))
		if (e->done)
			e->done(e->arg);
}

static bool nothing_to_do(void)
{
	return !errands.first && !errands.running;
}

bool errands_are_idle(void)
{
	bool idle;

	errands_lock();
	idle = nothing_to_do() && !errands.done;
	errands_unlock();
	return idle;
}

bool errands_finish(unsigned int ms)
{
	struct timespec limit;
	bool idle;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += ms / 1000;
	limit.tv_nsec += ms % 1000 * 1000000l;
	if (limit.tv_nsec >= 1000000000l) {
		limit.tv_nsec -= 1000000000l;
		limit.tv_sec++;
	}
	errands_lock();
	while (!nothing_to_do() && !rc)
		rc = pthread_cond_clockwait(&errands.idle, &errands.lock,
					    CLOCK_MONOTONIC, &limit);
	idle = nothing_to_do();
	errands_unlock();
	errands_done();
	return idle;
}

uint64_t errands_stuck(uint64_t now)
{
	uint64_t since = errands.since;

	return since && now > since ? now - since : 0;
}
