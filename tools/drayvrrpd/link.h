/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's interfaces and addresses, as the kernel tells them: a table that
 * is read once and kept up by notifications.  It decides nothing.
 */
#ifndef DRAYVRRPD_LINK_H
#define DRAYVRRPD_LINK_H

#include <net/if.h>

#include "addr.h"

/* the mark of our addresses and routes: the protocol's own number */
#define VRRP_RTPROT 112

struct link_addr {
	struct dray_addr addr;
	uint8_t prefix, scope, proto;
	uint32_t flags;
};

struct link {
	int index;			/* 0: an unused place */
	char name[IF_NAMESIZE];
	unsigned int flags;
	uint8_t mac[DRAY_MACLEN];
	bool has_mac;
	struct link_addr *addrs;
	size_t n_addrs;
};

/* Return: the descriptor to watch, or -errno. */
int links_open(void);
/* Take what the kernel has told since. */
void links_read(void);
/* Was anything told since this was asked last, whoever has read it? */
bool links_changed(void);
void links_close(void);

const struct link *link_by_name(const char *name);
const struct link *link_by_index(int index);
const struct link *link_next(const struct link *link);
const struct link_addr *link_has(const struct link *link,
				 const struct dray_addr *addr);
/* Up, and with a carrier as far as the driver knows of one. */
bool link_is_up(const struct link *link);
/* What adverts are sent from: never an address that VRRP put there. */
bool link_source(const struct link *link, uint8_t family,
		 struct dray_addr *source);
/* Whether this host has the address on any interface. */
bool link_is_own(const struct dray_addr *addr);

#endif
