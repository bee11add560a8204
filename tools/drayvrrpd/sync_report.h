/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state sync in the status document. */
#ifndef DRAYVRRPD_SYNC_REPORT_H
#define DRAYVRRPD_SYNC_REPORT_H

#include "emit.h"
#include "sync_state.h"

void sync_emit(struct dray_emit *e, const struct sync_show *show, uint64_t now);

#endif
