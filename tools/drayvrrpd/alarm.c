// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plain list: some hundreds at most, and the earliest is looked for once per
 * turn of the loop, not once per change.
 */
#include "alarm.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static struct {
	int fd;
	struct alarm *first;
	uint64_t armed;
} alarms = { .fd = -1 };

int alarms_open(void)
{
	alarms.fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	alarms.armed = ALARM_NEVER;
	return alarms.fd < 0 ? -errno : alarms.fd;
}

void alarm_add(struct alarm *alarm, void (*ring)(void *arg, uint64_t now),
	       void *arg)
{
	alarm->ring = ring;
	alarm->arg = arg;
	alarm->at = ALARM_NEVER;
	alarm->next = alarms.first;
	alarms.first = alarm;
}

void alarm_set(struct alarm *alarm, uint64_t at)
{
	alarm->at = at;
}

uint64_t alarms_ring(uint64_t now)
{
	uint64_t late = 0, count;
	struct alarm *a;

	if (read(alarms.fd, &count, sizeof(count)) > 0)
		alarms.armed = ALARM_NEVER;
	for (a = alarms.first; a; a = a->next) {
		if (a->at > now)
			continue;
		if (now - a->at > late)
			late = now - a->at;
		a->at = ALARM_NEVER;
		a->ring(a->arg, now);
	}
	return late;
}

void alarms_commit(void)
{
	uint64_t at = ALARM_NEVER;
	struct itimerspec when = { 0 };
	struct alarm *a;

	for (a = alarms.first; a; a = a->next)
		if (a->at < at)
			at = a->at;
	if (at == alarms.armed)
		return;
	alarms.armed = at;
	if (at != ALARM_NEVER) {
		when.it_value.tv_sec = at / 1000000;
		when.it_value.tv_nsec = at % 1000000 * 1000;
		if (!at)
			when.it_value.tv_nsec = 1;
	}
	timerfd_settime(alarms.fd, TFD_TIMER_ABSTIME, &when, NULL);
}
