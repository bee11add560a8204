/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that keeps the others: it reads the configuration, starts the
 * worker again when it dies, puts another in its place on reload, and answers
 * who asks for the status.
 */
#ifndef DRAYVRRPD_SUPERVISOR_H
#define DRAYVRRPD_SUPERVISOR_H

#include "ka_vrrp.h"
#include "state.h"

struct supervisor_options {
	const char *path;		/* of the configuration */
	struct ka_options ka;		/* how it is read */
	const char *run_dir;		/* state file and status socket */
};

/* Return: the exit status. */
int supervisor_main(const struct supervisor_options *options,
		    struct ka_conf *conf);

#endif
