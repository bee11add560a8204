// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a configuration file, and the difference of two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apply.h"
#include "conf.h"
#include "save.h"

static int read_text(const char *text, struct conf *conf)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int rc = conf_read(in, "file", conf);

	fclose(in);
	return rc;
}

static char *difference(const char *now, const char *wanted)
{
	struct conf a, b;
	struct dray_diff diff;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(read_text(now, &a), 0);
	assert_int_equal(read_text(wanted, &b), 0);
	dray_diff_make(&a.table, &b.table, b.has_vips, &diff);
	diff_print(out, &diff);
	dray_diff_free(&diff);
	conf_free(&a);
	conf_free(&b);
	fclose(out);
	return text;
}

static void test_difference(void **state)
{
	static const struct {
		const char *now, *wanted, *diff;
	} cases[] = {
		{ "# nothing\n", "\n", "" },
		{ "-A -t 1.2.3.4:80 -s rr\n", "-A -s rr -t 1.2.3.4:80 # same", "" },
		{ "#\n", "-A -t 1.2.3.4:80 -s rr\n-a -t 1.2.3.4:80 -r 5.6.7.8\n",
		  "+ -A -t 1.2.3.4:80 -s rr\n"
		  "+ -a -t 1.2.3.4:80 -r 5.6.7.8:80 -g -w 1\n" },
		{ "-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 5.6.7.8\n", "#\n",
		  "- -A -t 1.2.3.4:80 -s wlc\n" },
		{ "-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 5.6.7.8\n"
		  "-a -t 1.2.3.4:80 -r 5.6.7.9\n",
		  "-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 5.6.7.10 -w 2\n"
		  "-a -t 1.2.3.4:80 -r 5.6.7.9 -w 3\n",
		  "- -a -t 1.2.3.4:80 -r 5.6.7.8:80 -g -w 1\n"
		  "~ -a -t 1.2.3.4:80 -r 5.6.7.9:80 -g -w 3    # was: "
		  "-a -t 1.2.3.4:80 -r 5.6.7.9:80 -g -w 1\n"
		  "+ -a -t 1.2.3.4:80 -r 5.6.7.10:80 -g -w 2\n" },
		{ "-A -t 1.2.3.4:80 -p 5\n", "-A -t 1.2.3.4:80 -p 6 -M 24\n",
		  "~ -A -t 1.2.3.4:80 -s wlc -p 6 -M 255.255.255.0    # was: "
		  "-A -t 1.2.3.4:80 -s wlc -p 5\n" },
		/* a state that the file does not name is somebody else's */
		{ "-A -f 1\n-a -f 1 -r 5.6.7.8 --state down\n",
		  "-A -f 1\n-a -f 1 -r 5.6.7.8\n", "" },
		{ "-A -f 1\n-a -f 1 -r 5.6.7.8\n",
		  "-A -f 1\n-a -f 1 -r 5.6.7.8 --state drain\n",
		  "~ -a -f 1 -r 5.6.7.8:0 -g -w 1 --state drain    # was: "
		  "-a -f 1 -r 5.6.7.8:0 -g -w 1\n" },
		/* no vip line: not our business */
		{ "vip add 1.2.3.4\n", "#\n", "" },
		{ "vip add 1.2.3.4\n", "vip add 1.2.3.5\n",
		  "- vip add 1.2.3.4\n+ vip add 1.2.3.5\n" },
		{ "vip add 1.2.3.4 --no-accept\n", "vip add 1.2.3.4\n", "" },
		{ "vip add 1.2.3.4\n", "vip add 1.2.3.4 --no-accept\n",
		  "~ vip add 1.2.3.4 --no-accept    # was: "
		  "vip add 1.2.3.4\n" },
		{ "vip add 1.2.3.4 --no-accept\n",
		  "vip add 1.2.3.4 --accept\n", "~ vip add 1.2.3.4    # was: "
		  "vip add 1.2.3.4 --no-accept\n" },
		{ "vip add 1.2.3.4 --peer 00:00:00:00:00:01 --peer 00:00:00:00:00:02\n",
		  "vip add 1.2.3.4 --peer 00:00:00:00:00:02 --peer 00:00:00:00:00:01\n",
		  "" },
		/* what is the table's goes back to its default */
		{ "-A -f 1 -s dray --rows 65536 --load-limit 0\n",
		  "-A -f 1 -s dray --slow-start 30\n",
		  "~ -A -f 1 -s dray --slow-start 30    # was: "
		  "-A -f 1 -s dray --rows 65536 --load-limit 0\n" },
		{ "-A -f 1 -s sh\n",
		  "-A -f 1 -s sh --rows 16384 --load-limit 0 --slow-start 0\n",
		  "" },
		{ "-A -f 1 -s mh --rows 8192\n", "-A -f 1 -s rr\n",
		  "~ -A -f 1 -s rr    # was: -A -f 1 -s mh --rows 8192\n" },
		{ "config --table-limit 1048576\n",
		  "config --table-limit 8589934592\n",
		  "~ config --table-limit 8589934592    # was: "
		  "config --table-limit 1048576\n" },
		{ "config --timeout-tcp 900\n",
		  "config --timeout-tcp 900 --timeout-udp 5\n",
		  "~ config --timeout-tcp 900 --timeout-udp 5    # was: "
		  "config --timeout-tcp 900\n" },
	};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = difference(cases[i].now, cases[i].wanted);
		assert_string_equal(text, cases[i].diff);
		free(text);
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 5.6.7.8 -w abc\n",
		  "file:2:32: illegal weight specified\n"
		  "  -a -t 1.2.3.4:80 -r 5.6.7.8 -w abc\n"
		  "                                 ^" },
		{ "\t-A -t 1.2.3.4:bad\n",
		  "file:1:8: illegal virtual server address[:port] specified\n"
		  "  \t-A -t 1.2.3.4:bad\n  \t      ^" },
		{ "\n\n-A -t 1.2.3.4:80 --zork\n",
		  "file:3:18: --zork: unknown option\n"
		  "  -A -t 1.2.3.4:80 --zork\n                   ^" },
		{ "-a -t 1.2.3.4:80 -r 5.6.7.8\n",
		  "file:1: Service not defined\n  -a -t 1.2.3.4:80 -r 5.6.7.8" },
		{ "-A -f 1\n-A -f 1\n",
		  "file:2: Service already exists, from line 1\n  -A -f 1" },
		{ "-A -f 1\n-a -f 1 -r 5.6.7.8\n-a -f 1 -r 5.6.7.8:0\n",
		  "file:3: Destination already exists, from line 2" },
		{ "-A -f 1\n-C\n", "file:2: -C behind services\n  -C" },
		{ "config --hook late\n",
		  "file:1:15: invalid hook `late': auto, early or input\n"
		  "  config --hook late\n                ^" },
		{ "config --timeout-udp 1\nconfig --timeout-udp 2\n",
		  "file:2: a second config line\n  config --timeout-udp 2" },
		{ "show\n", "file:1:1: `show' does not belong into a file\n"
		  "  show\n  ^" },
		{ "-A -f 1 -s sh\n-A -f 2 -s rr --rows 8192\n",
		  "file:2:15: The option 'rows' is for the schedulers dray, sh "
		  "and mh, which go by a table; this is rr\n"
		  "  -A -f 2 -s rr --rows 8192\n                ^" },
		{ "-A -f 1 -s sh --load-limit 99\n",
		  "file:1:28: illegal load-limit `99' specified: 100 to 10000 "
		  "percent, or 0 for none\n"
		  "  -A -f 1 -s sh --load-limit 99\n"
		  "                             ^" },
		{ "config --table-key-file /etc/dray.key\n",
		  "file:1:8: a file cannot set the table key, for no file can "
		  "say what it was; type: drayadm config --table-key-file FILE\n"
		  "  config --table-key-file /etc/dray.key\n         ^" },
		{ "vip set 1.2.3.4\n",
		  "file:1:5: only \"vip add\" says what there is\n"
		  "  vip set 1.2.3.4\n      ^" },
	};
	struct conf conf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_not_equal(read_text(cases[i].text, &conf), 0);
		assert_string_equal(conf.error, cases[i].error);
		conf_free(&conf);
	}
}

/* What save writes, apply reads, and finds no difference. */
static void test_round_trip(void **state)
{
	static const char text[] =
		"config --hook input --timeout-tcp 1 --flow-limit 2048 "
		"--table-limit 1048576\n"
		"-A -t 10.9.9.9:80 -s rr -p 5 -M 255.255.255.0 --down-hold 0\n"
		"-a -t 10.9.9.9:80 -r 10.0.0.1:80 -g -w 0 -x 9 -y 3 --state down\n"
		"-a -t 10.9.9.9:80 -r [2001:db8::1]:80 -g -w 2147483647\n"
		"-A -u 10.9.9.9:53 -s wlc -o\n"
		"-A --sctp-service 10.9.9.9:0 -s rr -p 360\n"
		"-A -t [2001:db8::80]:81 -s rr -p 9 -M 64 -b flag-1,flag-3\n"
		"-A -f 1 -s rr\n"
		"-a -f 1 -r 10.0.0.1:8080 -g -w 1\n"
		"-A -f 2 -s dray --rows 262144 --load-limit 10000 "
		"--slow-start 3600\n"
		"-A -f 3 -s sh\n"
		"-A -f 4294967295 -6 -s mh -b mh-port --load-limit 125\n"
		"vip add 10.9.9.9 --peer 52:54:00:00:00:01\n"
		"vip add 2001:db8::80 --no-accept\n";
	struct conf conf;
	char *saved = NULL;
	size_t size;
	FILE *out = open_memstream(&saved, &size);

	(void)state;
	assert_int_equal(read_text(text, &conf), 0);
	assert_int_equal(save_write(out, &conf.table, true, true), 0);
	fclose(out);
	assert_string_equal(saved, text);
	conf_free(&conf);
	free(saved);
}

/* Both forms write what is the table's, so that -R brings it back. */
static void test_save_table(void **state)
{
	static const char line[] = "-A -f 2 -s dray --rows 4096\n";
	struct conf conf;
	char *saved = NULL;
	size_t size;
	FILE *out = open_memstream(&saved, &size);

	(void)state;
	assert_int_equal(read_text(line, &conf), 0);
	assert_int_equal(save_write(out, &conf.table, true, false), 0);
	fclose(out);
	assert_string_equal(saved, line);
	conf_free(&conf);
	free(saved);
}

static char *saved_config(struct dray_config *config)
{
	struct dray_table table = { .config = *config };
	char *saved = NULL;
	size_t size;
	FILE *out = open_memstream(&saved, &size);

	assert_int_equal(save_write(out, &table, true, true), 0);
	fclose(out);
	return saved;
}

/* The key is named, never written; and the comment does not disturb -R. */
static void test_save_key(void **state)
{
	struct dray_config config = {
		.has = DRAY_BIT(DRAY_A_CONFIG_TABLE_LIMIT) |
		       DRAY_BIT(DRAY_A_CONFIG_TABLES),
		.table_limit = 5,
		.table_key = "0123456789abcdef",
		.key_fingerprint = 0xdef,
	};
	struct conf conf;
	char *saved;

	(void)state;
	saved = saved_config(&config);
	assert_string_equal(saved, "config --table-limit 5\n"
			    "# table key: public\n");
	free(saved);
	config.has |= DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY) |
		      DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT);
	saved = saved_config(&config);
	assert_string_equal(saved, "config --table-limit 5\n"
			    "# table key: 0000000000000def, set by config "
			    "--table-key-file\n");
	assert_int_equal(read_text(saved, &conf), 0);
	assert_int_equal(conf.table.config.has,
			 DRAY_BIT(DRAY_A_CONFIG_TABLE_LIMIT));
	conf_free(&conf);
	free(saved);
}

static void test_rollback_leaves_alone(void **state)
{
	struct conf before, wanted;
	struct dray_server *srv;

	(void)state;
	assert_int_equal(read_text("config --timeout-tcp 5 --timeout-udp 6\n"
				   "-A -f 1\n-a -f 1 -r 5.6.7.8 --state down\n"
				   "-a -f 1 -r 5.6.7.9 --state down\n"
				   "-a -f 1 -r 5.6.7.10 --state down\n",
				   &before), 0);
	assert_int_equal(read_text("config --timeout-tcp 7\n-A -f 1\n"
				   "-a -f 1 -r 5.6.7.8\n"
				   "-a -f 1 -r 5.6.7.9 --state up\n", &wanted),
			 0);
	dray_diff_rollback_target(&before.table, &wanted.table);
	srv = before.table.services[0].servers;
	assert_int_equal(before.table.config.has,
			 DRAY_BIT(DRAY_A_CONFIG_TIMEOUT_TCP));
	/* the file did not name its state; it did; it deleted the server */
	assert_false(srv[0].has & DRAY_BIT(DRAY_A_SERVER_STATE));
	assert_true(srv[1].has & DRAY_BIT(DRAY_A_SERVER_STATE));
	assert_true(srv[2].has & DRAY_BIT(DRAY_A_SERVER_STATE));
	conf_free(&before);
	conf_free(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_save_table),
		cmocka_unit_test(test_save_key),
		cmocka_unit_test(test_rollback_leaves_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
