/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says of itself on a unix socket: one line of JSON in, one
 * document out.  Root's only.
 */
#ifndef DRAYCHECKD_STATUS_H
#define DRAYCHECKD_STATUS_H

#include "daemon.h"

void status_open(struct daemon *d);
void status_close(void);

#endif
