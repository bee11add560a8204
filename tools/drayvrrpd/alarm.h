/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times at which something is to be done: absolute, of CLOCK_BOOTTIME, on one
 * timerfd.  libevent's own timers are relative and of milliseconds.
 */
#ifndef DRAYVRRPD_ALARM_H
#define DRAYVRRPD_ALARM_H

#include <stddef.h>
#include <stdint.h>

#define ALARM_NEVER UINT64_MAX

struct alarm {
	uint64_t at;			/* us; ALARM_NEVER: not set */
	size_t place;			/* in the heap; 0: nowhere */
	void (*ring)(void *arg, uint64_t now);
	void *arg;
};

/* Return: the descriptor that is readable when one is due, or -errno. */
int alarms_open(void);
void alarm_add(struct alarm *alarm, void (*ring)(void *arg, uint64_t now),
	       void *arg);
/* Before the next wait alarms_commit() has to be called. */
void alarm_set(struct alarm *alarm, uint64_t at);
/* Ring all that are due; how late the latest was, in us. */
uint64_t alarms_ring(uint64_t now);
void alarms_commit(void);

#endif
