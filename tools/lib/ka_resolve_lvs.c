// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtual servers, complete: keys of groups, defaults, what real servers have of
 * them, and which of them cannot be.
 */
#include "ka_server.h"

#include <netinet/in.h>
#include <string.h>

#define VS_SAID(member) ka_said(raw, offsetof(struct ka_vs_raw, member))
#define RS_SAID(member) ka_said(rs, offsetof(struct ka_rs_raw, member))
#define GLOBAL_SAID(member) \
	ka_said(p->globals, offsetof(struct ka_defaults, member))

static bool has_kind(struct ka_parser *p, const struct ka_raw *raw)
{
	const struct ka_vs_raw *r = raw->object;

	if (r->refused || r->lb_kind)
		return !r->refused;
	ka_say(p, KA_ERROR, raw->node, 1, "it is left out",
	       "no lb_kind: keepalived would take NAT, which dray does not do; write lb_kind DR");
	return false;
}

static bool take_keys(struct ka_parser *p, const struct ka_raw *raw)
{
	struct ka_vs_raw *r = raw->object;
	struct ka_virtual_server *v = &r->v;

	if (r->group_name) {
		v->group = ka_vs_group_named(p, raw->node, 2);
		if (!v->group)
			return false;
		v->keys = v->group->keys;
		v->n_keys = v->group->n_keys;
	}
	if (!v->n_keys) {
		ka_say(p, KA_ERROR, raw->node, 2, "it is left out",
		       "virtual_server_group '%s' is empty", r->group_name);
		return false;
	}
	if (v->keys[0].fwmark && !v->group)
		v->keys[0].family = r->family ? r->family : AF_INET;
	return true;
}

static bool only_marks(const struct ka_virtual_server *v)
{
	size_t i;

	for (i = 0; i < v->n_keys && v->keys[i].fwmark; i++)
		;
	return i == v->n_keys;
}

/* Whether one of the checks speaks UDP: then so does the service. */
static bool checks_udp(const struct ka_raw *raw)
{
	const struct ka_raw *rs, *c;
	enum ka_checker_type type;

	for (rs = raw->children; rs; rs = rs->next) {
		for (c = rs->children; c; c = c->next) {
			type = ((struct ka_checker_raw *)c->object)->c.type;
			if (type == KA_UDP_CHECK || type == KA_DNS_CHECK)
				return true;
		}
	}
	return false;
}

static void take_protocol(struct ka_parser *p, const struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;

	if (only_marks(v)) {
		v->protocol = 0;
		return;
	}
	if (v->protocol)
		return;
	v->protocol = checks_udp(raw) ? IPPROTO_UDP : IPPROTO_TCP;
	ka_say(p, KA_WARNING, raw->node, 1,
	       v->protocol == IPPROTO_UDP ? "UDP is taken" : "TCP is taken",
	       "no protocol: keepalived takes UDP");
}

static void take_options(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	uint8_t bits = dray_addr_bits(v->keys[0].family);

	if (!v->scheduler) {
		v->scheduler = "dray";
		ka_say(p, KA_NOTE, raw->node, 1, "dray is taken",
		       "no lb_algo: keepalived takes wlc");
	}
	if (v->persist_prefix > bits) {
		ka_say(p, KA_ERROR, VS_SAID(v.persist_prefix), 1,
		       "every client is taken alone",
		       "more bits than an address has");
		v->persist_prefix = 0;
	}
	if (!v->persist_prefix)
		v->persist_prefix = bits;
	if (v->ops && v->protocol != IPPROTO_UDP && v->protocol) {
		ka_say(p, KA_WARNING, VS_SAID(v.ops), 0, "ignored",
		       "ops is for UDP");
		v->ops = false;
	}
	v->delay_loop_us = ((struct ka_vs_raw *)raw->object)->check.delay_loop_us;
	v->alpha = ((struct ka_vs_raw *)raw->object)->check.alpha;
	if (!VS_SAID(v.smtp_alert))
		v->smtp_alert = GLOBAL_SAID(smtp_alert_checker) ?
				p->def.smtp_alert_checker : p->def.smtp_alert;
}

/* A packet reaches the server as it came: with the service's port. */
static void take_port(struct ka_parser *p, const struct ka_virtual_server *v,
		      struct ka_real_server *s, const char *what)
{
	size_t i;

	for (i = 0; i < v->n_keys; i++)
		if (v->keys[i].fwmark || v->keys[i].port != v->keys[0].port)
			return;
	if (s->port && s->port != v->keys[0].port)
		ka_message_add(p->conf, KA_WARNING, &s->pos,
			ka_printf(p->conf->memory,
				  "a %s is reached at the service's port, %u",
				  what, v->keys[0].port),
			"that is taken");
	s->port = v->keys[0].port;
}

static bool rs_alert(struct ka_parser *p, struct ka_raw *raw,
		     const struct ka_virtual_server *v)
{
	if (VS_SAID(v.smtp_alert))
		return v->smtp_alert;
	if (GLOBAL_SAID(smtp_alert_checker))
		return p->def.smtp_alert_checker;
	if (GLOBAL_SAID(smtp_alert))
		return p->def.smtp_alert;
	return !p->def.no_checker_emails;
}

static void complete_real(struct ka_parser *p, struct ka_raw *raw,
			  struct ka_raw *rs)
{
	struct ka_vs_raw *r = raw->object;
	struct ka_real_server *s = rs->object;

	if (!RS_SAID(r.weight))
		s->weight = r->weight;
	if (!RS_SAID(r.inhibit_on_failure))
		s->inhibit_on_failure = r->v.inhibit_on_failure;
	if (!s->virtualhost)
		s->virtualhost = r->v.virtualhost;
	if (!RS_SAID(r.smtp_alert))
		s->smtp_alert = rs_alert(p, raw, &r->v);
	if (s->u_threshold && s->l_threshold > s->u_threshold) {
		ka_say(p, KA_ERROR, RS_SAID(r.l_threshold), 0, "ignored",
		       "lthreshold is more than uthreshold");
		s->l_threshold = 0;
	}
	take_port(p, &r->v, s, "real_server");
	s->alpha = false;
	ka_checkers_complete(p, raw, rs);
}

static bool has_real(struct ka_parser *p, const struct ka_virtual_server *v,
		     const struct ka_raw *rs)
{
	const struct ka_real_server *s = rs->object, *other;
	size_t i;

	for (i = 0; i < v->n_real_servers; i++) {
		other = v->real_servers[i];
		if (other->port == s->port &&
		    !dray_addr_cmp(&other->addr, &s->addr)) {
			ka_say(p, KA_ERROR, rs->node, 1, "this one is left out",
			       "this real_server is there already, in line %u",
			       other->pos.line);
			return true;
		}
	}
	return false;
}

static void take_reals(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	struct ka_real_server *s;
	struct ka_raw *rs;

	for (rs = raw->children; rs; rs = rs->next) {
		complete_real(p, raw, rs);
		if (has_real(p, v, rs))
			continue;
		s = rs->object;
		v->real_servers = ka_grow(p->conf->memory, v->real_servers,
					  v->n_real_servers, sizeof(s));
		v->real_servers[v->n_real_servers++] = s;
	}
	if (v->sorry) {
		take_port(p, v, v->sorry, "sorry_server");
		v->sorry->inhibit_on_failure =
			((struct ka_vs_raw *)raw->object)->sorry_inhibit;
	}
}

static void check_quorum(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_virtual_server *v = raw->object;
	unsigned int total = 0;
	size_t i;

	for (i = 0; i < v->n_real_servers; i++)
		total += v->real_servers[i]->weight;
	if (VS_SAID(v.quorum) && v->quorum > total && total) {
		ka_say(p, KA_WARNING, VS_SAID(v.quorum), 1,
		       ka_printf(p->conf->memory, "%u is taken", total),
		       "a quorum of %u is never reached: all weights together are %u",
		       v->quorum, total);
		v->quorum = total;
	}
	if (v->hysteresis >= v->quorum && v->hysteresis) {
		ka_say(p, KA_WARNING, VS_SAID(v.hysteresis), 1,
		       ka_printf(p->conf->memory, "%u is taken", v->quorum - 1),
		       "hysteresis has to be less than the quorum, %u", v->quorum);
		v->hysteresis = v->quorum - 1;
	}
}

static bool same_key(const struct ka_service_key *a,
		     const struct ka_service_key *b)
{
	return a->family == b->family && a->fwmark == b->fwmark &&
	       (a->fwmark || (a->port == b->port &&
			      !dray_addr_cmp(&a->addr, &b->addr)));
}

/* The kernel has room for one service of a key. */
static bool is_taken(struct ka_parser *p, const struct ka_raw *raw)
{
	const struct ka_virtual_server *v = raw->object, *other;
	struct ka_conf *conf = p->conf;
	size_t i, a, b;

	for (i = 0; i < conf->n_virtual_servers; i++) {
		other = conf->virtual_servers[i];
		if (other->protocol != v->protocol &&
		    other->protocol && v->protocol)
			continue;
		for (a = 0; a < v->n_keys; a++) {
			for (b = 0; b < other->n_keys; b++) {
				if (!same_key(&v->keys[a], &other->keys[b]))
					continue;
				ka_say(p, KA_ERROR, raw->node, 1,
				       "this one is left out",
				       "this service is there already, in line %u",
				       other->pos.line);
				return true;
			}
		}
	}
	return false;
}

void ka_resolve_lvs(struct ka_parser *p)
{
	struct ka_conf *conf = p->conf;
	struct ka_virtual_server *v;
	struct ka_raw *raw;

	for (raw = p->virtual_servers.first; raw; raw = raw->next) {
		if (!has_kind(p, raw) || !take_keys(p, raw))
			continue;
		take_protocol(p, raw);
		if (is_taken(p, raw))
			continue;
		take_options(p, raw);
		take_reals(p, raw);
		check_quorum(p, raw);
		v = raw->object;
		conf->virtual_servers = ka_grow(conf->memory,
						conf->virtual_servers,
						conf->n_virtual_servers,
						sizeof(v));
		conf->virtual_servers[conf->n_virtual_servers++] = v;
	}
}
