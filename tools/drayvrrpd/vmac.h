/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface with the virtual router's own MAC address (RFC 9568, 7.3): a
 * macvlan on top of the instance's, up only while this host is master, so that
 * a backup neither takes nor answers frames to it.
 */
#ifndef DRAYVRRPD_VMAC_H
#define DRAYVRRPD_VMAC_H

#include "router.h"

/* In the loop: its index, 0 if it is not there. */
int vmac_index(const struct router *r);

/* All of these in an errand.  Made on the interface @below, if it is not there
 * and may be created.  Return: its index, or 0 and said. */
int vmac_make(const struct router *r, int below, bool may_create);
void vmac_set(const struct router *r, int index, bool up);
void vmac_delete(int index);
/* The secondary addresses of a network stay when its first one goes. */
void vmac_promote_secondaries(const struct router *r);

#endif
