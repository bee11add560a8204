/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the kernel's table what it should be: one transaction for all that has
 * changed, none if nothing has.  Knows what it has last written, so that a
 * change by somebody else is seen; services that are not the file's are left
 * alone.  Goes on without the module, and begins anew when it comes.
 */
#ifndef DRAYCHECKD_RECONCILE_H
#define DRAYCHECKD_RECONCILE_H

#include <event2/event_struct.h>

#include "nl.h"
#include "override.h"
#include "service.h"

struct kernel {
	struct event_base *base;
	struct dray_nl nl;		/* requests */
	struct dray_nl events;		/* notifications */
	struct dray_nl families;	/* that the module comes or goes */
	struct event event, family_event, later;
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
	unsigned long transactions, refusals;
};

int kernel_open(struct kernel *k, struct event_base *base);
void kernel_close(struct kernel *k);
int kernel_read(struct kernel *k);
void kernel_reconcile(struct kernel *k);
void kernel_later(struct kernel *k);
void kernel_disturbed(struct kernel *k);
void kernel_flush(struct kernel *k);

#endif
