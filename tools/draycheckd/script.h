/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scripts that are told of events.  Those of one subject run one after the
 * other, so that "up" never overtakes "down"; those of different ones together.
 */
#ifndef DRAYCHECKD_SCRIPT_H
#define DRAYCHECKD_SCRIPT_H

#include "ka.h"

void script_notify(const struct ka_conf *conf, const struct ka_command *command,
		   const void *subject, const char *why);
void script_finish(void);

#endif
