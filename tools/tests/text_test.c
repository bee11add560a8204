// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses, masks, numbers and lines: text in, text out. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "text.h"

static void test_addrport(void **state)
{
	static const struct {
		const char *in;
		int found;
		const char *out;
	} cases[] = {
		{ "10.9.9.9:80", 3, "10.9.9.9:80" },
		{ "10.9.9.9", 1, "10.9.9.9:7" },
		{ "10.9.9:83", 3, "10.9.0.9:83" },
		{ "0x0a090909:84", 3, "10.9.9.9:84" },
		{ "10.9.9.9:0", 3, "10.9.9.9:0" },
		{ "10.9.9.9:65535", 3, "10.9.9.9:65535" },
		{ "10.9.9.9:65536", 0, NULL },
		{ "10.9.9.9:-1", 0, NULL },
		{ "10.9.9.9:", 0, NULL },
		{ "80", 0, NULL },
		{ "", 0, NULL },
		{ " 10.9.9.9:80", 0, NULL },
		{ "[2001:db8::80]:80", 3, "[2001:db8::80]:80" },
		{ "[2001:db8::80]", 1, "[2001:db8::80]:7" },
		{ "[2001:db8::80]x", 0, NULL },
		{ "[2001:db8::80", 0, NULL },
		{ "[10.9.9.9]:80", 0, NULL },
		{ "2001:db8::80", 1, "[2001:db8::80]:7" },
		{ "2001:db8::80:443", 1, "[2001:db8::80:443]:7" },
		{ "10.9.9.9:http", 3, "10.9.9.9:80" },
		{ "10.9.9.9:nosuchport", 0, NULL },
	};
	char buf[DRAY_ADDRTEXT];
	struct dray_addr addr;
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		port = 7;
		print_message("# %s\n", cases[i].in);
		assert_int_equal(dray_addrport_parse(cases[i].in, IPPROTO_TCP,
						     &addr, &port),
				 cases[i].found);
		if (cases[i].out)
			assert_string_equal(dray_addrport_text(&addr, port,
					IPPROTO_TCP, true, buf, sizeof(buf)),
					cases[i].out);
	}
}

static void test_mask(void **state)
{
	static const struct {
		const char *in;
		int prefix;	/* 0: refused */
	} cases[] = {
		{ "255.255.255.255", 32 }, { "255.255.255.0", 24 },
		{ "128.0.0.0", 1 },	   { "24", 24 },
		{ "1", 1 },		   { "32", 32 },
		{ "33", 0 },		   { "0", 0 },
		{ "0.0.0.0", 0 },	   { "255.0.255.0", 0 },
		{ "0.0.0.24", 0 },	   { "junk", 0 },
		{ "", 0 },
	};
	uint8_t prefix;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].in);
		prefix = 0;
		assert_int_equal(dray_mask_parse(cases[i].in, &prefix),
				 cases[i].prefix != 0);
		if (cases[i].prefix)
			assert_int_equal(prefix, cases[i].prefix);
	}
}

static void test_mask_round_trip(void **state)
{
	char buf[INET_ADDRSTRLEN];
	uint8_t in, out;

	(void)state;
	for (in = 1; in <= 32; in++) {
		dray_mask_text(in, buf, sizeof(buf));
		assert_true(dray_mask_parse(buf, &out));
		assert_int_equal(in, out);
	}
}

static void test_mac(void **state)
{
	uint8_t mac[DRAY_MACLEN];
	char buf[32];

	(void)state;
	assert_true(dray_mac_parse("52:54:00:aB:cd:0f", mac));
	assert_string_equal(dray_mac_text(mac, buf, sizeof(buf)),
			    "52:54:00:ab:cd:0f");
	assert_false(dray_mac_parse("52:54:00:ab:cd", mac));
	assert_false(dray_mac_parse("52:54:00:ab:cd:0g", mac));
	assert_false(dray_mac_parse("52-54-00-ab-cd-0f", mac));
	assert_false(dray_mac_parse("52:54:00:ab:cd:0f ", mac));
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t n;
		const char *shortened, *exact;
	} cases[] = {
		{ 0, "        0", "        0" },
		{ 99999999, " 99999999", " 99999999" },
		{ 100000000, "  100000K", " 100000000" },
		{ 999999999, "  999999K", " 999999999" },
		{ 1000000000, "    1000M", " 1000000000" },
		{ 99999999999, "   99999M", " 99999999999" },
		{ 100000000000, "     100G", " 100000000000" },
		{ 100000000000000, "     100T", " 100000000000000" },
		{ UINT64_MAX, "18446744T", " 18446744073709551615" },
	};
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(dray_number_text(cases[i].n, false, buf,
				sizeof(buf)), cases[i].shortened);
		assert_string_equal(dray_number_text(cases[i].n, true, buf,
				sizeof(buf)), cases[i].exact);
	}
}

static void test_vip_addresses(void **state)
{
	static const struct {
		const char *in;
		bool ok;
	} cases[] = {
		{ "10.9.9.9", true },	     { "127.0.0.1", true },
		{ "0.0.0.0", false },	     { "255.255.255.255", false },
		{ "224.0.0.1", false },	     { "239.255.255.255", false },
		{ "2001:db8::1", true },     { "::", false },
		{ "ff02::1", false },
	};
	struct dray_addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(dray_addr_parse(cases[i].in, &addr));
		assert_int_equal(dray_addr_is_vip(&addr), cases[i].ok);
	}
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"1.2.3.4", "8.8.8.8", "127.0.0.1", "192.168.0.1",
		"255.255.255.255", "::1", "2001:db8::1",
	};
	struct dray_addr a, b;
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		assert_true(dray_addr_parse(sorted[i - 1], &a));
		assert_true(dray_addr_parse(sorted[i], &b));
		assert_true(dray_addr_cmp(&a, &b) < 0);
		assert_true(dray_addr_cmp(&b, &a) > 0);
		assert_true(dray_addr_cmp(&b, &b) == 0);
	}
}

static void test_sched_flags(void **state)
{
	struct dray_service svc = { .sched_flags = 7 };
	char buf[64];

	(void)state;
	strcpy(svc.scheduler, "sh");
	assert_string_equal(dray_sched_flags_text(&svc, buf, sizeof(buf)),
			    "sh-fallback,sh-port,flag-3");
	strcpy(svc.scheduler, "rr");
	svc.sched_flags = 5;
	assert_string_equal(dray_sched_flags_text(&svc, buf, sizeof(buf)),
			    "flag-1,flag-3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addrport),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_round_trip),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_vip_addresses),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sched_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
