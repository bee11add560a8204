// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines into statements: words, and blocks in braces.  Knows no keywords but
 * those of commands, whose words are quoted like a shell's.
 */
#include "ka_parse.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\f\v\r"

struct ka_builder {
	struct ka_parser *p;
	struct ka_node *parent;		/* the block that is open */
	struct ka_node *now;		/* the statement of this line */
	struct ka_node *before;		/* the last one; a '{' may belong to it */
	unsigned int depth, too_deep;
};

/* Keywords whose value is a command, or quoted like one. */
bool ka_is_script_word(const char *word, size_t len)
{
	static const char *const words[] = {
		"script", "process", "misc_path", "quorum_up", "quorum_down",
		"notify", "notify_master", "notify_backup", "notify_fault",
		"notify_stop", "notify_deleted", "notify_up", "notify_down",
		"notify_master_rx_lower_pri", "notify_fifo_script",
		"vrrp_notify_fifo_script", "lvs_notify_fifo_script",
		"regex",
	};
	size_t i;

	for (i = 0; i < KA_COUNT(words); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], word, len))
			return true;
	return false;
}

struct ka_builder *ka_builder_create(struct ka_parser *p)
{
	struct ka_builder *b = ka_alloc(p->scratch, sizeof(*b));

	b->p = p;
	b->parent = &p->root;
	p->root.block = true;
	return b;
}

static struct ka_node *add_node(struct ka_builder *b,
				const struct ka_line *line, size_t at)
{
	struct ka_node *node = ka_alloc(b->p->scratch, sizeof(*node));

	node->pos = (struct ka_pos) {
		.file = line->file,
		.line = line->number,
		.column = line->column[at],
		.width = 1,
		.source = line->source,
	};
	node->parent = b->parent;
	if (b->parent->last)
		b->parent->last->next = node;
	else
		b->parent->children = node;
	b->parent->last = node;
	b->before = node;
	return node;
}

static void add_word(struct ka_builder *b, const struct ka_line *line,
		     size_t from, size_t to, bool quoted)
{
	struct ka_word word = {
		.text = ka_strndup(b->p->conf->memory, line->text + from,
				   to - from),
		.quoted = quoted,
		.column = line->column[from - quoted],
	};

	/* of a definition's text all bytes have the place of its use */
	word.width = quoted || to > from ?
		line->column[to - !quoted] - word.column + 1 : 1;
	if (!b->now) {
		b->now = add_node(b, line, from - quoted);
		b->now->pos.width = word.width;
	}
	b->now->words = ka_grow(b->p->scratch, b->now->words, b->now->n_words,
				sizeof(word));
	b->now->words[b->now->n_words++] = word;
}

static void open_block(struct ka_builder *b, const struct ka_line *line,
		       size_t at)
{
	struct ka_node *owner = b->now;

	if (b->depth >= KA_MAX_DEPTH) {
		if (!b->too_deep++)
			ka_say_line(b->p, KA_ERROR, line, at, 1,
				    "what is in it is left out",
				    "blocks within blocks, too deep");
		return;
	}
	if (!owner && b->before && b->before->parent == b->parent &&
	    !b->before->block)
		owner = b->before;
	if (!owner) {
		ka_say_line(b->p, KA_ERROR, line, at, 1, "the block is left out",
			    "'{' without a keyword before it");
		owner = add_node(b, line, at);
	}
	owner->block = true;
	b->parent = owner;
	b->depth++;
	b->now = NULL;
	b->before = NULL;
}

static void close_block(struct ka_builder *b, const struct ka_line *line,
			size_t at)
{
	b->now = NULL;
	if (b->too_deep) {
		b->too_deep--;
		return;
	}
	if (b->parent == &b->p->root) {
		ka_say_line(b->p, KA_ERROR, line, at, 1, "ignored",
			    "'}' without a '{' before it");
		return;
	}
	b->before = b->parent;
	b->parent = b->parent->parent;
	b->depth--;
}

static bool in_script(const struct ka_builder *b)
{
	return b->now && b->now->n_words &&
	       ka_is_script_word(b->now->words[0].text,
				 strlen(b->now->words[0].text));
}

/* Return: where the quote that begins at @at ends, or the end of the line. */
static size_t quote_end(const struct ka_line *line, size_t at, bool script)
{
	char quote = line->text[at];

	for (at++; at < line->len && line->text[at] != quote; at++)
		if (script && line->text[at] == '\\' && at + 1 < line->len)
			at++;
	return at;
}

static size_t quoted_word(struct ka_builder *b, const struct ka_line *line,
			  size_t at)
{
	size_t end = quote_end(line, at, in_script(b));

	if (end >= line->len)
		ka_say_line(b->p, KA_ERROR, line, at, 1,
			    "the word ends with the line",
			    "'\"' is never closed");
	if (end > line->len)
		end = line->len;
	if (!b->too_deep)
		add_word(b, line, at + 1, end, true);
	return end + (end < line->len);
}

/* A command's word may hold blanks in '...'; ${...} is no block. */
static size_t bare_word(struct ka_builder *b, const struct ka_line *line,
			size_t at)
{
	bool script = in_script(b);
	size_t i = at, end;
	const char *brace;

	while (i < line->len && !strchr(BLANKS "\"{}", line->text[i])) {
		if (script && line->text[i] == '\'') {
			end = quote_end(line, i, true);
			i = end < line->len ? end + 1 : line->len;
		} else if (line->text[i] == '$' && line->text[i + 1] == '{' &&
			   (brace = strchr(line->text + i, '}'))) {
			i = brace + 1 - line->text;
		} else {
			i++;
		}
	}
	if (!b->too_deep)
		add_word(b, line, at, i, false);
	return i;
}

void ka_builder_line(struct ka_builder *b, const struct ka_line *line)
{
	size_t at = 0;

	b->now = NULL;
	while (at < line->len) {
		if (strchr(BLANKS, line->text[at]))
			at++;
		else if (line->text[at] == '{')
			open_block(b, line, at++);
		else if (line->text[at] == '}')
			close_block(b, line, at++);
		else if (line->text[at] == '"')
			at = quoted_word(b, line, at);
		else
			at = bare_word(b, line, at);
	}
}

void ka_builder_end(struct ka_builder *b)
{
	for (; b->parent != &b->p->root; b->parent = b->parent->parent)
		ka_say(b->p, KA_ERROR, b->parent, 0,
		       "it is taken to end with the file",
		       "'}' is missing for this block");
}
