/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the others states of servers and counts of their flows: all of them
 * once a second, or in turn, as many as fit.
 */
#ifndef DRAYVRRPD_SYNC_SERVERS_H
#define DRAYVRRPD_SYNC_SERVERS_H

#include "request.h"
#include "sync_state.h"

void sync_servers_open(struct sync_show *show);
/* One of the module's. */
void sync_servers_tell(const struct dray_flow_row *row, uint64_t now);
/* Go on, if @room.  Return: 0 or -errno of the module. */
int sync_servers_pump(bool room, uint64_t now);
/* The module is gone. */
void sync_servers_stop(void);

#endif
