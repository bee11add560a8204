// SPDX-License-Identifier: GPL-2.0-or-later
/* See key_json.h. */
#include "key_json.h"

#include <arpa/inet.h>
#include <string.h>

json_t *dray_addr_pack(const struct dray_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(dray_addr_text(addr, text, sizeof(text)));
}

json_t *dray_key_pack(const struct dray_key *key)
{
	if (key->fwmark)
		return json_pack("{s:i, s:I}", "family", key->family, "fwmark",
				 (json_int_t)key->fwmark);
	return json_pack("{s:i, s:o, s:i}", "protocol", key->protocol,
			 "address", dray_addr_pack(&key->addr), "port",
			 key->port);
}

static bool unpack_addr(const json_t *from, struct dray_addr *addr)
{
	const char *text = json_string_value(json_object_get(from, "address"));

	return text && dray_addr_parse(text, addr);
}

static json_int_t number(const json_t *from, const char *name)
{
	return json_integer_value(json_object_get(from, name));
}

bool dray_key_unpack(const json_t *from, struct dray_key *key)
{
	memset(key, 0, sizeof(*key));
	key->fwmark = number(from, "fwmark");
	key->family = number(from, "family");
	if (key->fwmark)
		return key->family == AF_INET || key->family == AF_INET6;
	key->protocol = number(from, "protocol");
	key->port = number(from, "port");
	if (!unpack_addr(from, &key->addr))
		return false;
	key->family = key->addr.family;
	return true;
}

bool dray_server_unpack(const json_t *from, struct dray_server *srv)
{
	memset(srv, 0, sizeof(*srv));
	srv->port = number(from, "port");
	return unpack_addr(from, &srv->addr);
}
