/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that may have to wait, for the kernel or for a name service: each of the
 * two has a thread that does one task after the other, while the checks go on.
 * A task is its owner's; between task_start() and done() its work has it for
 * itself.
 */
#ifndef DRAYCHECKD_TASK_H
#define DRAYCHECKD_TASK_H

#include <stdbool.h>

struct event_base;
struct task;

typedef void (*task_fn)(struct task *task);

enum task_lane { TASK_KERNEL, TASK_NAMES, TASK_LANES };

struct task {
	task_fn work;	/* in the thread */
	task_fn done;	/* in the loop, afterwards */
	struct task *next;
};

int task_open(struct event_base *base);
void task_start(enum task_lane lane, struct task *task);
bool task_close(void);

#endif
