/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something that is wrong with what another host sends.  It is said when it
 * begins, and not again while it goes on, however many packets come: once per
 * state of the virtual router.  The counters have the number.  After a minute
 * without it, it begins anew.
 */
#ifndef DRAYVRRPD_COMPLAINT_H
#define DRAYVRRPD_COMPLAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

struct complaint {
	bool open;
	struct dray_addr from;
	uint64_t said, seen;		/* us: when last */
	unsigned int held;		/* not said since */
};

/**
 * complaint_may() - is this to be said?
 * @c: of one kind and one virtual router
 * @from: who is to blame
 * @now: time
 * @held: how often it was not said since the last time
 */
bool complaint_may(struct complaint *c, const struct dray_addr *from,
		   uint64_t now, unsigned int *held);
/* @from has done it right: the next time is news. */
void complaint_withdraw(struct complaint *c, const struct dray_addr *from);
/* Another state: everything is news. */
void complaint_close(struct complaint *c);

#endif
