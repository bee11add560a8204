// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regex of a url and what belongs to it.  Compiled here, so that a pattern that
 * cannot be is told where it stands; in the memory of the configuration, with
 * which it goes.  Every item calls out, by which who matches can bound its time.
 */
#include "ka_regex.h"

#include <string.h>

#include "ka_table.h"

#define AT(member) offsetof(struct ka_url, regex.member)

static const struct {
	const char *name;
	uint32_t bit;
} options[] = {
	{ "allow_empty_class", PCRE2_ALLOW_EMPTY_CLASS },
	{ "alt_bsux", PCRE2_ALT_BSUX },
	{ "alt_circumflex", PCRE2_ALT_CIRCUMFLEX },
	{ "alt_verbnames", PCRE2_ALT_VERBNAMES },
	{ "auto_callout", PCRE2_AUTO_CALLOUT },
	{ "caseless", PCRE2_CASELESS },
	{ "dollar_endonly", PCRE2_DOLLAR_ENDONLY },
	{ "dotall", PCRE2_DOTALL },
	{ "dupnames", PCRE2_DUPNAMES },
	{ "extended", PCRE2_EXTENDED },
	{ "firstline", PCRE2_FIRSTLINE },
	{ "match_unset_backref", PCRE2_MATCH_UNSET_BACKREF },
	{ "multiline", PCRE2_MULTILINE },
	{ "never_backslash_c", PCRE2_NEVER_BACKSLASH_C },
	{ "never_ucp", PCRE2_NEVER_UCP },
	{ "never_utf", PCRE2_NEVER_UTF },
	{ "no_auto_capture", PCRE2_NO_AUTO_CAPTURE },
	{ "no_auto_possess", PCRE2_NO_AUTO_POSSESS },
	{ "no_dotstar_anchor", PCRE2_NO_DOTSTAR_ANCHOR },
	{ "no_start_optimize", PCRE2_NO_START_OPTIMIZE },
	{ "ucp", PCRE2_UCP },
	{ "ungreedy", PCRE2_UNGREEDY },
	{ "use_offset_limit", PCRE2_USE_OFFSET_LIMIT },
	{ "utf", PCRE2_UTF },
};

void ka_set_regex(struct ka_parser *p, struct ka_node *node,
		  struct ka_raw *raw)
{
	((struct ka_url *)raw->object)->regex.text =
		ka_get_escaped(p, node, 1);
}

static bool add_option(struct ka_regex *regex, const char *word)
{
	size_t i;

	for (i = 0; i < KA_COUNT(options); i++) {
		if (strcmp(options[i].name, word))
			continue;
		regex->options |= options[i].bit;
		return true;
	}
	return false;
}

void ka_add_regex_options(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_regex *regex = &((struct ka_url *)raw->object)->regex;
	size_t at;

	for (at = 1; at < node->n_words; at++)
		if (!add_option(regex, node->words[at].text))
			ka_say(p, KA_ERROR, node, at, "ignored",
			       "'%s' is no option of a regex",
			       node->words[at].text);
}

void ka_set_regex_stack(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	struct ka_regex *regex = &((struct ka_url *)raw->object)->regex;
	int64_t start, most;
	size_t at = 1;

	if (!ka_get_number(p, node, &at, 0, UINT32_MAX, &start) ||
	    !ka_get_number(p, node, &at, 0, UINT32_MAX, &most))
		return;
	if (start > most)
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "the stack begins with more than its most");
	else
		regex->stack = most;
}

static void *take(size_t size, void *memory)
{
	return ka_alloc(memory, size);
}

static void give(void *piece, void *memory)
{
	(void)piece;
	(void)memory;
}

/* Return: NULL if it is compiled, else why not. */
static const char *compile(struct ka_parser *p, struct ka_regex *regex)
{
	pcre2_general_context *general =
		pcre2_general_context_create(take, give, p->conf->memory);
	pcre2_compile_context *context = pcre2_compile_context_create(general);
	uint32_t bits = regex->options | PCRE2_AUTO_CALLOUT, back;
	PCRE2_SIZE at;
	char text[120];
	int error;

	if (bits & PCRE2_UTF)
		bits |= PCRE2_MATCH_INVALID_UTF;
	regex->code = pcre2_compile((PCRE2_SPTR)regex->text,
				    PCRE2_ZERO_TERMINATED, bits, &error, &at,
				    context);
	if (!regex->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)text,
					sizeof(text));
		return ka_printf(p->conf->memory, "at character %zu: %s",
				 (size_t)at + 1, text);
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_MAXLOOKBEHIND, &back);
	return back > KA_REGEX_LOOKBEHIND ? "it looks back too far" : NULL;
}

/* Return: what is said of a regex but the regex itself, or NULL. */
static struct ka_node *any_said(const struct ka_raw *raw)
{
	static const size_t members[] = {
		AT(no_match), AT(options), AT(min), AT(max), AT(stack),
	};
	struct ka_node *node = NULL;
	size_t i;

	for (i = 0; !node && i < KA_COUNT(members); i++)
		node = ka_said(raw, members[i]);
	return node;
}

/* When all of the url's lines are read. */
void ka_regex_complete(struct ka_parser *p, const struct ka_raw *raw)
{
	struct ka_regex *regex = &((struct ka_url *)raw->object)->regex;
	struct ka_node *node;
	const char *why;

	if (!regex->text) {
		node = any_said(raw);
		if (node)
			ka_say(p, KA_WARNING, node, 0, "ignored",
			       "'%s' without a regex", node->words[0].text);
		return;
	}
	if (regex->min > regex->max) {
		ka_say(p, KA_ERROR, ka_said(raw, AT(min)), 1,
		       "neither is set",
		       "regex_min_offset is past regex_max_offset");
		regex->min = 0;
		regex->max = UINT32_MAX;
	}
	why = compile(p, regex);
	if (!why)
		return;
	regex->text = NULL;
	ka_say(p, KA_ERROR, ka_said(raw, AT(text)), 1, "it is not matched",
	       "no regular expression, %s", why);
}
