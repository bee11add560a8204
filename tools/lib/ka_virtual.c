// SPDX-License-Identifier: GPL-2.0-or-later
/* virtual_server: its keywords, and what they make together. */
#include "ka_server.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static const char *const schedulers[] = {
	"dray", "rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "twos",
	"sh", "mh",
};

/* For the whole of IPVS's list a fixed VIP makes no difference. */
static const char *const pointless[] = { "dh", "lblc", "lblcr" };

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}

static void set_scheduler(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	const char *word = node->words[1].text, *near;

	if (is_one_of(word, schedulers, KA_COUNT(schedulers))) {
		v->scheduler = word;
		return;
	}
	v->scheduler = "dray";
	near = ka_near(word, schedulers, KA_COUNT(schedulers));
	if (is_one_of(word, pointless, KA_COUNT(pointless)))
		ka_say(p, KA_ERROR, node, 1, "dray is taken",
		       "'%s' chooses by the virtual address, which is always the same here",
		       word);
	else
		ka_say(p, KA_ERROR, node, 1, "dray is taken",
		       near ? "no scheduler '%s'; did you mean '%s'?" :
			      "no scheduler '%s'", word, near);
}

bool ka_is_direct(struct ka_parser *p, const struct ka_node *node,
		  const char *what)
{
	const char *word = node->words[1].text;

	if (!strcasecmp(word, "DR"))
		return true;
	if (!strcasecmp(word, "NAT") || !strcasecmp(word, "TUN"))
		ka_say(p, KA_ERROR, node, 1, what,
		       "%s is not done by dray, which forwards directly (DR); IPVS does %s, by ipvsadm or keepalived",
		       word, word);
	else
		ka_say(p, KA_ERROR, node, 1, what, "'%s' is not DR", word);
	return false;
}

static void set_lb_kind(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	struct ka_vs_raw *r = raw->object;

	r->lb_kind = true;
	r->refused = !ka_is_direct(p, node, "the virtual_server is left out");
}

static void set_persistence(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	int64_t seconds = 360;
	size_t at = 1;

	if (node->n_words > 1 &&
	    !ka_get_number(p, node, &at, 0, KA_A_MONTH, &seconds))
		return;
	v->persistent = seconds > 0;
	v->persist_timeout_s = seconds;
}

/* A mask for IPv4, a number of bits for IPv6. */
static void set_granularity(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	const char *word = node->words[1].text;
	long bits;

	if (!dray_mask_parse(word, &v->persist_prefix)) {
		if (dray_number_parse(word, 1, 128, &bits))
			v->persist_prefix = bits;
		else
			ka_say(p, KA_ERROR, node, 1, "it is not set",
			       "'%s' is neither a mask nor a number of bits",
			       word);
	}
}

static void set_protocol(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw)
{
	static const char *const names[] = { "TCP", "UDP", "SCTP" };
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
					     IPPROTO_SCTP };
	struct ka_virtual_server *v = raw->object;
	size_t i;

	for (i = 0; i < KA_COUNT(names); i++) {
		if (!strcasecmp(node->words[1].text, names[i])) {
			v->protocol = protocols[i];
			return;
		}
	}
	ka_say(p, KA_ERROR, node, 1, "it is not set",
	       "'%s' is none of TCP, UDP and SCTP", node->words[1].text);
}

static void set_family(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_vs_raw *r = raw->object;

	if (!strcmp(node->words[1].text, "inet"))
		r->family = AF_INET;
	else if (!strcmp(node->words[1].text, "inet6"))
		r->family = AF_INET6;
	else
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "'%s' is neither inet nor inet6", node->words[1].text);
}

static void set_sorry(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	struct ka_vs_raw *r = raw->object;
	struct ka_real_server *s = ka_alloc(p->conf->memory, sizeof(*s));

	s->pos = ka_word_pos(node, 1);
	s->weight = 1;
	if (!ka_get_addrport(p, node, 1, &s->addr, &s->port))
		return;
	r->v.sorry = s;
	r->sorry = node;
}

static void set_sorry_method(struct ka_parser *p, struct ka_node *node,
			     struct ka_raw *raw)
{
	(void)raw;
	ka_is_direct(p, node, "the sorry_server is reached directly");
}

static void set_down_hold(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	uint64_t us;

	v->has_down_hold = ka_get_time(p, node, 1, 0, 3600000000, &us);
	if (v->has_down_hold)
		v->down_hold_ms = us / 1000;
}

static void set_load_limit(struct ka_parser *p, struct ka_node *node,
			   struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	size_t at = 1;
	int64_t percent;

	v->has_load_limit = ka_get_number(p, node, &at, 0, 1000, &percent);
	if (v->has_load_limit)
		v->load_limit = percent;
	if (v->has_load_limit && percent && percent < 100) {
		ka_say(p, KA_ERROR, node, 1, "it is not set",
		       "a limit under 100 %% of a server's share leaves no server");
		v->has_load_limit = false;
	}
}

#define R ka_vs_raw

static const struct ka_keyword keywords[] = {
	K_LINE("lb_algo", 1, R, v.scheduler, set_scheduler, 1, 1, "a scheduler"),
	K_LINE("lvs_sched", 1, R, v.scheduler, set_scheduler, 1, 1,
	       "a scheduler"),
	K_LINE("lb_kind", 1, R, lb_kind, set_lb_kind, 1, 10, "DR"),
	K_LINE("lvs_method", 1, R, lb_kind, set_lb_kind, 1, 10, "DR"),
	K_LINE("persistence_timeout", 1, R, v.persistent, set_persistence, 0, 1,
	       ""),
	K_LINE("protocol", 1, R, v.protocol, set_protocol, 1, 1, "TCP or UDP"),
	K_LINE("sorry_server", 1, R, v.sorry, set_sorry, 1, 2, "an address"),
	K_BLOCKS("real_server", 1, R, v.real_servers, ka_real_server),
	K_CHECK_COMMON(R),
	K_LINE("persistence_granularity", 2, R, v.persist_prefix,
	       set_granularity, 1, 1, "a mask"),
	K_INT("quorum", 2, R, v.quorum, 1, INT_MAX),
	K_INT("hysteresis", 2, R, v.hysteresis, 0, INT_MAX),
	K_COMMAND("quorum_up", 2, R, v.quorum_up),
	K_COMMAND("quorum_down", 2, R, v.quorum_down),
	K_BOOL("omega", 2, R, v.omega),
	K_BOOL("ha_suspend", 2, R, v.ha_suspend),
	K_STRING("virtualhost", 2, R, v.virtualhost),
	K_INT("weight", 2, R, weight, 0, 65535),
	K_BOOL("inhibit_on_failure", 2, R, v.inhibit_on_failure),
	K_BOOL("smtp_alert", 2, R, v.smtp_alert),
	K_BOOL("sorry_server_inhibit", 2, R, sorry_inhibit),
	K_LINE("sorry_server_lvs_method", 2, R, sorry, set_sorry_method, 1, 10,
	       "DR"),
	K_BOOL("ops", 2, R, v.ops),
	K_BOOL("sh-port", 2, R, v.sh_port),
	K_BOOL("sh-fallback", 2, R, v.sh_fallback),
	K_BOOL("mh-port", 2, R, v.mh_port),
	K_BOOL("mh-fallback", 2, R, v.mh_fallback),
	K_LINE("ip_family", 3, R, family, set_family, 1, 1, "inet or inet6"),
	/* dray's own */
	K_INT("dray_rows", 2, R, v.rows, 4096, 262144),
	K_LINE("dray_load_limit", 2, R, v.load_limit, set_load_limit, 1, 1,
	       "a number of percent"),
	K_INT("dray_slow_start", 2, R, v.slow_start_s, 0, 3600),
	K_LINE("dray_down_hold", 2, R, v.down_hold_ms, set_down_hold, 1, 1,
	       "a number of seconds"),
	/* known, and not needed */
	K_IGNORED("net_mask", 1, KA_NOTE, "was never a keyword of keepalived"),
	K_IGNORED("nat_mask", 1, KA_NOTE, "is of a keepalived long gone"),
	K_IGNORED("flag-1", 3, KA_WARNING,
		  "is not read: write sh-fallback or mh-fallback"),
	K_IGNORED("flag-2", 3, KA_WARNING,
		  "is not read: write sh-port or mh-port"),
	K_IGNORED("flag-3", 3, KA_WARNING, "is not read"),
	K_UNUSED("hashed"), K_UNUSED("persistence_engine"),
	K_UNUSED("snmp_name"),
};

const struct ka_table ka_virtual_table = K_TABLE("virtual_server", keywords);

static struct ka_service_key *one_key(struct ka_parser *p, struct ka_vs_raw *r)
{
	r->v.keys = ka_alloc(p->conf->memory, sizeof(*r->v.keys));
	r->v.keys->pos = r->v.pos;
	r->v.n_keys = 1;
	return r->v.keys;
}

/* "virtual_server ADDR [PORT]", "... fwmark N [inet|inet6]", "... group NAME" */
static bool read_head(struct ka_parser *p, struct ka_node *node,
		      struct ka_vs_raw *r)
{
	const char *word = node->n_words > 1 ? node->words[1].text : "";
	struct ka_service_key *key;
	size_t at = 2;
	int64_t mark;

	if (!strcmp(word, "group")) {
		if (node->n_words < 3) {
			ka_say(p, KA_ERROR, node, 1, "it is left out",
			       "'group' needs a name");
			return false;
		}
		r->group_name = node->words[2].text;
		r->v.name = ka_printf(p->conf->memory, "group %s",
				      r->group_name);
		return true;
	}
	key = one_key(p, r);
	if (!strcmp(word, "fwmark")) {
		if (!ka_get_number(p, node, &at, 1, UINT32_MAX, &mark))
			return false;
		key->fwmark = mark;
		if (at < node->n_words && !strcmp(node->words[at].text, "inet6"))
			r->family = AF_INET6;
		r->v.name = ka_printf(p->conf->memory, "fwmark %u", key->fwmark);
		return true;
	}
	if (!ka_get_addrport(p, node, 1, &key->addr, &key->port))
		return false;
	key->family = key->addr.family;
	r->v.name = ka_printf(p->conf->memory, node->n_words > 2 ? "%s %s" :
			      "%s", word,
			      node->n_words > 2 ? node->words[2].text : "");
	return true;
}

void ka_virtual_server(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *parent)
{
	struct ka_vs_raw *r = ka_alloc(p->conf->memory, sizeof(*r));
	struct ka_raw *made = ka_raw_create(p, node, &ka_virtual_table, r);
	bool good;

	(void)parent;
	r->v.pos = ka_word_pos(node, 1);
	r->v.quorum = 1;
	r->weight = 1;
	r->check.delay_loop_us = 60000000;
	good = read_head(p, node, r);
	ka_block(p, made);
	if (good)
		ka_raw_add(&p->virtual_servers, made);
}
