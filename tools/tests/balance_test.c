// SPDX-License-Identifier: GPL-2.0-or-later
/* Shares of flows, wanted and had. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "balance.h"

/* Of the four with a weight one is down and one cannot be reached. */
static struct dray_server servers[] = {
	{ .weight = 1, .active = 30, .stats.conns = 1000 },
	{ .weight = 2, .active = 70, .stats.conns = 2000 },
	{ .weight = 5, .state = DRAY_SERVER_STATE_DOWN },
	{ .weight = 7, .reach = DRAY_REACH_NO_ROUTE },
	{ .weight = 0, .active = 100 },
};

static char *emitted(bool json, size_t n)
{
	struct dray_service svc = { .scheduler = "dray", .servers = servers,
				    .n_servers = n };
	struct dray_table table = { .services = &svc, .n_services = 1 };
	struct dray_emit *e;
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < 5; i++) {
		servers[i].addr.family = AF_INET;
		servers[i].addr.bytes[0] = 10;
		servers[i].addr.bytes[3] = i + 1;
	}
	svc.key.family = AF_INET;
	svc.key.fwmark = 5;
	e = dray_emit_open(out, json, "balance", DRAY_EMIT_ARRAY);
	balance_emit(e, &table, true);
	assert_int_equal(dray_emit_close(e), 0);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	static const char *const lines[] = {
		"FWM  5 dray\n",
		"  -> 10.0.0.1:0                   up    ok                1"
		"   33.3 %         30   15.0 %         1000   33.3 %\n",
		"  -> 10.0.0.3:0                   down  ok                5"
		"    0.0 %          0    0.0 %            0    0.0 %\n",
		"  -> 10.0.0.4:0                   up    no-route          7"
		"    0.0 %          0    0.0 %            0    0.0 %\n",
		"  -> 10.0.0.5:0                   up    ok                0"
		"    0.0 %        100   50.0 %            0    0.0 %\n",
	};
	char *text = emitted(false, 5);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(text, lines[i]));
	free(text);
}

static double percent(const json_t *row, const char *key)
{
	return json_real_value(json_object_get(row, key));
}

static const json_t *row_of(const json_t *doc, size_t i)
{
	const json_t *svc = json_array_get(json_object_get(doc, "data"), 0);

	return json_array_get(json_object_get(svc, "servers"), i);
}

static void test_json(void **state)
{
	char *text = emitted(true, 5);
	json_t *doc = json_loads(text, 0, NULL);

	(void)state;
	assert_in_range(percent(row_of(doc, 1), "expected_percent") * 1000,
			66666, 66667);
	assert_in_range(percent(row_of(doc, 1), "active_percent") * 1000,
			34999, 35001);
	assert_true(percent(row_of(doc, 2), "expected_percent") == 0);
	json_decref(doc);
	free(text);
}

/* Where there is nothing there are no shares. */
static void test_nothing(void **state)
{
	char *text;
	json_t *doc;

	(void)state;
	servers[0].active = 0;
	servers[0].stats.conns = 0;
	servers[0].weight = 0;
	text = emitted(false, 1);
	assert_non_null(strstr(text, "ok                0        -          0"
			       "        -            0        -\n"));
	free(text);
	text = emitted(true, 1);
	doc = json_loads(text, 0, NULL);
	assert_true(json_is_null(json_object_get(row_of(doc, 0),
						 "expected_percent")));
	json_decref(doc);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
