// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A check, complete: what it does not say itself it has of its real_server, then
 * of the virtual_server, then by default of its kind.
 */
#include "ka_server.h"

#include <string.h>

#define SECOND 1000000

static const struct {
	const char *name;
	unsigned int retry;
	uint64_t delay_before_retry_us;		/* 0: delay_loop */
	bool connects;				/* has connect_ip and the like */
} kinds[] = {
	[KA_TCP_CHECK] = { "TCP_CHECK", 1, SECOND, true },
	[KA_HTTP_GET] = { "HTTP_GET", 1, 3 * SECOND, true },
	[KA_SSL_GET] = { "SSL_GET", 1, 3 * SECOND, true },
	[KA_UDP_CHECK] = { "UDP_CHECK", 1, SECOND, true },
	[KA_DNS_CHECK] = { "DNS_CHECK", 3, 0, true },
	[KA_PING_CHECK] = { "PING_CHECK", 1, SECOND, true },
	[KA_SMTP_CHECK] = { "SMTP_CHECK", 1, SECOND, true },
	[KA_MISC_CHECK] = { "MISC_CHECK", 0, SECOND, false },
	[KA_FILE_CHECK] = { "FILE_CHECK", 0, SECOND, false },
};

#define SAID(raw, type, member) ka_said(raw, offsetof(struct type, member))
/* the nearest of the three that says it, else @otherwise */
#define INHERITED(member, otherwise) \
	(SAID(raw, ka_checker_raw, check.member) ? r->check.member : \
	 SAID(rs, ka_rs_raw, check.member) ? s->check.member : \
	 SAID(vs, ka_vs_raw, check.member) ? v->check.member : (otherwise))

static void take_common(struct ka_parser *p, struct ka_raw *vs,
			struct ka_raw *rs, struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;
	const struct ka_rs_raw *s = rs->object;
	const struct ka_vs_raw *v = vs->object;
	struct ka_checker *c = &r->c;

	c->delay_loop_us = INHERITED(delay_loop_us, v->check.delay_loop_us);
	c->connect_timeout_us = INHERITED(connect_timeout_us, 5 * SECOND);
	c->retry = INHERITED(retry, kinds[c->type].retry);
	c->delay_before_retry_us = INHERITED(delay_before_retry_us,
		kinds[c->type].delay_before_retry_us ?: c->delay_loop_us);
	c->warmup_us = INHERITED(warmup_us, c->delay_loop_us);
	c->alpha = INHERITED(alpha, false);
	c->probe = INHERITED(probe, c->type == KA_TCP_CHECK ||
			     c->type == KA_HTTP_GET || c->type == KA_SSL_GET);
	if (!SAID(raw, ka_checker_raw, c.log_all_failures))
		c->log_all_failures = p->def.globals.checker_log_all_failures;
}

static bool take_target(struct ka_parser *p, const struct ka_raw *raw,
			const struct ka_real_server *s, uint16_t port)
{
	struct ka_checker *c = &((struct ka_checker_raw *)raw->object)->c;

	if (!kinds[c->type].connects)
		return true;
	c->own_target = (c->addr.family && dray_addr_cmp(&c->addr, &s->addr)) ||
			(c->port && c->port != port);
	if (!c->addr.family)
		c->addr = s->addr;
	if (!c->port)
		c->port = port;
	if (c->bind_addr.family && c->bind_addr.family != c->addr.family) {
		ka_say(p, KA_ERROR, SAID(raw, ka_checker_raw, c.bind_addr), 1,
		       "any address is used",
		       "bindto is of the other family than what is checked");
		c->bind_addr.family = 0;
	}
	if (c->port || c->type == KA_PING_CHECK)
		return true;
	ka_say(p, KA_ERROR, raw->node, 0, "the check is left out",
	       "%s knows no port: neither the real_server nor connect_port says one",
	       kinds[c->type].name);
	return false;
}

static void take_http(struct ka_parser *p, const struct ka_raw *raw,
		      const struct ka_real_server *s)
{
	struct ka_checker_raw *r = raw->object;
	struct ka_http *http = &r->c.http;
	static const struct ka_status_range good = { 200, 299 };
	struct ka_url *url;
	size_t i;

	if (!http->n_urls) {
		ka_say(p, KA_WARNING, raw->node, 0, "/ is asked for",
		       "%s without a url", kinds[r->c.type].name);
		http->urls = ka_alloc(p->conf->memory, sizeof(*http->urls));
		http->urls->pos = raw->node->pos;
		http->urls->path = "/";
		http->n_urls = 1;
	}
	for (i = 0; i < http->n_urls; i++) {
		url = &http->urls[i];
		if (!url->virtualhost)
			url->virtualhost = r->check.virtualhost ?
					   r->check.virtualhost : s->virtualhost;
		if (url->n_status)
			continue;
		url->status = ka_alloc(p->conf->memory, sizeof(good));
		*url->status = good;
		url->n_status = 1;
	}
}

static void take_smtp(struct ka_parser *p, struct ka_checker *c)
{
	struct ka_smtp_host *host;
	size_t i;

	if (!c->smtp.n_hosts) {
		c->smtp.hosts = ka_alloc(p->conf->memory, sizeof(*host));
		c->smtp.hosts->pos = c->pos;
		c->smtp.n_hosts = 1;
	}
	for (i = 0; i < c->smtp.n_hosts; i++) {
		host = &c->smtp.hosts[i];
		if (!host->addr.family)
			host->addr = c->addr;
		if (!host->port)
			host->port = c->port;
		if (!host->bind_addr.family)
			host->bind_addr = c->bind_addr;
	}
}

static bool take_misc(struct ka_parser *p, const struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;

	if (!r->c.misc.command) {
		ka_say(p, KA_ERROR, raw->node, 0, "the check is left out",
		       "MISC_CHECK has no misc_path");
		return false;
	}
	ka_set_user(r->c.misc.command, r->user);
	if (!r->c.misc.timeout_us)
		r->c.misc.timeout_us = r->c.delay_loop_us;
	return true;
}

static bool take_file(struct ka_parser *p, const struct ka_raw *raw)
{
	struct ka_checker_raw *r = raw->object;
	struct ka_conf *conf = p->conf;
	size_t i;

	for (i = 0; r->file && i < conf->n_track_files; i++)
		if (!strcmp(conf->track_files[i]->name, r->file))
			r->c.file.file = conf->track_files[i];
	if (!r->c.file.file) {
		ka_say(p, KA_ERROR, raw->node, 0, "the check is left out",
		       r->file ? "no track_file '%s'" :
				 "FILE_CHECK has no track_file", r->file);
		return false;
	}
	if (!r->file_weight) {
		r->c.file.weight = r->c.file.file->weight;
		r->c.file.reverse = r->c.file.file->reverse;
	}
	return true;
}

static bool has_key(const struct ka_virtual_server *v, uint8_t family,
		    const struct dray_addr *addr)
{
	size_t i;

	for (i = 0; i < v->n_keys; i++)
		if (!v->keys[i].fwmark && (!family || v->keys[i].family == family) &&
		    (!addr || !dray_addr_cmp(&v->keys[i].addr, addr)))
			return true;
	return false;
}

/* What a packet that is to go to the VIP on that server cannot have.
 * Return: NULL if nothing is in the way. */
static const char *rules_out(const struct ka_virtual_server *v,
			     const struct ka_checker *c)
{
	if (!has_key(v, 0, NULL))
		return "a firewall mark names no virtual address";
	if (!has_key(v, c->addr.family, NULL))
		return "the server is of the other family";
	if (c->own_target)
		return "the check has a connect_ip or connect_port of its own";
	if (c->fwmark)
		return "the check has a fwmark of its own";
	if (c->bind_if || c->bind_port)
		return "the check has a bind_if or bind_port";
	if (c->bind_addr.family && has_key(v, 0, &c->bind_addr))
		return "bindto is the virtual address";
	return NULL;
}

static void take_probe(const struct ka_virtual_server *v, struct ka_checker *c)
{
	if (!c->probe)
		return;
	c->own_because = rules_out(v, c);
	c->probe = !c->own_because;
}

static bool complete(struct ka_parser *p, struct ka_raw *vs, struct ka_raw *rs,
		     struct ka_raw *raw)
{
	struct ka_rs_raw *s = rs->object;
	struct ka_vs_raw *v = vs->object;
	struct ka_checker *c = &((struct ka_checker_raw *)raw->object)->c;

	take_common(p, vs, rs, raw);
	if (!take_target(p, raw, &s->r, s->r.port))
		return false;
	take_probe(&v->v, c);
	if (c->type == KA_HTTP_GET || c->type == KA_SSL_GET)
		take_http(p, raw, &s->r);
	if (c->type == KA_SMTP_CHECK)
		take_smtp(p, c);
	if (c->type == KA_MISC_CHECK)
		return take_misc(p, raw);
	if (c->type == KA_FILE_CHECK)
		return take_file(p, raw);
	return true;
}

void ka_checkers_complete(struct ka_parser *p, struct ka_raw *vs,
			  struct ka_raw *rs)
{
	struct ka_real_server *s = &((struct ka_rs_raw *)rs->object)->r;
	struct ka_checker *c;
	struct ka_raw *raw;

	for (raw = rs->children; raw; raw = raw->next) {
		if (!complete(p, vs, rs, raw))
			continue;
		c = &((struct ka_checker_raw *)raw->object)->c;
		s->checkers = ka_grow(p->conf->memory, s->checkers,
				      s->n_checkers, sizeof(c));
		s->checkers[s->n_checkers++] = c;
		s->alpha |= c->alpha;
	}
}
