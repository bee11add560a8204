/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcements on their way: the first one of every address goes out before
 * the second of any, the rest is spread, so that a host with hundreds of
 * addresses floods nobody and never holds up an advert.
 */
#ifndef DRAYVRRPD_GARP_H
#define DRAYVRRPD_GARP_H

#include <stdint.h>

#include "addr.h"

int garp_open(void);

/* Announce an address @rounds times from @at on, @gap us apart; a later wish for
 * the same address takes the place of an earlier one, but drops no round of it. */
void garp_want(const struct dray_addr *vip, int ifindex,
	       const uint8_t mac[DRAY_MACLEN], unsigned int flags,
	       unsigned int rounds, uint64_t gap, uint64_t at,
	       uint32_t *count);
/* It is no longer ours. */
void garp_cancel(const struct dray_addr *vip, int ifindex);

#endif
