// SPDX-License-Identifier: GPL-2.0-or-later
/* What would become of a packet: question, answer, text, JSON and line. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/neighbour.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "explain_emit.h"
#include "words.h"

static const struct dray_explain_request request = {
	.protocol = IPPROTO_TCP,
	.client = { .family = AF_INET, .bytes = { 10, 9, 0, 50 } },
	.vip = { .family = AF_INET, .bytes = { 10, 9, 0, 200 } },
	.client_port = 999,
	.vip_port = 80,
};

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 42, 0, 0, DRAY_CMD_EXPLAIN, 1));
	return msg;
}

static struct nlattr *nest_in(struct nl_msg *msg, int type)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);
}

static void test_question(void **state)
{
	struct nlattr *tb[DRAY_A_EXPLAIN_MAX + 1];
	struct dray_explain_request asked = request;
	struct nl_msg *msg = message();
	struct dray_flow flow;

	(void)state;
	assert_true(dray_explain_put(msg, &asked) >= 0);
	dray_get_flow(nest_in(msg, DRAY_A_FLOW), &flow);
	assert_int_equal(flow.protocol, IPPROTO_TCP);
	assert_int_equal(flow.client_port, 999);
	assert_int_equal(flow.vip_port, 80);
	assert_int_equal(dray_addr_cmp(&flow.client, &asked.client), 0);
	assert_int_equal(dray_addr_cmp(&flow.vip, &asked.vip), 0);
	/* an empty nest would be refused */
	assert_null(nest_in(msg, DRAY_A_EXPLAIN));
	nlmsg_free(msg);

	msg = message();
	asked.midstream = true;
	asked.size = 1500;
	assert_true(dray_explain_put(msg, &asked) >= 0);
	assert_int_equal(dray_nest_parse(nest_in(msg, DRAY_A_EXPLAIN), tb,
					 DRAY_A_EXPLAIN_MAX),
			 DRAY_BIT(DRAY_A_EXPLAIN_MIDSTREAM) |
			 DRAY_BIT(DRAY_A_EXPLAIN_SIZE));
	assert_int_equal(dray_get_u32(tb[DRAY_A_EXPLAIN_SIZE]), 1500);
	nlmsg_free(msg);
}

static void put_server(struct nl_msg *msg, int type, uint8_t last)
{
	const uint8_t address[] = { 10, 9, 0, last };
	struct nlattr *nest = nla_nest_start(msg, type);

	nla_put_u8(msg, DRAY_A_SERVER_FAMILY, AF_INET);
	nla_put(msg, DRAY_A_SERVER_ADDRESS, sizeof(address), address);
	nla_put_u16(msg, DRAY_A_SERVER_PORT, 80);
	nla_put_u32(msg, DRAY_A_SERVER_WEIGHT, 1);
	nla_nest_end(msg, nest);
}

static void put_entry(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_EXPLAIN_ENTRY);

	nla_put_flag(msg, DRAY_A_EXPLAIN_ENTRY_PERSIST);
	nla_put_u8(msg, DRAY_A_EXPLAIN_ENTRY_WHY, DRAY_EXPLAIN_WHY_REMOVED);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ENTRY_IDLE, 3000);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ENTRY_EXPIRES, 57000);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ENTRY_FLAGS, DRAY_FLOW_FLAGS_ASSURED);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ENTRY_FLOWS, 2);
	nla_nest_end(msg, nest);
}

static void put_rank(struct nl_msg *msg, uint8_t rank, uint8_t last,
		     uint8_t why)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_EXPLAIN_RANK);

	nla_put_u32(msg, DRAY_A_EXPLAIN_RANK_ROW, 77);
	nla_put_u8(msg, DRAY_A_EXPLAIN_RANK_RANK, rank);
	nla_put_u8(msg, DRAY_A_EXPLAIN_RANK_WHY, why);
	if (last) {
		put_server(msg, DRAY_A_EXPLAIN_RANK_SERVER, last);
		nla_put_u32(msg, DRAY_A_EXPLAIN_RANK_ACTIVE, 12);
		nla_put_u32(msg, DRAY_A_EXPLAIN_RANK_LIMIT, 10);
	}
	nla_nest_end(msg, nest);
}

static void put_route(struct nl_msg *msg)
{
	static const uint8_t mac[DRAY_MACLEN] = { 2, 0, 0, 0, 0, 9 };
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_EXPLAIN_ROUTE);

	nla_put_u8(msg, DRAY_A_EXPLAIN_ROUTE_REACH, DRAY_REACH_OK);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ROUTE_IFINDEX, 1);
	nla_put_u32(msg, DRAY_A_EXPLAIN_ROUTE_MTU, 1500);
	nla_put_u8(msg, DRAY_A_EXPLAIN_ROUTE_NEIGHBOUR, NUD_STALE);
	nla_put(msg, DRAY_A_EXPLAIN_ROUTE_MAC, sizeof(mac), mac);
	nla_put_flag(msg, DRAY_A_EXPLAIN_ROUTE_DIRECT);
	nla_nest_end(msg, nest);
}

static void put_steps(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_EXPLAIN);

	nla_put_u32(msg, DRAY_A_EXPLAIN_IFINDEX, 1);
	nla_put_u8(msg, DRAY_A_EXPLAIN_HOOK_MODE, DRAY_HOOK_MODE_INPUT);
	nla_put_string(msg, DRAY_A_EXPLAIN_HOOK_WHY, "hooks at LOCAL_IN");
	nla_put_u8(msg, DRAY_A_EXPLAIN_HOOK_POINT, DRAY_HOOK_POINT_LOCAL_IN);
	put_entry(msg);
	nla_put_u64(msg, DRAY_A_EXPLAIN_HASH, 0x123);
	nla_put_u8(msg, DRAY_A_EXPLAIN_BY, DRAY_EXPLAIN_BY_TABLE);
	put_rank(msg, 1, 121, DRAY_EXPLAIN_WHY_LOAD_LIMIT);
	put_rank(msg, 2, 0, DRAY_EXPLAIN_WHY_EMPTY);
	put_server(msg, DRAY_A_EXPLAIN_FIRST, 121);
	nla_put_u32(msg, DRAY_A_EXPLAIN_MAKES, DRAY_EXPLAIN_MAKES_FLOW);
	nla_put_string(msg, DRAY_A_EXPLAIN_NOTE, "past-first");
	nla_put_string(msg, DRAY_A_EXPLAIN_VERDICT, "forward");
	put_route(msg);
	nla_nest_end(msg, nest);
}

/* As the kernel answers. */
static void answer(struct dray_explain *x)
{
	struct nlattr *tb[DRAY_A_MAX + 1], *nest;
	struct nl_msg *msg = message();

	nest = nla_nest_start(msg, DRAY_A_SERVICE);
	nla_put_u8(msg, DRAY_A_SERVICE_FAMILY, AF_INET);
	nla_put_u32(msg, DRAY_A_SERVICE_FWMARK, 5);
	nla_put_string(msg, DRAY_A_SERVICE_SCHEDULER, "dray");
	nla_nest_end(msg, nest);
	put_server(msg, DRAY_A_SERVER, 121);
	put_steps(msg);
	assert_int_equal(genlmsg_parse(nlmsg_hdr(msg), 0, tb, DRAY_A_MAX, NULL),
			 0);
	dray_explain_get(tb, x);
	nlmsg_free(msg);
}

static char *emitted(const struct dray_explain *x, bool json)
{
	struct dray_emit *e;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	e = dray_emit_open(out, json, "explain", DRAY_EMIT_OBJECT);
	explain_emit(e, &request, x);
	assert_int_equal(dray_emit_close(e), 0);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	static const char *const lines[] = {
		"packet   tcp, the first 10.9.0.50:999 -> 10.9.0.200:80, in by lo\n",
		"hook     input: hooks at LOCAL_IN; taken at LOCAL_IN\n",
		"role     active, having none\n",
		"flow     no entry\n",
		"persist  - 2 open flows, idle 3 s, expires in 57 s, assured: "
		"its server was removed\n",
		"table    hash 0000000000000123\n",
		"         row 77, 1.     10.9.0.121:80            over the load "
		"limit, 12 flows, the limit is 10\n",
		"         row 77, 2.     -                        the row has no "
		"more servers\n",
		"         nobody else is left: the first that is usable, whatever "
		"its load\n",
		"first    10.9.0.121:80 is the table's choice whatever the load\n",
		"makes    a flow entry\n",
		"counted  past-first\n",
		"server   10.9.0.121:80 up, on-link, weight 1, 0 active flows\n",
		"route    lo, MTU 1500\n",
		"frame    to 02:00:00:00:00:09, STALE, straight to the neighbour\n",
		"result   forward to 10.9.0.121:80\n",
	};
	struct dray_explain x;
	const char *at;
	char *text;
	size_t i;

	(void)state;
	answer(&x);
	text = emitted(&x, false);
	for (at = text, i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		at = strstr(at, lines[i]);
		if (!at)
			fail_msg("no line \"%s\" in:\n%s", lines[i], text);
	}
	free(text);
}

static void test_text_not_taken(void **state)
{
	struct dray_explain x;
	char *text;

	(void)state;
	answer(&x);
	x.hook_point = DRAY_HOOK_POINT_NONE;
	x.has_srv = false;
	x.route.has = 0;
	strcpy(x.verdict, "pass");
	text = emitted(&x, false);
	assert_non_null(strstr(text, "! nobody takes it: the hook is `input', "
			       "the VIP is not an address of this host, and "
			       "forwarding is off\n"));
	assert_non_null(strstr(text, "result   pass: left to the stack\n"));
	free(text);
	strcpy(x.verdict, "drop");
	strcpy(x.reason, "standby");
	strcpy(x.doc, "another director serves the VIP");
	text = emitted(&x, false);
	assert_non_null(strstr(text, "result   drop: another director serves "
			       "the VIP (standby)\n"));
	free(text);
}

static const char *string_at(json_t *from, const char *path)
{
	char key[64];

	for (; *path; path += *path == '.') {
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(path, "."),
			 path);
		path += strlen(key);
		from = json_object_get(from, key);
	}
	return json_string_value(from);
}

static void test_json(void **state)
{
	static const struct {
		const char *path, *value;
	} values[] = {
		{ "packet.client", "10.9.0.50" }, { "service.scheduler", "dray" },
		{ "hook.point", "LOCAL_IN" }, { "hook.mode", "input" },
		{ "persist.why", "removed" }, { "by", "table" },
		{ "hash", "0000000000000123" }, { "first.address", "10.9.0.121" },
		{ "server.address", "10.9.0.121" }, { "route.device", "lo" },
		{ "route.mac", "02:00:00:00:00:09" },
		{ "route.neighbour", "STALE" }, { "verdict", "forward" },
		{ "outcome", "table" },
	};
	struct dray_explain x;
	json_t *root, *data;
	char *text;
	size_t i;

	(void)state;
	answer(&x);
	text = emitted(&x, true);
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	data = json_object_get(root, "data");
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		print_message("# %s\n", values[i].path);
		assert_non_null(string_at(data, values[i].path));
		assert_string_equal(string_at(data, values[i].path),
				    values[i].value);
	}
	assert_true(json_is_null(json_object_get(data, "flow")));
	assert_true(json_is_null(json_object_get(data, "vip")));
	assert_true(json_is_null(json_object_get(data, "reason")));
	data = json_array_get(json_object_get(data, "ranks"), 0);
	assert_int_equal(json_integer_value(json_object_get(data, "row")), 77);
	assert_int_equal(json_integer_value(json_object_get(data, "limit")), 10);
	assert_string_equal(string_at(data, "why"), "load-limit");
	json_decref(root);
	free(text);
}

static void check_line(const struct dray_explain *x, const char *failed,
		       const char *wanted)
{
	char line[256] = "";
	FILE *out = fmemopen(line, sizeof(line), "w");

	explain_line(out, &request, x, failed);
	fclose(out);
	assert_string_equal(line, wanted);
}

static void test_line(void **state)
{
	struct dray_explain x;

	(void)state;
	answer(&x);
	check_line(&x, NULL,
		   "10.9.0.50:999 10.9.0.200:80 10.9.0.121:80 table\n");
	check_line(&x, "no-service",
		   "10.9.0.50:999 10.9.0.200:80 - no-service\n");
	x.has_srv = false;
	strcpy(x.verdict, "drop");
	strcpy(x.reason, "lease");
	check_line(&x, NULL, "10.9.0.50:999 10.9.0.200:80 - lease\n");
}

static void test_options(void **state)
{
	static const char *const typed[] = {
		"explain", "-u", "-f", "4294967295", "--size", "1500", "a", "b",
		NULL,
	};
	static struct words w;
	struct usage u;

	(void)state;
	assert_int_equal(words_parse(command_find("explain"), 8, typed, &w, &u),
			 0);
	assert_int_equal(w.packet.protocol, IPPROTO_UDP);
	assert_int_equal(w.packet.mark, UINT32_MAX);
	assert_int_equal(w.packet.size, 1500);
	assert_false(w.packet.midstream);
	assert_int_equal(w.n_args, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_not_taken),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
