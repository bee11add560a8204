/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses this director speaks for: what it says of a standby address
 * is hearsay, and may be older than what its hearers have.
 */
#ifndef DRAYVRRPD_SYNC_OWNS_H
#define DRAYVRRPD_SYNC_OWNS_H

#include "ka_vrrp.h"
#include "state.h"

void sync_owns_open(const struct ka_conf *conf, struct state *state);
/* Of an address of no virtual router every director speaks.  One that was
 * given up just now still counts: what came last is told last. */
bool sync_owns(const struct dray_addr *vip, uint64_t now);
/* Is this host master of any, or has it none? */
bool sync_owns_any(uint64_t now);

#endif
