/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done for a struct kernel in the thread: one task at a time. */
#ifndef DRAYCHECKD_ROUND_H
#define DRAYCHECKD_ROUND_H

#include "reconcile.h"

struct kernel *kernel_of(struct task *task);
void kernel_begin(struct kernel *k, task_fn work, task_fn done);
bool kernel_abandoned(struct kernel *k);

#endif
