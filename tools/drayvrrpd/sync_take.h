/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another director says of entries, given to the module. */
#ifndef DRAYVRRPD_SYNC_TAKE_H
#define DRAYVRRPD_SYNC_TAKE_H

#include "sync_packet.h"
#include "sync_state.h"

/* All of a datagram of type SYNC_FLOWS or SYNC_PERSIST. */
void sync_take_entries(struct sync_reader *r, struct sync_show *show);
/* All of one of type SYNC_STATES. */
void sync_take_states(struct sync_reader *r, struct sync_show *show,
		      uint64_t now);

#endif
