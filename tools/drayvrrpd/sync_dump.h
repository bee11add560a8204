/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the others all that they cannot know: read from the module piece by
 * piece, as fast as it goes out and is received.
 */
#ifndef DRAYVRRPD_SYNC_DUMP_H
#define DRAYVRRPD_SYNC_DUMP_H

#include "sync_module.h"
#include "sync_state.h"

void sync_dump_open(struct sync_show *show);
/* One more is wanted; when one runs, behind it. */
void sync_dump_want(void);
bool sync_dump_runs(void);
/* Go on, if @room.  Return: 0 or -errno of the module. */
int sync_dump_pump(bool room, uint64_t now);
/* Of the module's: is it one that others cannot know? */
bool sync_dump_counts(const struct sync_entry *entry);
/* The module is gone. */
void sync_dump_stop(void);

#endif
