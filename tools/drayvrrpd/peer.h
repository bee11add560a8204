/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MAC addresses of other directors.  A frame that comes from one of these
 * was forwarded there and is never forwarded again.
 */
#ifndef DRAYVRRPD_PEER_H
#define DRAYVRRPD_PEER_H

#include <stdbool.h>

#include "addr.h"

int peer_open(void);
void peer_close(void);
/* What the kernel knows of a neighbour.  If that is nothing yet, the kernel is
 * made to ask for it: the answer is there at one of the next calls. */
bool peer_mac(const struct dray_addr *addr, int ifindex,
	      uint8_t mac[DRAY_MACLEN]);

#endif
