// SPDX-License-Identifier: GPL-2.0-or-later
/* The file with the key of the selection tables: what is taken, what is not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "table_key.h"

#define HEX "00112233445566778899aabbccddEEFF"

static const uint8_t wanted[16] = {
	0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
	0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
};

static void test_taken(void **state)
{
	static const char *const texts[] = {
		HEX, HEX "\n", " \t" HEX " \r\n\n", "\n\n" HEX,
	};
	uint8_t key[16];
	char error[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(key, 0, sizeof(key));
		assert_int_equal(table_key_parse("f", texts[i],
				strlen(texts[i]), key, error, sizeof(error)),
				0);
		assert_memory_equal(key, wanted, 16);
	}
}

#define ENDS(place, n) "f:" place ": the key ends after " n \
	" of 32 hexadecimal digits"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", ENDS("1:1", "0") },
		{ "\n \n", ENDS("3:1", "0") },
		{ "0011", ENDS("1:5", "4") },
		{ "\n  0011\n", ENDS("2:7", "4") },
		/* one digit short; cut in two */
		{ "00112233445566778899aabbccddEEF\n", ENDS("1:32", "31") },
		{ "0011223344556677 8899aabbccddEEFF\n", ENDS("1:17", "16") },
		{ "00112233445566778899aabbccddEEFg",
		  "f:1:32: not a hexadecimal digit" },
		{ "0x112233445566778899aabbccddEEFF",
		  "f:1:2: not a hexadecimal digit" },
		{ "\n00:11", "f:2:3: not a hexadecimal digit" },
		{ "# key\n" HEX, "f:1:1: not a hexadecimal digit" },
		{ HEX "0\n",
		  "f:1:33: the key is longer than 32 hexadecimal digits" },
		{ HEX "x", "f:1:33: there is something behind the key" },
		{ HEX "\n" HEX, "f:2:1: there is something behind the key" },
	};
	uint8_t key[16];
	char error[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(table_key_parse("f", cases[i].text,
				strlen(cases[i].text), key, error,
				sizeof(error)), -1);
		assert_string_equal(error, cases[i].error);
	}
	/* a nul is no end of the text, and no digit */
	assert_int_equal(table_key_parse("f", "00\0", 3, key, error,
					 sizeof(error)), -1);
	assert_string_equal(error, "f:1:3: not a hexadecimal digit");
}

static void test_judged(void **state)
{
	static const struct {
		mode_t mode;
		uid_t uid;
		const char *error;	/* NULL: taken */
	} cases[] = {
		{ S_IFREG | 0600, 0, NULL },
		{ S_IFREG | 0400, 0, NULL },
		{ S_IFDIR | 0700, 0, "f: not a regular file" },
		{ S_IFIFO | 0600, 0, "f: not a regular file" },
		{ S_IFREG | 0600, 1000,
		  "f: not owned by root, so that its owner knows the key; "
		  "type: chown root f && chmod 600 f" },
		{ S_IFREG | 0640, 0, "f: group or others may read or write "
				     "it; type: chmod 600 f" },
		{ S_IFREG | 0620, 0, "f: group or others may read or write "
				     "it; type: chmod 600 f" },
		{ S_IFREG | 0604, 0, "f: group or others may read or write "
				     "it; type: chmod 600 f" },
		{ S_IFREG | 0602, 0, "f: group or others may read or write "
				     "it; type: chmod 600 f" },
	};
	struct stat st = { 0 };
	char error[256];
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		st.st_mode = cases[i].mode;
		st.st_uid = cases[i].uid;
		error[0] = '\0';
		rc = table_key_judge("f", &st, error, sizeof(error));
		assert_int_equal(rc, cases[i].error ? -1 : 0);
		if (cases[i].error)
			assert_string_equal(error, cases[i].error);
	}
}

static void test_none(void **state)
{
	uint8_t key[16];
	char error[256];

	(void)state;
	assert_int_equal(table_key_read("none", key, error, sizeof(error)), 0);
	assert_memory_equal(key, "dray table key 1", 16);
}

struct files {
	char dir[32], file[64], other[64];
};

static void write_file(const struct files *f, const char *text, size_t len)
{
	FILE *out = fopen(f->file, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	fclose(out);
	assert_int_equal(chmod(f->file, 0600), 0);
}

static void refused(const char *name, const char *why)
{
	char error[256], whole[256];
	uint8_t key[16];

	assert_int_equal(table_key_read(name, key, error, sizeof(error)), -1);
	snprintf(whole, sizeof(whole), "%s: %s", name, why);
	assert_string_equal(error, whole);
}

static void test_names(void **state)
{
	struct files *f = *state;

	write_file(f, HEX, strlen(HEX));
	assert_int_equal(symlink(f->file, f->other), 0);
	refused(f->other, "a symbolic link, which is not followed; name the "
		"file itself");
	unlink(f->other);
	refused(f->other, "No such file or directory");
	refused(f->dir, "not a regular file");
	/* nobody writes into it, and nobody waits */
	assert_int_equal(mkfifo(f->other, 0600), 0);
	refused(f->other, "not a regular file");
	unlink(f->other);
}

static void test_file(void **state)
{
	struct files *f = *state;
	static char blanks[5000];
	uint8_t key[16];
	char error[256];

	if (getuid())
		skip();
	write_file(f, HEX "\n", strlen(HEX) + 1);
	assert_int_equal(table_key_read(f->file, key, error, sizeof(error)), 0);
	assert_memory_equal(key, wanted, 16);
	assert_int_equal(chmod(f->file, 0644), 0);
	snprintf(error, sizeof(error), "group or others may read or write it; "
		 "type: chmod 600 %s", f->file);
	refused(f->file, error);
	memset(blanks, ' ', sizeof(blanks));
	write_file(f, blanks, sizeof(blanks));
	refused(f->file, "too long for a key of 32 hexadecimal digits");
}

static int setup(void **state)
{
	struct files *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/table-key-XXXXXX");
	*state = f;
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/key", f->dir);
	snprintf(f->other, sizeof(f->other), "%s/other", f->dir);
	return 0;
}

static int teardown(void **state)
{
	struct files *f = *state;

	unlink(f->file);
	unlink(f->other);
	rmdir(f->dir);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_none),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
