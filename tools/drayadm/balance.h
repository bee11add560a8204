/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each server should have of the flows, and has. */
#ifndef DRAYADM_BALANCE_H
#define DRAYADM_BALANCE_H

#include "emit.h"
#include "model.h"

void balance_emit(struct dray_emit *e, const struct dray_table *table,
		  bool numeric);

#endif
