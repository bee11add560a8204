/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status socket: who connects gets one JSON document.  It is made from the
 * plan and the state file, so that the worker does not even notice.
 */
#ifndef DRAYVRRPD_STATUS_H
#define DRAYVRRPD_STATUS_H

#include "ka_vrrp.h"
#include "state.h"

struct event_base;

/* @conf: where the plan in force is found */
int status_open(struct event_base *base, const char *run_dir,
		struct state *state, struct ka_conf **conf);
void status_close(void);

#endif
