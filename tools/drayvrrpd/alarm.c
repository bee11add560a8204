// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A heap, its root at 1: with hundreds of virtual routers there are thousands
 * of changes in a second.  One that only puts a time off is not told to the
 * kernel: the timer then fires early once, and nothing is due.
 */
#include "alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

static struct {
	int fd;
	struct alarm **heap;
	size_t n;			/* the root's place is 1 */
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
	alarm->place = 0;
}

static void put(struct alarm *alarm, size_t place)
{
	alarms.heap[place] = alarm;
	alarm->place = place;
}

static void sift_up(struct alarm *alarm)
{
	size_t place = alarm->place;

	for (; place > 1 && alarms.heap[place / 2]->at > alarm->at; place /= 2)
		put(alarms.heap[place / 2], place);
	put(alarm, place);
}

static void sift_down(struct alarm *alarm)
{
	size_t place = alarm->place, child;

	for (; (child = 2 * place) <= alarms.n; place = child) {
		if (child < alarms.n &&
		    alarms.heap[child + 1]->at < alarms.heap[child]->at)
			child++;
		if (alarms.heap[child]->at >= alarm->at)
			break;
		put(alarms.heap[child], place);
	}
	put(alarm, place);
}

static void take_out(struct alarm *alarm)
{
	struct alarm *last = alarms.heap[alarms.n--];

	if (last != alarm) {
		put(last, alarm->place);
		sift_up(last);
		sift_down(last);
	}
	alarm->place = 0;
}

void alarm_set(struct alarm *alarm, uint64_t at)
{
	alarm->at = at;
	if (at == ALARM_NEVER) {
		if (alarm->place)
			take_out(alarm);
		return;
	}
	if (!alarm->place) {
		alarms.n++;
		alarms.heap = dray_grow(alarms.heap, alarms.n,
					sizeof(*alarms.heap));
		put(alarm, alarms.n);
	}
	sift_up(alarm);
	sift_down(alarm);
}

uint64_t alarms_ring(uint64_t now)
{
	uint64_t late = 0, count;
	struct alarm *a;

	if (read(alarms.fd, &count, sizeof(count)) > 0)
		alarms.armed = ALARM_NEVER;
	while (alarms.n && (a = alarms.heap[1])->at <= now) {
		if (now - a->at > late)
			late = now - a->at;
		alarm_set(a, ALARM_NEVER);
		a->ring(a->arg, now);
	}
	return late;
}

void alarms_commit(void)
{
	struct itimerspec when = { 0 };
	uint64_t at = alarms.n ? alarms.heap[1]->at : ALARM_NEVER;

	if (at >= alarms.armed)
		return;
	alarms.armed = at;
	when.it_value.tv_sec = at / 1000000;
	when.it_value.tv_nsec = at % 1000000 * 1000 + 1;
	timerfd_settime(alarms.fd, TFD_TIMER_ABSTIME, &when, NULL);
}
