/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses, ports, prefixes and MAC addresses as text.  Names are looked up
 * only when the caller does not ask for numbers, and never for longer than a
 * few seconds in all: a listing must come out when DNS is down.
 */
#ifndef DRAY_ADDR_H
#define DRAY_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a DNS name of 253 characters, brackets, colon and port */
#define DRAY_ADDRTEXT 272
#define DRAY_MACLEN 6

struct dray_addr {
	uint8_t family;		/* AF_INET, AF_INET6 or 0 for none */
	union {
		struct in_addr in;
		struct in6_addr in6;
		uint8_t bytes[16];
	};
};

/* what dray_addrport_parse() has found */
enum {
	DRAY_HAS_ADDR = 1,
	DRAY_HAS_PORT = 2,
};

static inline size_t dray_addr_len(const struct dray_addr *a)
{
	return a->family == AF_INET6 ? 16 : a->family == AF_INET ? 4 : 0;
}

static inline uint8_t dray_addr_bits(uint8_t family)
{
	return family == AF_INET6 ? 128 : 32;
}

int dray_addr_cmp(const struct dray_addr *a, const struct dray_addr *b);
bool dray_addr_is_vip(const struct dray_addr *a);
bool dray_addr_parse(const char *text, struct dray_addr *addr);
const char *dray_addr_text(const struct dray_addr *addr, char *buf, size_t len);

int dray_addrport_parse(const char *text, uint8_t protocol,
			struct dray_addr *addr, uint16_t *port);
const char *dray_addrport_text(const struct dray_addr *addr, uint16_t port,
			       uint8_t protocol, bool numeric, char *buf,
			       size_t len);

bool dray_number_parse(const char *text, long min, long max, long *value);
bool dray_mask_parse(const char *text, uint8_t *prefix);
const char *dray_mask_text(uint8_t prefix, char *buf, size_t len);
bool dray_mac_parse(const char *text, uint8_t mac[DRAY_MACLEN]);
const char *dray_mac_text(const uint8_t mac[DRAY_MACLEN], char *buf, size_t len);
const char *dray_protocol_name(uint8_t protocol);

#endif
