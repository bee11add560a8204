// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every keyword with a good and a bad case, from ka_keywords.cases: the good one
 * is read without a word, the bad one with an error or a warning that says what
 * is wrong, in its own line.  None of the tables' keywords is without a case, nor
 * without a word in the operators' page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ka_parse.h"

#define CASES "tests/ka_keywords.cases"
#define PAGE "../Documentation/configuration.rst"
#define KNOWN "vrrp_script known {\nscript /bin/true\n}\n" \
	"track_file known {\nfile /run/known\n}\n" \
	"vrrp_track_process known {\nprocess known\n}\n"
#define SERVICE "virtual_server 10.0.0.1 80 {\nlb_kind DR\nlb_algo rr\n" \
	"protocol TCP\n"
#define INSTANCE "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 1\n"

struct keyword_case {
	char block[64], good[512], bad[512], said[512];
};

/* What stands around a statement of a block; what of it the statement says
 * itself is left out. */
static const struct {
	const char *block, *before, *after;
} around[] = {
	{ "-", "", "" },
	{ "global_defs", "global_defs {\n", "}\n" },
	{ "vrrp_script", "vrrp_script s {\nscript /bin/true\n", "}\n" },
	{ "track_file", "track_file f {\nfile /run/f\n", "}\n" },
	{ "vrrp_track_process", "vrrp_track_process t {\nprocess t\n", "}\n" },
	{ "vrrp_instance", KNOWN INSTANCE, "}\n" },
	{ "authentication", INSTANCE "authentication {\nauth_type PASS\n"
	  "auth_pass 1111\n", "}\n}\n" },
	{ "vrrp_sync_group", KNOWN INSTANCE "}\nvrrp_sync_group g {\n"
	  "group {\nVI_1\n}\n", "}\n" },
	{ "virtual_server", SERVICE, "}\n" },
	{ "real_server", KNOWN SERVICE "real_server 10.0.0.2 80 {\n", "}\n}\n" },
	{ "TCP_CHECK", SERVICE "real_server 10.0.0.2 80 {\nTCP_CHECK {\n",
	  "}\n}\n}\n" },
	{ "HTTP_GET", SERVICE "real_server 10.0.0.2 80 {\nHTTP_GET {\nurl {\n}\n",
	  "}\n}\n}\n" },
	{ "url", SERVICE "real_server 10.0.0.2 80 {\nHTTP_GET {\nurl {\n"
	  "regex known\n", "}\n}\n}\n}\n" },
	{ "UDP_CHECK", SERVICE "real_server 10.0.0.2 80 {\nUDP_CHECK {\n",
	  "}\n}\n}\n" },
	{ "DNS_CHECK", SERVICE "real_server 10.0.0.2 80 {\nDNS_CHECK {\n",
	  "}\n}\n}\n" },
	{ "SMTP_CHECK", SERVICE "real_server 10.0.0.2 80 {\nSMTP_CHECK {\n",
	  "}\n}\n}\n" },
	{ "host", SERVICE "real_server 10.0.0.2 80 {\nSMTP_CHECK {\nhost {\n",
	  "}\n}\n}\n}\n" },
	{ "MISC_CHECK", SERVICE "real_server 10.0.0.2 80 {\nMISC_CHECK {\n"
	  "misc_path /bin/true\n", "}\n}\n}\n" },
	{ "FILE_CHECK", KNOWN SERVICE "real_server 10.0.0.2 80 {\nFILE_CHECK {\n"
	  "track_file known\n", "}\n}\n}\n" },
};

static const char *keyword_of(const char *statement, char *word, size_t len)
{
	size_t n = strcspn(statement, " \\\n");

	assert_true(n < len);
	memcpy(word, statement, n);
	word[n] = '\0';
	return word;
}

/* Other spellings of what the surroundings have said. */
static bool same_keyword(const char *line, const char *word)
{
	if (!strcmp(word, "lvs_sched"))
		word = "lb_algo";
	if (!strcmp(word, "lvs_method"))
		word = "lb_kind";
	return !strncmp(line, word, strlen(word)) &&
	       strchr(" \n", line[strlen(word)]);
}

/* The surroundings of the block without the line that the case has itself. */
static void put_before(const char *before, const char *word, FILE *out)
{
	const char *line, *next, *block = before;

	for (line = before; *line; line = strchr(line, '\n') + 1)
		if (strchr(line, '{') && strchr(line, '{') < strchr(line, '\n'))
			block = line;
	for (line = before; *line; line = next) {
		next = strchr(line, '\n') + 1;
		/* "group {\nVI_1\n}" and "url {\n}" stand for one line */
		if (line < block || !same_keyword(line, word))
			fwrite(line, 1, next - line, out);
		else if (next[-2] == '{')
			next = strstr(next, "}\n") + 2;
	}
}

static struct ka_conf *read_case(const char *block, const char *statement)
{
	struct ka_options options = { .no_include = true };
	struct ka_conf *conf;
	char word[64], *text = NULL;
	const char *at;
	size_t len, i;
	FILE *out;

	for (i = 0; i < KA_COUNT(around) && strcmp(around[i].block, block); i++)
		;
	assert_true(i < KA_COUNT(around));
	keyword_of(statement, word, sizeof(word));
	out = open_memstream(&text, &len);
	put_before(around[i].before, word, out);
	for (at = statement; *at; at++) {
		if (at[0] == '\\' && at[1] == 'n') {
			putc('\n', out);
			at++;
		} else {
			putc(*at, out);
		}
	}
	fprintf(out, "\n%s", around[i].after);
	fclose(out);
	conf = ka_parse(text, len, "case", &options);
	free(text);
	return conf;
}

static bool good_is_good(const struct keyword_case *c)
{
	struct ka_conf *conf = read_case(c->block, c->good);
	bool good = !conf->n_of[KA_ERROR] && !conf->n_of[KA_WARNING];

	if (!good) {
		print_message("# %s: '%s' is good\n", c->block, c->good);
		ka_messages_print(conf, KA_NOTE, stdout);
	}
	ka_free(conf);
	return good;
}

/* It is told in words, at its place, and as more than a note. */
static bool bad_is_told(const struct keyword_case *c)
{
	struct ka_conf *conf = read_case(c->block, c->bad);
	const struct ka_message *m;
	bool told = false;
	size_t i;

	for (i = 0; i < conf->n_messages && !told; i++) {
		m = &conf->messages[i];
		told = strstr(m->text, c->said) && m->pos.line &&
		       m->pos.column && m->pos.source &&
		       (*c->good == '-' || m->severity >= KA_WARNING);
	}
	if (!told) {
		print_message("# %s: '%s' is told as: %s\n", c->block, c->bad,
			      c->said);
		ka_messages_print(conf, KA_NOTE, stdout);
	}
	ka_free(conf);
	return told;
}

static bool next_case(FILE *in, struct keyword_case *c)
{
	char line[2048];

	while (fgets(line, sizeof(line), in)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line,
				 "%63s | %511[^|]| %511[^|]| %511[^\n]",
				 c->block, c->good, c->bad, c->said), 4);
		c->good[strlen(c->good) - 1] = '\0';
		c->bad[strlen(c->bad) - 1] = '\0';
		return true;
	}
	return false;
}

static void test_cases(void **state)
{
	FILE *in = fopen(CASES, "r");
	struct keyword_case c;
	size_t n = 0, failed = 0;

	(void)state;
	assert_non_null(in);
	while (next_case(in, &c)) {
		failed += *c.good != '-' && !good_is_good(&c);
		failed += !bad_is_told(&c);
		n++;
	}
	fclose(in);
	print_message("# %zu keywords\n", n);
	assert_int_equal(failed, 0);
	assert_true(n > 300);
}

static bool has_case(const char *block, const char *name)
{
	FILE *in = fopen(CASES, "r");
	struct keyword_case c;
	bool found = false;
	char word[64];

	while (!found && next_case(in, &c))
		found = !strcmp(c.block, *block ? block : "-") &&
			!strcmp(keyword_of(c.bad, word, sizeof(word)), name);
	fclose(in);
	return found;
}

static void test_complete(void **state)
{
	const struct ka_keyword *kw;
	size_t t, i, missing = 0;

	(void)state;
	for (t = 0; t < ka_n_tables; t++) {
		for (i = 0; i < ka_tables[t]->n; i++) {
			kw = &ka_tables[t]->keywords[i];
			if ((kw->type == KA_IGNORED && kw->tier > 2) ||
			    !strcmp(kw->name, "vrrp_sync_group") ||
			    has_case(ka_tables[t]->name, kw->name))
				continue;
			print_message("# no case: %s %s\n", ka_tables[t]->name,
				      kw->name);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

/* The operators' page names every keyword that does something. */
static void test_documented(void **state)
{
	static char page[1 << 16];
	const struct ka_keyword *kw;
	size_t t, i, missing = 0;
	FILE *in = fopen(PAGE, "r");
	char name[64], *at;

	(void)state;
	assert_non_null(in);
	assert_true(fread(page, 1, sizeof(page) - 1, in) > 0);
	fclose(in);
	for (t = 0; t < ka_n_tables; t++) {
		for (i = 0; i < ka_tables[t]->n; i++) {
			kw = &ka_tables[t]->keywords[i];
			snprintf(name, sizeof(name), "``%s", kw->name);
			at = strstr(page, name);
			while (at && !strchr("` ", at[strlen(name)]))
				at = strstr(at + 1, name);
			if (at || kw->type == KA_IGNORED || !*ka_tables[t]->name)
				continue;
			print_message("# not in the page: %s %s\n",
				      ka_tables[t]->name, kw->name);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

/* Keywords of tier 3 that are not used are known, and said so once. */
static void test_ignored(void **state)
{
	const struct ka_keyword *kw;
	struct ka_conf *conf;
	size_t t, i, n = 0;
	char block[64];

	(void)state;
	for (t = 0; t < ka_n_tables; t++) {
		for (i = 0; i < ka_tables[t]->n; i++) {
			kw = &ka_tables[t]->keywords[i];
			if (kw->type != KA_IGNORED)
				continue;
			snprintf(block, sizeof(block), "%s {\\n inner 1\\n}",
				 kw->name);
			conf = read_case(*ka_tables[t]->name ?
					 ka_tables[t]->name : "-", block);
			assert_int_equal(conf->n_of[KA_ERROR], 0);
			assert_int_equal(conf->n_of[kw->severity], 1);
			assert_string_equal(conf->messages[0].done, "ignored");
			ka_free(conf);
			n++;
		}
	}
	assert_true(n > 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
