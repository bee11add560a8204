/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weights that change by themselves: a selection table is made anew for each
 * change of a weight, so what the checks say of weights is held back until a
 * second after the last time that the service's table was made.  The first
 * change goes at once, and so does everything but weights.  Pure: is told
 * tables and the time (ms).
 */
#ifndef DRAYCHECKD_HOLD_H
#define DRAYCHECKD_HOLD_H

#include "model.h"

#define HOLD_MS 1000

struct hold {
	struct dray_key key;
	uint64_t until;
};

struct holds {
	struct hold *list;	/* by key */
	size_t n;
};

uint64_t holds_apply(const struct holds *h, const struct dray_table *now,
		     struct dray_table *wanted, uint64_t time);
void holds_written(struct holds *h, const struct dray_table *before,
		   const struct dray_table *written, uint64_t time);
void holds_free(struct holds *h);

#endif
