// SPDX-License-Identifier: GPL-2.0-or-later
/* One call, two outputs. */
#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emit_noun.h"

static char *emitted(bool json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct dray_emit *e = dray_emit_open(out, json, "things",
					     DRAY_EMIT_ARRAY);
	int i;

	dray_emit_generation(e, 7);
	dray_emit_text(e, "title\n");
	for (i = 0; i < 2; i++) {
		dray_emit_object(e, NULL);
		dray_emit_num(e, "number", "%-4" PRIu64, i);
		dray_emit_str(e, "name", "%s", i ? NULL : "a\"b");
		dray_emit_bool(e, "good", " good", i);
		dray_emit_str(e, "hidden", NULL, "x");
		dray_emit_array(e, "list");
		dray_emit_num(e, NULL, NULL, 5);
		dray_emit_end(e);
		dray_emit_text(e, "\n");
		dray_emit_end(e);
	}
	assert_int_equal(dray_emit_close(e), 0);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	char *text = emitted(false);

	(void)state;
	assert_string_equal(text, "title\n0   a\"b\n1   - good\n");
	free(text);
}

static void test_json(void **state)
{
	char *text = emitted(true);
	json_t *doc = json_loads(text, 0, NULL), *row;

	(void)state;
	assert_non_null(doc);
	assert_int_equal(json_integer_value(json_object_get(doc, "schema")), 1);
	assert_int_equal(json_integer_value(json_object_get(doc, "generation")),
			 7);
	assert_string_equal(json_string_value(json_object_get(doc, "kind")),
			    "things");
	assert_int_equal(json_array_size(json_object_get(doc, "data")), 2);
	row = json_array_get(json_object_get(doc, "data"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "name")),
			    "a\"b");
	assert_true(json_is_false(json_object_get(row, "good")));
	assert_int_equal(json_array_size(json_object_get(row, "list")), 1);
	row = json_array_get(json_object_get(doc, "data"), 1);
	assert_true(json_is_null(json_object_get(row, "name")));
	json_decref(doc);
	free(text);
}

static json_t *service_json(const struct dray_service *svc)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct dray_emit *e = dray_emit_open(out, true, "service",
					     DRAY_EMIT_OBJECT);
	json_t *doc, *data;

	dray_emit_service(e, svc);
	assert_int_equal(dray_emit_close(e), 0);
	fclose(out);
	doc = json_loads(text, 0, NULL);
	free(text);
	data = json_incref(json_object_get(doc, "data"));
	json_decref(doc);
	return data;
}

static long number(const json_t *data, const char *key)
{
	assert_true(json_is_integer(json_object_get(data, key)));
	return json_integer_value(json_object_get(data, key));
}

/* What is the table's is there where there is a table. */
static void test_table(void **state)
{
	struct dray_service svc;
	json_t *data;

	(void)state;
	dray_service_defaults(&svc);
	svc.key.fwmark = 1;
	data = service_json(&svc);
	assert_null(json_object_get(data, "rows"));
	assert_null(json_object_get(data, "table_fingerprint"));
	json_decref(data);

	svc.has |= DRAY_BIT(DRAY_A_SERVICE_ROWS);
	data = service_json(&svc);
	assert_int_equal(number(data, "rows"), 16384);
	assert_int_equal(number(data, "load_limit"), 125);
	assert_int_equal(number(data, "slow_start"), 0);
	assert_true(json_is_null(json_object_get(data, "table_fingerprint")));
	json_decref(data);

	svc.has |= DRAY_BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT);
	svc.fingerprint = 0xfedcba98;
	data = service_json(&svc);
	assert_string_equal(json_string_value(json_object_get(data,
						"table_fingerprint")),
			    "00000000fedcba98");
	json_decref(data);
}

static void test_full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct dray_emit *e;

	(void)state;
	assert_non_null(out);
	e = dray_emit_open(out, false, "things", DRAY_EMIT_ARRAY);
	dray_emit_text(e, "x");
	assert_int_equal(dray_emit_close(e), -1);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
