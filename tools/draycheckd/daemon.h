/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the daemon share, and what puts them together. */
#ifndef DRAYCHECKD_DAEMON_H
#define DRAYCHECKD_DAEMON_H

#include "override.h"
#include "reconcile.h"
#include "service.h"

struct options {
	const char *file, *socket, *state, *told, *pid_file;
	struct ka_options ka;
	bool foreground, console, detail, check;
};

struct daemon {
	struct options options;
	struct event_base *base;
	struct ka_conf *conf;
	struct services services;
	struct overrides overrides;
	struct kernel kernel;
	uint64_t started;	/* ms */
	unsigned long reloads;
	bool stopping;
};

extern struct daemon daemon_state;

int daemon_load(struct daemon *d);
int daemon_run(struct daemon *d);
void daemon_reload(struct daemon *d);
void daemon_update(struct daemon *d);
void daemon_keep(void);

#endif
