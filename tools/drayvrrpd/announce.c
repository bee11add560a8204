// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gratuitous ARP and unsolicited Neighbor Advertisement frames.  Which MAC, how
 * often and when is not decided here.
 */
#include "announce.h"

#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
	IPV6_HEADER = 40,
	NA_LEN = 32,		/* 24 and the link-layer address option */
	NA_FLAG_ROUTER = 0x80,
	NA_FLAG_OVERRIDE = 0x20,
};

static uint8_t *put(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static uint8_t *put16(uint8_t *p, uint16_t value)
{
	*p++ = value >> 8;
	*p++ = value & 0xff;
	return p;
}

static uint8_t *fill(uint8_t *p, uint8_t value, size_t len)
{
	memset(p, value, len);
	return p + len;
}

static uint8_t *put_ethernet(uint8_t *p, const uint8_t *to, const uint8_t *from,
			     uint16_t type)
{
	p = put(p, to, DRAY_MACLEN);
	p = put(p, from, DRAY_MACLEN);
	return put16(p, type);
}

/* Sender and target are the same address; RFC 5944, 4.6 for the two forms. */
static size_t build_arp(const struct dray_addr *vip, const uint8_t *mac,
			bool reply, uint8_t *buf)
{
	static const uint8_t broadcast[] = { 255, 255, 255, 255, 255, 255 };
	uint8_t *p = put_ethernet(buf, broadcast, mac, ETHERTYPE_ARP);

	p = put16(p, ARPHRD_ETHER);
	p = put16(p, ETHERTYPE_IP);
	*p++ = DRAY_MACLEN;
	*p++ = 4;
	p = put16(p, reply ? ARPOP_REPLY : ARPOP_REQUEST);
	p = put(p, mac, DRAY_MACLEN);
	p = put(p, vip->bytes, 4);
	p = put(p, reply ? mac : broadcast, DRAY_MACLEN);
	p = put(p, vip->bytes, 4);
	return p - buf;
}

/* RFC 8200, 8.1, over the addresses of the IPv6 header and what follows. */
static uint16_t icmp6_checksum(const uint8_t *ip6)
{
	uint32_t n = NA_LEN + IPPROTO_ICMPV6;
	size_t i;

	for (i = 8; i < IPV6_HEADER + NA_LEN; i += 2)
		n += ip6[i] << 8 | ip6[i + 1];
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	return ~n & 0xffff;
}

static uint8_t *put_na(uint8_t *p, const struct dray_addr *vip,
		       const uint8_t *mac, bool router)
{
	*p++ = ND_NEIGHBOR_ADVERT;
	*p++ = 0;
	p = put16(p, 0);
	*p++ = NA_FLAG_OVERRIDE | (router ? NA_FLAG_ROUTER : 0);
	p = fill(p, 0, 3);
	p = put(p, vip->bytes, 16);
	*p++ = ND_OPT_TARGET_LINKADDR;
	*p++ = 1;
	return put(p, mac, DRAY_MACLEN);
}

static size_t build_na(const struct dray_addr *vip, const uint8_t *mac,
		       bool router, uint8_t *buf)
{
	static const uint8_t all_nodes_mac[] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
	uint8_t *ip6 = put_ethernet(buf, all_nodes_mac, mac, ETHERTYPE_IPV6);
	uint8_t *p = fill(put16(ip6, 6 << 12), 0, 2);

	p = put16(p, NA_LEN);
	*p++ = IPPROTO_ICMPV6;
	*p++ = 255;
	p = put(p, vip->bytes, 16);
	p = put(p, all_nodes, 16);
	p = put_na(p, vip, mac, router);
	put16(ip6 + IPV6_HEADER + 2, icmp6_checksum(ip6));
	return p - buf;
}

size_t announce_build(const struct dray_addr *vip,
		      const uint8_t mac[DRAY_MACLEN], unsigned int flags,
		      uint8_t buf[ANNOUNCE_MAX])
{
	switch (vip->family) {
	case AF_INET:
		return build_arp(vip, mac, flags & ANNOUNCE_ARP_REPLY, buf);
	case AF_INET6:
		return build_na(vip, mac, flags & ANNOUNCE_ROUTER, buf);
	default:
		return 0;
	}
}

struct dray_addr announce_solicited_node(const struct dray_addr *vip)
{
	struct dray_addr group = {
		.family = AF_INET6,
		.in6.s6_addr = { 0xff, 2, [11] = 1, [12] = 0xff },
	};

	memcpy(group.bytes + 13, vip->bytes + 13, 3);
	return group;
}
