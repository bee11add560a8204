// SPDX-License-Identifier: GPL-2.0-or-later
/* What a file would move, in words and in JSON, from two files. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf.h"
#include "emit.h"
#include "simulate.h"
#include "table_key.h"

#define THREE "-A -f 1 -s dray\n-a -f 1 -r 10.0.0.1\n" \
	"-a -f 1 -r 10.0.0.2\n-a -f 1 -r 10.0.0.3 -w 2\n"
#define TWO "-A -f 1 -s dray\n-a -f 1 -r 10.0.0.1\n" \
	"-a -f 1 -r 10.0.0.2 -w 0\n-a -f 1 -r 10.0.0.3 -w 2\n"

static void read_text(const char *text, struct conf *conf)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_int_equal(conf_read(in, "file", conf), 0);
	fclose(in);
}

/* fingerprint: what the kernel says of the first table; 0: nothing */
static char *simulated(const char *now, const char *wanted, bool json,
		       uint64_t fingerprint, char *error, size_t size)
{
	struct conf a, b;
	struct dray_emit *e;
	uint8_t key[16];
	char *text = NULL;
	size_t len;
	int rc;
	FILE *out = open_memstream(&text, &len);

	table_key_public(key);
	read_text(now, &a);
	read_text(wanted, &b);
	if (fingerprint) {
		a.table.services[0].has |=
			DRAY_BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT);
		a.table.services[0].fingerprint = fingerprint;
	}
	error[0] = '\0';
	e = dray_emit_open(out, json, "simulate", DRAY_EMIT_ARRAY);
	rc = simulate_emit(e, &a.table, &b.table, key, error, size);
	assert_int_equal(rc, error[0] ? -1 : 0);
	dray_emit_close(e);
	fclose(out);
	conf_free(&a);
	conf_free(&b);
	return text;
}

/* Neither what is no table's nor other services' counts. */
static void test_unchanged(void **state)
{
	static const struct {
		const char *now, *wanted;
	} cases[] = {
		{ "#\n", "#\n" },
		{ THREE, THREE },
		{ THREE, "-A -f 1 -s mh -p 5 --load-limit 0 --slow-start 9\n"
		  "-a -f 1 -r 10.0.0.3 -w 2 --state down\n"
		  "-a -f 1 -r 10.0.0.2 -x 5\n-a -f 1 -r 10.0.0.1\n"
		  "-a -f 1 -r 10.0.0.4 -w 0\n" },
		{ "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1\n", "-A -f 2 -s wlc\n" },
		{ "-A -f 1 -s sh\n", "-A -f 1 -s sh --rows 4096\n"
		  "-a -f 1 -r 10.0.0.4 -w 0\n" },
	};
	char error[256], *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = simulated(cases[i].now, cases[i].wanted, false, 0,
				 error, sizeof(error));
		assert_string_equal(text, "no table would change\n");
		free(text);
	}
}

static void test_text(void **state)
{
	static const struct {
		const char *now, *wanted, *line;
	} cases[] = {
		{ THREE, TWO, "FWM  1 dray: 25." },
		{ THREE, TWO, "  -> 10.0.0.2:0                   weight      1 "
		  "-> 0      share  25." },
		{ THREE, TWO, "->   0.00 %\n" },
		{ THREE, "#\n", "FWM  1 dray: no table any more\n" },
		{ THREE, "-A -f 1 -s rr\n", "FWM  1 dray: no table any more\n" },
		{ "-A -f 1 -s rr\n", THREE, "FWM  1 dray: a new table\n" },
		{ "-A -f 1 -s dray\n", THREE, "FWM  1 dray: a new table\n" },
		{ "-A -f 1 -s sh\n-a -f 1 -r 10.0.0.1\n",
		  "-A -f 1 -s sh --rows 4096\n-a -f 1 -r 10.0.0.1\n",
		  "FWM  1 sh: 0.00 % of the clients move, 0.00 % needlessly, "
		  "with 4096 rows instead of 16384\n"
		  "  -> 10.0.0.1:0                   weight      1 -> 1      "
		  "share 100.00 % -> 100.00 %\n" },
	};
	char error[256], *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = simulated(cases[i].now, cases[i].wanted, false, 0,
				 error, sizeof(error));
		assert_string_equal(error, "");
		assert_non_null(strstr(text, cases[i].line));
		free(text);
	}
}

static double percent(const json_t *row, const char *key)
{
	assert_true(json_is_number(json_object_get(row, key)));
	return json_number_value(json_object_get(row, key));
}

static void test_json(void **state)
{
	char error[256];
	char *text = simulated(THREE, TWO, true, 0, error, sizeof(error));
	json_t *doc = json_loads(text, 0, NULL);
	const json_t *svc = json_array_get(json_object_get(doc, "data"), 0);
	const json_t *servers = json_object_get(svc, "servers");
	const json_t *gone = json_array_get(servers, 1);
	const json_t *left = json_array_get(servers, 2);
	double share;

	(void)state;
	assert_int_equal(percent(svc, "rows_before"), 16384);
	assert_int_equal(percent(svc, "rows_after"), 16384);
	share = percent(gone, "share_before_percent");
	assert_true(share > 24 && share < 26);
	assert_true(percent(gone, "share_after_percent") == 0);
	assert_int_equal(percent(gone, "weight_after"), 0);
	/* what moves and had not to is little, and the rest is the server's */
	assert_true(percent(svc, "needless_percent") < 1);
	share = percent(svc, "moved_percent") -
		percent(svc, "needless_percent") - share;
	assert_true(share > -0.001 && share < 0.001);
	share = percent(left, "share_after_percent");
	assert_true(share > 65 && share < 68);
	json_decref(doc);
	free(text);
}

static void test_errors(void **state)
{
	char error[256], many[256 * 40] = "-A -f 1 -s sh --rows 4096\n";
	char *text;
	int i;

	(void)state;
	for (i = 0; i < 257; i++)
		sprintf(many + strlen(many), "-a -f 1 -r 10.0.%d.%d\n", i / 256,
			i % 256);
	text = simulated(THREE, many, false, 0, error, sizeof(error));
	assert_string_equal(error, "FWM  1: no table can be made: too many "
			    "servers for so few rows: 16 rows for each at "
			    "least");
	free(text);
	text = simulated(THREE, TWO, false, 0x1234, error, sizeof(error));
	assert_string_equal(error, "the table made here is not the kernel's: "
			    "this program is of another version");
	assert_string_equal(text, "");
	free(text);
}

/* Another key than the kernel's: its fingerprints are others, too. */
static void test_key(void **state)
{
	struct dray_config config = { 0 };
	uint8_t key[16];

	(void)state;
	table_key_public(key);
	assert_true(simulate_in_force(&config, key));
	config.has = DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT);
	config.key_fingerprint = sim_key_fingerprint(key);
	assert_true(simulate_in_force(&config, key));
	key[15] ^= 1;
	assert_false(simulate_in_force(&config, key));
	config.has = 0;
	assert_false(simulate_in_force(&config, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
