// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each way of an advertisement to be rejected.  A number before a name counts the
 * requirements of RFC 9568, 3768 and 2338 as in Documentation/vrrp.rst.
 */
#include "vrrp_packet_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("3, 82: a TTL other than 255 is dropped", ttl),
		T("7: a hop limit other than 255 is dropped", hop_limit),
		T("8: the other version is dropped", version),
		T("9: other types are dropped", type),
		T("14: a count of 0 is ignored", count_zero),
		T("16: Reserve is ignored", reserve_is_ignored),
		T("20, 52: both checksums over IPv4, and no other", both_checksums),
		T("51: cut short at every byte, or longer", every_length),
		T("53: a VRID that is not ours", vrid),
		T("55: an interval of 0 is dropped", interval_zero),
		T("59: another interval in version 3 is noted", other_interval_v3),
		T("60, 88: another list of addresses is noted", other_addresses),
		T("83: other authentication types are dropped", auth_types),
		T("84: another interval in version 2 is dropped", other_interval_v2),
		T("85: the checksum of version 2 covers the password", checksum_covers_auth),
		T("86: authentication data without authentication", auth_data_without_auth),
		T("87: authentication data missing", auth_data_missing),
		T("91: all eight bytes of the password count", passwords),
		T("unicast: the TTL that the peer may have", unicast_ttl),
		T("unicast where multicast is expected, and the reverse", destination),
		T("unicast: the checksum of keepalived up to 1.3.6", old_unicast_checksum),
		T("unicast: who is not a peer", unknown_peer),
		T("from an address of this host", own_source),
		T("Ethernet's padding is tolerated", padding),
		T("IPv4 headers that are none", ipv4_headers),
		T("IPv4 options are skipped", ipv4_options),
		T("58: counted by kind", counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
