// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of a file, to the byte: the cases of ka_messages.cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ka.h"

#define CASES "tests/ka_messages.cases"
#define MOST 200

struct message_case {
	char *name, *file, *said;
	size_t file_len;
};

static void test_case(void **state)
{
	static const struct ka_options options = { .config_id = "here",
						   .no_include = true };
	const struct message_case *c = *state;
	struct ka_conf *conf = ka_parse(c->file, c->file_len, "f", &options);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ka_messages_print(conf, KA_NOTE, out);
	fclose(out);
	assert_string_equal(text, c->said);
	free(text);
	ka_free(conf);
}

#define LONGEST (1 << 20)

static void read_cases(char *text)
{
	FILE *in = fopen(CASES, "r");

	if (!in || !fread(text, 1, LONGEST - 1, in)) {
		fprintf(stderr, "%s cannot be read\n", CASES);
		exit(1);
	}
	fclose(in);
}

/* Cuts "=== NAME\nFILE---\nSAID" out of the text.  Return: what is behind. */
static char *cut(char *at, struct message_case *c)
{
	char *next = strstr(at, "\n=== ");
	char *line = strchr(at, '\n');
	char *said = strstr(at, "\n---\n");

	c->name = at + strlen("=== ");
	*line = '\0';
	c->file = line + 1;
	c->said = said + strlen("\n---\n");
	c->file_len = said + 1 - c->file;
	c->file = strndup(c->file, c->file_len);
	c->said = strndup(c->said, next ? (size_t)(next + 1 - c->said) :
					  strlen(c->said));
	return next ? next + 1 : NULL;
}

int main(void)
{
	static struct message_case cases[MOST];
	static struct CMUnitTest tests[MOST];
	static char text[LONGEST];
	char *at;
	size_t n;
	int rc;

	read_cases(text);
	at = strstr(text, "\n=== ") + 1;
	for (n = 0; at && n < MOST; n++) {
		at = cut(at, &cases[n]);
		tests[n].name = cases[n].name;
		tests[n].test_func = test_case;
		tests[n].initial_state = &cases[n];
	}
	rc = _cmocka_run_group_tests("messages", tests, n, NULL, NULL);
	while (n--) {
		free(cases[n].file);
		free(cases[n].said);
	}
	return rc;
}
