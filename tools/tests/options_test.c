// SPDX-License-Identifier: GPL-2.0-or-later
/* Options that ipvsadm does not have: what they set, and each error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "line.h"

#define TABLE (DRAY_BIT(DRAY_A_SERVICE_ROWS) | \
	       DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT) | \
	       DRAY_BIT(DRAY_A_SERVICE_SLOW_START))

static int parse(const char *text, struct statement *st, struct usage *u)
{
	struct line line = { .number = 1 };

	snprintf(line.text, sizeof(line.text), "%s", text);
	u->text[0] = '\0';
	assert_int_equal(line_split(&line, "drayadm", u), 0);
	return line_parse(&line, st, u);
}

static void test_table(void **state)
{
	static const struct {
		const char *text;
		uint32_t rows, load_limit, slow_start, has;
	} cases[] = {
		{ "-A -f 1 -s dray", 16384, 125, 0, 0 },
		{ "-A -f 1", 16384, 125, 0, 0 },
		{ "-E -f 1 -s sh --rows 4096", 4096, 125, 0,
		  DRAY_BIT(DRAY_A_SERVICE_ROWS) },
		{ "-A -f 1 --rows=262144 -s mh", 262144, 125, 0,
		  DRAY_BIT(DRAY_A_SERVICE_ROWS) },
		{ "-A -f 1 -s sh --load-limit 0", 16384, 0, 0,
		  DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT) },
		{ "-A -f 1 -s sh --load-limit 100 --slow-start 3600", 16384,
		  100, 3600, DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT) |
			     DRAY_BIT(DRAY_A_SERVICE_SLOW_START) },
		{ "-A -f 1 -s dray --rows 16384 --load-limit 10000 "
		  "--slow-start 0", 16384, 10000, 0, TABLE },
	};
	static struct statement st;
	struct usage u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].text);
		assert_int_equal(parse(cases[i].text, &st, &u), 0);
		assert_int_equal(st.c.svc.rows, cases[i].rows);
		assert_int_equal(st.c.svc.load_limit, cases[i].load_limit);
		assert_int_equal(st.c.svc.slow_start, cases[i].slow_start);
		assert_int_equal(st.c.svc.has & TABLE, cases[i].has);
	}
}

/* As in ipvsadm: -A and -E without -s; files are read by the same parser. */
static void test_scheduler_default(void **state)
{
	static struct statement st;
	struct usage u;

	(void)state;
	assert_int_equal(parse("-A -f 1", &st, &u), 0);
	assert_string_equal(st.c.svc.scheduler, "wlc");
	assert_int_equal(parse("-E -f 1", &st, &u), 0);
	assert_string_equal(st.c.svc.scheduler, "wlc");
}

#define ROWS(arg) "illegal rows `" arg \
	"' specified: a power of two, 4096 to 262144"
#define LOAD(arg) "illegal load-limit `" arg \
	"' specified: 100 to 10000 percent, or 0 for none"
#define SLOW(arg) "illegal slow-start `" arg "' specified: 0 to 3600 seconds"
#define OTHER(opt, sched) "The option '" opt "' is for the schedulers dray, " \
	"sh and mh, which go by a table; this is " sched

static void test_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "-A -f 1 -s sh --rows 2048", ROWS("2048") },
		{ "-A -f 1 -s sh --rows 524288", ROWS("524288") },
		{ "-A -f 1 -s sh --rows 5000", ROWS("5000") },
		{ "-A -f 1 -s sh --rows 0", ROWS("0") },
		{ "-A -f 1 -s sh --rows -4096", ROWS("-4096") },
		{ "-A -f 1 -s sh --rows 16k", ROWS("16k") },
		{ "-A -f 1 -s sh --load-limit 99", LOAD("99") },
		{ "-A -f 1 -s sh --load-limit 10001", LOAD("10001") },
		{ "-A -f 1 -s sh --load-limit 125%", LOAD("125%") },
		{ "-A -f 1 -s sh --slow-start 3601", SLOW("3601") },
		{ "-A -f 1 -s sh --slow-start -1", SLOW("-1") },
		{ "-A -f 1 -s rr --rows 8192", OTHER("rows", "rr") },
		{ "-E -f 1 -s wlc --load-limit 0", OTHER("load-limit", "wlc") },
		{ "-A -f 1 --slow-start 1",
		  OTHER("slow-start", "wlc, the default without -s") },
		{ "-A -f 1 -s sh --rows 8192 --rows 8192",
		  "multiple 'rows' options specified" },
		{ "-D -f 1 --rows 8192",
		  "Illegal 'rows' option with the 'delete-service' command" },
		{ "-a -f 1 -r 1.2.3.4 --load-limit 0",
		  "Illegal 'load-limit' option with the 'add-server' command" },
		{ "-L --slow-start 0",
		  "Illegal 'slow-start' option with the 'list' command" },
		{ "config --table-limit -1",
		  "illegal table-limit `-1' specified: bytes" },
		{ "config --table-limit 16M",
		  "illegal table-limit `16M' specified: bytes" },
		{ "config --table-limit 9223372036854775808",
		  "illegal table-limit `9223372036854775808' specified: bytes" },
		{ "config --table-key-file=",
		  "table-key-file needs the name of a file, or none" },
	};
	static struct statement st;
	struct usage u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].text);
		assert_int_equal(parse(cases[i].text, &st, &u), RC_USAGE);
		assert_string_equal(u.text, cases[i].error);
	}
}

static void test_config(void **state)
{
	static const char *const typed[] = {
		"config", "--table-limit", "8589934592", "--table-key-file",
		"none", NULL,
	};
	static struct words w;
	struct usage u;

	(void)state;
	assert_int_equal(words_parse(command_find("config"), 5, typed, &w, &u),
			 0);
	assert_true(w.config.table_limit == 8589934592);
	/* the file is not read yet */
	assert_int_equal(w.config.has, DRAY_BIT(DRAY_A_CONFIG_TABLE_LIMIT));
	assert_string_equal(w.table_key_file, "none");
}

static void test_rows_wanted(void **state)
{
	static const struct {
		uint32_t servers, rows;
	} cases[] = {
		{ 0, 4096 },   { 1, 4096 },	 { 16, 4096 },
		{ 17, 8192 },  { 64, 16384 },	 { 65, 32768 },
		{ 1024, 262144 }, { 4096, 262144 },
	};
	struct dray_service svc = { 0 };
	struct dray_server servers[4097] = { 0 };
	uint32_t n;
	size_t i;

	(void)state;
	svc.servers = servers;
	for (i = 1; i < 4097; i++)
		servers[i].weight = 1;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* the first one has no weight */
		svc.n_servers = cases[i].servers + 1;
		assert_int_equal(dray_service_rows_wanted(&svc, &n),
				 cases[i].rows);
		assert_int_equal(n, cases[i].servers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_scheduler_default),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_rows_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
