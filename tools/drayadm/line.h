/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of restore and apply files: words separated by blanks, no quoting,
 * "#" begins a comment, the words ipvsadm and drayadm are skipped.
 */
#ifndef DRAYADM_LINE_H
#define DRAYADM_LINE_H

#include <stdio.h>

#include "words.h"

#define LINE_SIZE 4096
#define LINE_WORDS 64

struct line {
	unsigned int number;
	char text[LINE_SIZE];		/* as read, for showing it */
	char split[LINE_SIZE];		/* cut into words */
	const char *argv[LINE_WORDS + 1];	/* argv[0] is the program */
	int argc;			/* 1: nothing on this line */
};

/* what a line says */
struct statement {
	enum { STATEMENT_NONE, STATEMENT_CLASSIC, STATEMENT_VIP,
	       STATEMENT_CONFIG } kind;
	struct classic c;
	struct words w;
	const char *verb;		/* of vip: add, set, del */
};

int line_read(FILE *in, struct line *line, const char *program,
	      struct usage *u);
int line_split(struct line *line, const char *program, struct usage *u);
int line_parse(const struct line *line, struct statement *st, struct usage *u);
int line_column(const struct line *line, const char *word);

#endif
