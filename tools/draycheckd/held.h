/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses this host has, for ha_suspend: the checks of such a service
 * run only while it has one of the service's.
 */
#ifndef DRAYCHECKD_HELD_H
#define DRAYCHECKD_HELD_H

#include "service.h"

void held_setup(struct services *services);
void held_close(void);

#endif
