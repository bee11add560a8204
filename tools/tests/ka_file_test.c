// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a file is read: definitions, files that include files, what cannot be read,
 * and bounds.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ka_lvs.h"
#include "ka_vrrp.h"

static const struct ka_options here = { .config_id = "here",
					.instance = "one" };

static struct ka_conf *parse(const char *text)
{
	return ka_parse(text, strlen(text), "f", &here);
}

static void test_definitions(void **state)
{
	struct ka_conf *conf = parse(
		"$P=9\n$N=${P}0\n$BODY= \\\ninterface eth0 \\\n"
		"virtual_router_id ${I} \\\npriority $N\n"
		"$I=1\nvrrp_instance a {\n${BODY}\n}\n"
		"$I=2\nvrrp_instance b {\n${BODY}\n}\n"
		"@here vrrp_instance c {\n@^here vrrp_instance d {\n"
		"interface ${_INSTANCE}\nvirtual_router_id 3\n}\n"
		"global_defs {\nrouter_id x${_HASH}y${_BANG}\n}\n"
		"~SEQ(N,5,6) vrrp_instance e$N { interface eth$N }\n");

	(void)state;
	assert_int_equal(conf->n_instances, 3);
	assert_int_equal(conf->instances[0]->vrid, 1);
	assert_int_equal(conf->instances[1]->vrid, 2);
	assert_int_equal(conf->instances[1]->priority, 90);
	assert_string_equal(conf->instances[2]->name, "c");
	assert_string_equal(conf->instances[2]->interface, "one");
	assert_string_equal(conf->globals.router_id, "x#y!");
	/* e5 and e6, which have no virtual_router_id */
	assert_int_equal(conf->n_of[KA_ERROR], 2);
	ka_free(conf);
}

/* A folder of files for one test. */
static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/ka_file_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *put(const char *name, const char *text)
{
	static char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	return path;
}

static void test_include(void **state)
{
	struct ka_conf *conf;
	char sub[128];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/conf.d", folder);
	assert_int_equal(mkdir(sub, 0755), 0);
	put("conf.d/b.conf", "interface eth9 # ${_PWD}\n"
	    "include ../vrid\n");
	put("vrid", "virtual_router_id 9\n}\n");
	put("conf.d/a.conf", "vrrp_instance v {\n");
	conf = ka_read(put("main", "include conf.d/{a,b}.conf\n"
			   "include \"conf.d/c*.conf\"\n"), NULL);
	assert_int_equal(conf->n_instances, 1);
	assert_int_equal(conf->instances[0]->vrid, 9);
	assert_string_equal(conf->instances[0]->interface, "eth9");
	assert_non_null(strstr(conf->instances[0]->pos.file, "conf.d/a.conf"));
	assert_int_equal(conf->n_messages, 1);
	assert_int_equal(conf->messages[0].severity, KA_NOTE);
	assert_non_null(strstr(conf->messages[0].text, "no file '"));
	ka_free(conf);
}

static void test_include_missing(void **state)
{
	static const struct {
		const char *line;
		enum ka_severity severity;
	} cases[] = {
		{ "include none", KA_WARNING },	 { "includem none", KA_ERROR },
		{ "includer none", KA_ERROR },	 { "includew n*", KA_ERROR },
		{ "includew none", KA_WARNING }, { "includeb n{o,p}", KA_ERROR },
		{ "includea none", KA_ERROR },	 { "include n*", KA_NOTE },
		{ "include", KA_ERROR },	 { "include .", KA_ERROR },
	};
	struct ka_conf *conf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].line);
		conf = ka_read(put("main", cases[i].line), NULL);
		assert_int_equal(conf->n_messages, 1);
		assert_int_equal(conf->n_of[cases[i].severity], 1);
		ka_free(conf);
	}
}

static void test_include_cycle(void **state)
{
	struct ka_conf *conf;

	(void)state;
	put("a", "include b\nglobal_defs {\nrouter_id a\n}\n");
	put("b", "include ./a\ninclude b\n");
	conf = ka_read(put("main", "include a\n"), NULL);
	assert_int_equal(conf->n_of[KA_ERROR], 2);
	assert_non_null(strstr(conf->messages[0].text, "includes itself"));
	assert_non_null(strstr(conf->messages[0].pos.file, "/b"));
	assert_string_equal(conf->globals.router_id, "a");
	ka_free(conf);
}

static void test_unreadable(void **state)
{
	struct ka_conf *conf = ka_read("/nonexistent/file", NULL);

	(void)state;
	assert_true(conf->unreadable);
	assert_string_equal(conf->messages[0].text, strerror(ENOENT));
	assert_int_equal(ka_exit_status(conf), KA_EXIT_CANNOT_RUN);
	ka_free(conf);
	conf = ka_read(folder, NULL);
	assert_true(conf->unreadable);
	ka_free(conf);
}

static void test_long_line(void **state)
{
	char *text = malloc(200000);
	struct ka_conf *conf;

	(void)state;
	memset(text, 'x', 200000);
	memcpy(text, "router_id ", 10);
	strcpy(text + 100000, "\nglobal_defs {\nrouter_id a\n}\n");
	conf = parse(text);
	assert_int_equal(conf->n_messages, 1);
	assert_string_equal(conf->messages[0].done, "the line is left out");
	assert_int_equal(conf->messages[0].pos.line, 1);
	assert_string_equal(conf->globals.router_id, "a");
	ka_free(conf);
	/* one that keepalived cuts in two */
	memset(text, 'x', 2000);
	memcpy(text, "global_defs {\nrouter_id ", 24);
	strcpy(text + 2000, "\n}\n");
	conf = parse(text);
	assert_int_equal(conf->n_messages, 0);
	assert_int_equal(strlen(conf->globals.router_id), 1976);
	ka_free(conf);
	free(text);
}

static void test_deep_blocks(void **state)
{
	char text[4096] = "";
	struct ka_conf *conf;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		strcat(text, "a {\n");
	for (i = 0; i < 100; i++)
		strcat(text, "}\n");
	strcat(text, "global_defs {\nrouter_id a\n}\n");
	conf = parse(text);
	assert_string_equal(conf->messages[0].text,
			    "blocks within blocks, too deep");
	assert_int_equal(conf->messages[0].pos.line, 17);
	assert_string_equal(conf->globals.router_id, "a");
	ka_free(conf);
}

static void test_many_messages(void **state)
{
	char *text = malloc(40000), *at = text;
	struct ka_conf *conf;
	int i;

	(void)state;
	for (i = 0; i < 5000; i++)
		at = stpcpy(at, "wrong\n");
	conf = parse(text);
	assert_int_equal(conf->n_of[KA_ERROR], 5000);
	assert_int_equal(conf->n_messages, 1001);
	assert_string_equal(conf->messages[1000].text, "too many messages");
	ka_free(conf);
	free(text);
}

/* 16 levels of 16 uses would be 2^64 */
static void test_exploding_definitions(void **state)
{
	char *text = malloc(20000), *at = text;
	struct ka_conf *conf;
	int i, k;

	(void)state;
	for (i = 0; i < 15; i++) {
		at += sprintf(at, "$D%d=", i);
		for (k = 0; k < 16; k++)
			at += sprintf(at, "${D%d}", i + 1);
		at = stpcpy(at, "\n");
	}
	strcpy(at, "$D15=x\nglobal_defs {\nrouter_id ${D0}\n}\n");
	conf = parse(text);
	assert_true(conf->n_of[KA_ERROR] >= 1);
	assert_non_null(strstr(conf->messages[0].text, "more than"));
	ka_free(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions),
		cmocka_unit_test_setup_teardown(test_include, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_include_missing,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_include_cycle, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_unreadable, make_folder,
						remove_folder),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_deep_blocks),
		cmocka_unit_test(test_many_messages),
		cmocka_unit_test(test_exploding_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
