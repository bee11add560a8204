// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Advertisements and announcements byte by byte.  The bytes are those of keepalived
 * 2.2.7, captured, where they are not the RFC's.  A number before a name counts the
 * requirements of RFC 9568, 3768 and 2338 as in Documentation/vrrp.rst.
 */
#include "vrrp_packet_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("2, 4, 6, 63, 64, 82: TTL 255, protocol 112, our address, to the group", header),
		T("15: Reserve is sent as zero", reserve_is_sent_as_zero),
		T("17: the interval is in centiseconds", centiseconds),
		T("18, 61: golden: version 3, IPv4, plain checksum", golden_v3_plain),
		T("19, 61: golden: version 3, IPv6", golden_v3_ipv6),
		T("61: golden: version 3, IPv4", golden_v3),
		T("61, 85: golden: version 2 with a password", golden_v2),
		T("65: virtual MAC addresses", virtual_mac),
		T("70: golden: gratuitous ARP", golden_arp),
		T("34: golden: unsolicited NA, and its group", golden_na),
		T("every form is read back", every_form_is_read_back),
		T("buffers that are too small", too_small_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
