/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's `vip' objects: what role this director has for an address, and
 * for how long it may be believed.  Without the module all of it does nothing.
 */
#ifndef DRAYVRRPD_ROLE_H
#define DRAYVRRPD_ROLE_H

#include <stdbool.h>

#include "model.h"

/* MAC addresses of the other directors */
struct role_peers {
	uint8_t macs[DRAY_MAXPEERS][DRAY_MACLEN];
	size_t n;
};

/* Look for the module, not more often than every few seconds.  @said: whether
 * it was said that it is not there; outlives the process.
 * Return: whether it is there. */
bool role_open(bool *said);
bool role_is_open(void);

void role_active(const struct dray_addr *vip, uint32_t lease_ms,
		 const struct role_peers *peers);
void role_standby(const struct dray_addr *vip, const struct role_peers *peers);
/* Without an entry an address is active. */
void role_remove(const struct dray_addr *vip);

#endif
