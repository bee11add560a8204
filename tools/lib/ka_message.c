// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages about the file: kept in the order they were found, printed with the
 * line they speak of and a caret.  A password never gets into one: in a line
 * where one may stand, all behind the keyword is hidden.
 */
#include "ka_parse.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longer lines are not shown: they would hide the message. */
#define SHOWN_LINE 400

static const char *const severity_names[] = { "note", "warning", "error" };

/* A misspelt auth_pass has to be hidden too, and what a $definition stands for. */
static void hide_secrets(char *line)
{
	char *at = line + strspn(line, " \t"), *word;

	if (*at == '$' && strchr(at, '=')) {
		at = strchr(at, '=') + 1;
		goto found;
	}
	while (*at) {
		at += strspn(at, " \t{");
		word = at;
		at += strcspn(at, " \t{");
		for (; word < at; word++)
			if ((!strncasecmp(word, "pas", 3) ||
			     !strncasecmp(word, "auth_", 5)) &&
			    !memchr(word, '/', at - word))
				goto found;
	}
	return;
found:
	for (; *at; at++)
		if (*at != ' ' && *at != '\t' && *at != '}')
			*at = '*';
}

static void hide_controls(char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') ||
		    *text == 0x7f)
			*text = '?';
}

void ka_message_add(struct ka_conf *conf, enum ka_severity severity,
		    const struct ka_pos *pos, char *text, const char *done)
{
	struct ka_message *m;
	char *source;

	conf->n_of[severity]++;
	if (conf->n_messages > KA_MAX_MESSAGES)
		return;
	if (conf->n_messages == KA_MAX_MESSAGES) {
		text = ka_strdup(conf->memory, "too many messages");
		done = "the others are counted, not shown";
	}
	conf->messages = ka_grow(conf->memory, conf->messages,
				 conf->n_messages, sizeof(*m));
	m = &conf->messages[conf->n_messages++];
	memset(m, 0, sizeof(*m));
	m->severity = severity;
	m->pos = *pos;
	hide_controls(text);
	m->text = text;
	m->done = done;
	if (!pos->source)
		return;
	source = ka_strdup(conf->memory, pos->source);
	hide_secrets(source);
	hide_controls(source);
	m->pos.source = source;
}

struct ka_pos ka_word_pos(const struct ka_node *node, size_t index)
{
	struct ka_pos pos = node->pos;

	if (index && index >= node->n_words)
		index = node->n_words - 1;
	if (index && index < node->n_words) {
		pos.column = node->words[index].column;
		pos.width = node->words[index].width;
	}
	return pos;
}

static char *format_text(struct ka_parser *p, const char *format, va_list args)
{
	char *text = NULL, *kept;

	if (vasprintf(&text, format, args) < 0) {
		fputs("Memory allocation problem\n", stderr);
		exit(255);
	}
	kept = ka_strdup(p->conf->memory, text);
	free(text);
	return kept;
}

void ka_say(struct ka_parser *p, enum ka_severity severity,
	    const struct ka_node *node, size_t index, const char *done,
	    const char *format, ...)
{
	struct ka_pos pos = ka_word_pos(node, index);
	va_list args;

	va_start(args, format);
	ka_message_add(p->conf, severity, &pos, format_text(p, format, args),
		       done);
	va_end(args);
}

void ka_say_line(struct ka_parser *p, enum ka_severity severity,
		 const struct ka_line *line, size_t at, size_t width,
		 const char *done, const char *format, ...)
{
	struct ka_pos pos = {
		.file = line->file,
		.line = line->number,
		.source = line->source,
		.column = at < line->len ? line->column[at] : line->len + 1,
		.width = width,
	};
	va_list args;

	va_start(args, format);
	ka_message_add(p->conf, severity, &pos, format_text(p, format, args),
		       done);
	va_end(args);
}

/* Columns that a character takes: of CJK text, which comments are full of, two. */
static void print_blank(unsigned char c, FILE *out)
{
	if (c == '\t')
		putc('\t', out);
	else if (c >= 0xe3 && c <= 0xed)
		fputs("  ", out);
	else if (c < 0x80 || c >= 0xc0)
		putc(' ', out);
}

static void print_source(const struct ka_pos *pos, FILE *out)
{
	size_t len = strlen(pos->source), i;

	if (len > SHOWN_LINE)
		return;
	fprintf(out, "%s\n", pos->source);
	for (i = 0; i + 1 < pos->column && i < len; i++)
		print_blank(pos->source[i], out);
	putc('^', out);
	for (i++; i + 1 < pos->column + pos->width && i < len; i++)
		if ((pos->source[i] & 0xc0) != 0x80)
			putc('~', out);
	putc('\n', out);
}

void ka_message_print(const struct ka_message *m, FILE *out)
{
	if (m->pos.file)
		fprintf(out, "%s:", m->pos.file);
	if (m->pos.line)
		fprintf(out, "%u:%u:", m->pos.line, m->pos.column);
	if (m->pos.file)
		putc(' ', out);
	fprintf(out, "%s: %s", severity_names[m->severity], m->text);
	if (m->done)
		fprintf(out, "%s %s", m->text[strlen(m->text) - 1] == '?' ? "" :
			";", m->done);
	putc('\n', out);
	if (m->pos.source)
		print_source(&m->pos, out);
}

void ka_messages_print(const struct ka_conf *conf, enum ka_severity least,
		       FILE *out)
{
	size_t i;

	for (i = 0; i < conf->n_messages; i++)
		if (conf->messages[i].severity >= least)
			ka_message_print(&conf->messages[i], out);
}
