/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that may have to wait for the kernel, an address to be added for
 * instance, which waits for whoever holds the lock of all network settings.  A
 * thread of its own does it, one errand after the other in the order in which
 * they were given; who gives one never waits.
 */
#ifndef DRAYVRRPD_ERRAND_H
#define DRAYVRRPD_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

/* Kept by whoever gives it; what it says belongs to errands_lock(). */
struct errand {
	void (*run)(void *arg);		/* in the thread */
	void (*done)(void *arg);	/* in the loop, afterwards; or NULL */
	void *arg;
	/* errand.c's */
	struct errand *next, *next_done;
	bool waiting, finished;
};

/* Start the thread, with the scheduling of the caller.  Return: a descriptor
 * that is readable when there is something for errands_done(), or -errno. */
int errands_start(void);
bool errands_have_thread(void);
/* One that waits already stays where it is: it is run once, with what it says
 * then.  One that is running is run again. */
void errand_give(struct errand *errand);
/* In the loop: tell who gave what is done by now. */
void errands_done(void);
/* Is there nothing left to do, nor to tell? */
bool errands_are_idle(void);
/* Wait until that is so.  Return: whether it is, after @ms at most. */
bool errands_finish(unsigned int ms);
/* For how long the thread has been at the same errand, in us. */
uint64_t errands_stuck(uint64_t now);
/* Within an errand: this is going on, not stuck. */
void errand_goes_on(void);

/* Around what an errand says, and what came of it. */
void errands_lock(void);
void errands_unlock(void);

#endif
