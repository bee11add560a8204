/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the configuration that are read and not acted upon: said. */
#ifndef DRAYVRRPD_UNMET_H
#define DRAYVRRPD_UNMET_H

#include "ka_vrrp.h"

void unmet_say(const struct ka_conf *conf);

#endif
