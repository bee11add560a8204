/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which servers other directors have down, in a file: for a health checker that
 * has just started, and knows nothing of them yet.
 */
#ifndef DRAYVRRPD_SYNC_TOLD_H
#define DRAYVRRPD_SYNC_TOLD_H

#include "request.h"
#include "state.h"

/* The file is sync.json in run_dir; before any process is forked. */
void sync_told_open(const char *run_dir, const struct state *state);
/* A server's state, as another director has it. */
void sync_told_take(const struct dray_flow_row *row, uint64_t now);
/* Write it once a second, while anything is told. */
void sync_told_look(uint64_t now);

#endif
