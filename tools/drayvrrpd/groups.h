/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sync groups of the configuration at work. */
#ifndef DRAYVRRPD_GROUPS_H
#define DRAYVRRPD_GROUPS_H

#include "ka_vrrp.h"

/* When all routers are there. */
void groups_create(const struct ka_conf *conf);
/* What they were in the earlier worker; before their members start. */
void groups_go_on(void);
/* All members have started. */
void groups_settled(void);
/* Addresses have come: whoever waited for them is told. */
void groups_tell(void);

#endif
