// SPDX-License-Identifier: GPL-2.0-or-later
/* The rounds of reconcile.h: what of them is the thread's, and what follows. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "log.h"
#include "request.h"
#include "round.h"

#define TRIES 5
#define AGAIN_S 1	/* after a failure that may pass */

static void step(struct kernel *k);

struct kernel *kernel_of(struct task *task)
{
	return (struct kernel *)((char *)task - offsetof(struct kernel, task));
}

static void again_soon(struct kernel *k)
{
	struct timeval tv = { AGAIN_S, 0 };

	evtimer_add(&k->later, &tv);
}

static void failed(struct kernel *k, int rc)
{
	if (rc != -EAGAIN && !k->failing)
		log_error("The kernel's table cannot be changed: %s; trying "
			  "again every second",
			  *k->nl.error.text ? k->nl.error.text : strerror(-rc));
	k->failing = rc != -EAGAIN;
	again_soon(k);
}

static void end_round(struct kernel *k, int rc)
{
	if (rc == -EAGAIN && ++k->tries < TRIES) {
		step(k);
		return;
	}
	if (rc) {
		failed(k, rc);
	} else {
		k->failing = false;
		/* a file that came meanwhile has yet to be compared with what
		 * was ours, or what it lost would stay for ever
		 */
		if (!k->disturbed)
			kernel_own(k);
	}
	if (k->again)
		kernel_later(k);
	kernel_look(k);
}

/* Whether the module that was talked to has gone meanwhile. */
bool kernel_abandoned(struct kernel *k)
{
	k->busy = false;
	if (!k->gone)
		return false;
	kernel_forget(k);
	if (k->came)
		kernel_join(k);
	k->came = false;
	return true;
}

void kernel_begin(struct kernel *k, task_fn work, task_fn done)
{
	k->busy = true;
	k->task = (struct task){ .work = work, .done = done };
	task_start(TASK_KERNEL, &k->task);
}

static void write_work(struct task *task)
{
	struct kernel *k = kernel_of(task);

	k->rc = dray_diff_send(&k->nl, &k->diff, k->believed.generation,
			       &k->culprit);
}

static void write_done(struct task *task)
{
	struct kernel *k = kernel_of(task);
	int rc = 0;

	if (!kernel_abandoned(k)) {
		rc = kernel_written(k);
		dray_diff_free(&k->diff);
		dray_table_free(&k->wanted);
		end_round(k, rc);
		return;
	}
	dray_diff_free(&k->diff);
	dray_table_free(&k->wanted);
}

static void start_writing(struct kernel *k)
{
	kernel_plan(k, &k->wanted);
	dray_diff_make(&k->believed, &k->wanted, false, &k->diff);
	if (k->diff.n) {
		kernel_begin(k, write_work, write_done);
		return;
	}
	dray_diff_free(&k->diff);
	dray_table_free(&k->wanted);
	end_round(k, 0);
}

static void read_work(struct task *task)
{
	struct kernel *k = kernel_of(task);

	k->rc = dray_table_read(&k->nl, &k->now);
}

static void read_done(struct task *task)
{
	struct kernel *k = kernel_of(task);

	if (kernel_abandoned(k)) {
		dray_table_free(&k->now);
		return;
	}
	if (k->rc) {
		k->disturbed = true;
		dray_table_free(&k->now);
		end_round(k, k->rc);
		return;
	}
	kernel_take(k, &k->now);
	start_writing(k);
}

/* What disturbs while it is read is for the next round. */
static void step(struct kernel *k)
{
	if (k->known && !k->disturbed) {
		start_writing(k);
		return;
	}
	k->disturbed = false;
	dray_table_init(&k->now);
	kernel_begin(k, read_work, read_done);
}

void kernel_reconcile(struct kernel *k)
{
	if (!k->present)
		return;
	if (k->busy) {
		k->again = true;
		return;
	}
	if (!k->known)
		kernel_forget_refusals(k);
	k->again = false;
	k->tries = 0;
	step(k);
}

/* Once, after all that happens in this turn of the loop. */
void kernel_later(struct kernel *k)
{
	struct timeval now = { 0 };

	evtimer_add(&k->later, &now);
}

/* Something may have changed that we did not do. */
void kernel_disturbed(struct kernel *k)
{
	k->disturbed = true;
	kernel_later(k);
}

/* What was written by us has our generation; while we write that is not known. */
void kernel_look(struct kernel *k)
{
	int32_t ahead = k->events.generation - k->believed.generation;

	if (!k->busy && k->present && (!k->known || ahead > 0))
		kernel_disturbed(k);
}
