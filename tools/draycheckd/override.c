// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A change by hand is what the kernel has and the daemon did not write.  One
 * that leads back to what the configuration and the checks want lifts itself.
 */
#include "override.h"

#include <stdio.h>

#include "mem.h"
#include "text.h"

static bool is_of(const struct override *o, const struct dray_key *key,
		  const struct dray_server *srv)
{
	return !dray_key_cmp(&o->key, key) &&
	       (!srv || (o->port == srv->port &&
			 !dray_addr_cmp(&o->addr, &srv->addr)));
}

const struct override *override_find(const struct overrides *o,
				     const struct dray_key *key,
				     const struct dray_server *srv)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (o->list[i].what && is_of(&o->list[i], key, srv))
			return &o->list[i];
	return NULL;
}

struct override *override_make(struct overrides *o, const struct dray_key *key,
			       const struct dray_server *srv)
{
	struct override *made;
	size_t i;

	for (i = 0; i < o->n; i++)
		if (is_of(&o->list[i], key, srv))
			return &o->list[i];
	if (o->n == o->room) {
		o->room = 2 * o->room + 8;
		o->list = reallocarray(o->list, o->room, sizeof(*o->list));
		if (!o->list)
			abort();
	}
	made = &o->list[o->n++];
	memset(made, 0, sizeof(*made));
	made->key = *key;
	made->addr = srv->addr;
	made->port = srv->port;
	made->since = time(NULL);
	return made;
}

/* Entries that override nothing any more. */
static void sweep(struct overrides *o)
{
	size_t i, kept = 0;

	for (i = 0; i < o->n; i++)
		if (o->list[i].what)
			o->list[kept++] = o->list[i];
	o->n = kept;
}

struct detection {
	struct overrides *o;
	const struct dray_key *key;
	override_fn tell;
	bool found;
};

static void set(struct detection *d, const struct dray_server *srv,
		unsigned int clear, unsigned int what)
{
	struct override *o = override_make(d->o, d->key, srv);
	unsigned int was = o->what;

	o->what = (was & ~clear) | what;
	if (what & OVERRIDE_STATE)
		o->state = srv->state;
	if (what & (OVERRIDE_WEIGHT | OVERRIDE_ADDED))
		o->weight = srv->weight;
	if (what & OVERRIDE_ADDED)
		o->state = srv->state;
	o->since = time(NULL);
	d->found = true;
	if (d->tell)
		d->tell(o, was);
}

static void detect_gone(struct detection *d, const struct dray_server *srv,
			const struct dray_server *planned)
{
	const unsigned int all = OVERRIDE_STATE | OVERRIDE_WEIGHT |
				 OVERRIDE_ADDED;

	set(d, srv, all, planned ? OVERRIDE_REMOVED : 0);
}

static void detect_new(struct detection *d, const struct dray_server *srv,
		       const struct dray_server *planned)
{
	unsigned int what = 0;

	if (!planned) {
		set(d, srv, OVERRIDE_REMOVED, OVERRIDE_ADDED);
		return;
	}
	if (srv->state != planned->state)
		what |= OVERRIDE_STATE;
	if (srv->weight != planned->weight)
		what |= OVERRIDE_WEIGHT;
	set(d, srv, OVERRIDE_REMOVED, what);
}

static void detect_changed(struct detection *d,
			   const struct dray_server *believed,
			   const struct dray_server *now,
			   const struct dray_server *planned)
{
	unsigned int clear = 0, what = 0;

	if (!planned) {
		set(d, now, 0, OVERRIDE_ADDED);
		return;
	}
	if (believed->state != now->state) {
		clear |= OVERRIDE_STATE;
		what |= now->state != planned->state ? OVERRIDE_STATE : 0;
	}
	if (believed->weight != now->weight) {
		clear |= OVERRIDE_WEIGHT;
		what |= now->weight != planned->weight ? OVERRIDE_WEIGHT : 0;
	}
	set(d, now, clear, what);
}

static void detect_service(struct detection *d,
			   const struct dray_service *believed,
			   const struct dray_service *now,
			   const struct dray_service *planned)
{
	const struct dray_server *was, *is, *plan;
	size_t i;

	for (i = 0; i < believed->n_servers; i++) {
		was = &believed->servers[i];
		is = dray_service_server(now, was);
		plan = planned ? dray_service_server(planned, was) : NULL;
		if (!is)
			detect_gone(d, was, plan);
		else if (is->state != was->state || is->weight != was->weight)
			detect_changed(d, was, is, plan);
	}
	for (i = 0; i < now->n_servers; i++) {
		is = &now->servers[i];
		if (!dray_service_server(believed, is))
			detect_new(d, is, planned ?
				   dray_service_server(planned, is) : NULL);
	}
}

/*
 * @believed: what this daemon has last written or read; @now: what there is;
 * @planned: what it would be without any override.  A service that is gone
 * altogether is no override: it is put back as configured.
 * Return: whether anything was changed by hand.
 */
bool override_detect(struct overrides *o, const struct dray_table *believed,
		     const struct dray_table *now,
		     const struct dray_table *planned, override_fn tell)
{
	struct detection d = { .o = o, .tell = tell };
	const struct dray_service *is;
	size_t i;

	for (i = 0; i < believed->n_services; i++) {
		d.key = &believed->services[i].key;
		is = dray_table_service(now, d.key);
		if (is)
			detect_service(&d, &believed->services[i], is,
				       dray_table_service(planned, d.key));
	}
	sweep(o);
	return d.found;
}

/* srv NULL: all of the service.  Return: how many there were. */
size_t override_lift(struct overrides *o, const struct dray_key *key,
		     const struct dray_server *srv)
{
	size_t i, n = 0;

	for (i = 0; i < o->n; i++) {
		if (!is_of(&o->list[i], key, srv))
			continue;
		o->list[i].what = 0;
		n++;
	}
	sweep(o);
	return n;
}

static void remove_server(struct dray_service *svc, struct dray_server *srv)
{
	size_t i = srv - svc->servers;

	svc->n_servers--;
	memmove(srv, srv + 1, (svc->n_servers - i) * sizeof(*srv));
}

static void add_server(struct dray_service *svc, const struct override *o)
{
	struct dray_server srv;

	dray_server_defaults(&srv);
	srv.addr = o->addr;
	srv.port = o->port;
	srv.has |= DRAY_BIT(DRAY_A_SERVER_STATE);
	srv.weight = o->weight;
	srv.state = o->state;
	dray_service_add_server(svc, &srv);
}

static void apply_one(const struct override *o, struct dray_service *svc)
{
	struct dray_server like = { .addr = o->addr, .port = o->port };
	struct dray_server *srv = dray_service_server(svc, &like);

	if (!srv) {
		if (o->what & OVERRIDE_ADDED)
			add_server(svc, o);
		return;
	}
	if (o->what & OVERRIDE_REMOVED) {
		remove_server(svc, srv);
		return;
	}
	if (o->what & OVERRIDE_STATE)
		srv->state = o->state;
	if (o->what & OVERRIDE_WEIGHT)
		srv->weight = o->weight;
}

void override_apply(const struct overrides *o, struct dray_table *wanted)
{
	struct dray_service *svc;
	size_t i;

	for (i = 0; i < o->n; i++) {
		svc = dray_table_service(wanted, &o->list[i].key);
		if (svc)
			apply_one(&o->list[i], svc);
	}
}

/* "drain, weight 3" */
const char *override_text(const struct override *o, char *buf, size_t len)
{
	char weight[32] = "";

	if (o->what & OVERRIDE_WEIGHT)
		snprintf(weight, sizeof(weight), "%sweight %u",
			 o->what & OVERRIDE_STATE ? ", " : "", o->weight);
	if (o->what & OVERRIDE_REMOVED)
		snprintf(buf, len, "removed");
	else if (o->what & OVERRIDE_ADDED)
		snprintf(buf, len, "added");
	else
		snprintf(buf, len, "%s%s", o->what & OVERRIDE_STATE ?
			 dray_state_name(o->state) : "", weight);
	return buf;
}

void overrides_free(struct overrides *o)
{
	free(o->list);
	memset(o, 0, sizeof(*o));
}
