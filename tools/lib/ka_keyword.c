// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables of keywords at work: finds each statement's keyword in the table of
 * its block, checks and stores what belongs to it, and says what is unknown,
 * misplaced, said twice or left out.
 */
#include "ka_parse.h"

#include <string.h>
#include <strings.h>

struct ka_raw *ka_raw_create(struct ka_parser *p, struct ka_node *node,
			     const struct ka_table *table, void *object)
{
	struct ka_raw *raw = ka_alloc(p->scratch, sizeof(*raw));

	raw->node = node;
	raw->object = object;
	raw->table = table;
	raw->said = ka_alloc(p->scratch, table->n * sizeof(*raw->said));
	return raw;
}

void ka_raw_add(struct ka_raws *list, struct ka_raw *raw)
{
	if (list->last)
		list->last->next = raw;
	else
		list->first = raw;
	list->last = raw;
}

void ka_raw_adopt(struct ka_raw *parent, struct ka_raw *raw)
{
	struct ka_raws list = { parent->children, parent->last };

	raw->parent = parent;
	ka_raw_add(&list, raw);
	parent->children = list.first;
	parent->last = list.last;
}

struct ka_node *ka_said(const struct ka_raw *raw, size_t offset)
{
	size_t i;

	for (i = 0; i < raw->table->n; i++)
		if (raw->said[i] && raw->table->keywords[i].offset == offset)
			return raw->said[i];
	return NULL;
}

static const struct ka_keyword *find(const struct ka_table *table,
				     const char *word)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (!strcmp(table->keywords[i].name, word))
			return &table->keywords[i];
	return NULL;
}

const char *ka_name_near(const char *word, const struct ka_table *table)
{
	const char *names[256];
	size_t i;

	for (i = 0; i < table->n && i < KA_COUNT(names); i++)
		names[i] = table->keywords[i].name;
	return ka_near(word, names, i);
}

/* Of a keyword that belongs elsewhere: the block that has it. */
static const char *home_of(const char *word)
{
	size_t i;

	for (i = 0; i < ka_n_tables; i++)
		if (find(ka_tables[i], word))
			return ka_tables[i]->name;
	return NULL;
}

/* It may be the password, whose keyword was left out. */
static void say_unknown_secret(struct ka_parser *p, const struct ka_node *node)
{
	const char *near = ka_name_near(node->words[0].text, &ka_auth_table);
	struct ka_pos pos = node->pos;

	pos.source = NULL;
	pos.width = 1;
	ka_message_add(p->conf, KA_ERROR, &pos,
		       ka_printf(p->conf->memory,
				 near ? "neither auth_type nor auth_pass; did you mean '%s'?" :
					"neither auth_type nor auth_pass", near),
		       "the line is left out, and not shown");
}

static void say_unknown(struct ka_parser *p, const struct ka_node *node,
			const struct ka_table *table)
{
	const char *word = node->words[0].text;
	const char *near = ka_name_near(word, table), *home = home_of(word);
	const char *done = node->block ? "the block is left out" :
					 "the line is left out";

	if (home && !near)
		ka_say(p, KA_ERROR, node, 0, done,
		       *table->name ? "'%s' belongs into %s, not into %s" :
				      "'%s' belongs into %s",
		       word, *home ? home : "no block", table->name);
	else if (near)
		ka_say(p, KA_ERROR, node, 0, done,
		       "unknown keyword '%s'; did you mean '%s'?", word, near);
	else
		ka_say(p, KA_ERROR, node, 0, done, "unknown keyword '%s'", word);
}

/* Words that a keyword takes behind it, at most. */
static size_t most_words(const struct ka_keyword *kw, const struct ka_node *node)
{
	bool value;

	switch (kw->type) {
	case KA_BOOL:
	case KA_OFF:
		return node->n_words > 1 && ka_bool_word(node->words[1].text,
							 &value);
	case KA_INT:
		return node->n_words > 1 && !strcmp(node->words[1].text, "-") ?
		       2 : 1;
	case KA_TIME:
	case KA_STRING:
	case KA_ADDR:
	case KA_COMMAND:
		return 1;
	case KA_LINE:
		return kw->max;
	default:
		return node->n_words;
	}
}

/*
 * "{ auth_type PASS auth_pass 1111 }": a line has one statement, but where a
 * keyword of the same block stands behind all that belongs to the first, it is
 * meant to begin another.
 */
static void split_statement(struct ka_parser *p, struct ka_node *node,
			    const struct ka_table *table,
			    const struct ka_keyword *kw)
{
	size_t at = 1 + most_words(kw, node);
	struct ka_node *rest;

	if (at >= node->n_words || node->words[at].quoted ||
	    !find(table, node->words[at].text))
		return;
	ka_say(p, KA_NOTE, node, at, "taken as a line of its own",
	       "another statement on the line: keepalived ignores it");
	rest = ka_alloc(p->scratch, sizeof(*rest));
	*rest = *node;
	rest->pos = ka_word_pos(node, at);
	rest->words = node->words + at;
	rest->n_words = node->n_words - at;
	node->n_words = at;
	node->block = false;
	node->children = NULL;
	node->next = rest;
	if (node->parent->last == node)
		node->parent->last = rest;
}

static void store_int(void *to, size_t size, int64_t value)
{
	uint8_t u8 = value;
	uint16_t u16 = value;
	uint32_t u32 = value;
	const void *from = size == 1 ? (void *)&u8 : size == 2 ? (void *)&u16 :
			   size == 4 ? (void *)&u32 : (void *)&value;

	memcpy(to, from, size);
}

static bool get_bool(struct ka_parser *p, const struct ka_node *node, bool *value)
{
	*value = true;
	if (node->n_words > 1 && !ka_bool_word(node->words[1].text, value)) {
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "'%s' is neither on nor off", node->words[1].text);
		return false;
	}
	ka_no_more(p, node, 2);
	return true;
}

static bool set_bool(struct ka_parser *p, const struct ka_keyword *kw,
		     const struct ka_node *node, void *member)
{
	bool value;

	if (!get_bool(p, node, &value))
		return false;
	*(bool *)member = value != (kw->type == KA_OFF);
	return true;
}

static bool set_int(struct ka_parser *p, const struct ka_keyword *kw,
		    const struct ka_node *node, void *member)
{
	size_t at = 1;
	int64_t value;

	if (!ka_get_number(p, node, &at, kw->min, kw->max, &value))
		return false;
	ka_no_more(p, node, at);
	store_int(member, kw->size, value);
	return true;
}

static bool set_time(struct ka_parser *p, const struct ka_keyword *kw,
		     const struct ka_node *node, void *member)
{
	if (!ka_get_time(p, node, 1, kw->min, kw->max, member))
		return false;
	ka_no_more(p, node, 2);
	return true;
}

static bool set_string(struct ka_parser *p, const struct ka_node *node,
		       void *member)
{
	if (node->n_words < 2) {
		ka_say(p, KA_ERROR, node, 0, "it is not set",
		       "'%s' needs a word", node->words[0].text);
		return false;
	}
	ka_no_more(p, node, 2);
	*(const char **)member = node->words[1].text;
	return true;
}

static bool set_addr(struct ka_parser *p, const struct ka_node *node, void *member)
{
	if (!ka_get_addr(p, node, 1, member))
		return false;
	ka_no_more(p, node, 2);
	return true;
}

static bool set_command(struct ka_parser *p, const struct ka_node *node,
			void *member)
{
	struct ka_command *cmd = ka_get_command(p, node, 1);

	if (cmd)
		*(struct ka_command **)member = cmd;
	return cmd != NULL;
}

/* Return: whether the statement has set what it names. */
static bool apply(struct ka_parser *p, struct ka_raw *raw,
		  const struct ka_keyword *kw, struct ka_node *node)
{
	void *member = (char *)raw->object + kw->offset;

	switch (kw->type) {
	case KA_BOOL:
	case KA_OFF:
		return set_bool(p, kw, node, member);
	case KA_INT:
		return set_int(p, kw, node, member);
	case KA_TIME:
		return set_time(p, kw, node, member);
	case KA_STRING:
		return set_string(p, node, member);
	case KA_ADDR:
		return set_addr(p, node, member);
	case KA_COMMAND:
		return set_command(p, node, member);
	case KA_IGNORED:
		ka_say(p, kw->severity, node, 0, "ignored", "'%s' %s", kw->name,
		       kw->say);
		return false;
	case KA_LINE:
		if (node->n_words < 1 + (size_t)kw->min) {
			ka_say(p, KA_ERROR, node, 0, "it is not set",
			       "'%s' needs %s", kw->name, kw->say);
			return false;
		}
		ka_no_more(p, node, 1 + kw->max);
		/* fall through */
	default:
		kw->fn(p, node, raw);
		return true;
	}
}

static void check_block(struct ka_parser *p, const struct ka_keyword *kw,
			const struct ka_node *node)
{
	if (kw->type == KA_IGNORED || node->block == (kw->type == KA_BLOCK))
		return;
	if (node->block)
		ka_say(p, KA_ERROR, node, 0, "the block is left out",
		       "'%s' has no block", kw->name);
	else
		ka_say(p, KA_ERROR, node, 0, NULL,
		       "'%s' needs a block in braces", kw->name);
}

static void statement(struct ka_parser *p, struct ka_raw *raw,
		      struct ka_node *node)
{
	const struct ka_keyword *kw = find(raw->table, node->words[0].text);
	struct ka_node *before;

	if (!kw && raw->table == &ka_auth_table)
		say_unknown_secret(p, node);
	else if (!kw)
		say_unknown(p, node, raw->table);
	if (!kw)
		return;
	split_statement(p, node, raw->table, kw);
	check_block(p, kw, node);
	before = kw->many || kw->type == KA_IGNORED ? NULL :
		 ka_said(raw, kw->offset);
	if (before)
		ka_say(p, KA_WARNING, node, 0, "the last one counts",
		       "'%s' was said before in line %u", kw->name,
		       before->pos.line);
	if (apply(p, raw, kw, node))
		raw->said[kw - raw->table->keywords] = node;
}

void ka_block(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_node *node;

	for (node = raw->node->children; node; node = node->next)
		if (node->n_words)
			statement(p, raw, node);
}
