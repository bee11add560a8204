// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses as virtual_ipaddress, virtual_ipaddress_excluded and
 * static_ipaddress list them:
 *	ADDR[/LEN] [brd ADDR|+|-] [dev IF] [scope S] [label L] [peer ADDR[/LEN]]
 *	[home] [-nodad] [mngtmpaddr] [noprefixroute] [no_track] [preferred_lft N]
 */
#include "ka_table.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

struct address_reader {
	struct ka_parser *p;
	const struct ka_node *line;
	size_t at;
	struct ka_address *address;
	bool broadcast_ones, broadcast_zeroes;
};

/* The word behind an option, or NULL, and said. */
static const char *value(struct address_reader *r)
{
	if (r->at + 1 < r->line->n_words)
		return r->line->words[++r->at].text;
	ka_say(r->p, KA_ERROR, r->line, r->at, "ignored", "'%s' needs a value",
	       r->line->words[r->at].text);
	return NULL;
}

static void bad_value(struct address_reader *r, const char *what)
{
	ka_say(r->p, KA_ERROR, r->line, r->at, "ignored", "'%s' is not %s",
	       r->line->words[r->at].text, what);
}

static void read_broadcast(struct address_reader *r)
{
	const char *word = value(r);

	if (!word)
		return;
	r->broadcast_ones = !strcmp(word, "+");
	r->broadcast_zeroes = !strcmp(word, "-");
	if (!r->broadcast_ones && !r->broadcast_zeroes &&
	    (!ka_addr_word(word, &r->address->broadcast) ||
	     r->address->broadcast.family != AF_INET)) {
		bad_value(r, "an IPv4 address, + or -");
		r->address->broadcast.family = 0;
	}
}

static void read_dev(struct address_reader *r)
{
	const char *word = value(r);

	if (word && strlen(word) < IFNAMSIZ)
		r->address->dev = word;
	else if (word)
		bad_value(r, "the name of an interface");
}

static void read_label(struct address_reader *r)
{
	const char *word = value(r);

	if (word && strlen(word) < IFNAMSIZ)
		r->address->label = word;
	else if (word)
		bad_value(r, "a label of up to 15 characters");
}

bool ka_scope_word(const char *word, uint8_t *scope)
{
	static const struct {
		const char *name;
		uint8_t scope;
	} scopes[] = {
		{ "global", RT_SCOPE_UNIVERSE }, { "site", RT_SCOPE_SITE },
		{ "link", RT_SCOPE_LINK },	 { "host", RT_SCOPE_HOST },
		{ "nowhere", RT_SCOPE_NOWHERE },
	};
	long number;
	size_t i;

	for (i = 0; i < KA_COUNT(scopes); i++) {
		if (!strcmp(word, scopes[i].name)) {
			*scope = scopes[i].scope;
			return true;
		}
	}
	if (!dray_number_parse(word, 0, 255, &number))
		return false;
	*scope = number;
	return true;
}

static void read_scope(struct address_reader *r)
{
	const char *word = value(r);

	if (word && !ka_scope_word(word, &r->address->scope))
		bad_value(r, "one of global, site, link, host, nowhere");
}

static void read_peer(struct address_reader *r)
{
	const char *word = value(r);

	if (word && !ka_prefix_word(word, &r->address->peer,
				    &r->address->peer_prefix)) {
		bad_value(r, "an address");
		r->address->peer.family = 0;
	}
}

static void read_preferred_lft(struct address_reader *r)
{
	const char *word = value(r);
	long number = 0;

	if (!word)
		return;
	if (strcmp(word, "forever") &&
	    !dray_number_parse(word, 0, UINT32_MAX - 1l, &number)) {
		bad_value(r, "a number of seconds or forever");
		return;
	}
	r->address->has_preferred_lft = true;
	r->address->preferred_lft_s = strcmp(word, "forever") ? number :
							       UINT32_MAX;
}

static void read_home(struct address_reader *r)
{
	r->address->home = true;
}

static void read_nodad(struct address_reader *r)
{
	r->address->nodad = true;
}

static void read_mngtmpaddr(struct address_reader *r)
{
	r->address->mngtmpaddr = true;
}

static void read_noprefixroute(struct address_reader *r)
{
	r->address->noprefixroute = true;
}

static void read_no_track(struct address_reader *r)
{
	r->address->no_track = true;
}

static void read_ignored(struct address_reader *r)
{
	ka_say(r->p, KA_NOTE, r->line, r->at, "ignored",
	       "'%s' means nothing to dray", r->line->words[r->at].text);
}

static void read_ignored_value(struct address_reader *r)
{
	read_ignored(r);
	value(r);
}

static const struct {
	const char *name;
	void (*read)(struct address_reader *r);
} options[] = {
	{ "brd", read_broadcast },	{ "broadcast", read_broadcast },
	{ "dev", read_dev },		{ "scope", read_scope },
	{ "label", read_label },	{ "peer", read_peer },
	{ "home", read_home },		{ "-nodad", read_nodad },
	{ "nodad", read_nodad },	{ "mngtmpaddr", read_mngtmpaddr },
	{ "noprefixroute", read_noprefixroute },
	{ "no_track", read_no_track },	{ "preferred_lft", read_preferred_lft },
	{ "use_vmac", read_ignored },	{ "autojoin", read_ignored },
	{ "track_group", read_ignored_value },
};

static bool read_option(struct address_reader *r)
{
	const char *word = r->line->words[r->at].text;
	size_t i;

	for (i = 0; i < KA_COUNT(options); i++) {
		if (!strcmp(options[i].name, word)) {
			options[i].read(r);
			r->at++;
			return true;
		}
	}
	return false;
}

static void say_unknown(struct address_reader *r)
{
	const char *names[KA_COUNT(options)], *near;
	const char *word = r->line->words[r->at].text;
	size_t i;

	for (i = 0; i < KA_COUNT(options); i++)
		names[i] = options[i].name;
	near = ka_near(word, names, KA_COUNT(options));
	if (near)
		ka_say(r->p, KA_ERROR, r->line, r->at, "ignored",
		       "unknown word '%s'; did you mean '%s'?", word, near);
	else
		ka_say(r->p, KA_ERROR, r->line, r->at, "ignored",
		       "unknown word '%s'", word);
}

static void finish(struct address_reader *r)
{
	struct ka_address *a = r->address;
	uint32_t host;

	if (!(r->broadcast_ones || r->broadcast_zeroes) ||
	    a->addr.family != AF_INET)
		return;
	host = a->prefix ? ~(UINT32_MAX << (32 - a->prefix)) : UINT32_MAX;
	if (a->prefix == 32)
		host = 0;
	a->broadcast = a->addr;
	if (r->broadcast_ones)
		a->broadcast.in.s_addr |= htonl(host);
	else
		a->broadcast.in.s_addr &= htonl(~host);
}

static void add(struct ka_parser *p, struct ka_address *address,
		struct ka_address **list, size_t *n)
{
	*list = ka_grow(p->conf->memory, *list, *n, sizeof(*address));
	(*list)[(*n)++] = *address;
}

static void read_line(struct ka_parser *p, const struct ka_node *line,
		      struct ka_address **list, size_t *n)
{
	struct address_reader r = { .p = p, .line = line };
	struct ka_address address;
	bool first = true;

	while (r.at < line->n_words) {
		r.address = &address;
		r.broadcast_ones = r.broadcast_zeroes = false;
		memset(&address, 0, sizeof(address));
		address.pos = ka_word_pos(line, r.at);
		if (!ka_prefix_word(line->words[r.at].text, &address.addr,
				    &address.prefix)) {
			ka_say(p, KA_ERROR, line, r.at, "the line is left out",
			       "'%s' is not an address", line->words[r.at].text);
			return;
		}
		if (!first)
			ka_say(p, KA_NOTE, line, r.at, "taken as another one",
			       "keepalived reads one address on a line");
		first = false;
		for (r.at++; r.at < line->n_words;) {
			if (read_option(&r))
				continue;
			if (ka_prefix_word(line->words[r.at].text,
					   &(struct dray_addr) { 0 },
					   &(uint8_t) { 0 }))
				break;
			say_unknown(&r);
			r.at++;
		}
		finish(&r);
		add(p, &address, list, n);
	}
}

void ka_addresses_read(struct ka_parser *p, const struct ka_node *node,
		       struct ka_address **list, size_t *n)
{
	const struct ka_node *line;

	for (line = node->children; line; line = line->next)
		read_line(p, line, list, n);
}

void ka_static_addresses(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	struct ka_conf *conf = p->conf;

	(void)raw;
	ka_addresses_read(p, node, &conf->static_addresses,
			  &conf->n_static_addresses);
}
