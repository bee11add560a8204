// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes and rules as virtual_routes, virtual_rules and their static kin list
 * them, in the words of ip-route(8) and ip-rule(8) that keepalived takes.
 */
#include "ka_parse.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/route/route.h>

#define RULE_PRIORITY 16384	/* of the first that has none */

/* one line, read word by word */
struct words {
	struct ka_parser *p;
	const struct ka_node *line;
	size_t at;		/* of the option */
	bool bad;
};

static const struct {
	const char *name;
	uint8_t type;
} types[] = {
	{ "unicast", RTN_UNICAST },	    { "local", RTN_LOCAL },
	{ "broadcast", RTN_BROADCAST },	    { "multicast", RTN_MULTICAST },
	{ "throw", RTN_THROW },		    { "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },	    { "blackhole", RTN_BLACKHOLE },
};

static bool is(const struct words *w, const char *word)
{
	return w->at < w->line->n_words &&
	       !strcmp(w->line->words[w->at].text, word);
}

static void refuse(struct words *w, const char *what)
{
	ka_say(w->p, KA_ERROR, w->line, w->at, "the line is left out",
	       "'%s' is not %s", w->line->words[w->at].text, what);
	w->bad = true;
}

/* The word behind the option, or NULL, and said; at is then on it. */
static const char *value(struct words *w)
{
	if (w->at + 1 < w->line->n_words)
		return w->line->words[++w->at].text;
	ka_say(w->p, KA_ERROR, w->line, w->at, "the line is left out",
	       "'%s' needs a value", w->line->words[w->at].text);
	w->bad = true;
	return NULL;
}

static uint32_t number(struct words *w, long min, long max)
{
	const char *word = value(w);
	char *end;
	unsigned long got;

	if (!word)
		return 0;
	got = strtoul(word, &end, 0);
	if (*end || end == word || *word == '-' || got < (unsigned long)min ||
	    got > (unsigned long)max)
		refuse(w, "a number that is allowed here");
	return got;
}

static void address(struct words *w, struct dray_addr *addr)
{
	const char *word = value(w);

	if (word && (!strcmp(word, "inet") || !strcmp(word, "inet6")))
		word = value(w);
	if (word && !ka_addr_word(word, addr))
		refuse(w, "an address");
}

static const char *device(struct words *w)
{
	const char *word = value(w);

	if (word && strlen(word) >= IFNAMSIZ)
		refuse(w, "the name of an interface");
	return word;
}

/* What iproute2 keeps the names of tables and protocols in. */
static const char *names_file(const char *name, char *path, size_t len)
{
	snprintf(path, len, "/etc/iproute2/%s", name);
	if (access(path, R_OK))
		snprintf(path, len, "/usr/share/iproute2/%s", name);
	return path;
}

/* A number, or a name that iproute2 knows too. */
static uint32_t named(struct words *w, const char *file, long most,
		      int (*find)(const char *), int (*load)(const char *))
{
	bool has_word = w->at + 1 < w->line->n_words;
	const char *word = has_word ? w->line->words[w->at + 1].text : "0";
	char path[64];
	int id;

	if (*word >= '0' && *word <= '9')
		return number(w, 1, most);
	w->at++;
	id = find(word);
	if (id < 0 && !load(names_file(file, path, sizeof(path))))
		id = find(word);
	if (id <= 0)
		refuse(w, "a name that iproute2 knows");
	return id;
}

static uint32_t table(struct words *w)
{
	return named(w, "rt_tables", UINT32_MAX, rtnl_route_str2table,
		     rtnl_route_read_table_names);
}

static uint32_t protocol(struct words *w)
{
	return named(w, "rt_protos", 255, rtnl_route_str2proto,
		     rtnl_route_read_protocol_names);
}

/* Return: whether the word was a prefix, "default" or "all". */
static bool prefix_at(struct words *w, struct dray_addr *addr, uint8_t *prefix)
{
	if (is(w, "default") || is(w, "all") || is(w, "any")) {
		addr->family = 0;
		*prefix = 0;
		return true;
	}
	return w->at < w->line->n_words &&
	       ka_prefix_word(w->line->words[w->at].text, addr, prefix);
}

static struct ka_nexthop *add_nexthop(struct words *w, struct ka_route *r)
{
	struct ka_nexthop *hop;

	r->nexthops = ka_grow(w->p->conf->memory, r->nexthops, r->n_nexthops,
			      sizeof(*hop));
	hop = &r->nexthops[r->n_nexthops++];
	memset(hop, 0, sizeof(*hop));
	hop->weight = 1;
	return hop;
}

static void read_nexthops(struct words *w, struct ka_route *r)
{
	struct ka_nexthop *hop = NULL;

	for (; w->at < w->line->n_words && !w->bad; w->at++) {
		if (is(w, "nexthop")) {
			hop = add_nexthop(w, r);
		} else if (is(w, "via")) {
			address(w, &hop->via);
		} else if (is(w, "dev")) {
			hop->dev = device(w);
		} else if (is(w, "weight")) {
			hop->weight = number(w, 1, 256);
		} else if (is(w, "onlink")) {
			hop->onlink = true;
		} else {
			refuse(w, "a word of a nexthop");
		}
	}
}

static void read_route_scope(struct words *w, struct ka_route *r)
{
	const char *word = value(w);

	r->has_scope = word && ka_scope_word(word, &r->scope);
	if (word && !r->has_scope)
		refuse(w, "a scope");
}

static void read_mtu(struct words *w, struct ka_route *r)
{
	if (w->at + 1 < w->line->n_words &&
	    !strcmp(w->line->words[w->at + 1].text, "lock")) {
		r->mtu_lock = true;
		w->at++;
	}
	r->mtu = number(w, 68, 65535);
}

/* Words that change how a route behaves, not where it leads to. */
static bool is_tuning(const struct words *w)
{
	static const char *const list[] = {
		"hoplimit", "rtt", "rttvar", "reordering", "window", "cwnd",
		"ssthresh", "realms", "rto_min", "initcwnd", "initrwnd",
		"features", "fastopen_no_cookie", "quickack", "pref",
		"congctl", "ttl-propagate",
	};
	size_t i;

	for (i = 0; i < KA_COUNT(list); i++)
		if (is(w, list[i]))
			return true;
	return false;
}

static void skip_tuning(struct words *w)
{
	ka_say(w->p, KA_WARNING, w->line, w->at, "the route is without it",
	       "dray does not set %s", w->line->words[w->at].text);
	value(w);
	if (is(w, "lock"))
		value(w);
}

/* "via A or B", of old */
static void read_or(struct words *w, struct ka_route *r)
{
	if (!r->n_nexthops) {
		add_nexthop(w, r)->via = r->via;
		r->via.family = 0;
	}
	address(w, &add_nexthop(w, r)->via);
}

static void read_route_option(struct words *w, struct ka_route *r)
{
	if (is(w, "via") || is(w, "gw"))
		address(w, &r->via);
	else if (is(w, "or"))
		read_or(w, r);
	else if (is(w, "dev") || is(w, "oif"))
		r->dev = device(w);
	else if (is(w, "src"))
		address(w, &r->src);
	else if (is(w, "table"))
		r->table = table(w);
	else if (is(w, "metric") || is(w, "preference") || is(w, "priority"))
		r->metric = number(w, 0, UINT32_MAX);
	else if (is(w, "scope"))
		read_route_scope(w, r);
	else if (is(w, "proto") || is(w, "protocol"))
		r->protocol = protocol(w);
	else if (is(w, "tos") || is(w, "dsfield"))
		r->tos = number(w, 0, 255);
	else if (is(w, "mtu"))
		read_mtu(w, r);
	else if (is(w, "advmss"))
		r->advmss = number(w, 1, 65535);
	else if (is(w, "onlink"))
		r->onlink = true;
	else if (is(w, "no_track"))
		r->no_track = true;
	else if (is(w, "inet6"))
		r->family = AF_INET6;
	else if (is(w, "track_group"))
		value(w);
	else if (is_tuning(w))
		skip_tuning(w);
	else if (!is(w, "inet") && !is(w, "add") && !is(w, "append"))
		refuse(w, "a word of a route that dray knows");
}

static void read_type(struct words *w, struct ka_route *r)
{
	size_t i;

	for (i = 0; i < KA_COUNT(types); i++) {
		if (is(w, types[i].name)) {
			r->type = types[i].type;
			w->at++;
			return;
		}
	}
}

static void route_family(struct ka_route *r)
{
	if (!r->family)
		r->family = r->dst.family ? r->dst.family :
		    r->via.family ? r->via.family :
		    r->src.family ? r->src.family :
		    r->n_nexthops && r->nexthops[0].via.family ?
		    r->nexthops[0].via.family : AF_INET;
}

static void read_route(struct ka_parser *p, const struct ka_node *line,
		       struct ka_route **list, size_t *n)
{
	struct words w = { .p = p, .line = line };
	struct ka_route r = { .pos = line->pos, .type = RTN_UNICAST,
			      .table = RT_TABLE_MAIN };

	if (is(&w, "src") && line->n_words > 2) {	/* may come first */
		address(&w, &r.src);
		w.at++;
	}
	read_type(&w, &r);
	if (is(&w, "to"))
		w.at++;
	if (!w.bad && !prefix_at(&w, &r.dst, &r.prefix)) {
		if (w.at >= line->n_words)
			w.at = line->n_words - 1;
		refuse(&w, "where a route leads to");
	}
	for (w.at++; w.at < line->n_words && !w.bad; w.at++) {
		if (is(&w, "nexthop"))
			read_nexthops(&w, &r);
		else
			read_route_option(&w, &r);
	}
	if (w.bad)
		return;
	route_family(&r);
	*list = ka_grow(p->conf->memory, *list, *n, sizeof(r));
	(*list)[(*n)++] = r;
}

static void read_fwmark(struct words *w, struct ka_rule *r)
{
	const char *word = value(w);
	char *end;

	if (!word)
		return;
	r->fwmark = strtoul(word, &end, 0);
	r->fwmask = UINT32_MAX;
	if (end != word && *end == '/')
		r->fwmask = strtoul(end + 1, &end, 0);
	r->has_fwmark = true;
	if (*end || end == word)
		refuse(w, "a mark");
}

static void read_end(struct words *w, struct dray_addr *addr, uint8_t *prefix)
{
	if (value(w) && !prefix_at(w, addr, prefix))
		refuse(w, "an address");
}

static bool read_action(struct words *w, struct ka_rule *r)
{
	if (is(w, "blackhole"))
		r->action = FR_ACT_BLACKHOLE;
	else if (is(w, "unreachable"))
		r->action = FR_ACT_UNREACHABLE;
	else if (is(w, "prohibit"))
		r->action = FR_ACT_PROHIBIT;
	else if (is(w, "nop"))
		r->action = FR_ACT_NOP;
	else
		return false;
	return true;
}

static void read_rule_option(struct words *w, struct ka_rule *r)
{
	if (is(w, "from")) {
		read_end(w, &r->from, &r->from_prefix);
	} else if (is(w, "to")) {
		read_end(w, &r->to, &r->to_prefix);
	} else if (is(w, "not")) {
		r->invert = true;
	} else if (is(w, "fwmark")) {
		read_fwmark(w, r);
	} else if (is(w, "iif") || is(w, "dev")) {
		r->iif = device(w);
	} else if (is(w, "oif")) {
		r->oif = device(w);
	} else if (is(w, "tos") || is(w, "dsfield")) {
		r->tos = number(w, 0, 255);
	} else if (is(w, "table") || is(w, "lookup")) {
		r->table = table(w);
	} else if (is(w, "priority") || is(w, "preference") || is(w, "order") ||
		   is(w, "pref")) {
		r->priority = number(w, 0, UINT32_MAX);
		r->has_priority = true;
	} else if (is(w, "goto")) {
		r->goto_priority = number(w, 0, UINT32_MAX);
		r->action = FR_ACT_GOTO;
	} else if (is(w, "suppress_prefixlength")) {
		r->suppress_prefixlength = number(w, 0, 128);
		r->has_suppress_prefixlength = true;
	} else if (is(w, "no_track")) {
		r->no_track = true;
	} else if (is(w, "track_group")) {
		value(w);
	} else if (is(w, "inet6")) {
		r->family = AF_INET6;
	} else if (is(w, "inet")) {
		r->family = AF_INET;
	} else if (!read_action(w, r)) {
		refuse(w, "a word of a rule that dray knows");
	}
}

/*
 * As keepalived's, one below the other.  One that the kernel chose would be
 * another each time, so that a rule that is there could not be told from one that
 * is gone.
 */
static void rule_priority(struct ka_parser *p, const struct ka_node *line,
			  struct ka_rule *r)
{
	if (r->has_priority)
		return;
	r->priority = RULE_PRIORITY - p->n_rules++ % RULE_PRIORITY;
	r->has_priority = true;
	ka_say(p, KA_NOTE, line, 0, "as with keepalived",
	       "a rule without priority: it has %u", r->priority);
}

static void read_rule(struct ka_parser *p, const struct ka_node *line,
		      struct ka_rule **list, size_t *n)
{
	struct words w = { .p = p, .line = line };
	struct ka_rule r = { .pos = line->pos, .action = FR_ACT_TO_TBL };

	for (; w.at < line->n_words && !w.bad; w.at++)
		read_rule_option(&w, &r);
	if (!w.bad && r.action == FR_ACT_TO_TBL && !r.table) {
		ka_say(p, KA_ERROR, line, 0, "the line is left out",
		       "a rule needs a table or an action");
		return;
	}
	if (w.bad)
		return;
	if (!r.family)
		r.family = r.from.family ? r.from.family :
			   r.to.family ? r.to.family : AF_INET;
	rule_priority(p, line, &r);
	*list = ka_grow(p->conf->memory, *list, *n, sizeof(r));
	(*list)[(*n)++] = r;
}

void ka_routes_read(struct ka_parser *p, const struct ka_node *node,
		    struct ka_route **list, size_t *n)
{
	const struct ka_node *line;

	for (line = node->children; line; line = line->next)
		if (line->n_words)
			read_route(p, line, list, n);
}

void ka_rules_read(struct ka_parser *p, const struct ka_node *node,
		   struct ka_rule **list, size_t *n)
{
	const struct ka_node *line;

	for (line = node->children; line; line = line->next)
		if (line->n_words)
			read_rule(p, line, list, n);
}

void ka_static_routes(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	(void)raw;
	ka_routes_read(p, node, &p->conf->static_routes,
		       &p->conf->n_static_routes);
}

void ka_static_rules(struct ka_parser *p, struct ka_node *node,
		     struct ka_raw *raw)
{
	(void)raw;
	ka_rules_read(p, node, &p->conf->static_rules, &p->conf->n_static_rules);
}
