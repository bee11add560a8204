/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Echo requests: of PING_CHECK, and of asking the gateway. */
#ifndef DRAYCHECKD_PING_H
#define DRAYCHECKD_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define PING_LEN 16

size_t ping_make(uint8_t family, uint16_t id, uint8_t buf[PING_LEN]);
bool ping_answers(uint8_t family, uint16_t id, const uint8_t *data, size_t n);

#endif
