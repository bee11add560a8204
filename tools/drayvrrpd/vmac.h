/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface with the virtual router's own MAC address (RFC 9568, 7.3): a
 * macvlan on top of the instance's, up only while this host is master, so that
 * a backup neither takes nor answers frames to it.
 */
#ifndef DRAYVRRPD_VMAC_H
#define DRAYVRRPD_VMAC_H

#include "router.h"

/* Make it if it is not there.  Return: its index, or 0 and said. */
int vmac_get(struct router *r);
void vmac_up(struct router *r);
void vmac_down(struct router *r);
/* The daemon stops. */
void vmac_delete(struct router *r);

#endif
