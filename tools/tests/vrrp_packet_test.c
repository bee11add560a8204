// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Advertisements and announcements byte by byte, and each way to be rejected.
 * The bytes are those of keepalived 2.2.7, captured, where they are not the
 * RFC's.  A number before a name counts the requirements of RFC 9568, 3768
 * and 2338 as in Documentation/vrrp.rst.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "announce.h"
#include "counters.h"
#include "packet.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct dray_addr ip(const char *text)
{
	struct dray_addr addr = { 0 };

	assert_true(dray_addr_parse(text, &addr));
	return addr;
}

static size_t unhex(const char *text, uint8_t *buf)
{
	size_t len = 0;
	unsigned int byte;
	int used;

	while (sscanf(text, " %2x%n", &byte, &used) == 1) {
		buf[len++] = byte;
		text += used;
	}
	return len;
}

static void assert_bytes(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[256];

	assert_int_equal(unhex(hex, want), len);
	assert_memory_equal(got, want, len);
}

/* One virtual router, a message to it, and what IP says about that. */
struct world {
	struct dray_addr vips[2], src, own;
	struct packet_peer peer;
	struct packet_spec spec;
	struct packet_datagram datagram;
	struct packet_advert advert;
	uint8_t buf[PACKET_MAX];
};

static void send_one(struct world *w, uint8_t priority)
{
	const struct dray_addr *dst = w->spec.unicast ? &w->own : &w->spec.group;

	w->datagram = (struct packet_datagram){
		.src = w->src,
		.dst = *dst,
		.ttl = PACKET_TTL,
		.data = w->buf,
		.len = packet_build(&w->spec, &w->src, dst, priority, w->buf,
				    sizeof(w->buf)),
	};
	assert_true(w->datagram.len > 0);
}

static enum packet_reject parse(struct world *w)
{
	return packet_parse(&w->datagram, &w->spec, &w->advert);
}

static void set_up_v2(struct world *w)
{
	*w = (struct world){
		.vips = { ip("192.168.0.200"), ip("192.168.0.201") },
		.src = ip("192.168.0.119"),
		.own = ip("192.168.0.118"),
		.spec = {
			.version = 2,
			.family = AF_INET,
			.vrid = 51,
			.interval_us = 1000000,
			.group = packet_group(AF_INET),
			.n_vips = 1,
			.n_own = 1,
		},
	};
	w->spec.vips = w->vips;
	w->spec.own = &w->own;
	assert_true(packet_set_password(&w->spec, "1111"));
	send_one(w, 200);
}

static void set_up_v3(struct world *w)
{
	set_up_v2(w);
	w->spec.version = 3;
	w->spec.interval_us = 500000;
	w->spec.n_vips = 2;
	send_one(w, 200);
}

static void set_up_v3_ipv6(struct world *w)
{
	set_up_v3(w);
	w->vips[0] = ip("fe80::200");
	w->vips[1] = ip("2001:db8::200");
	w->src = ip("fe80::20de:2aff:fed8:2a24");
	w->own = ip("fe80::1");
	w->spec.family = AF_INET6;
	w->spec.group = packet_group(AF_INET6);
	send_one(w, 200);
}

static void set_up_unicast(struct world *w)
{
	set_up_v3(w);
	w->spec.unicast = true;
	w->spec.check_peers = true;
	w->peer = (struct packet_peer){ .addr = w->src, .max_ttl = 255 };
	w->spec.peers = &w->peer;
	w->spec.n_peers = 1;
	send_one(w, 200);
}

/* Makes the sum right again for what was changed in the message. */
static void sum_again(struct world *w)
{
	const struct dray_addr *dst = &w->datagram.dst;
	uint32_t n = 0;
	size_t i;

	w->buf[6] = w->buf[7] = 0;
	if (w->buf[0] >> 4 == 3) {
		n = PACKET_PROTOCOL + w->datagram.len;
		for (i = 0; i < dray_addr_len(dst); i += 2) {
			n += dst->bytes[i] << 8 | dst->bytes[i + 1];
			n += w->src.bytes[i] << 8 | w->src.bytes[i + 1];
		}
	}
	for (i = 0; i < w->datagram.len; i += 2)
		n += w->buf[i] << 8 | w->buf[i + 1];
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	w->buf[6] = ~n >> 8 & 0xff;
	w->buf[7] = ~n & 0xff;
}

static void golden_v2(void **state)
{
	uint8_t buf[64];
	struct world w;
	size_t len;

	(void)state;
	set_up_v2(&w);
	len = packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 1,
				200, buf, sizeof(buf));
	assert_bytes(buf, len, "45 c0 00 28 00 01 00 00 ff 70 19 73"
		     "c0 a8 00 77 e0 00 00 12 21 33 c8 01 01 01 f1 f6"
		     "c0 a8 00 c8 31 31 31 31 00 00 00 00");
	len = packet_build(&w.spec, &w.src, &w.spec.group, 0, buf, sizeof(buf));
	assert_bytes(buf, len, "21 33 00 01 01 01 b9 f7 c0 a8 00 c8"
		     "31 31 31 31 00 00 00 00");
}

static void golden_v3(void **state)
{
	uint8_t buf[64];
	struct world w;
	size_t len;

	(void)state;
	set_up_v3(&w);
	len = packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 1,
				200, buf, sizeof(buf));
	assert_bytes(buf, len, "45 c0 00 24 00 01 00 00 ff 70 19 77"
		     "c0 a8 00 77 e0 00 00 12 31 33 c8 02 00 32 e2 02"
		     "c0 a8 00 c8 c0 a8 00 c9");
}

static void golden_v3_plain(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.checksum = PACKET_CHECKSUM_PLAIN;
	send_one(&w, 200);
	assert_bytes(w.buf, w.datagram.len, "31 33 c8 02 00 32 83 b5"
		     "c0 a8 00 c8 c0 a8 00 c9");
}

static void golden_v3_ipv6(void **state)
{
	struct world w;

	(void)state;
	set_up_v3_ipv6(&w);
	assert_bytes(w.buf, w.datagram.len, "31 33 c8 02 00 32 63 55"
		     "fe80 0000 0000 0000 0000 0000 0000 0200"
		     "2001 0db8 0000 0000 0000 0000 0000 0200");
	send_one(&w, 0);
	assert_bytes(w.buf, 8, "31 33 00 02 00 32 2b 56");
	send_one(&w, 200);
	w.buf[9] ^= 1;
	assert_int_equal(parse(&w), PACKET_REJECT_CHECKSUM);
}

static void golden_arp(void **state)
{
	static const uint8_t mac[] = { 2, 0, 0, 0xaa, 0xbb, 0xcc };
	struct dray_addr vip = ip("192.168.0.200");
	uint8_t buf[ANNOUNCE_MAX];

	(void)state;
	assert_int_equal(announce_build(&vip, mac, 0, buf), ANNOUNCE_ARP_LEN);
	assert_bytes(buf, ANNOUNCE_ARP_LEN, "ffffffffffff 020000aabbcc 0806"
		     "0001 0800 06 04 0001 020000aabbcc c0a800c8"
		     "ffffffffffff c0a800c8");
	announce_build(&vip, mac, ANNOUNCE_ARP_REPLY, buf);
	assert_bytes(buf, ANNOUNCE_ARP_LEN, "ffffffffffff 020000aabbcc 0806"
		     "0001 0800 06 04 0002 020000aabbcc c0a800c8"
		     "020000aabbcc c0a800c8");
}

/* The sum was made by another implementation (RFC 4443, 2.3). */
static void golden_na(void **state)
{
	static const uint8_t mac[] = { 2, 0, 0, 0xaa, 0xbb, 0xcc };
	struct dray_addr vip = ip("fe80::200"), none = { 0 };
	uint8_t buf[ANNOUNCE_MAX];

	(void)state;
	assert_int_equal(announce_build(&vip, mac, 0, buf), ANNOUNCE_NA_LEN);
	assert_bytes(buf, ANNOUNCE_NA_LEN, "333300000001 020000aabbcc 86dd"
		     "60000000 0020 3a ff"
		     "fe800000000000000000000000000200"
		     "ff020000000000000000000000000001"
		     "88 00 9727 20000000 fe800000000000000000000000000200"
		     "02 01 020000aabbcc");
	announce_build(&vip, mac, ANNOUNCE_ROUTER, buf);
	assert_int_equal(buf[58], 0xa0);
	assert_int_equal(announce_build(&none, mac, 0, buf), 0);
	vip = ip("2001:db8::1234:5678");
	none = announce_solicited_node(&vip);
	vip = ip("ff02::1:ff34:5678");
	assert_int_equal(dray_addr_cmp(&none, &vip), 0);
}

static void virtual_mac(void **state)
{
	static const uint8_t v4[] = { 0, 0, 0x5e, 0, 1, 51 };
	static const uint8_t v6[] = { 0, 0, 0x5e, 0, 2, 51 };
	uint8_t mac[DRAY_MACLEN];

	(void)state;
	packet_virtual_mac(AF_INET, 51, mac);
	assert_memory_equal(mac, v4, sizeof(v4));
	packet_virtual_mac(AF_INET6, 51, mac);
	assert_memory_equal(mac, v6, sizeof(v6));
}

static void header(void **state)
{
	struct dray_addr group;
	uint8_t buf[64];
	struct world w;

	(void)state;
	set_up_v3(&w);
	packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 7, 100,
			  buf, sizeof(buf));
	assert_int_equal(buf[8], 255);
	assert_int_equal(buf[9], 112);
	assert_memory_equal(buf + 12, w.src.bytes, 4);
	group = ip("224.0.0.18");
	assert_memory_equal(buf + 16, group.bytes, 4);
	w.spec.group = packet_group(AF_INET6);
	group = ip("ff02::12");
	assert_int_equal(dray_addr_cmp(&w.spec.group, &group), 0);
}

static void every_form_is_read_back(void **state)
{
	static void (*const set_up[])(struct world *) = {
		set_up_v2, set_up_v3, set_up_v3_ipv6, set_up_unicast,
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(set_up); i++) {
		set_up[i](&w);
		assert_int_equal(parse(&w), PACKET_ACCEPTED);
		assert_int_equal(w.advert.priority, 200);
		assert_int_equal(w.advert.vrid, 51);
		assert_int_equal(packet_vrid(&w.datagram), 51);
		assert_int_equal(w.advert.interval_us, w.spec.interval_us);
		assert_int_equal(w.advert.n_addrs, w.spec.n_vips);
		assert_int_equal(w.advert.notes, 0);
		assert_int_equal(dray_addr_cmp(&w.advert.src, &w.src), 0);
	}
}

static void ttl(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	send_one(&w, 255);
	w.datagram.ttl = 254;
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
	w.datagram.ttl = -1;
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
	set_up_v2(&w);
	w.datagram.ttl = 254;
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
}

static void hop_limit(void **state)
{
	struct world w;

	(void)state;
	set_up_v3_ipv6(&w);
	w.datagram.ttl = 254;
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
}

static void unicast_ttl(void **state)
{
	struct world w;

	(void)state;
	set_up_unicast(&w);
	w.datagram.ttl = 64;
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	w.peer.min_ttl = 65;
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
	w.peer = (struct packet_peer){ .addr = w.src, .max_ttl = 63 };
	assert_int_equal(parse(&w), PACKET_REJECT_TTL);
}

static void destination(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.datagram.dst = w.own;
	assert_int_equal(parse(&w), PACKET_REJECT_DESTINATION);
	set_up_unicast(&w);
	w.datagram.dst = w.spec.group;
	assert_int_equal(parse(&w), PACKET_REJECT_DESTINATION);
}

static void version(void **state)
{
	struct world w;

	(void)state;
	set_up_v2(&w);
	assert_int_equal(w.buf[0], 0x21);
	w.spec.version = 3;
	assert_int_equal(parse(&w), PACKET_REJECT_VERSION);
	set_up_v3(&w);
	assert_int_equal(w.buf[0], 0x31);
	w.spec.version = 2;
	assert_int_equal(parse(&w), PACKET_REJECT_VERSION);
}

static void type(void **state)
{
	static const uint8_t types[] = { 0, 2, 15 };
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(types); i++) {
		set_up_v3(&w);
		w.buf[0] = 0x30 | types[i];
		sum_again(&w);
		assert_int_equal(parse(&w), PACKET_REJECT_TYPE);
	}
}

static void count_zero(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.n_vips = 0;
	send_one(&w, 200);
	assert_int_equal(parse(&w), PACKET_REJECT_COUNT);
}

static void reserve_is_sent_as_zero(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.interval_us = 40950000;
	send_one(&w, 200);
	assert_int_equal(w.buf[4], 0x0f);
	assert_int_equal(w.buf[5], 0xff);
}

static void reserve_is_ignored(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.buf[4] = 0xf0;
	w.buf[5] = 0x64;
	sum_again(&w);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.interval_us, 1000000);
}

static void centiseconds(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.interval_us = 1000000;
	send_one(&w, 200);
	assert_bytes(w.buf + 4, 2, "00 64");
	w.spec.interval_us = 10000;
	send_one(&w, 200);
	assert_bytes(w.buf + 4, 2, "00 01");
}

static void both_checksums(void **state)
{
	struct world w;
	size_t i;

	(void)state;
	set_up_v3(&w);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.checksum, PACKET_CHECKSUM_PSEUDO);
	w.spec.checksum = PACKET_CHECKSUM_PLAIN;
	send_one(&w, 200);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.checksum, PACKET_CHECKSUM_PLAIN);
	for (i = 8 * 8; i < w.datagram.len * 8; i++) {
		w.buf[i / 8] ^= 1 << i % 8;
		assert_int_equal(parse(&w), PACKET_REJECT_CHECKSUM);
		w.buf[i / 8] ^= 1 << i % 8;
	}
}

static void old_unicast_checksum(void **state)
{
	struct world w;

	(void)state;
	set_up_unicast(&w);
	packet_build(&w.spec, &w.src, &w.spec.group, 200, w.buf, sizeof(w.buf));
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.checksum, PACKET_CHECKSUM_GROUP);
}

static void every_length(void **state)
{
	static void (*const set_up[])(struct world *) = {
		set_up_v2, set_up_v3, set_up_v3_ipv6,
	};
	enum packet_reject verdict;
	struct world w;
	size_t i, len;

	(void)state;
	for (i = 0; i < N(set_up); i++) {
		set_up[i](&w);
		for (len = 0; len < w.datagram.len + 9; len++) {
			struct packet_datagram d = w.datagram;

			d.len = len;
			verdict = packet_parse(&d, &w.spec, &w.advert);
			assert_int_equal(verdict, len < 8 ?
				PACKET_REJECT_TRUNCATED :
				len == w.datagram.len ? PACKET_ACCEPTED :
				PACKET_REJECT_LENGTH);
		}
	}
}

static void vrid(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.vrid = 52;
	assert_int_equal(parse(&w), PACKET_REJECT_VRID);
	set_up_v3_ipv6(&w);
	w.spec.family = AF_INET;
	w.spec.group = packet_group(AF_INET6);
	assert_int_equal(parse(&w), PACKET_REJECT_VRID);
}

static void interval_zero(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.buf[4] = 0xf0;	/* what is reserved does not count */
	w.buf[5] = 0;
	sum_again(&w);
	assert_int_equal(parse(&w), PACKET_REJECT_INTERVAL);
}

static void other_interval_v3(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.spec.interval_us = 1000000;
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.notes, PACKET_NOTE_INTERVAL);
	assert_int_equal(w.advert.interval_us, 500000);
}

static void other_interval_v2(void **state)
{
	struct world w;

	(void)state;
	set_up_v2(&w);
	w.buf[5] = 2;
	sum_again(&w);
	assert_int_equal(parse(&w), PACKET_REJECT_INTERVAL);
}

static void other_addresses(void **state)
{
	struct dray_addr swapped[2];
	struct world w;

	(void)state;
	set_up_v3(&w);
	swapped[0] = w.vips[1];
	swapped[1] = w.vips[0];
	w.spec.vips = swapped;
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.notes, 0);
	w.spec.n_vips = 1;
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.notes, PACKET_NOTE_ADDRS);
	w.spec.n_vips = 2;
	swapped[1] = ip("192.168.0.202");
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
	assert_int_equal(w.advert.notes, PACKET_NOTE_ADDRS);
}

static void own_source(void **state)
{
	struct world w;

	(void)state;
	set_up_v3(&w);
	w.own = w.src;
	assert_int_equal(parse(&w), PACKET_REJECT_OWN_SOURCE);
}

static void unknown_peer(void **state)
{
	struct world w;

	(void)state;
	set_up_unicast(&w);
	w.peer.addr = ip("192.168.0.120");
	assert_int_equal(parse(&w), PACKET_REJECT_PEER);
	w.spec.check_peers = false;
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
}

static void auth_types(void **state)
{
	static const uint8_t types[] = { 0, 2, 3 };
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(types); i++) {
		set_up_v2(&w);
		w.buf[4] = types[i];
		sum_again(&w);
		assert_int_equal(parse(&w), PACKET_REJECT_AUTH_TYPE);
	}
	set_up_v2(&w);
	w.spec.auth_type = PACKET_AUTH_NONE;
	assert_int_equal(parse(&w), PACKET_REJECT_AUTH_TYPE);
}

static void checksum_covers_auth(void **state)
{
	struct world w;

	(void)state;
	set_up_v2(&w);
	assert_bytes(w.buf + 6, 2, "f1 f6");
	w.buf[19] ^= 1;
	assert_int_equal(parse(&w), PACKET_REJECT_CHECKSUM);
}

static void auth_data_without_auth(void **state)
{
	static const uint8_t zeroes[8];
	struct world w;

	(void)state;
	set_up_v2(&w);
	w.spec.auth_type = PACKET_AUTH_NONE;
	send_one(&w, 200);
	assert_memory_equal(w.buf + 12, zeroes, 8);
	memset(w.buf + 12, 0xa5, 8);
	sum_again(&w);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
}

static void auth_data_missing(void **state)
{
	struct world w;

	(void)state;
	set_up_v2(&w);
	w.datagram.len = 16;
	sum_again(&w);
	assert_int_equal(parse(&w), PACKET_REJECT_LENGTH);
}

static void passwords(void **state)
{
	static const struct {
		const char *theirs;
		enum packet_reject verdict;
	} cases[] = {
		{ "1111", PACKET_ACCEPTED },
		{ "11111111", PACKET_REJECT_AUTH },
		{ "1112", PACKET_REJECT_AUTH },
		{ "111", PACKET_REJECT_AUTH },
		{ "", PACKET_REJECT_AUTH },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		set_up_v2(&w);
		packet_set_password(&w.spec, cases[i].theirs);
		send_one(&w, 200);
		packet_set_password(&w.spec, "1111");
		assert_int_equal(parse(&w), cases[i].verdict);
	}
	assert_true(packet_set_password(&w.spec, "12345678"));
	assert_false(packet_set_password(&w.spec, "123456789"));
	assert_memory_equal(w.spec.auth, "12345678", 8);
}

/* What an Ethernet driver pads a frame with is not part of the packet. */
static void padding(void **state)
{
	uint8_t buf[64] = { 0 };
	struct world w;
	size_t len;

	(void)state;
	set_up_v2(&w);
	len = packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 1,
				200, buf, sizeof(buf));
	assert_int_equal(packet_open_ipv4(buf, 46, &w.datagram),
			 PACKET_ACCEPTED);
	assert_int_equal(w.datagram.len, len - PACKET_IPV4_HEADER);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
}

static void ipv4_headers(void **state)
{
	static const struct {
		uint8_t at, value;
		size_t len;
		enum packet_reject verdict;
	} cases[] = {
		{ 0, 0x45, 40, PACKET_ACCEPTED },
		{ 0, 0x45, 39, PACKET_REJECT_TRUNCATED },
		{ 0, 0x45, 19, PACKET_REJECT_TRUNCATED },
		{ 0, 0x45, 0, PACKET_REJECT_TRUNCATED },
		{ 0, 0x65, 40, PACKET_REJECT_IP_HEADER },
		{ 0, 0x44, 40, PACKET_REJECT_IP_HEADER },
		{ 0, 0x4b, 40, PACKET_REJECT_IP_HEADER },
		{ 3, 19, 40, PACKET_REJECT_IP_HEADER },
		{ 3, 41, 40, PACKET_REJECT_TRUNCATED },
		{ 9, 51, 40, PACKET_REJECT_IP_HEADER },
	};
	uint8_t buf[64];
	struct world w;
	size_t i;

	(void)state;
	set_up_v2(&w);
	for (i = 0; i < N(cases); i++) {
		packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 1,
				  200, buf, sizeof(buf));
		buf[cases[i].at] = cases[i].value;
		assert_int_equal(packet_open_ipv4(buf, cases[i].len,
						  &w.datagram),
				 cases[i].verdict);
	}
}

/* An IPv4 header with options, as a router alert would be. */
static void ipv4_options(void **state)
{
	uint8_t buf[64], moved[64];
	struct world w;

	(void)state;
	set_up_v2(&w);
	packet_build_ipv4(&w.spec, &w.src, &w.spec.group, PACKET_TTL, 1, 200,
			  buf, sizeof(buf));
	memcpy(moved, buf, 20);
	memset(moved + 20, 0, 4);
	memcpy(moved + 24, buf + 20, 20);
	moved[0] = 0x46;
	moved[3] = 44;
	assert_int_equal(packet_open_ipv4(moved, 44, &w.datagram),
			 PACKET_ACCEPTED);
	assert_int_equal(parse(&w), PACKET_ACCEPTED);
}

static void too_small_buffers(void **state)
{
	uint8_t buf[PACKET_MAX];
	struct world w;
	size_t size;

	(void)state;
	set_up_v2(&w);
	for (size = 0; size < 40; size++)
		assert_int_equal(packet_build_ipv4(&w.spec, &w.src,
				&w.spec.group, PACKET_TTL, 1, 200, buf, size),
				0);
	w.spec.n_vips = 256;
	assert_int_equal(packet_build(&w.spec, &w.src, &w.spec.group, 200, buf,
				      sizeof(buf)), 0);
}

static void counted_by_kind(void **state)
{
	struct counters c = { 0 };
	struct world w;
	int i;

	(void)state;
	set_up_v3(&w);
	send_one(&w, 0);
	w.spec.interval_us = 1000000;
	w.spec.n_vips = 1;
	counters_parsed(&c, parse(&w), &w.spec, &w.advert);
	assert_int_equal(c.n[COUNTER_RECEIVED], 1);
	assert_int_equal(c.n[COUNTER_RESIGNS_RECEIVED], 1);
	assert_int_equal(c.n[COUNTER_INTERVAL_DIFFERS], 1);
	assert_int_equal(c.n[COUNTER_ADDRESSES_DIFFER], 1);
	assert_int_equal(c.n[COUNTER_CHECKSUM_PSEUDO], 1);
	assert_int_equal(counters_rejected(&c), 0);
	for (i = 1; i < PACKET_N_REJECTS; i++) {
		counters_parsed(&c, i, &w.spec, &w.advert);
		assert_int_equal(c.rejected[i], 1);
		assert_int_equal(counters_rejected(&c), i);
		assert_non_null(packet_reject_name(i));
		assert_non_null(packet_reject_text(i));
	}
	for (i = 0; i < N_COUNTERS; i++)
		assert_non_null(counter_name(i));
}

#define T(name, f) { name, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("2, 4, 6, 63, 64, 82: TTL 255, protocol 112, our address, to the group", header),
		T("3, 82: a TTL other than 255 is dropped", ttl),
		T("7: a hop limit other than 255 is dropped", hop_limit),
		T("8: the other version is dropped", version),
		T("9: other types are dropped", type),
		T("14: a count of 0 is ignored", count_zero),
		T("15: Reserve is sent as zero", reserve_is_sent_as_zero),
		T("16: Reserve is ignored", reserve_is_ignored),
		T("17: the interval is in centiseconds", centiseconds),
		T("18, 61: golden: version 3, IPv4, plain checksum", golden_v3_plain),
		T("19, 61: golden: version 3, IPv6", golden_v3_ipv6),
		T("20, 52: both checksums over IPv4, and no other", both_checksums),
		T("51: cut short at every byte, or longer", every_length),
		T("53: a VRID that is not ours", vrid),
		T("55: an interval of 0 is dropped", interval_zero),
		T("59: another interval in version 3 is noted", other_interval_v3),
		T("60, 88: another list of addresses is noted", other_addresses),
		T("61: golden: version 3, IPv4", golden_v3),
		T("61, 85: golden: version 2 with a password", golden_v2),
		T("65: virtual MAC addresses", virtual_mac),
		T("70: golden: gratuitous ARP", golden_arp),
		T("34: golden: unsolicited NA, and its group", golden_na),
		T("83: other authentication types are dropped", auth_types),
		T("84: another interval in version 2 is dropped", other_interval_v2),
		T("85: the checksum of version 2 covers the password", checksum_covers_auth),
		T("86: authentication data without authentication", auth_data_without_auth),
		T("87: authentication data missing", auth_data_missing),
		T("91: all eight bytes of the password count", passwords),
		T("every form is read back", every_form_is_read_back),
		T("unicast: the TTL that the peer may have", unicast_ttl),
		T("unicast where multicast is expected, and the reverse", destination),
		T("unicast: the checksum of keepalived up to 1.3.6", old_unicast_checksum),
		T("unicast: who is not a peer", unknown_peer),
		T("from an address of this host", own_source),
		T("Ethernet's padding is tolerated", padding),
		T("IPv4 headers that are none", ipv4_headers),
		T("IPv4 options are skipped", ipv4_options),
		T("buffers that are too small", too_small_buffers),
		T("58: counted by kind", counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
