// SPDX-License-Identifier: GPL-2.0-or-later
/* See leftover.h. */
#include "leftover.h"

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

static bool route_stays(const struct ka_route *route)
{
	struct block b;
	size_t i, j;

	for (i = 0; i <= leftover.now->n_instances; i++)
		for (b = block_of(leftover.now, i), j = 0; j < b.n_routes; j++)
			if (route_same(&b.routes[j], route))
				return true;
	return false;
}

static bool rule_stays(const struct ka_rule *rule)
{
	struct block b;
	size_t i, j;

	for (i = 0; i <= leftover.now->n_instances; i++)
		for (b = block_of(leftover.now, i), j = 0; j < b.n_rules; j++)
			if (rule_same(&b.rules[j], rule))
				return true;
	return false;
}

static void take_rules(struct block b)
{
	while (b.n_rules-- > 0) {
		errand_goes_on();
		if (!rule_stays(&b.rules[b.n_rules]))
			rule_take(&b.rules[b.n_rules]);
	}
}

static void take_routes(struct block b)
{
	while (b.n_routes-- > 0) {
		errand_goes_on();
		if (!route_stays(&b.routes[b.n_routes]))
			route_take(&b.routes[b.n_routes]);
	}
}

/* Rules first, as they lead to the routes. */
static void take(void *arg)
{
	const struct ka_conf *before = leftover.before;
	size_t i;

	(void)arg;
	for (i = 0; i <= before->n_instances; i++)
		take_rules(block_of(before, i));
	for (i = 0; i <= before->n_instances; i++)
		take_routes(block_of(before, i));
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
