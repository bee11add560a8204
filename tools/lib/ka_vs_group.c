// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtual_server_group: lists of addresses, ranges of them and marks, expanded
 * into one key for each service.
 */
#include "ka_server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static uint32_t low_bits(const struct dray_addr *a)
{
	uint32_t low;

	memcpy(&low, a->bytes + dray_addr_len(a) - 4, 4);
	return ntohl(low);
}

static void set_low_bits(struct dray_addr *a, uint32_t low)
{
	low = htonl(low);
	memcpy(a->bytes + dray_addr_len(a) - 4, &low, 4);
}

/* "A-B" and "A-E", E being the last part; false if it is no such range. */
static bool dash_range(const char *text, struct dray_addr *first, uint32_t *n)
{
	const char *dash = strchr(text, '-');
	char from[INET6_ADDRSTRLEN];
	struct dray_addr last;
	uint32_t mask;
	char *end;
	unsigned long part;

	if (!dash || dash - text >= (long)sizeof(from))
		return false;
	memcpy(from, text, dash - text);
	from[dash - text] = '\0';
	if (!ka_addr_word(from, first))
		return false;
	if (!ka_addr_word(dash + 1, &last)) {
		mask = first->family == AF_INET ? 0xff : 0xffff;
		part = strtoul(dash + 1, &end, first->family == AF_INET ? 10 : 16);
		if (*end || end == dash + 1 || part > mask)
			return false;
		last = *first;
		set_low_bits(&last, (low_bits(first) & ~mask) | part);
	}
	if (last.family != first->family ||
	    memcmp(first->bytes, last.bytes, dray_addr_len(first) - 4) ||
	    low_bits(&last) < low_bits(first))
		return false;
	*n = low_bits(&last) - low_bits(first);
	return true;
}

/* "A/LEN": all addresses of the network but its own and the broadcast one. */
static bool slash_range(const char *text, struct dray_addr *first, uint32_t *n)
{
	uint8_t prefix, bits;
	uint32_t hosts;

	if (!strchr(text, '/') || !ka_prefix_word(text, first, &prefix))
		return false;
	bits = dray_addr_bits(first->family) - prefix;
	if (bits > 31)
		bits = 31;
	hosts = (1u << bits) - 1;
	*n = hosts;
	set_low_bits(first, low_bits(first) & ~hosts);
	if (bits > 1) {
		set_low_bits(first, low_bits(first) + 1);
		*n = hosts - 2;
	}
	return true;
}

static void add_key(struct ka_parser *p, struct ka_vs_group *g,
		    const struct ka_service_key *key)
{
	g->keys = ka_grow(p->conf->memory, g->keys, g->n_keys, sizeof(*key));
	g->keys[g->n_keys++] = *key;
}

static void add_mark(struct ka_parser *p, const struct ka_node *line,
		     struct ka_vs_group *g)
{
	struct ka_service_key key = { .pos = line->pos, .family = AF_INET };
	size_t at = 1;
	int64_t mark;

	if (!ka_get_number(p, line, &at, 1, UINT32_MAX, &mark))
		return;
	key.fwmark = mark;
	if (at < line->n_words && !strcmp(line->words[at].text, "inet6"))
		key.family = AF_INET6;
	add_key(p, g, &key);
}

static void add_range(struct ka_parser *p, const struct ka_node *line,
		      struct ka_vs_group *g, struct dray_addr *first, uint32_t n)
{
	struct ka_service_key key = { .pos = line->pos,
				      .family = first->family };
	uint32_t base = low_bits(first), i;
	size_t at = 1;
	int64_t port = 0;

	if (n >= KA_MAX_KEYS || g->n_keys + n >= KA_MAX_KEYS) {
		ka_say(p, KA_ERROR, line, 0, "the line is left out",
		       "more than %d addresses in a group; use a mark (fwmark) for so many",
		       KA_MAX_KEYS);
		return;
	}
	if (line->n_words > 1 &&
	    !ka_get_number(p, line, &at, 0, 65535, &port))
		return;
	ka_no_more(p, line, 2);
	key.port = port;
	for (i = 0; i <= n; i++) {
		key.addr = *first;
		set_low_bits(&key.addr, base + i);
		add_key(p, g, &key);
	}
}

static void read_line(struct ka_parser *p, const struct ka_node *line,
		      struct ka_vs_group *g)
{
	const char *word = line->words[0].text;
	struct ka_service_key key = { .pos = line->pos };
	struct dray_addr first;
	uint32_t n;

	if (!strcmp(word, "fwmark")) {
		add_mark(p, line, g);
	} else if (dash_range(word, &first, &n) || slash_range(word, &first, &n)) {
		add_range(p, line, g, &first, n);
	} else if (g->n_keys >= KA_MAX_KEYS) {
		ka_say(p, KA_ERROR, line, 0, "the line is left out",
		       "more than %d services in a group", KA_MAX_KEYS);
	} else if (ka_get_addrport(p, line, 0, &key.addr, &key.port)) {
		key.family = key.addr.family;
		add_key(p, g, &key);
	}
}

void ka_vs_group(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw)
{
	struct ka_conf *conf = p->conf;
	struct ka_vs_group *g = ka_alloc(conf->memory, sizeof(*g));
	const struct ka_node *line;
	size_t i;

	(void)raw;
	g->pos = ka_word_pos(node, 1);
	g->name = ka_name(p, node);
	if (!g->name)
		return;
	for (line = node->children; line; line = line->next)
		if (line->n_words)
			read_line(p, line, g);
	for (i = 0; i < conf->n_vs_groups; i++) {
		if (!strcmp(conf->vs_groups[i]->name, g->name)) {
			ka_say_twice(p, node, &conf->vs_groups[i]->pos);
			return;
		}
	}
	conf->vs_groups = ka_grow(conf->memory, conf->vs_groups,
				  conf->n_vs_groups, sizeof(g));
	conf->vs_groups[conf->n_vs_groups++] = g;
}

struct ka_vs_group *ka_vs_group_named(struct ka_parser *p,
				      const struct ka_node *node, size_t at)
{
	struct ka_conf *conf = p->conf;
	const char **names = ka_alloc(p->scratch, (conf->n_vs_groups + 1) *
						  sizeof(*names));
	const char *name = node->words[at].text, *near;
	size_t i;

	for (i = 0; i < conf->n_vs_groups; i++) {
		names[i] = conf->vs_groups[i]->name;
		if (!strcmp(names[i], name))
			return conf->vs_groups[i];
	}
	near = ka_near(name, names, i);
	ka_say(p, KA_ERROR, node, at, "the virtual_server is left out",
	       near ? "no virtual_server_group '%s'; did you mean '%s'?" :
		      "no virtual_server_group '%s'", name, near);
	return NULL;
}
