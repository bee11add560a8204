/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tracked: scripts are run by the spawner, interfaces are known.  The
 * results make priorities, see priority.h.
 */
#ifndef DRAYVRRPD_TRACK_H
#define DRAYVRRPD_TRACK_H

#include "router.h"

/* All scripts of the configuration; @jobs leads to the spawner. */
void tracks_create(const struct ka_conf *conf, struct state *state, int jobs);
/* A job's end, if it was one of ours. */
void tracks_result(uint32_t id, int status, bool timed_out, uint64_t now);
/* Some result has: every priority is summed up anew. */
void tracks_changed(uint64_t now);
/* A virtual router's list of what it tracks. */
void track_bind(struct router *r);
/* Put the latest results where priority_sum() finds them. */
void track_results(struct router *r);

#endif
