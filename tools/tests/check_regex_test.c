// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages against the regex of a url, in pieces of every size: what comes of it is
 * what comes of the whole page at once.  What would take too long or too much of
 * it ends, and says so.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ka.h"
#include "regex.h"

#define BIG (1 << 20)

static struct ka_conf *conf;
static const struct ka_regex *regex;

static void read_regex(const char *lines)
{
	char text[1000];

	snprintf(text, sizeof(text), "virtual_server 10.0.0.1 80 {\nlb_kind DR\n"
		 "lb_algo rr\nprotocol TCP\nreal_server 10.0.0.2 80 {\n"
		 "HTTP_GET {\nurl {\npath /\n%s\n}\n}\n}\n}\n", lines);
	if (conf)
		ka_free(conf);
	conf = ka_parse(text, strlen(text), "f", NULL);
	regex = &conf->virtual_servers[0]->real_servers[0]->checkers[0]
		->http.urls[0].regex;
}

/* Return: what is wrong with the page, "" if nothing is. */
static const char *judge(const char *page, size_t len, size_t piece)
{
	static char why[200];
	struct regex *r = regex_begin(regex);
	const char *said;
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		regex_add(r, page + at, n);
	}
	regex_end(r);
	said = regex_judge(r);
	snprintf(why, sizeof(why), "%s", said ? said : "");
	regex_free(r);
	return why;
}

static const struct {
	const char *lines, *page;
	bool matches;
} cases[] = {
	{ "regex rs1", "this is rs1\n", true },
	{ "regex rs1", "this is rs2\n", false },
	{ "regex rs1", "", false },
	{ "regex ^$", "", true },
	{ "regex ^this", "this is", true },
	{ "regex ^is", "this is", false },
	{ "regex \\\\Ais", "this is", false },
	{ "regex is$", "this is", true },
	{ "regex this$", "this is", false },
	{ "regex \"is\\\\n\\\\z\"", "this is\n", true },
	{ "regex ^is\nregex_options multiline", "this\nis", true },
	{ "regex ^is", "this\nis", false },
	{ "regex \"(?<=aaa)b\"", "xxxxxxxxaaab", true },
	{ "regex \"(?<=aaa)b\"", "xxxxxxxxaab", false },
	{ "regex \"\\\\bword\\\\b\"", "in a word here", true },
	{ "regex \"\\\\bword\\\\b\"", "in a swordfish", false },
	{ "regex OK\nregex_options caseless", "all ok", true },
	{ "regex \"a.*z\"", "a\nz", false },
	{ "regex \"a.*z\"\nregex_options dotall", "xxa\n\nzx", true },
	{ "regex \"say \\\"yes\\\"\"", "they say \"yes\" to it", true },
	{ "regex 'x y'", "x y", true },
	{ "regex \"\\\\d{3}\"", "abc123", true },
	{ "regex \"#[0-9]!\"", "nr. #7!", true },
	{ "regex b\nregex_min_offset 2", "abab", true },
	{ "regex a\nregex_min_offset 3", "abab", false },
	{ "regex b\nregex_min_offset 9", "abab", false },
	{ "regex b\nregex_max_offset 1", "abab", true },
	{ "regex b\nregex_max_offset 0", "abab", false },
	{ "regex b\nregex_min_offset 2\nregex_max_offset 2", "ababab", false },
	{ "regex b\nregex_min_offset 2\nregex_max_offset 3", "ababab", true },
	{ "regex \"(?<=a)b\"\nregex_min_offset 3", "abab", true },
	{ "regex \"^.\\\\x{20ac}.$\"\nregex_options utf", "\u00e4\u20ac\U0001f600", true },
	{ "regex \"^...$\"\nregex_options utf", "\u00e4\u20ac\U0001f600", true },
	{ "regex \"(?<=\\\\x{e4}\\\\x{e4})b\"\nregex_options utf", "x\u00e4\u00e4b", true },
	{ "regex b\nregex_options utf", "a\xff\xc3\xe2\x82" "b", true },
	{ "regex b$\nregex_options utf", "b\xe2\x82", false },
	{ "regex b\nregex_options utf\nregex_min_offset 3", "aa\u00e4b", true },
};

static void test_pieces(void **state)
{
	const char *want;
	size_t i, piece, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_regex(cases[i].lines);
		assert_non_null(regex->text);
		len = strlen(cases[i].page);
		want = cases[i].matches ? "" : "its regex does not match";
		for (piece = 1; piece <= len + 1; piece++) {
			if (strcmp(judge(cases[i].page, len, piece), want))
				fail_msg("%s, page %s in pieces of %zu: %s",
					 cases[i].lines, cases[i].page, piece,
					 judge(cases[i].page, len, piece));
		}
	}
}

static void test_no_match(void **state)
{
	(void)state;
	read_regex("regex error\nregex_no_match");
	assert_string_equal(judge("all well", 8, 3), "");
	assert_string_equal(judge("an error", 8, 3), "its regex matches");
}

static char *big(char c)
{
	char *page = malloc(BIG);

	assert_non_null(page);
	memset(page, c, BIG);
	return page;
}

/* More than is ever kept of it. */
static void test_far(void **state)
{
	char *page = big('x');

	(void)state;
	memcpy(page + BIG - 100, "found", 5);
	read_regex("regex fo+und");
	assert_string_equal(judge(page, BIG, 1400), "");
	memcpy(page + BIG - 100, "fount", 5);
	assert_string_equal(judge(page, BIG, 1400), "its regex does not match");
	free(page);
}

/* Where it begins is known and where it ends is not. */
static void test_long(void **state)
{
	char *page = big('x');

	(void)state;
	read_regex("regex a.*?z\nregex_options dotall");
	page[10] = 'a';
	page[60000] = 'z';
	assert_string_equal(judge(page, BIG, 1400), "");
	page[60000] = 'x';
	page[BIG - 1] = 'z';
	assert_non_null(strstr(judge(page, BIG, 1400), "more than 64 KB"));
	read_regex("regex a.*z\nregex_options dotall\nregex_no_match");
	assert_non_null(strstr(judge(page, BIG, 1400), "more than 64 KB"));
	free(page);
}

/* Each would take hours; many items, or few that are long. */
static void test_endless(void **state)
{
	static const char *const lines[] = {
		"regex ^(x+x+)+y", "regex \"(x|xx)+$y\"", "regex \"(?:x*+)*+!\"",
		"regex \"x*+x*+!\"\nregex_options no_start_optimize",
		"regex \"^(?=(x+))(?:.*?)*!\"",
	};
	char *page = big('x');
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		read_regex(lines[i]);
		why = judge(page, 60000, 1400);
		if (!strstr(why, "more than 200 ms") &&
		    strcmp(why, "its regex does not match") &&
		    !strstr(why, "limit exceeded"))
			fail_msg("%s: %s", lines[i], why);
	}
	read_regex("regex ^(x+x+)+y");
	assert_non_null(strstr(judge(page, 60000, 60000), "more than 200 ms"));
	free(page);
}

/* A daemon looks for months with one configuration. */
static void test_memory(void **state)
{
	const char *page = "a page of one server or the other";
	size_t before, i;

	(void)state;
	read_regex("regex \"^(.+)+other$\"");
	judge(page, strlen(page), 10);
	before = mallinfo2().uordblks;
	for (i = 0; i < 100; i++)
		judge(page, strlen(page), 10);
	assert_int_equal(mallinfo2().uordblks, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_no_match),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_memory),
	};
	int failed = cmocka_run_group_tests_name("check_regex", tests, NULL,
						 NULL);

	ka_free(conf);
	return failed;
}
