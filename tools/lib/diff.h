/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two configurations as a list of writes, in an order that
 * the kernel accepts; sending it as one transaction.
 */
#ifndef DRAY_DIFF_H
#define DRAY_DIFF_H

#include "nl.h"

struct dray_change {
	uint8_t cmd;			/* DRAY_CMD_* */
	const struct dray_key *key;	/* of a server's service */
	const struct dray_service *svc, *old_svc;
	const struct dray_server *srv, *old_srv;
	const struct dray_vip *vip, *old_vip;
	const struct dray_config *config, *old_config;
	unsigned int line;		/* where it was asked for */
};

struct dray_diff {
	struct dray_change *list;
	size_t n;
};

/* Both tables sorted; the result points into them. */
void dray_diff_make(const struct dray_table *now,
		    const struct dray_table *wanted, bool with_vips,
		    struct dray_diff *diff);
void dray_diff_free(struct dray_diff *diff);
void dray_diff_rollback_target(struct dray_table *before,
			       const struct dray_table *wanted);
int dray_diff_send(struct dray_nl *nl, const struct dray_diff *diff,
		   uint32_t generation, const struct dray_change **culprit);

#endif
