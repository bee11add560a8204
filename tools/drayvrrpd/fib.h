/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's routes and rules, as far as they may be ours: what somebody does to
 * them.  No table is kept, and it decides nothing: a host may have a million routes.
 */
#ifndef DRAYVRRPD_FIB_H
#define DRAYVRRPD_FIB_H

#include "ka_vrrp.h"

/* a route or a rule that is gone */
struct fib_change {
	bool any;			/* more than the kernel kept: anything may be */
	bool rule;
	bool replaced;			/* by another route; the protocol is its own */
	uint8_t family, protocol, tos, prefix;
	uint32_t table, priority;	/* a route's metric */
	struct dray_addr dst;		/* of a route; family 0: default */
};

/* Return: the descriptor to watch; -ENOENT if the file names neither routes nor
 * rules, or another -errno. */
int fib_open(const struct ka_conf *conf);
/* What was done since, or some of it: then the descriptor stays readable. */
void fib_read(void (*tell)(const struct fib_change *change));

#endif
