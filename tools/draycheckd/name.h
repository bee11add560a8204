/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services and servers as keepalived's log, mail and FIFO name them:
 * "[192.168.0.200]:tcp:80", "FWM 5".  Each text is valid until the fourth
 * following call.
 */
#ifndef DRAYCHECKD_NAME_H
#define DRAYCHECKD_NAME_H

#include "ka_lvs.h"

const char *name_place(const struct dray_addr *addr, uint8_t protocol,
		       uint16_t port);
const char *name_key(const struct ka_service_key *key, uint8_t protocol);
const char *name_service(const struct ka_virtual_server *vs);
const char *name_server(const struct ka_virtual_server *vs,
			const struct ka_real_server *rs);
const char *name_checker(const struct ka_checker *conf);

#endif
