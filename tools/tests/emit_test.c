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

#include "emit.h"

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
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
