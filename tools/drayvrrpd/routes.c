// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel is not asked what is there, which it could only answer with a whole
 * table: it is told to add, and refuses what it has.
 */
#include "routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "fib.h"
#include "holding.h"
#include "link.h"
#include "log.h"

static bool is_over(const struct routes_task *task)
{
	return task->is_over && task->is_over(task->arg);
}

/* "(VI_1) " or nothing */
#define OWNER "%s%s%s"
#define OWNER_OF(r) (r)->owner ? "(" : "", (r)->owner ? (r)->owner : "", \
	(r)->owner ? ") " : ""

static void cannot(const struct routes *r, const struct routes_task *task,
		   const char *what, unsigned int line, int rc)
{
	if (!task->quiet)
		log_say(LOG_ERR, OWNER "cannot add the %s %s of line %u: %s",
			OWNER_OF(r), r->kind, what, line, strerror(-rc));
}

static void was_gone(const struct routes *r, struct routes_task *task,
		     const char *what, unsigned int line)
{
	log_say(LOG_WARNING, OWNER "the %s %s of line %u was removed by "
		"something else: put back", OWNER_OF(r), r->kind, what, line);
	task->back++;
}

void routes_put(const struct routes *r, struct routes_task *task)
{
	size_t i;
	int rc;

	for (i = 0; i < r->n_routes && !is_over(task); i++) {
		rc = route_put(&r->routes[i]);
		if (rc)
			cannot(r, task, "route", r->routes[i].pos.line, rc);
		task->failed |= rc && !r->routes[i].no_track;
	}
	for (i = 0; i < r->n_rules && !is_over(task); i++) {
		rc = rule_put(&r->rules[i]);
		if (rc && rc != -EEXIST)
			cannot(r, task, "rule", r->rules[i].pos.line, rc);
		task->failed |= rc && rc != -EEXIST && !r->rules[i].no_track;
	}
}

static void route_put_back(const struct routes *r, struct routes_task *task,
			   const struct ka_route *route)
{
	int rc = route_add(route);

	if (!rc)
		was_gone(r, task, "route", route->pos.line);
	/* this one, or another in its place: the same once more is no harm */
	if (rc == -EEXIST)
		rc = task->replaced ? route_put(route) : 0;
	if (rc)
		cannot(r, task, "route", route->pos.line, rc);
	task->failed |= rc != 0;
}

static void rule_put_back(const struct routes *r, struct routes_task *task,
			  const struct ka_rule *rule)
{
	int rc = rule_put(rule);

	if (!rc)
		was_gone(r, task, "rule", rule->pos.line);
	else if (rc != -EEXIST)
		cannot(r, task, "rule", rule->pos.line, rc);
	task->failed |= rc && rc != -EEXIST;
}

void routes_put_back(const struct routes *r, struct routes_task *task)
{
	size_t i;

	for (i = 0; i < r->n_routes && !is_over(task); i++)
		if (!r->routes[i].no_track)
			route_put_back(r, task, &r->routes[i]);
	for (i = 0; i < r->n_rules && !is_over(task); i++)
		if (!r->rules[i].no_track)
			rule_put_back(r, task, &r->rules[i]);
}

void routes_take(const struct routes *r, struct routes_task *task)
{
	size_t i;

	for (i = r->n_rules; i-- > 0 && !is_over(task);)
		rule_take(&r->rules[i]);
	for (i = r->n_routes; i-- > 0 && !is_over(task);)
		route_take(&r->routes[i]);
}

/* --- was it one of these? --- */

static bool same_prefix(const struct dray_addr *a, const struct dray_addr *b,
			uint8_t prefix)
{
	uint8_t whole = prefix / 8, rest = prefix % 8;

	return !memcmp(a->bytes, b->bytes, whole) &&
	       (!rest || !((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)));
}

static bool is_route(const struct ka_route *route, const struct fib_change *c)
{
	uint8_t protocol = route->protocol ? route->protocol : VRRP_RTPROT;
	uint8_t prefix = route->dst.family ? route->prefix : 0;

	return !route->no_track && route->family == c->family && route->table == c->table &&
	       route_metric(route) == c->priority && prefix == c->prefix &&
	       (protocol == c->protocol) != c->replaced &&
	       (route->tos == c->tos || route->family == AF_INET6) &&
	       same_prefix(&route->dst, &c->dst, prefix);
}

static const struct ka_route *find(const struct routes *r,
				   const struct fib_change *c)
{
	size_t i;

	for (i = 0; i < r->n_routes; i++)
		if (is_route(&r->routes[i], c))
			return &r->routes[i];
	return NULL;
}

static bool has_rule(const struct routes *r, const struct fib_change *c)
{
	size_t i;

	for (i = 0; c->protocol == VRRP_RTPROT && i < r->n_rules; i++)
		if (r->rules[i].family == c->family &&
		    r->rules[i].priority == c->priority)
			return true;
	return false;
}

bool routes_concern(const struct routes *r, const struct fib_change *c)
{
	if (!c || c->any)
		return r->n_routes || r->n_rules;
	return c->rule ? has_rule(r, c) : find(r, c) != NULL;
}

void routes_say_replaced(const struct routes *r, const struct fib_change *c)
{
	const struct ka_route *route = c->replaced ? find(r, c) : NULL;

	if (route)
		log_say(LOG_WARNING, OWNER "the %s route of line %u was "
			"replaced by something else: put back", OWNER_OF(r),
			r->kind, route->pos.line);
}
