// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing and dispatching the commands that are words. */
#include "words.h"

#include <errno.h>
#include <popt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 32
#define CLASSIC 1000		/* popt values from here on: classic options */

const struct command *command_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *at = list;

	while (at && (at = strstr(at, name))) {
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\0'))
			return true;
		at += len;
	}
	return false;
}

static struct poptOption popt_entry(const char *name, char letter, int arg,
				    int value, char **to)
{
	return (struct poptOption){
		.longName = name,
		.shortName = letter,
		.argInfo = arg == ARG_NONE ? POPT_ARG_NONE : POPT_ARG_STRING,
		.arg = arg == ARG_NONE ? NULL : to,
		.val = value,
	};
}

static void make_table(const struct command *command, struct poptOption *table,
		       char **arg)
{
	unsigned int i, n = 0;

	for (i = 0; i < n_word_options && n < MAX_OPTIONS - 1; i++)
		if (listed(command->options, word_options[i].name))
			table[n++] = popt_entry(word_options[i].name,
				word_options[i].letter,
				word_options[i].has_value ? ARG_NEEDED :
							    ARG_NONE,
				i + 1, arg);
	for (i = 0; i < classic_n_options && n < MAX_OPTIONS - 1; i++)
		if (classic_options[i].cmd == CMD_NONE &&
		    listed(command->options, classic_options[i].name))
			table[n++] = popt_entry(classic_options[i].name,
				classic_options[i].letter,
				classic_options[i].arg, CLASSIC + i, arg);
	memset(&table[n], 0, sizeof(table[n]));
}

static int take(struct words *w, int value, const char *arg, struct usage *u)
{
	if (value >= CLASSIC)
		return classic_take_option(&classic_options[value - CLASSIC],
					   &w->c, arg, u);
	return word_options[value - 1].take(w, arg, u);
}

static int take_args(struct words *w, poptContext context, struct usage *u)
{
	const char *arg;

	while ((arg = poptGetArg(context))) {
		if (w->n_args == MAX_WORDS ||
		    strlen(arg) >= sizeof(w->args[0]))
			return usage_fail(u, RC_USAGE, arg,
					  "unexpected argument %s", arg);
		strcpy(w->args[w->n_args++], arg);
	}
	return 0;
}

static int parse_all(struct words *w, poptContext context, char **arg,
		     struct usage *u)
{
	const char *bad;
	int value, rc = 0;

	while (!rc && (value = poptGetNextOpt(context)) > 0) {
		rc = take(w, value, *arg, u);
		free(*arg);
		*arg = NULL;
	}
	if (rc)
		return rc;
	if (value < -1) {
		bad = poptBadOption(context, POPT_BADOPTION_NOALIAS);
		return usage_fail(u, RC_FAILED, bad, "%s: %s", bad,
				  poptStrerror(value));
	}
	rc = take_args(w, context, u);
	return rc ? rc : classic_check_deferred(&w->c, u);
}

/* argv[0] is the command's own word. */
int words_parse(const struct command *command, int argc,
		const char *const *argv, struct words *w, struct usage *u)
{
	struct poptOption table[MAX_OPTIONS];
	poptContext context;
	char *arg = NULL;
	int rc;

	memset(w, 0, sizeof(*w));
	w->command = command;
	make_table(command, table, &arg);
	context = poptGetContext("drayadm", argc, (const char **)argv, table, 0);
	rc = context ? parse_all(w, context, &arg, u) :
		       usage_fail(u, RC_FAILED, NULL, "out of memory");
	free(arg);
	poptFreeContext(context);
	return rc;
}

bool words_service(const struct words *w)
{
	return classic_has(&w->c, OPT_SERVICE);
}

/* A mistake in how the words go together. */
int words_usage(struct session *s, const struct words *w, const char *format,
		...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain(s, "%s\nUsage: %s %s %s", text, s->program, w->command->name,
		 w->command->synopsis);
	return RC_USAGE;
}

int words_main(struct session *s, const struct command *command, int argc,
	       const char *const *argv)
{
	struct usage u = { .program = s->program };
	struct words w;
	int rc = words_parse(command, argc, argv, &w, &u);

	if (rc) {
		usage_print(&u, 0);
		return rc;
	}
	return command->run(s, &w);
}
