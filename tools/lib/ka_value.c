// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into values; what is wrong with one is said here, with what it may be. */
#include "ka_parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NOT_SET "it is not set"

static const char *keyword(const struct ka_node *node)
{
	return node->words[0].text;
}

static bool is_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/*
 * A sign that stands alone belongs to the number behind it: "weight - 2" is what
 * people write, and 0 is never what they mean.  Return: the text of the number.
 */
static const char *join_sign(struct ka_parser *p, const struct ka_node *node,
			     size_t *at)
{
	const char *sign = node->words[*at].text, *joined;

	if ((strcmp(sign, "-") && strcmp(sign, "+")) ||
	    *at + 1 >= node->n_words || !is_digits(node->words[*at + 1].text))
		return sign;
	joined = ka_printf(p->conf->memory, "%s%s", sign,
			   node->words[*at + 1].text);
	ka_say(p, KA_NOTE, node, *at,
	       ka_printf(p->conf->memory, "taken as %s", joined),
	       "a blank between '%s' and its number", sign);
	++*at;
	return joined;
}

bool ka_get_number(struct ka_parser *p, const struct ka_node *node, size_t *at,
		   int64_t min, int64_t max, int64_t *value)
{
	size_t first = *at;
	const char *text, *digits;
	long long got = 0;

	if (*at >= node->n_words) {
		ka_say(p, KA_ERROR, node, 0, NOT_SET, "'%s' needs a number",
		       keyword(node));
		return false;
	}
	text = join_sign(p, node, at);
	++*at;
	digits = text + (*text == '-' || *text == '+');
	if (!is_digits(digits)) {
		ka_say(p, KA_ERROR, node, first, NOT_SET,
		       "'%s' is not a number", text);
		return false;
	}
	if (strlen(digits) < 18)
		got = strtoll(text, NULL, 10);
	if (strlen(digits) >= 18 || got < min || got > max) {
		ka_say(p, KA_ERROR, node, first, NOT_SET,
		       "%s is not from %lld to %lld", text, (long long)min,
		       (long long)max);
		return false;
	}
	*value = got;
	return true;
}

/* Microseconds as the number of seconds that a user would write. */
static const char *seconds(struct ka_parser *p, int64_t us)
{
	char *text = ka_printf(p->conf->memory, "%lld.%06lld",
			       (long long)us / 1000000,
			       (long long)us % 1000000);
	size_t len = strlen(text);

	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
	return text;
}

bool ka_get_time(struct ka_parser *p, const struct ka_node *node, size_t at,
		 int64_t min, int64_t max, uint64_t *us)
{
	const char *text, *end;
	int64_t value;
	size_t whole, part, i;

	if (at >= node->n_words) {
		ka_say(p, KA_ERROR, node, 0, NOT_SET,
		       "'%s' needs a number of seconds", keyword(node));
		return false;
	}
	text = node->words[at].text;
	whole = strspn(text, "0123456789");
	end = text + whole;
	part = *end == '.' ? strspn(end + 1, "0123456789") : 0;
	end += *end == '.' ? 1 + part : 0;
	if (!(whole + part) || *end || whole > 9) {
		ka_say(p, KA_ERROR, node, at, NOT_SET,
		       "'%s' is not a number of seconds%s", text,
		       strchr("um", *end) && *end ? "; 0.2 is 200 ms" : "");
		return false;
	}
	value = strtoll(text, NULL, 10);
	for (i = 0; i < 6; i++)
		value = 10 * value +
			(i < part ? text[whole + 1 + i] - '0' : 0);
	if (part > 6)
		ka_say(p, KA_WARNING, node, at, "the others are left out",
		       "more than six decimals");
	if (value < min || value > max) {
		ka_say(p, KA_ERROR, node, at, NOT_SET,
		       "%s is not from %s to %s seconds", text,
		       seconds(p, min), seconds(p, max));
		return false;
	}
	*us = value;
	return true;
}

bool ka_bool_word(const char *word, bool *value)
{
	static const char *const on[] = { "on", "true", "yes" };
	static const char *const off[] = { "off", "false", "no" };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!strcasecmp(word, on[i]) || !strcasecmp(word, off[i])) {
			*value = !strcasecmp(word, on[i]);
			return true;
		}
	}
	return false;
}

bool ka_addr_word(const char *word, struct dray_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, word, &addr->in) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, word, &addr->in6) == 1)
		addr->family = AF_INET6;
	return addr->family;
}

bool ka_prefix_word(const char *word, struct dray_addr *addr, uint8_t *prefix)
{
	const char *slash = strchr(word, '/');
	char text[INET6_ADDRSTRLEN + 1];
	size_t len = slash ? (size_t)(slash - word) : strlen(word);
	int bits;

	if (len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	if (!ka_addr_word(text, addr))
		return false;
	*prefix = dray_addr_bits(addr->family);
	if (!slash)
		return true;
	if (!is_digits(slash + 1) || strlen(slash + 1) > 3)
		return false;
	bits = atoi(slash + 1);
	if (bits > *prefix)
		return false;
	*prefix = bits;
	return true;
}

bool ka_get_addr(struct ka_parser *p, const struct ka_node *node, size_t at,
		 struct dray_addr *addr)
{
	if (at >= node->n_words)
		ka_say(p, KA_ERROR, node, 0, NOT_SET, "'%s' needs an address",
		       keyword(node));
	else if (!ka_addr_word(node->words[at].text, addr))
		ka_say(p, KA_ERROR, node, at, NOT_SET, "'%s' is not an address",
		       node->words[at].text);
	else
		return true;
	return false;
}

static bool port_word(const char *word, uint16_t *port)
{
	long value;

	if (!is_digits(word) || strlen(word) > 5)
		return false;
	value = atol(word);
	*port = value;
	return value <= 65535;
}

/* "10.0.0.1:80" and "[2001:db8::1]:80", which keepalived does not know. */
static bool colon_form(struct ka_parser *p, const struct ka_node *node, size_t at,
		       struct dray_addr *addr, uint16_t *port)
{
	char *text = ka_strdup(p->scratch, node->words[at].text);
	char *colon = strrchr(text, ':');
	size_t len;

	if (!colon || !port_word(colon + 1, port))
		return false;
	*colon = '\0';
	len = strlen(text);
	if (*text == '[' && len && text[len - 1] == ']') {
		text[len - 1] = '\0';
		text++;
	}
	if (!ka_addr_word(text, addr))
		return false;
	ka_say(p, KA_NOTE, node, at, "taken as address and port",
	       "'%s': keepalived has a blank before the port",
	       node->words[at].text);
	return true;
}

bool ka_get_addrport(struct ka_parser *p, const struct ka_node *node, size_t at,
		     struct dray_addr *addr, uint16_t *port)
{
	*port = 0;
	if (at < node->n_words && !ka_addr_word(node->words[at].text, addr) &&
	    colon_form(p, node, at, addr, port)) {
		ka_no_more(p, node, at + 1);
		return true;
	}
	if (!ka_get_addr(p, node, at, addr))
		return false;
	if (at + 1 < node->n_words && !port_word(node->words[at + 1].text, port)) {
		ka_say(p, KA_ERROR, node, at + 1, NULL,
		       "'%s' is not a port from 0 to 65535",
		       node->words[at + 1].text);
		return false;
	}
	ka_no_more(p, node, at + 2);
	return true;
}

void ka_no_more(struct ka_parser *p, const struct ka_node *node, size_t at)
{
	if (at < node->n_words)
		ka_say(p, KA_WARNING, node, at, "the rest of the line is ignored",
		       "nothing more belongs to '%s'", keyword(node));
}
