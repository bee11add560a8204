/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the kernel's table what it should be: one transaction for all that has
 * changed, none if nothing has.  Knows what it has last written, so that a
 * change by somebody else is seen; services that are not the file's are left
 * alone.  Goes on without the module, and begins anew when it comes.
 *
 * The kernel may take long to make tables: it is talked to in a thread, in
 * rounds of reading, if that is needed, and writing.  What changes meanwhile is
 * another round's.
 */
#ifndef DRAYCHECKD_RECONCILE_H
#define DRAYCHECKD_RECONCILE_H

#include <event2/event_struct.h>

#include "diff.h"
#include "hold.h"
#include "nl.h"
#include "override.h"
#include "service.h"
#include "task.h"

struct kernel {
	struct event_base *base;
	struct dray_nl nl;		/* requests */
	struct dray_nl events;		/* notifications */
	struct dray_nl families;	/* that the module comes or goes */
	struct event event, family_event, later, held;
	bool present;			/* the family is there */
	bool known;			/* believed holds, */
	bool disturbed;			/* unless something came between */
	struct dray_table believed;	/* of our services, sorted */
	struct dray_key *owned;		/* services of this file or the last */
	size_t n_owned;
	const struct services *services;
	struct overrides *overrides;
	void (*changed)(void);		/* overrides or owned; to be kept */
	bool failing;			/* to change the table; was told */
	struct holds holds;
	unsigned long transactions, refusals;

	/* the round or joining that goes on; the task has nl, @believed to read, */
	struct task task;
	struct dray_table now, wanted;	/* these, */
	struct dray_diff diff;
	const struct dray_change *culprit;
	int rc;				/* and this */
	int tries;
	bool busy;
	bool again;			/* something came meanwhile */
	bool joining;			/* the task has events, too */
	bool gone, came;		/* the module did */
};

int kernel_open(struct kernel *k, struct event_base *base);
void kernel_close(struct kernel *k);
int kernel_read(struct kernel *k);
void kernel_reconcile(struct kernel *k);
void kernel_later(struct kernel *k);
void kernel_disturbed(struct kernel *k);
void kernel_flush(struct kernel *k);
void kernel_look(struct kernel *k);
void kernel_join(struct kernel *k);
void kernel_forget(struct kernel *k);

void kernel_take(struct kernel *k, struct dray_table *now);
void kernel_plan(struct kernel *k, struct dray_table *wanted);
int kernel_written(struct kernel *k);
void kernel_own(struct kernel *k);
void kernel_forget_refusals(struct kernel *k);

#endif
