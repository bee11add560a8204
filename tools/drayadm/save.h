/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a configuration as lines. */
#ifndef DRAYADM_SAVE_H
#define DRAYADM_SAVE_H

#include <stdio.h>

#include "model.h"

int save_write(FILE *out, const struct dray_table *table, bool numeric,
	       bool everything);

#endif
