// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VRRP advertisements as bytes.  Sections without a name are RFC 9568's; the
 * layout of version 2 is RFC 3768's, 5.3, its password RFC 2338's, 5.3.6.2.
 * Authentication headers (type 2) and keepalived's trailers are not spoken.
 */
#include "packet.h"

#include <sodium.h>
#include <string.h>
#include <sys/socket.h>

enum {
	HEADER_LEN = 8,
	TYPE_ADVERTISEMENT = 1,
	INTERVAL_MASK = 0x0fff,	/* the four bits above are reserved: 5.2.6 */
};

#define SECOND_US 1000000u
#define CENTISECOND_US 10000u

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value & 0xff;
}

/* The sum of 16-bit words, not folded yet; an odd byte is a high one. */
static uint32_t sum(uint32_t so_far, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		so_far += get16(data + i);
	if (len & 1)
		so_far += data[len - 1] << 8;
	return so_far;
}

static uint16_t fold(uint32_t n)
{
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	return ~n & 0xffff;
}

static uint32_t pseudo_header(const struct dray_addr *src,
			      const struct dray_addr *dst, size_t len)
{
	uint32_t n = sum(0, src->bytes, dray_addr_len(src));

	return sum(n, dst->bytes, dray_addr_len(dst)) + PACKET_PROTOCOL + len;
}

/* Over a message whose checksum field counts as it stands: 0 if it is right. */
static uint16_t checksum(uint8_t version, enum packet_checksum form,
			 const struct dray_addr *src,
			 const struct dray_addr *dst, const uint8_t *data,
			 size_t len)
{
	uint32_t n = 0;

	if (version == 3 &&
	    (src->family == AF_INET6 || form != PACKET_CHECKSUM_PLAIN))
		n = pseudo_header(src, dst, len);
	return fold(sum(n, data, len));
}

static size_t message_len(uint8_t version, uint8_t family, size_t n_addrs)
{
	if (version == 2)
		return HEADER_LEN + 4 * n_addrs + PACKET_AUTH_LEN;
	return HEADER_LEN + (family == AF_INET6 ? 16 : 4) * n_addrs;
}

struct dray_addr packet_group(uint8_t family)
{
	struct dray_addr group = { .family = family };

	if (family == AF_INET6) {
		group.bytes[0] = 0xff;
		group.bytes[1] = 0x02;
		group.bytes[15] = 0x12;
	} else {
		group.in.s_addr = htonl(0xe0000012);
	}
	return group;
}

void packet_virtual_mac(uint8_t family, uint8_t vrid, uint8_t mac[DRAY_MACLEN])
{
	const uint8_t prefix[] = { 0x00, 0x00, 0x5e, 0x00 };

	memcpy(mac, prefix, sizeof(prefix));
	mac[4] = family == AF_INET6 ? 2 : 1;
	mac[5] = vrid;
}

bool packet_set_password(struct packet_spec *spec, const char *password)
{
	size_t len = strnlen(password, PACKET_AUTH_LEN);

	spec->auth_type = PACKET_AUTH_PASS;
	memset(spec->auth, 0, sizeof(spec->auth));
	memcpy(spec->auth, password, len);
	return !password[len];
}

static void put_interval(const struct packet_spec *spec, uint8_t *buf)
{
	if (spec->version == 2) {
		buf[4] = spec->auth_type;
		buf[5] = spec->interval_us / SECOND_US;
	} else {
		put16(buf + 4, spec->interval_us / CENTISECOND_US &
			       INTERVAL_MASK);
	}
}

size_t packet_build(const struct packet_spec *spec, const struct dray_addr *src,
		    const struct dray_addr *dst, uint8_t priority, uint8_t *buf,
		    size_t size)
{
	size_t len = message_len(spec->version, spec->family, spec->n_vips);
	size_t addr_len = spec->family == AF_INET6 ? 16 : 4, i;
	uint8_t *p = buf + HEADER_LEN;

	if (len > size || spec->n_vips > UINT8_MAX)
		return 0;
	memset(buf, 0, len);
	buf[0] = spec->version << 4 | TYPE_ADVERTISEMENT;
	buf[1] = spec->vrid;
	buf[2] = priority;
	buf[3] = spec->n_vips;
	put_interval(spec, buf);
	for (i = 0; i < spec->n_vips; i++) {
		memcpy(p, spec->vips[i].bytes, addr_len);
		p += addr_len;
	}
	if (spec->version == 2 && spec->auth_type == PACKET_AUTH_PASS)
		memcpy(p, spec->auth, PACKET_AUTH_LEN);
	put16(buf + 6, checksum(spec->version, spec->checksum, src, dst, buf,
				len));
	return len;
}

static void put_ipv4_header(uint8_t *buf, size_t len, uint16_t id, uint8_t ttl,
			    const struct dray_addr *src,
			    const struct dray_addr *dst)
{
	memset(buf, 0, PACKET_IPV4_HEADER);
	buf[0] = 4 << 4 | PACKET_IPV4_HEADER / 4;
	buf[1] = PACKET_TOS;
	put16(buf + 2, len);
	put16(buf + 4, id);
	buf[8] = ttl;
	buf[9] = PACKET_PROTOCOL;
	memcpy(buf + 12, src->bytes, 4);
	memcpy(buf + 16, dst->bytes, 4);
	put16(buf + 10, fold(sum(0, buf, PACKET_IPV4_HEADER)));
}

size_t packet_build_ipv4(const struct packet_spec *spec,
			 const struct dray_addr *src,
			 const struct dray_addr *dst, uint8_t ttl, uint16_t id,
			 uint8_t priority, uint8_t *buf, size_t size)
{
	size_t len;

	if (size < PACKET_IPV4_HEADER)
		return 0;
	len = packet_build(spec, src, dst, priority, buf + PACKET_IPV4_HEADER,
			   size - PACKET_IPV4_HEADER);
	if (!len)
		return 0;
	len += PACKET_IPV4_HEADER;
	put_ipv4_header(buf, len, id, ttl, src, dst);
	return len;
}

enum packet_reject packet_open_ipv4(const uint8_t *buf, size_t len,
				    struct packet_datagram *datagram)
{
	size_t header, total;

	if (len < PACKET_IPV4_HEADER)
		return PACKET_REJECT_TRUNCATED;
	header = (buf[0] & 0x0f) * 4u;
	total = get16(buf + 2);
	if (buf[0] >> 4 != 4 || header < PACKET_IPV4_HEADER || total < header ||
	    buf[9] != PACKET_PROTOCOL)
		return PACKET_REJECT_IP_HEADER;
	if (total > len)
		return PACKET_REJECT_TRUNCATED;
	*datagram = (struct packet_datagram){
		.src.family = AF_INET,
		.dst.family = AF_INET,
		.ttl = buf[8],
		.data = buf + header,
		.len = total - header,
	};
	memcpy(datagram->src.bytes, buf + 12, 4);
	memcpy(datagram->dst.bytes, buf + 16, 4);
	return PACKET_ACCEPTED;
}

uint8_t packet_vrid(const struct packet_datagram *datagram)
{
	return datagram->len < 2 ? 0 : datagram->data[1];
}

static const struct packet_peer *find_peer(const struct packet_spec *spec,
					   const struct dray_addr *src)
{
	size_t i;

	for (i = 0; i < spec->n_peers; i++)
		if (!dray_addr_cmp(&spec->peers[i].addr, src))
			return &spec->peers[i];
	return NULL;
}

static bool ok_truncated(const struct packet_datagram *d,
			 const struct packet_spec *spec,
			 struct packet_advert *a)
{
	(void)spec;
	(void)a;
	return d->len >= HEADER_LEN;
}

/* 5.1.1.3, 5.1.2.3; what unicast allows is up to the configuration. */
static bool ok_ttl(const struct packet_datagram *d,
		   const struct packet_spec *spec, struct packet_advert *a)
{
	const struct packet_peer *peer;
	int ttl = d->ttl < 0 ? 0 : d->ttl;

	(void)a;
	if (!spec->unicast)
		return ttl == PACKET_TTL;
	peer = find_peer(spec, &d->src);
	return !peer || (ttl >= peer->min_ttl && ttl <= peer->max_ttl);
}

static bool ok_destination(const struct packet_datagram *d,
			   const struct packet_spec *spec,
			   struct packet_advert *a)
{
	(void)a;
	return spec->unicast != !dray_addr_cmp(&d->dst, &spec->group);
}

/* 5.2.1 */
static bool ok_version(const struct packet_datagram *d,
		       const struct packet_spec *spec, struct packet_advert *a)
{
	a->version = d->data[0] >> 4;
	return a->version == spec->version;
}

/* 5.2.2 */
static bool ok_type(const struct packet_datagram *d,
		    const struct packet_spec *spec, struct packet_advert *a)
{
	(void)spec;
	(void)a;
	return (d->data[0] & 0x0f) == TYPE_ADVERTISEMENT;
}

/* 5.2.3; each family has numbers of its own. */
static bool ok_vrid(const struct packet_datagram *d,
		    const struct packet_spec *spec, struct packet_advert *a)
{
	a->vrid = d->data[1];
	a->priority = d->data[2];
	a->n_addrs = d->data[3];
	return a->vrid == spec->vrid && d->src.family == spec->family;
}

static bool ok_length(const struct packet_datagram *d,
		      const struct packet_spec *spec, struct packet_advert *a)
{
	a->addrs = d->data + HEADER_LEN;
	return d->len == message_len(a->version, spec->family, a->n_addrs);
}

static bool sum_is_right(const struct packet_datagram *d,
			 const struct packet_advert *a,
			 enum packet_checksum form, const struct dray_addr *dst)
{
	return !checksum(a->version, form, &d->src, dst, d->data, d->len);
}

/* 5.2.8; both readings of it are in the field for IPv4. */
static bool ok_checksum(const struct packet_datagram *d,
			const struct packet_spec *spec, struct packet_advert *a)
{
	a->checksum = spec->version == 2 ? PACKET_CHECKSUM_PLAIN :
					   PACKET_CHECKSUM_PSEUDO;
	if (sum_is_right(d, a, a->checksum, &d->dst))
		return true;
	if (spec->version == 2 || spec->family == AF_INET6)
		return false;
	a->checksum = PACKET_CHECKSUM_PLAIN;
	if (sum_is_right(d, a, PACKET_CHECKSUM_PLAIN, &d->dst))
		return true;
	a->checksum = PACKET_CHECKSUM_GROUP;
	return spec->unicast &&
	       sum_is_right(d, a, PACKET_CHECKSUM_PSEUDO, &spec->group);
}

/* RFC 3768, 5.3.6 and 7.1 */
static bool ok_auth_type(const struct packet_datagram *d,
			 const struct packet_spec *spec,
			 struct packet_advert *a)
{
	(void)a;
	return spec->version != 2 || d->data[4] == spec->auth_type;
}

/* RFC 2338, 5.3.6.2 and 5.3.10 */
static bool ok_auth(const struct packet_datagram *d,
		    const struct packet_spec *spec, struct packet_advert *a)
{
	(void)d;
	if (spec->version != 2 || spec->auth_type != PACKET_AUTH_PASS)
		return true;
	return !sodium_memcmp(a->addrs + 4 * a->n_addrs, spec->auth,
			      PACKET_AUTH_LEN);
}

/* RFC 3768, 5.3.7 and 7.1: equal or dropped.  Version 3, 7.1: not zero. */
static bool ok_interval(const struct packet_datagram *d,
			const struct packet_spec *spec, struct packet_advert *a)
{
	if (spec->version == 2)
		a->interval_us = d->data[5] * SECOND_US;
	else
		a->interval_us = (get16(d->data + 4) & INTERVAL_MASK) *
				 CENTISECOND_US;
	if (a->interval_us != spec->interval_us)
		a->notes |= PACKET_NOTE_INTERVAL;
	if (spec->version == 2)
		return a->interval_us == spec->interval_us;
	return a->interval_us != 0;
}

/* 5.2.5 */
static bool ok_count(const struct packet_datagram *d,
		     const struct packet_spec *spec, struct packet_advert *a)
{
	(void)d;
	return spec->version == 2 || a->n_addrs;
}

static bool ok_own_source(const struct packet_datagram *d,
			  const struct packet_spec *spec,
			  struct packet_advert *a)
{
	size_t i;

	(void)a;
	for (i = 0; i < spec->n_own; i++)
		if (!dray_addr_cmp(&spec->own[i], &d->src))
			return false;
	return true;
}

static bool ok_peer(const struct packet_datagram *d,
		    const struct packet_spec *spec, struct packet_advert *a)
{
	(void)a;
	return !spec->unicast || !spec->check_peers || find_peer(spec, &d->src);
}

/* Is @addr in the list?  Most likely at the place where we have it. */
static bool lists(const struct packet_advert *a, const uint8_t *addr,
		  size_t len, size_t likely)
{
	size_t i;

	if (!memcmp(a->addrs + likely * len, addr, len))
		return true;
	for (i = 0; i < a->n_addrs; i++)
		if (!memcmp(a->addrs + i * len, addr, len))
			return true;
	return false;
}

/* 7.1: a different list is told and does not matter.  Its order is free. */
static void compare_addrs(const struct packet_spec *spec,
			  struct packet_advert *a)
{
	size_t len = spec->family == AF_INET6 ? 16 : 4, i;
	bool same = spec->n_vips == a->n_addrs;

	for (i = 0; same && i < spec->n_vips; i++)
		same = lists(a, spec->vips[i].bytes, len, i);
	if (!same)
		a->notes |= PACKET_NOTE_ADDRS;
}

enum packet_reject packet_parse(const struct packet_datagram *datagram,
				const struct packet_spec *spec,
				struct packet_advert *advert)
{
	static const struct {
		bool (*ok)(const struct packet_datagram *d,
			   const struct packet_spec *spec,
			   struct packet_advert *a);
		enum packet_reject reject;
	} checks[] = {
		{ ok_truncated, PACKET_REJECT_TRUNCATED },
		{ ok_ttl, PACKET_REJECT_TTL },
		{ ok_destination, PACKET_REJECT_DESTINATION },
		{ ok_version, PACKET_REJECT_VERSION },
		{ ok_type, PACKET_REJECT_TYPE },
		{ ok_vrid, PACKET_REJECT_VRID },
		{ ok_length, PACKET_REJECT_LENGTH },
		{ ok_checksum, PACKET_REJECT_CHECKSUM },
		{ ok_auth_type, PACKET_REJECT_AUTH_TYPE },
		{ ok_auth, PACKET_REJECT_AUTH },
		{ ok_interval, PACKET_REJECT_INTERVAL },
		{ ok_count, PACKET_REJECT_COUNT },
		{ ok_own_source, PACKET_REJECT_OWN_SOURCE },
		{ ok_peer, PACKET_REJECT_PEER },
	};
	size_t i;

	*advert = (struct packet_advert){ .src = datagram->src };
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].ok(datagram, spec, advert))
			return checks[i].reject;
	compare_addrs(spec, advert);
	return PACKET_ACCEPTED;
}
