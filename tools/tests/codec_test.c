// SPDX-License-Identifier: GPL-2.0-or-later
/* Nouns to netlink attributes and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "text.h"

#define BIT DRAY_BIT

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 42, 0, 0, DRAY_CMD_SET_SERVICE,
				    1));
	return msg;
}

static struct nlattr *nest_in(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					      type);

	assert_non_null(nest);
	return nest;
}

static struct dray_service service(void)
{
	struct dray_service svc;

	dray_service_defaults(&svc);
	svc.key = (struct dray_key){ .family = AF_INET, .fwmark = 7 };
	strcpy(svc.scheduler, "mh");
	return svc;
}

static void test_service_table(void **state)
{
	struct dray_service in = service(), out;
	struct nl_msg *msg = message();

	(void)state;
	in.has |= BIT(DRAY_A_SERVICE_ROWS) | BIT(DRAY_A_SERVICE_LOAD_LIMIT) |
		  BIT(DRAY_A_SERVICE_SLOW_START);
	in.rows = 65536;
	in.load_limit = 0;
	in.slow_start = 3600;
	assert_true(dray_put_service(msg, &in) >= 0);
	dray_get_service(nest_in(msg, DRAY_A_SERVICE), &out);
	assert_string_equal(out.scheduler, "mh");
	assert_int_equal(out.rows, 65536);
	assert_int_equal(out.load_limit, 0);
	assert_int_equal(out.slow_start, 3600);
	assert_true(out.has & BIT(DRAY_A_SERVICE_ROWS));
	assert_false(out.has & BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT));
	nlmsg_free(msg);
}

/* What is not asked for is not sent, and what is not there is the default. */
static void test_service_without(void **state)
{
	struct dray_service in = service(), out;
	struct nl_msg *msg = message();

	(void)state;
	in.rows = 65536;
	assert_true(dray_put_service(msg, &in) >= 0);
	dray_get_service(nest_in(msg, DRAY_A_SERVICE), &out);
	assert_false(out.has & BIT(DRAY_A_SERVICE_ROWS));
	assert_int_equal(out.rows, 16384);
	assert_int_equal(out.load_limit, 125);
	assert_int_equal(out.slow_start, 0);
	nlmsg_free(msg);
}

/* As the kernel sends it; and a value that is too short is not read. */
static void test_service_reading(void **state)
{
	struct nl_msg *msg = message();
	struct dray_service svc;
	struct nlattr *nest;

	(void)state;
	nest = nla_nest_start(msg, DRAY_A_SERVICE);
	nla_put_u64(msg, DRAY_A_SERVICE_TABLE_FINGERPRINT, 0xfedcba9876543210);
	nla_put_u32(msg, DRAY_A_SERVICE_SERVERS, 12);
	nla_put_u16(msg, DRAY_A_SERVICE_SLOW_START, 5);
	nla_nest_end(msg, nest);
	dray_get_service(nest_in(msg, DRAY_A_SERVICE), &svc);
	assert_true(svc.fingerprint == 0xfedcba9876543210);
	assert_int_equal(svc.count, 12);
	assert_int_equal(svc.slow_start, 0);
	nlmsg_free(msg);
}

static void test_probe(void **state)
{
	struct dray_probe in = { .mark = 0x7001 };
	struct nlattr *tb[DRAY_A_PROBE_MAX + 1];
	struct nl_msg *msg = message();

	(void)state;
	assert_true(dray_addr_parse("10.9.0.200", &in.vip));
	assert_true(dray_addr_parse("10.9.0.121", &in.server));
	assert_true(dray_put_probe(msg, &in) >= 0);
	nla_parse_nested(tb, DRAY_A_PROBE_MAX, nest_in(msg, DRAY_A_PROBE),
			 NULL);
	assert_int_equal(nla_get_u32(tb[DRAY_A_PROBE_MARK]), 0x7001);
	assert_int_equal(nla_get_u8(tb[DRAY_A_PROBE_FAMILY]), AF_INET);
	assert_int_equal(nla_len(tb[DRAY_A_PROBE_VIP]), 4);
	assert_memory_equal(nla_data(tb[DRAY_A_PROBE_VIP]), in.vip.bytes, 4);
	assert_memory_equal(nla_data(tb[DRAY_A_PROBE_SERVER]),
			    in.server.bytes, 4);
	nlmsg_free(msg);
}

/* To take one back the mark is enough, and all that may be said. */
static void test_probe_mark(void **state)
{
	struct dray_probe in = { .mark = 7 };
	struct nlattr *tb[DRAY_A_PROBE_MAX + 1];
	struct nl_msg *msg = message();

	(void)state;
	assert_true(dray_put_probe(msg, &in) >= 0);
	nla_parse_nested(tb, DRAY_A_PROBE_MAX, nest_in(msg, DRAY_A_PROBE),
			 NULL);
	assert_int_equal(nla_get_u32(tb[DRAY_A_PROBE_MARK]), 7);
	assert_null(tb[DRAY_A_PROBE_FAMILY]);
	assert_null(tb[DRAY_A_PROBE_VIP]);
	nlmsg_free(msg);
}

static void test_config(void **state)
{
	struct dray_config in = {
		.has = BIT(DRAY_A_CONFIG_TABLE_LIMIT) |
		       BIT(DRAY_A_CONFIG_TABLE_KEY),
		.table_limit = 1ULL << 33,
		.table_key = "0123456789abcdef",
	}, out;
	struct nlattr *tb[DRAY_A_CONFIG_MAX + 1], *nest;
	struct nl_msg *msg = message();

	(void)state;
	assert_true(dray_put_config(msg, &in) >= 0);
	nest = nest_in(msg, DRAY_A_CONFIG);
	assert_int_equal(nla_parse_nested(tb, DRAY_A_CONFIG_MAX, nest, NULL),
			 0);
	assert_int_equal(nla_len(tb[DRAY_A_CONFIG_TABLE_KEY]), 16);
	assert_memory_equal(nla_data(tb[DRAY_A_CONFIG_TABLE_KEY]),
			    "0123456789abcdef", 16);
	dray_get_config(nest, &out);
	assert_true(out.table_limit == 1ULL << 33);
	/* a key that came back would not be kept */
	assert_memory_equal(out.table_key, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	nlmsg_free(msg);
}

static void test_config_reading(void **state)
{
	struct nl_msg *msg = message();
	struct dray_config c;
	struct nlattr *nest;
	char text[32];

	(void)state;
	nest = nla_nest_start(msg, DRAY_A_CONFIG);
	nla_put_u32(msg, DRAY_A_CONFIG_TABLES, 3);
	nla_put_u64(msg, DRAY_A_CONFIG_TABLE_BYTES, 393216);
	nla_put_u32(msg, DRAY_A_CONFIG_TABLES_MADE, 7);
	nla_put_u64(msg, DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT, 0xabc);
	nla_nest_end(msg, nest);
	dray_get_config(nest_in(msg, DRAY_A_CONFIG), &c);
	assert_int_equal(c.tables, 3);
	assert_int_equal(c.table_bytes, 393216);
	assert_int_equal(c.tables_made, 7);
	assert_string_equal(dray_table_key_text(&c, text, sizeof(text)),
			    "0000000000000abc");
	assert_string_equal(dray_table_key_note(&c), "");
	c.has = 0;
	assert_string_equal(dray_table_key_text(&c, text, sizeof(text)),
			    "public");
	assert_string_equal(dray_table_key_note(&c),
			    " (clients can aim; see --table-key-file)");
	nlmsg_free(msg);
}

/* A refusal of the kernel names the attribute. */
static void test_names(void **state)
{
	static const struct {
		int attr;
		const char *path;
	} cases[] = {
		{ DRAY_A_SERVICE_ROWS, "service.rows" },
		{ DRAY_A_SERVICE_LOAD_LIMIT, "service.load-limit" },
		{ DRAY_A_SERVICE_SLOW_START, "service.slow-start" },
	};
	struct nlattr *attr;
	struct nl_msg *msg;
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dray_service svc = service();

		svc.has = BIT(cases[i].attr);
		msg = message();
		assert_true(dray_put_service(msg, &svc) >= 0);
		attr = nla_find(nla_data(nest_in(msg, DRAY_A_SERVICE)),
				nla_len(nest_in(msg, DRAY_A_SERVICE)),
				cases[i].attr);
		assert_non_null(attr);
		assert_string_equal(dray_attr_path(nlmsg_hdr(msg),
				(char *)attr - (char *)nlmsg_hdr(msg), buf,
				sizeof(buf)), cases[i].path);
		nlmsg_free(msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_table),
		cmocka_unit_test(test_service_without),
		cmocka_unit_test(test_service_reading),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_mark),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_reading),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
