/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As whom the commands of the configuration run, and which of them must not.
 * Found out once, before the worker is in a hurry: names of users are looked up
 * in files, or over the network.
 */
#ifndef DRAYVRRPD_OWNER_H
#define DRAYVRRPD_OWNER_H

#include "ka_vrrp.h"

struct owner {
	const struct ka_command *command;
	uid_t uid;
	gid_t gid;
	bool refused;
};

/* Of every command of the file; says what is refused, and why. */
void owners_find(const struct ka_conf *conf);
/* NULL: it is not to be run. */
const struct owner *owner_of(const struct ka_command *command);

#endif
