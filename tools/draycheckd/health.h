/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health of everything, as JSON. */
#ifndef DRAYCHECKD_HEALTH_H
#define DRAYCHECKD_HEALTH_H

#include <jansson.h>

#include "daemon.h"

json_t *health_json(const struct daemon *d);

#endif
