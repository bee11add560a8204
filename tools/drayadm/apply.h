/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the configuration what a table says; rolling it back. */
#ifndef DRAYADM_APPLY_H
#define DRAYADM_APPLY_H

#include "diff.h"
#include "session.h"

struct conf;

struct apply {
	const struct dray_table *wanted;
	bool with_vips;
	struct dray_table before;	/* read from the kernel */
	struct dray_diff diff;
};

int apply_read(struct session *s, const char *name, struct conf *conf);
void diff_print(FILE *out, const struct dray_diff *diff);

int apply_prepare(struct session *s, struct apply *a);
int apply_send(struct session *s, const struct apply *a);
void apply_free(struct apply *a);
int apply_table(struct session *s, const struct dray_table *wanted,
		bool with_vips);

int rollback_pending(struct session *s);
int rollback_arm(struct session *s, const struct apply *a, unsigned int seconds,
		 int *handle);
int rollback_start(struct session *s, const struct apply *a,
		   unsigned int seconds, int handle);
void rollback_disarm(int handle);
int rollback_confirm(struct session *s);

#endif
