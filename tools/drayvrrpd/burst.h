/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bursts of gratuitous ARP and neighbour advertisements of a virtual router. */
#ifndef DRAYVRRPD_BURST_H
#define DRAYVRRPD_BURST_H

#include "router.h"

/* has just become master; has met another one; an alarm of its own */
void announce_burst(struct router *r, uint64_t now);
void announce_lower(struct router *r, uint64_t now);
void announce_again(void *arg, uint64_t now);

#endif
