/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the gateway whether this host is still connected: the one of the file,
 * else that of the default route.  Says what is to be done, see blame.h.
 */
#ifndef DRAYCHECKD_GATEWAY_H
#define DRAYCHECKD_GATEWAY_H

#include "blame.h"
#include "ka.h"

typedef void (*gateway_act_fn)(enum blame_act act);

struct gateway {
	struct blame blame;
	struct dray_addr addr;	/* family 0: none is known */
	gateway_act_fn act;
};

extern struct gateway gateway;

void gateway_open(const struct ka_conf *conf, gateway_act_fn act);
void gateway_setup(const struct ka_conf *conf);
void gateway_counts(size_t failing, size_t all);
void gateway_close(void);

#endif
