// SPDX-License-Identifier: GPL-2.0-or-later
/* See name.h. */
#include "name.h"

#include <stdio.h>

#include "ka_vrrp.h"

#define TEXTS 4

static char *next_text(size_t *len)
{
	static char texts[TEXTS][128];
	static unsigned int turn;

	*len = sizeof(texts[0]);
	return texts[turn++ % TEXTS];
}

static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? "udp" :
	       protocol == IPPROTO_SCTP ? "sctp" : "tcp";
}

const char *name_place(const struct dray_addr *addr, uint8_t protocol,
		       uint16_t port)
{
	char host[INET6_ADDRSTRLEN];
	size_t len;
	char *text = next_text(&len);

	dray_addr_text(addr, host, sizeof(host));
	if (protocol)
		snprintf(text, len, "[%s]:%s:%u", host, protocol_name(protocol),
			 port);
	else
		snprintf(text, len, "[%s]", host);
	return text;
}

const char *name_key(const struct ka_service_key *key, uint8_t protocol)
{
	size_t len;
	char *text;

	if (!key->fwmark)
		return name_place(&key->addr, protocol, key->port);
	text = next_text(&len);
	snprintf(text, len, "FWM %u", key->fwmark);
	return text;
}

/* A group's name, else the one service's. */
const char *name_service(const struct ka_virtual_server *vs)
{
	size_t len;
	char *text;

	if (!vs->group)
		return name_key(&vs->keys[0], vs->protocol);
	text = next_text(&len);
	snprintf(text, len, "[%s]:%s:0", vs->group->name,
		 protocol_name(vs->protocol));
	return text;
}

const char *name_server(const struct ka_virtual_server *vs,
			const struct ka_real_server *rs)
{
	return name_place(&rs->addr, vs->protocol, rs->port);
}

static const char *name_text(const char *what)
{
	size_t len;
	char *text = next_text(&len);

	snprintf(text, len, "[%s]", what);
	return text;
}

/* What a check asks is a place, too, or a program or a file. */
const char *name_checker(const struct ka_checker *conf)
{
	bool udp = conf->type == KA_UDP_CHECK || conf->type == KA_DNS_CHECK;

	if (conf->type == KA_MISC_CHECK)
		return name_text(conf->misc.command->text);
	if (conf->type == KA_FILE_CHECK)
		return name_text(conf->file.file->path);
	if (conf->type == KA_PING_CHECK)
		return name_place(&conf->addr, 0, 0);
	return name_place(&conf->addr, udp ? IPPROTO_UDP : IPPROTO_TCP,
			  conf->port);
}
