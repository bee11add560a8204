/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread of the worker.  Its memory is locked: so a stack of a size that it
 * needs, not of eight megabytes. */
#ifndef DRAYVRRPD_THREAD_H
#define DRAYVRRPD_THREAD_H

#include <pthread.h>

#define THREAD_STACK (256 << 10)

/* Return: 0, or -errno.  @thread: NULL if nobody waits for its end. */
static inline int thread_start(pthread_t *thread, void *(*run)(void *))
{
	pthread_attr_t attr;
	pthread_t nobody;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	if (!thread)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = -pthread_create(thread ? thread : &nobody, &attr, run, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

#endif
