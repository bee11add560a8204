// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands: the words of a script line, split as keepalived splits them.  What
 * only a shell can do goes to /bin/sh -c: keepalived would hand "&&" to the
 * program as an argument.
 */
#include "ka_parse.h"

#include <ctype.h>
#include <string.h>

/* one word of the command while it is read */
struct split {
	const char *at;
	char *out;
};

static int octal(const char **at)
{
	int value = 0, n;

	for (n = 0; n < 3 && **at >= '0' && **at <= '7'; n++)
		value = 8 * value + *(*at)++ - '0';
	return value;
}

static int hex(const char **at)
{
	int value = 0, n, c;

	for (n = 0; n < 2 && isxdigit((unsigned char)**at); n++) {
		c = tolower((unsigned char)*(*at)++);
		value = 16 * value + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* Behind a backslash. */
static char escaped(const char **at)
{
	static const char names[] = "abEfnrtv", values[] = "\a\b\033\f\n\r\t\v";
	const char *name;
	int c = *(*at)++;

	if (c >= '0' && c <= '7') {
		--*at;
		c = octal(at);
	} else if (c == 'x') {
		c = hex(at);
	} else if (c == 'c' && **at) {
		c = *(*at)++ & 0x1f;
	} else if ((name = strchr(names, c))) {
		c = values[name - names];
	}
	return c ? c : '?';	/* no word holds a NUL */
}

static void split_word(struct split *s)
{
	char quote = '\0';

	for (; *s->at && (quote || !isspace((unsigned char)*s->at));) {
		if (*s->at == '\\' && s->at[1]) {
			s->at++;
			*s->out++ = escaped(&s->at);
		} else if (quote ? *s->at == quote :
			   *s->at == '\'' || *s->at == '"') {
			quote = quote ? '\0' : *s->at;
			s->at++;
		} else {
			*s->out++ = *s->at++;
		}
	}
	*s->out++ = '\0';
}

static void split_words(struct ka_parser *p, struct ka_command *cmd)
{
	struct ka_memory *memory = p->conf->memory;
	struct split s = { .at = cmd->text };
	char *word;

	s.out = ka_alloc(memory, 2 * strlen(cmd->text) + 1);
	while (*(s.at += strspn(s.at, " \t\n\r\f\v"))) {
		word = s.out;
		split_word(&s);
		cmd->argv = ka_grow(memory, cmd->argv, cmd->argc, sizeof(char *));
		cmd->argv[cmd->argc++] = word;
	}
}

static void set_argv(struct ka_parser *p, struct ka_command *cmd,
		     const char *first, const char *second, const char *third)
{
	cmd->argv = ka_alloc(p->conf->memory, 4 * sizeof(char *));
	cmd->argv[0] = (char *)first;
	cmd->argv[1] = (char *)second;
	cmd->argv[2] = (char *)third;
	cmd->argc = 3;
}

static bool is_blank_or_end(char c)
{
	return !c || isspace((unsigned char)c);
}

/* Not a lone '&' or '?' nor a ';' within a word: addresses of the web are full
 * of these, and a shell would take them apart. */
static bool is_operator(const char *text, const char *at)
{
	if (*at == ';')
		return is_blank_or_end(at[1]) || at == text ||
		       isspace((unsigned char)at[-1]);
	return strchr("|<>*", *at) || (at[0] == '&' && at[1] == '&');
}

/* The first operator of a shell outside of '...', or NULL. */
static const char *shell_operator(const char *text)
{
	char quote = '\0';
	const char *at;

	for (at = text; *at; at++) {
		if (*at == '\\' && at[1] && quote != '\'')
			at++;
		else if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? '\0' : *at;
		else if (quote != '\'' &&
			 (*at == '`' || (at[0] == '$' && at[1] == '(')))
			return at;
		else if (!quote && is_operator(text, at))
			return at;
	}
	return NULL;
}

static void note_shell(struct ka_parser *p, const struct ka_node *node,
		       size_t at, const char *found, struct ka_command *cmd)
{
	int len = (found[0] == found[1] && strchr("&|><", *found)) ||
		  *found == '$' ? 2 : 1;
	struct ka_pos pos = ka_word_pos(node, at);
	const char *raw = node->words[at].text, *c;

	/* each \" of the file has become one character */
	pos.column += node->words[at].quoted;
	for (c = cmd->text; c < found && *raw; c++, raw++, pos.column++)
		if (*c != *raw && raw[0] == '\\' && raw[1] == '"') {
			raw++;
			pos.column++;
		}
	pos.width = len;
	ka_message_add(p->conf, KA_NOTE, &pos,
		       ka_printf(p->conf->memory,
				 "'%.*s' is for a shell, and keepalived runs none",
				 len, found),
		       "run by /bin/sh -c");
	cmd->shell = true;
	set_argv(p, cmd, "/bin/sh", "-c", cmd->text);
}

static struct ka_command *make_command(struct ka_parser *p,
				       const struct ka_node *node, size_t at,
				       const char *text)
{
	struct ka_command *cmd = ka_alloc(p->conf->memory, sizeof(*cmd));
	const char *found;

	cmd->pos = ka_word_pos(node, at);
	cmd->text = text;
	if (*text == '<' && text[1 + strspn(text + 1, " ")] == '/') {
		set_argv(p, cmd, "/usr/bin/test", "-e",
			 text + 1 + strspn(text + 1, " "));
	} else {
		found = shell_operator(text);
		if (found)
			note_shell(p, node, at, found, cmd);
		else
			split_words(p, cmd);
	}
	cmd->argv = ka_grow(p->conf->memory, cmd->argv, cmd->argc,
			    sizeof(char *));
	if (!cmd->argc) {
		ka_say(p, KA_ERROR, node, at, "it is not set",
		       "'%s' needs a command", node->words[0].text);
		return NULL;
	}
	cmd->argv[cmd->argc] = NULL;
	return cmd;
}

/* \" within "..." */
static const char *without_escaped_quotes(struct ka_parser *p, const char *text)
{
	char *made, *out;

	if (!strstr(text, "\\\""))
		return text;
	made = out = ka_alloc(p->conf->memory, strlen(text) + 1);
	for (; *text; text++)
		if (text[0] != '\\' || text[1] != '"')
			*out++ = *text;
	return made;
}

/* "'/path arg'": the outer quotes group the words, as "..." do. */
static const char *unquoted(struct ka_parser *p, const struct ka_word *word)
{
	size_t len = strlen(word->text);

	if (word->quoted)
		return without_escaped_quotes(p, word->text);
	if (len < 2 || word->text[0] != '\'' ||
	    strchr(word->text + 1, '\'') != word->text + len - 1)
		return word->text;
	return ka_strndup(p->conf->memory, word->text + 1, len - 2);
}

struct ka_command *ka_get_command(struct ka_parser *p,
				  const struct ka_node *node, size_t at)
{
	struct ka_command *cmd;

	if (at >= node->n_words) {
		ka_say(p, KA_ERROR, node, 0, "it is not set",
		       "'%s' needs a command", node->words[0].text);
		return NULL;
	}
	cmd = make_command(p, node, at, unquoted(p, &node->words[at]));
	if (cmd && at + 1 < node->n_words)
		cmd->user = node->words[at + 1].text;
	if (cmd && at + 2 < node->n_words)
		cmd->group = node->words[at + 2].text;
	ka_no_more(p, node, at + 3);
	return cmd;
}

struct ka_command *ka_get_whole_command(struct ka_parser *p,
					const struct ka_node *node, size_t at)
{
	const char *text;
	size_t i;

	if (at + 1 >= node->n_words)
		return ka_get_command(p, node, at);
	text = unquoted(p, &node->words[at]);
	for (i = at + 1; i < node->n_words; i++)
		text = ka_printf(p->conf->memory,
				 node->words[i].quoted ? "%s \"%s\"" : "%s %s",
				 text, node->words[i].text);
	return make_command(p, node, at, text);
}

/* Quotes within are those that group words of a command; what is left of them
 * and of backslashes is the word. */
const char *ka_get_escaped(struct ka_parser *p, const struct ka_node *node,
			   size_t at)
{
	const struct ka_word *word = &node->words[at];
	char *made = ka_alloc(p->conf->memory, strlen(word->text) + 1);
	const char *c = word->text;
	char *out = made;

	if (!word->quoted) {
		split_word(&(struct split){ .at = c, .out = out });
		return made;
	}
	while (*c) {
		if (*c == '\\' && c[1]) {
			c++;
			*out++ = escaped(&c);
		} else {
			*out++ = *c++;
		}
	}
	return made;
}
