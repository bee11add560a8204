/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router's role in the module, and how long it may be believed: a
 * master that hangs, or is killed outright, has let go before the next one
 * takes over.
 */
#ifndef DRAYVRRPD_LEASE_H
#define DRAYVRRPD_LEASE_H

#include "router.h"

void lease_begin(struct router *r);
void lease_renew(void *arg, uint64_t now);
void lease_end(struct router *r);
/* Who is leaving may be gone at any moment.  Nothing if another may be master. */
void lease_shorten(struct router *r);
/* The same of every one, from now on. */
void lease_be_brief(void);
/* A worker has taken over: no roles for addresses that an earlier one had and
 * nobody has now; and what its own successor has to know for that. */
void lease_inherit(struct state *state);
/* The daemon stops: no roles any more, but where the address stays. */
void lease_forget(struct router *r);

#endif
