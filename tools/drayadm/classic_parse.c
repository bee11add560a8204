// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The classic command line through popt, which is what ipvsadm uses: only so
 * do spellings, bundles and messages come out the same.
 */
#include <popt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classic.h"
#include "value.h"

#define MAX_OPTIONS 96

int usage_fail(struct usage *u, int rc, const char *word, const char *format,
	       ...)
{
	va_list args;

	u->rc = rc;
	va_start(args, format);
	vsnprintf(u->text, sizeof(u->text), format, args);
	va_end(args);
	snprintf(u->word, sizeof(u->word), "%s", word ? word : "");
	return rc;
}

int usage_tryhelp(struct usage *u)
{
	return usage_fail(u, RC_FAILED, NULL,
			  "Try `%s -h' or '%s --help' for more information.",
			  u->program, u->program);
}

/* line 0: not from a file */
void usage_print(const struct usage *u, unsigned int line)
{
	fflush(stdout);
	if (line)
		fprintf(stderr, "line %u: ", line);
	fprintf(stderr, "%s\n", u->text);
}

/* popt's value is the index in our table, plus one. */
static void make_popt_table(struct poptOption *table, char **arg)
{
	static const int info[] = {
		[ARG_NONE] = POPT_ARG_NONE,
		[ARG_NEEDED] = POPT_ARG_STRING,
		[ARG_OPTIONAL] = POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL,
	};
	unsigned int i;

	if (classic_n_options >= MAX_OPTIONS)
		abort();
	for (i = 0; i < classic_n_options; i++) {
		const struct classic_option *o = &classic_options[i];

		table[i] = (struct poptOption){
			.longName = o->name,
			.shortName = o->letter,
			.argInfo = info[o->arg],
			.arg = o->arg == ARG_NONE ? NULL : arg,
			.val = i + 1,
		};
	}
	memset(&table[i], 0, sizeof(table[i]));
}

static int take_command(const struct classic_option *o, struct classic *c,
			const char *arg, struct usage *u)
{
	if (o->cmd == CMD_NONE)
		return usage_tryhelp(u);
	c->cmd = o->cmd;
	return o->take ? o->take(c, arg, u) : 0;
}

int classic_take_option(const struct classic_option *o, struct classic *c,
			const char *arg, struct usage *u)
{
	int rc = 0;

	if (o->opt != OPT_NONE && classic_has(c, o->opt))
		return usage_fail(u, RC_USAGE, arg ? arg : o->name,
				  "multiple '%s' options specified",
				  classic_opt_name(o->opt));
	if (o->take)
		rc = o->take(c, arg, u);
	if (!rc && o->opt != OPT_NONE)
		c->options |= OPT_BIT(o->opt);
	return rc;
}

static int take_next(poptContext context, int value, char **arg,
		     struct classic *c, struct usage *u)
{
	const struct classic_option *o = &classic_options[value - 1];
	int rc;

	if (c->cmd == CMD_NONE) {
		rc = take_command(o, c, *arg, u);
	} else if (o->cmd != CMD_NONE) {
		const char *bad = poptBadOption(context, POPT_BADOPTION_NOALIAS);

		rc = usage_fail(u, RC_USAGE, bad, "invalid option `%s'", bad);
	} else {
		rc = classic_take_option(o, c, *arg, u);
	}
	free(*arg);
	*arg = NULL;
	return rc;
}

/* --set is a command whose three words are not its option's values */
static int take_words(poptContext context, struct classic *c, struct usage *u)
{
	const char *word;
	int i, rc;

	for (i = 0; i < 3 && c->cmd == CMD_SET_TIMEOUT; i++) {
		word = poptGetArg(context);
		if (!word)
			return usage_fail(u, RC_USAGE, NULL,
				"--set option requires 3 timeout values");
		c->timeouts[i] = word;
	}
	for (i = 0; i < 3 && c->timeouts[i]; i++) {
		rc = take_timeout(c->timeouts[i], 0, &c->timeout[i], u);
		if (rc)
			return rc;
	}
	word = poptGetArg(context);
	if (word)
		return usage_fail(u, RC_USAGE, word, "unexpected argument %s",
				  word);
	return 0;
}

static int parse_all(poptContext context, char **arg, struct classic *c,
		     struct usage *u)
{
	int value, rc;

	while ((value = poptGetNextOpt(context)) > 0) {
		rc = take_next(context, value, arg, c, u);
		if (rc)
			return rc;
		if (c->cmd == CMD_HELP || c->cmd == CMD_VERSION)
			return 0;
	}
	if (c->cmd == CMD_NONE)
		return usage_tryhelp(u);
	if (value < -1) {
		const char *bad = poptBadOption(context, POPT_BADOPTION_NOALIAS);

		return usage_fail(u, RC_FAILED, bad, "%s: %s", bad,
				  poptStrerror(value));
	}
	return take_words(context, c, u);
}

/*
 * Return: 0, or the exit code with u filled in.  Nothing was sent to the
 * kernel and nothing printed.
 */
int classic_parse(int argc, const char *const *argv, struct classic *c,
		  struct usage *u)
{
	struct poptOption table[MAX_OPTIONS];
	poptContext context;
	char *arg = NULL;
	int rc;

	memset(c, 0, sizeof(*c));
	dray_service_defaults(&c->svc);
	dray_server_defaults(&c->srv);
	c->forward = 'g';
	u->program = argv[0];
	u->rc = 0;
	make_popt_table(table, &arg);
	context = poptGetContext("drayadm", argc, (const char **)argv, table, 0);
	rc = context ? parse_all(context, &arg, c, u) :
		       usage_fail(u, RC_FAILED, NULL, "out of memory");
	free(arg);
	/* their text belongs to popt */
	memset(c->timeouts, 0, sizeof(c->timeouts));
	poptFreeContext(context);
	return rc ? rc : classic_check(c, u);
}
