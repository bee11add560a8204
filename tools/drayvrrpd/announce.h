/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames by which a new master tells its neighbours where an address
 * lives now: gratuitous ARP (RFC 9568, 8.1.2) and unsolicited Neighbor
 * Advertisement (8.2.2).  Pure: bytes only, from the Ethernet header on.
 */
#ifndef DRAYVRRPD_ANNOUNCE_H
#define DRAYVRRPD_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define ANNOUNCE_ARP_LEN 42
#define ANNOUNCE_NA_LEN 86
#define ANNOUNCE_MAX ANNOUNCE_NA_LEN

enum {
	ANNOUNCE_ARP_REPLY = 1,		/* IPv4: a reply instead of a request */
	ANNOUNCE_ROUTER = 2,		/* IPv6: this host forwards */
};

/**
 * announce_build() - one frame for one virtual address
 * @vip: IPv4 or IPv6
 * @mac: that owns it now
 * @flags: ANNOUNCE_*
 * @buf: receives the frame, ANNOUNCE_MAX bytes
 *
 * Return: its length, or 0 if @vip has no family.
 */
size_t announce_build(const struct dray_addr *vip,
		      const uint8_t mac[DRAY_MACLEN], unsigned int flags,
		      uint8_t buf[ANNOUNCE_MAX]);

/* The group ff02::1:ffXX:XXXX that a master of @vip belongs to. */
struct dray_addr announce_solicited_node(const struct dray_addr *vip);

#endif
