/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VRRP advertisements as bytes: version 2 (RFC 3768, and the simple password
 * of RFC 2338) and version 3 (RFC 9568) over IPv4 and IPv6.  Pure: no socket,
 * no clock, no allocation.  Multi-byte fields in the structs are in host
 * order, addresses in network order.
 */
#ifndef DRAYVRRPD_PACKET_H
#define DRAYVRRPD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define PACKET_PROTOCOL 112
#define PACKET_TTL 255
#define PACKET_TOS 0xc0
#define PACKET_AUTH_LEN 8
#define PACKET_IPV4_HEADER 20
/* an IPv4 header and the longest message, version 3 with 255 IPv6 addresses */
#define PACKET_MAX (PACKET_IPV4_HEADER + 8 + 255 * 16)

#define PACKET_OWNER 255	/* priority of the one who owns the addresses */
#define PACKET_RESIGN 0		/* priority of one who is leaving */

enum packet_auth {
	PACKET_AUTH_NONE,
	PACKET_AUTH_PASS,	/* RFC 2338, 5.3.6.2 */
};

/* What the sum of a version 3 message over IPv4 covers. */
enum packet_checksum {
	PACKET_CHECKSUM_PSEUDO,	/* pseudo-header too: as keepalived and FRR */
	PACKET_CHECKSUM_PLAIN,	/* the message only: RFC 9568, 5.2.8 */
	/*
	 * Received only: with the group's address in the pseudo-header of a
	 * unicast message, as keepalived up to 1.3.6.
	 */
	PACKET_CHECKSUM_GROUP,
};

/* Why a message is not looked at any further, in the order of the checks. */
enum packet_reject {
	PACKET_ACCEPTED,
	PACKET_REJECT_IP_HEADER,
	PACKET_REJECT_TRUNCATED,
	PACKET_REJECT_TTL,
	PACKET_REJECT_DESTINATION,
	PACKET_REJECT_VERSION,
	PACKET_REJECT_TYPE,
	PACKET_REJECT_VRID,
	PACKET_REJECT_LENGTH,
	PACKET_REJECT_CHECKSUM,
	PACKET_REJECT_AUTH_TYPE,
	PACKET_REJECT_AUTH,
	PACKET_REJECT_INTERVAL,
	PACKET_REJECT_COUNT,
	PACKET_REJECT_OWN_SOURCE,
	PACKET_REJECT_PEER,
	PACKET_N_REJECTS,
};

/* What is odd about an accepted message. */
enum {
	PACKET_NOTE_INTERVAL = 1,	/* not our advertisement interval */
	PACKET_NOTE_ADDRS = 2,		/* not our list of addresses */
};

struct packet_peer {
	struct dray_addr addr;
	uint8_t min_ttl, max_ttl;	/* 0 and 255: any */
};

/* What one virtual router sends and expects; borrows its lists. */
struct packet_spec {
	uint8_t version;		/* 2 or 3 */
	uint8_t family;			/* AF_INET or AF_INET6 */
	uint8_t vrid;
	enum packet_auth auth_type;	/* version 2 */
	uint8_t auth[PACKET_AUTH_LEN];	/* padded with zeroes */
	uint32_t interval_us;
	enum packet_checksum checksum;	/* to send */
	struct dray_addr group;		/* where multicast goes */
	bool unicast;
	bool check_peers;		/* unicast: only from these */
	const struct packet_peer *peers;
	size_t n_peers;
	const struct dray_addr *own;	/* addresses of this host */
	size_t n_own;
	const struct dray_addr *vips;	/* at most 255 */
	size_t n_vips;
};

/* One received message with what IP said about it. */
struct packet_datagram {
	struct dray_addr src, dst;
	int ttl;			/* or hop limit; -1: not known, as 0 */
	const uint8_t *data;		/* from the first VRRP byte */
	size_t len;
};

/* An accepted message; addrs lie in the received buffer. */
struct packet_advert {
	struct dray_addr src;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint8_t n_addrs;
	uint32_t interval_us;
	enum packet_checksum checksum;
	unsigned int notes;
	const uint8_t *addrs;
};

/**
 * packet_group() - the group of RFC 9568, 5.1.1.2 and 5.1.2.2
 * @family: AF_INET or AF_INET6
 *
 * Return: 224.0.0.18 or ff02::12.
 */
struct dray_addr packet_group(uint8_t family);

/**
 * packet_virtual_mac() - the MAC address of a virtual router, RFC 9568, 7.3
 * @family: AF_INET or AF_INET6
 * @vrid: its number
 * @mac: receives it
 */
void packet_virtual_mac(uint8_t family, uint8_t vrid, uint8_t mac[DRAY_MACLEN]);

/**
 * packet_set_password() - make a version 2 spec use a simple password
 * @spec: of which auth_type and auth are set
 * @password: of which no more than PACKET_AUTH_LEN bytes are used
 *
 * Return: whether all of it was used.
 */
bool packet_set_password(struct packet_spec *spec, const char *password);

/**
 * packet_build() - write an advertisement, without an IP header
 * @spec: of whom
 * @src: address it is sent from
 * @dst: address it is sent to, for the checksum
 * @priority: to say
 * @buf: receives it
 * @size: of @buf
 *
 * Return: its length, or 0 if it does not fit.
 */
size_t packet_build(const struct packet_spec *spec, const struct dray_addr *src,
		    const struct dray_addr *dst, uint8_t priority, uint8_t *buf,
		    size_t size);

/**
 * packet_build_ipv4() - the same behind an IPv4 header, for IP_HDRINCL
 * @spec: of whom
 * @src: address it is sent from
 * @dst: address it is sent to
 * @ttl: to send with
 * @id: IP identification, not 0
 * @priority: to say
 * @buf: receives it
 * @size: of @buf
 *
 * Return: its length, or 0 if it does not fit.
 */
size_t packet_build_ipv4(const struct packet_spec *spec,
			 const struct dray_addr *src,
			 const struct dray_addr *dst, uint8_t ttl, uint16_t id,
			 uint8_t priority, uint8_t *buf, size_t size);

/**
 * packet_open_ipv4() - take the IP header off what a raw IPv4 socket gave
 * @buf: from the first byte of the IP header
 * @len: received; bytes behind the IP total length are Ethernet's padding
 * @datagram: receives addresses, TTL and where the message lies in @buf
 *
 * Return: PACKET_ACCEPTED, or PACKET_REJECT_IP_HEADER, or
 * PACKET_REJECT_TRUNCATED.
 */
enum packet_reject packet_open_ipv4(const uint8_t *buf, size_t len,
				    struct packet_datagram *datagram);

/**
 * packet_vrid() - whom a message is for, before anything is verified
 * @datagram: received
 *
 * Return: the VRID, 1 to 255, or 0 if the message is too short to have one.
 */
uint8_t packet_vrid(const struct packet_datagram *datagram);

/**
 * packet_parse() - verify a message and take it apart, RFC 9568, 7.1
 * @datagram: received
 * @spec: of the virtual router it is for
 * @advert: receives it; filled as far as the checks came
 *
 * Return: PACKET_ACCEPTED, or the first check that failed.  Whatever failed,
 * the caller counts it and does nothing else.
 */
enum packet_reject packet_parse(const struct packet_datagram *datagram,
				const struct packet_spec *spec,
				struct packet_advert *advert);

/* A word for counters, and what an operator reads. */
const char *packet_reject_name(enum packet_reject reject);
const char *packet_reject_text(enum packet_reject reject);
const char *packet_checksum_name(enum packet_checksum checksum);

#endif
