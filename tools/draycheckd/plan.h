/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration x health -> the table that the kernel should have.  Pure.
 * What the file does not speak of is left as the kernel has it.
 */
#ifndef DRAYCHECKD_PLAN_H
#define DRAYCHECKD_PLAN_H

#include "model.h"
#include "service.h"

void plan_make(const struct services *services, const struct dray_table *kernel,
	       struct dray_table *wanted);

#endif
