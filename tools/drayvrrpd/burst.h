/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bursts of gratuitous ARP and neighbour advertisements of a virtual router. */
#ifndef DRAYVRRPD_BURST_H
#define DRAYVRRPD_BURST_H

#include "router.h"

/* It has just become master, or an address is back: now, a second time after
 * garp_master_delay, and each garp_master_refresh from now on. */
void announce_burst(struct router *r, uint64_t now);
/* It has met a worse master: now, and again after garp_lower_prio_delay. */
void announce_lower(struct router *r, uint64_t now);
/* What rings r->announce: whatever is due of these. */
void announce_again(void *arg, uint64_t now);
/* It is no master any more, or not yet. */
void announce_no_more(struct router *r);

#endif
