/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was changed by hand in the kernel's table and is kept beside the
 * configuration until it is lifted: a server's state, its weight, that it was
 * taken out or put in.  Pure: compares tables, reads and writes none.
 */
#ifndef DRAYCHECKD_OVERRIDE_H
#define DRAYCHECKD_OVERRIDE_H

#include <time.h>

#include "model.h"

enum {
	OVERRIDE_STATE = 1,
	OVERRIDE_WEIGHT = 2,
	OVERRIDE_REMOVED = 4,	/* deleted by hand */
	OVERRIDE_ADDED = 8,	/* added by hand, nobody checks it */
};

struct override {
	struct dray_key key;
	struct dray_addr addr;
	uint16_t port;
	unsigned int what;	/* OVERRIDE_*; 0: none */
	uint8_t state;
	uint32_t weight;
	time_t since;
};

struct overrides {
	struct override *list;
	size_t n, room;
};

/* as a change of what is overridden, for the log */
typedef void (*override_fn)(const struct override *now, unsigned int was);

const struct override *override_find(const struct overrides *o,
				     const struct dray_key *key,
				     const struct dray_server *srv);
struct override *override_make(struct overrides *o, const struct dray_key *key,
			       const struct dray_server *srv);
bool override_detect(struct overrides *o, const struct dray_table *believed,
		     const struct dray_table *now,
		     const struct dray_table *planned, override_fn tell);
size_t override_lift(struct overrides *o, const struct dray_key *key,
		     const struct dray_server *srv);
void override_apply(const struct overrides *o, struct dray_table *wanted);
const char *override_text(const struct override *o, char *buf, size_t len);
void overrides_free(struct overrides *o);

#endif
