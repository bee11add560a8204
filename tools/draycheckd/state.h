/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the process: changes by hand, and which services are the
 * file's, so that those which a later file has no more are removed.
 */
#ifndef DRAYCHECKD_STATE_H
#define DRAYCHECKD_STATE_H

#include "daemon.h"

void state_read(struct daemon *d);
void state_write(const struct daemon *d);

#endif
