/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file, read into a table. */
#ifndef DRAYADM_CONF_H
#define DRAYADM_CONF_H

#include <stdio.h>

#include "line.h"

struct conf {
	struct dray_table table;
	bool has_vips;		/* the file speaks of virtual addresses at all */
	char error[6144];	/* "file:3:9: what\n  line\n  ^" */
};

int conf_read(FILE *in, const char *name, struct conf *conf);
void conf_free(struct conf *conf);

#endif
