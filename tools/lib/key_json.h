/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and servers by their keys, as JSON in files and on sockets. */
#ifndef DRAY_KEY_JSON_H
#define DRAY_KEY_JSON_H

#include <jansson.h>

#include "model.h"

json_t *dray_key_pack(const struct dray_key *key);
/* Return: whether it names a service. */
bool dray_key_unpack(const json_t *from, struct dray_key *key);

json_t *dray_addr_pack(const struct dray_addr *addr);
/* Of a server only address and port.  Return: whether it names one. */
bool dray_server_unpack(const json_t *from, struct dray_server *srv);

#endif
