// SPDX-License-Identifier: GPL-2.0-or-later
/* See leftover.h. */
#include "leftover.h"

#include <string.h>

#include "errand.h"
#include "holding.h"
#include "ka.h"

static struct {
	const struct ka_conf *before, *now;
	struct errand errand;
} leftover;

struct block {
	const struct ka_route *routes;
	const struct ka_rule *rules;
	size_t n_routes, n_rules;
};

/* Each virtual router's, and the static ones as the last. */
static struct block block_of(const struct ka_conf *conf, size_t i)
{
	const struct ka_instance *c;

	if (i == conf->n_instances)
		return (struct block){ conf->static_routes, conf->static_rules,
				       conf->n_static_routes,
				       conf->n_static_rules };
	c = conf->instances[i];
	return (struct block){ c->routes, c->rules, c->n_routes, c->n_rules };
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_addr(const struct dray_addr *a, const struct dray_addr *b)
{
	return a->family == b->family &&
	       (!a->family || !dray_addr_cmp(a, b));
}

/* One for the kernel: the later took the place of the earlier. */
static bool same_route(const struct ka_route *a, const struct ka_route *b)
{
	return a->family == b->family && a->table == b->table &&
	       (a->tos == b->tos || a->family == AF_INET6) &&
	       route_metric(a) == route_metric(b) &&
	       a->prefix == b->prefix && same_addr(&a->dst, &b->dst);
}

static bool same_rule(const struct ka_rule *a, const struct ka_rule *b)
{
	return a->family == b->family && a->priority == b->priority &&
	       a->table == b->table && a->action == b->action &&
	       a->goto_priority == b->goto_priority && a->tos == b->tos &&
	       a->invert == b->invert && a->has_fwmark == b->has_fwmark &&
	       a->fwmark == b->fwmark && a->fwmask == b->fwmask &&
	       a->has_suppress_prefixlength == b->has_suppress_prefixlength &&
	       a->suppress_prefixlength == b->suppress_prefixlength &&
	       a->from_prefix == b->from_prefix &&
	       a->to_prefix == b->to_prefix && same_addr(&a->from, &b->from) &&
	       same_addr(&a->to, &b->to) && same_text(a->iif, b->iif) &&
	       same_text(a->oif, b->oif);
}

static bool route_stays(const struct ka_route *route)
{
	struct block b;
	size_t i, j;

	for (i = 0; i <= leftover.now->n_instances; i++)
		for (b = block_of(leftover.now, i), j = 0; j < b.n_routes; j++)
			if (same_route(&b.routes[j], route))
				return true;
	return false;
}

static bool rule_stays(const struct ka_rule *rule)
{
	struct block b;
	size_t i, j;

	for (i = 0; i <= leftover.now->n_instances; i++)
		for (b = block_of(leftover.now, i), j = 0; j < b.n_rules; j++)
			if (same_rule(&b.rules[j], rule))
				return true;
	return false;
}

/* Rules first, as they lead to the routes.  What was a backup's is not there. */
static void take(void *arg)
{
	const struct ka_conf *before = leftover.before;
	struct block b;
	size_t i, j;

	(void)arg;
	for (i = 0; i <= before->n_instances; i++)
		for (b = block_of(before, i), j = b.n_rules; j-- > 0;)
			if (!rule_stays(&b.rules[j]))
				rule_take(&b.rules[j]);
	for (i = 0; i <= before->n_instances; i++)
		for (b = block_of(before, i), j = b.n_routes; j-- > 0;)
			if (!route_stays(&b.routes[j]))
				route_take(&b.routes[j]);
}

void leftover_take(const struct ka_conf *before, const struct ka_conf *now)
{
	if (!before)
		return;
	leftover.before = before;
	leftover.now = now;
	leftover.errand.run = take;
	errand_give(&leftover.errand);
}
