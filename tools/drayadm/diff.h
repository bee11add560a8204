/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two configurations as a list of writes, in an order that
 * the kernel accepts.  Pure: reads two tables, sends and prints nothing.
 */
#ifndef DRAYADM_DIFF_H
#define DRAYADM_DIFF_H

#include "model.h"

struct change {
	uint8_t cmd;			/* DRAY_CMD_* */
	const struct dray_key *key;	/* of a server's service */
	const struct dray_service *svc, *old_svc;
	const struct dray_server *srv, *old_srv;
	const struct dray_vip *vip, *old_vip;
	const struct dray_config *config, *old_config;
	unsigned int line;		/* where it was asked for */
};

struct diff {
	struct change *list;
	size_t n;
};

/* Both tables sorted; the result points into them. */
void diff_make(const struct dray_table *now, const struct dray_table *wanted,
	       bool with_vips, struct diff *diff);
void diff_free(struct diff *diff);
void diff_rollback_target(struct dray_table *before,
			  const struct dray_table *wanted);

#endif
