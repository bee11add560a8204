/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's `vip' objects: what role this director has for an address, and
 * for how long it may be believed.  A request to the kernel may have to wait
 * until somebody else's is done, a selection table is made for instance; so a
 * thread of its own does it, and who asks here never waits.
 */
#ifndef DRAYVRRPD_ROLE_H
#define DRAYVRRPD_ROLE_H

#include <stdbool.h>

#include "model.h"

struct state_peer;

/* MAC addresses of the other directors */
struct role_peers {
	uint8_t macs[DRAY_MAXPEERS][DRAY_MACLEN];
	size_t n;
};

/* Start the thread, with the scheduling of the caller; @said: whether it was said that there is no module, which
 * outlives the process.  Return: 0, or -errno. */
int role_start(bool *said);
/* Ask for nothing more; the thread ends when all that was asked for is done. */
void role_close(void);
bool role_has_ended(void);
/* Both, within a second. */
void role_stop(void);

/* Look for the module; said once when it is not there, and when it comes. */
void role_look(void);
bool role_is_open(void);
/* It was looked for and is not there: orders are not worth giving. */
bool role_is_absent(void);

/* Can it have a role?  A link-local address is of a link, not of a host: the module has no services there. */
bool role_is_for(const struct dray_addr *addr);
/* A lease counts from now, however late the kernel is told.  @accept: while
 * active, this host may have what is for no service. */
void role_active(const struct dray_addr *vip, uint32_t lease_ms, bool accept,
		 const struct role_peers *peers);
void role_standby(const struct dray_addr *vip, bool accept,
		  const struct role_peers *peers);
/* Without an entry an address is active. */
void role_remove(const struct dray_addr *vip);

/* Look for the MAC address of another director, and put it into @peer, which
 * has to stay where it is. */
void role_find_peer(struct state_peer *peer, int ifindex);

#endif
