// SPDX-License-Identifier: GPL-2.0-or-later
/* See health.h. */
#include "health.h"

#include <stdio.h>

#include "gateway.h"
#include "job.h"
#include "key_json.h"
#include "name.h"
#include "text.h"

/* s: seconds with milliseconds */
static double seconds(uint64_t ms)
{
	return ms / 1000.0;
}

static const char *verdict_name(const struct job *job)
{
	return job->idle ? "suspended" :
	       !job->check.ran ? "not yet" :
	       job->check.verdict == CHECK_UP ?
	       job->check.retried ? "failing" : "up" :
	       job->vip_missing ? "vip-missing" : "down";
}

/* Whether it is the VIP on the server that is looked at, and why if not. */
static void add_path(json_t *to, const struct job *job,
		     const struct ka_checker *asked)
{
	const char *why = job->path ? path_absence(job->path) :
				      asked->own_because;
	char vip[INET6_ADDRSTRLEN];

	if (job->path)
		json_object_set_new(to, "vip", json_string(
			dray_addr_text(&job->path->probe.vip, vip,
				       sizeof(vip))));
	if (why)
		json_object_set_new(to, "own_address_only", json_string(why));
}

static json_t *check_json(const struct job *job,
			  const struct ka_checker *asked, uint64_t now)
{
	const struct check *c = &job->check;
	json_t *made;

	made = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f}",
			 "kind", job->ops->name,
			 "target", name_checker(job->conf),
			 "state", verdict_name(job), "why", job->why,
			 "retries", (int)c->retried,
			 "of_retries", (int)c->timing.retry,
			 "for", seconds(now - c->since),
			 "took", seconds(job->took),
			 "next", seconds(c->due > now ? c->due - now : 0));
	add_path(made, job, asked);
	return made;
}

static json_t *checks_json(const struct real *real, uint64_t now)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < real->n_jobs; i++)
		json_array_append_new(list, check_json(real->jobs[i],
						       real->asked[i], now));
	return list;
}

/* What the kernel has of it, which is what packets meet. */
static const struct dray_server *in_kernel(const struct daemon *d,
					   const struct dray_key *key,
					   const struct real *real)
{
	struct dray_server like = { .addr = real->conf->addr,
				    .port = real->conf->port };
	const struct dray_service *svc =
		dray_table_service(&d->kernel.believed, key);

	return svc ? dray_service_server(svc, &like) : NULL;
}

static void add_override(json_t *to, const struct override *o)
{
	char text[64];

	json_object_set_new(to, "override",
			    json_string(override_text(o, text, sizeof(text))));
	json_object_set_new(to, "override_since", json_integer(o->since));
}

static json_t *real_json(const struct daemon *d, const struct real *real,
			 const struct dray_key *key, uint64_t now)
{
	struct dray_server like = { .addr = real->conf->addr,
				    .port = real->conf->port };
	const struct override *o = override_find(&d->overrides, key, &like);
	const struct dray_server *srv = in_kernel(d, key, real);
	char addr[INET6_ADDRSTRLEN];
	json_t *made;

	dray_addr_text(&real->conf->addr, addr, sizeof(addr));
	made = json_pack("{s:s, s:i, s:b, s:i, s:i, s:s, s:o}",
			 "address", addr, "port", real->conf->port,
			 "alive", real->alive, "weight", (int)real->weight,
			 "configured_weight", real->conf->weight,
			 "state", srv ? dray_state_name(srv->state) : "absent",
			 "checks", checks_json(real, now));
	if (o)
		add_override(made, o);
	return made;
}

/* Servers that are there by hand only. */
static void add_added(const struct daemon *d, const struct dray_key *key,
		      json_t *servers)
{
	char addr[INET6_ADDRSTRLEN];
	const struct override *o;
	json_t *made;
	size_t i;

	for (i = 0; i < d->overrides.n; i++) {
		o = &d->overrides.list[i];
		if (!(o->what & OVERRIDE_ADDED) || dray_key_cmp(&o->key, key))
			continue;
		dray_addr_text(&o->addr, addr, sizeof(addr));
		made = json_pack("{s:s, s:i, s:i, s:s, s:[]}", "address", addr,
				 "port", o->port, "weight", (int)o->weight,
				 "state", dray_state_name(o->state), "checks");
		add_override(made, o);
		json_array_append_new(servers, made);
	}
}

static json_t *service_json(const struct daemon *d, const struct service *svc,
			    uint64_t now)
{
	struct dray_key key = service_key(svc, 0);
	json_t *made, *servers = json_array();
	size_t i;

	for (i = 0; i < svc->n_reals; i++)
		json_array_append_new(servers,
				      real_json(d, &svc->reals[i], &key, now));
	add_added(d, &key, servers);
	made = json_pack("{s:s, s:o, s:b, s:i, s:i, s:I, s:o}",
			 "name", name_service(svc->conf),
			 "service", dray_key_pack(&key),
			 "quorum", svc->quorum.has,
			 "quorum_of", (int)svc->quorum.quorum,
			 "hysteresis", (int)svc->quorum.hysteresis,
			 "alive_weight", (json_int_t)svc->quorum.weight,
			 "servers", servers);
	if (svc->conf->sorry)
		json_object_set_new(made, "sorry_server",
			json_string(name_server(svc->conf, svc->conf->sorry)));
	if (svc->refused[0])
		json_object_set_new(made, "refused",
				    json_string(svc->refused));
	return made;
}

json_t *health_json(const struct daemon *d)
{
	const char *blame = gateway.blame.phase >= BLAME_FROZEN ?
		"this host is cut off: the last good set of servers is kept" :
		"";
	json_t *services = json_array();
	uint64_t now = now_ms();
	size_t i;

	for (i = 0; i < d->services.n; i++)
		json_array_append_new(services,
				      service_json(d, &d->services.list[i],
						   now));
	return json_pack("{s:i, s:s, s:{s:s, s:f, s:b, s:i, s:I, s:I, s:I, "
			 "s:I, s:s, s:o}}", "schema", 1, "kind", "health", "data",
			 "file", d->options.file,
			 "running_for", seconds(now - d->started),
			 "module", d->kernel.present,
			 "checks", (int)jobs.n,
			 "runs", (json_int_t)jobs.runs,
			 "failures", (json_int_t)jobs.failures,
			 "transactions", (json_int_t)d->kernel.transactions,
			 "reloads", (json_int_t)d->reloads,
			 "blame", blame, "services", services);
}
