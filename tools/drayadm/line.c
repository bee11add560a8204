// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading lines and finding out what they say; nothing is sent from here. */
#include "line.h"

#include <string.h>

#define BLANKS " \t\r\n\f\v"

static int too_long(struct line *line, FILE *in, struct usage *u)
{
	int c;

	do
		c = getc(in);
	while (c != EOF && c != '\n');
	line->argc = 0;
	return usage_fail(u, RC_USAGE, NULL, "line is longer than %d characters",
			  LINE_SIZE - 2);
}

/* Return: 1 and the line cut into words, 0 at the end, -1 with u filled in. */
int line_read(FILE *in, struct line *line, const char *program,
	      struct usage *u)
{
	size_t len;

	u->program = program;
	if (!fgets(line->text, sizeof(line->text), in))
		return 0;
	line->number++;
	len = strlen(line->text);
	if (len == sizeof(line->text) - 1 && line->text[len - 1] != '\n') {
		too_long(line, in, u);
		return -1;
	}
	return line_split(line, program, u) ? -1 : 1;
}

static bool skipped(const char *word)
{
	return !strcmp(word, "ipvsadm") || !strcmp(word, "drayadm");
}

/* line->text becomes argv. */
int line_split(struct line *line, const char *program, struct usage *u)
{
	char *word, *save;

	line->argc = 1;
	line->argv[0] = program;
	strcpy(line->split, line->text);
	for (word = strtok_r(line->split, BLANKS, &save);
	     word && word[0] != '#'; word = strtok_r(NULL, BLANKS, &save)) {
		if (skipped(word))
			continue;
		if (line->argc == LINE_WORDS)
			return usage_fail(u, RC_USAGE, word,
					  "more than %d words", LINE_WORDS - 1);
		line->argv[line->argc++] = word;
	}
	line->argv[line->argc] = NULL;
	return 0;
}

/* Where a word stands, from 1; also behind "=" or glued to its option. */
int line_column(const struct line *line, const char *word)
{
	size_t len = strlen(word), have;
	int i;

	for (i = 1; len && i < line->argc; i++) {
		have = strlen(line->argv[i]);
		if (have >= len && !strcmp(line->argv[i] + have - len, word))
			return line->argv[i] + have - len - line->split + 1;
	}
	for (i = 1; len && i < line->argc; i++)
		if (strstr(line->argv[i], word))
			return strstr(line->argv[i], word) - line->split + 1;
	return 0;
}

static int parse_words(const struct line *line, struct statement *st,
		       struct usage *u)
{
	const struct command *command = command_find(line->argv[1]);
	bool vip = !strcmp(line->argv[1], "vip");
	int rc;

	if (!vip && strcmp(line->argv[1], "config"))
		return usage_fail(u, RC_USAGE, line->argv[1],
			"`%s' does not belong into a file", line->argv[1]);
	st->kind = vip ? STATEMENT_VIP : STATEMENT_CONFIG;
	rc = words_parse(command, line->argc - 1, line->argv + 1, &st->w, u);
	if (!rc && st->w.table_key_file[0])
		return usage_fail(u, RC_USAGE, "--table-key-file",
			"a file cannot set the table key, for no file can say "
			"what it was; type: drayadm config --table-key-file "
			"FILE");
	if (!rc && vip)
		rc = words_check_vip(&st->w, &st->verb, u);
	else if (!rc && st->w.n_args)
		rc = usage_fail(u, RC_USAGE, st->w.args[0],
				"unexpected argument %s", st->w.args[0]);
	return rc;
}

/* Return: 0, or the exit code with u filled in. */
int line_parse(const struct line *line, struct statement *st, struct usage *u)
{
	st->kind = STATEMENT_NONE;
	st->verb = NULL;
	if (line->argc < 2)
		return 0;
	if (line->argv[1][0] != '-' && command_find(line->argv[1]))
		return parse_words(line, st, u);
	st->kind = STATEMENT_CLASSIC;
	return classic_parse(line->argc, line->argv, &st->c, u);
}
