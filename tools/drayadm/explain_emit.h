/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would become of a packet, for people and as JSON. */
#ifndef DRAYADM_EXPLAIN_EMIT_H
#define DRAYADM_EXPLAIN_EMIT_H

#include "emit.h"
#include "explain.h"

void explain_emit(struct dray_emit *e,
		  const struct dray_explain_request *request,
		  const struct dray_explain *x);
void explain_line(FILE *out, const struct dray_explain_request *request,
		  const struct dray_explain *x, const char *failed);

#endif
