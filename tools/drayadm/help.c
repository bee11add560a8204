// SPDX-License-Identifier: GPL-2.0-or-later
/* Usage, version and the list for completion, all from the tables. */
#include <stdio.h>
#include <string.h>

#include "classic_run.h"
#include "words.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

void version_print(FILE *out)
{
	fputs("drayadm v" VERSION
	      " (compatible with ipvsadm v1.31 and IPVS v1.2.1)\n", out);
}

static void print_synopsis(FILE *out, const char *program)
{
	static const char *const lines[] = {
		"-A|E virtual-service [-s scheduler] [-p [timeout]] [-M netmask] [-o] [-b flags] [--rows n] [--load-limit percent] [--slow-start s]",
		"-D virtual-service",
		"-C",
		"-R [--atomic]",
		"-S [-n]",
		"-a|e virtual-service -r server-address [-w weight] [-x n] [-y n]",
		"-d virtual-service -r server-address",
		"-L|l [virtual-service] [options]",
		"-Z [virtual-service]",
		"--set tcp tcpfin udp",
		"-h",
	};
	unsigned int i;

	fputs("Usage:\n", out);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(out, "  %s %s\n", program, lines[i]);
	for (i = 0; i < n_commands; i++)
		fprintf(out, "  %s %s %s\n", program, commands[i].name,
			commands[i].synopsis);
}

static void print_option(FILE *out, const char *name, char letter,
			 const char *value, const char *help)
{
	char left[48];

	snprintf(left, sizeof(left), "--%s%s%c%s%s", name, letter ? " -" : "",
		 letter ? letter : ' ', value ? " " : "", value ? value : "");
	fprintf(out, "  %-36s %s\n", left, help);
}

static void print_classic(FILE *out, bool as_commands)
{
	unsigned int i;

	fputs(as_commands ? "\nCommands:\n" : "\nOptions:\n", out);
	for (i = 0; i < classic_n_options; i++) {
		const struct classic_option *o = &classic_options[i];

		if (o->help && (o->cmd != CMD_NONE) == as_commands)
			print_option(out, o->name, o->letter, o->value,
				     o->help);
	}
}

void help_print(FILE *out, const char *program)
{
	unsigned int i;

	version_print(out);
	print_synopsis(out, program);
	print_classic(out, true);
	for (i = 0; i < n_commands; i++)
		fprintf(out, "  %-36s %s\n", commands[i].name,
			commands[i].help);
	print_classic(out, false);
	for (i = 0; i < n_word_options; i++)
		print_option(out, word_options[i].name, word_options[i].letter,
			     word_options[i].value, word_options[i].help);
}

/* For the tests of man page and completion: everything that can be typed. */
static void print_words(FILE *out)
{
	unsigned int i;

	for (i = 0; i < n_commands; i++)
		fprintf(out, "%s\n", commands[i].name);
	for (i = 0; i < classic_n_options; i++) {
		if (!classic_options[i].help)
			continue;
		fprintf(out, "--%s\n", classic_options[i].name);
		if (classic_options[i].letter)
			fprintf(out, "-%c\n", classic_options[i].letter);
	}
	for (i = 0; i < n_word_options; i++) {
		fprintf(out, "--%s\n", word_options[i].name);
		if (word_options[i].letter)
			fprintf(out, "-%c\n", word_options[i].letter);
	}
}

int cmd_help(struct session *s, struct words *w)
{
	if (w->options)
		print_words(stdout);
	else
		help_print(stdout, s->program);
	return 0;
}
