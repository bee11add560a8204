// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What belongs to no virtual router.  The addresses are looked at in the loop
 * and dealt with in the errands' thread.
 */
#include "statics.h"

#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "errand.h"
#include "fib.h"
#include "holding.h"
#include "link.h"
#include "log.h"
#include "role.h"
#include "router.h"
#include "routes.h"
#include "sock.h"

#define LOOK_US 100000ull	/* not more often: somebody may not want them there */
#define CALM_US 5000000ull	/* nor that often, if somebody goes on */
#define BACK_MAX 20

static struct {
	const struct ka_conf *conf;
	int *ifindexes;			/* of its static addresses */
	struct routes routes;
	struct errand put, look, take;
	struct alarm alarm;
	uint64_t last;			/* look */
	unsigned int lately;		/* looks in a row that put something back */
	/* with errands_lock() */
	bool replaced;			/* another may have taken the place of one */
	bool failed;			/* to set one */
	unsigned int back;		/* that were put back */
} statics;

static int static_index(const struct ka_conf *conf, const struct ka_address *a)
{
	const char *dev = a->dev ? a->dev : conf->globals.default_interface;
	const struct link *link = dev ? link_by_name(dev) : NULL;

	return link ? link->index : 0;
}

static void put_addresses(void)
{
	const struct ka_conf *conf = statics.conf;
	char text[INET6_ADDRSTRLEN];
	size_t i;
	int rc;

	for (i = 0; i < conf->n_static_addresses; i++) {
		const struct ka_address *a = &conf->static_addresses[i];

		rc = address_put(a, statics.ifindexes[i]);
		if (rc)
			log_say(LOG_ERR, "cannot add the static address %s: "
				"%s", dray_addr_text(&a->addr, text,
						     sizeof(text)),
				strerror(-rc));
	}
}

static void begin(struct routes_task *task)
{
	errands_lock();
	task->replaced = statics.replaced;
	task->quiet = statics.failed;
	statics.replaced = false;
	errands_unlock();
}

static void end(const struct routes_task *task)
{
	errands_lock();
	statics.failed = task->failed;
	statics.back += task->back;
	errands_unlock();
}

static void put(void *arg)
{
	struct routes_task task = { 0 };

	(void)arg;
	put_addresses();
	routes_put(&statics.routes, &task);
	end(&task);
}

static void look(void *arg)
{
	struct routes_task task = { 0 };

	(void)arg;
	begin(&task);
	routes_put_back(&statics.routes, &task);
	end(&task);
}

static void take(void *arg)
{
	const struct ka_conf *conf = statics.conf;
	struct routes_task task = { 0 };
	size_t i;

	(void)arg;
	routes_take(&statics.routes, &task);
	for (i = conf->n_static_addresses; i-- > 0;)
		address_take(&conf->static_addresses[i], statics.ifindexes[i]);
}

/* --- in the loop --- */

static void look_at(uint64_t at)
{
	if (at < statics.alarm.at)
		alarm_set(&statics.alarm, at);
}

/* What could not be set is tried again. */
static void done(void *arg)
{
	bool failed;

	(void)arg;
	errands_lock();
	statics.lately = statics.back ? statics.lately + 1 : 0;
	statics.back = 0;
	failed = statics.failed;
	errands_unlock();
	if (failed)
		look_at(now_us() + CALM_US);
}

static void on_alarm(void *arg, uint64_t now)
{
	(void)arg;
	statics.last = now;
	errand_give(&statics.look);
}

/* Return: whether that is known already. */
static bool set_replaced(bool by_name)
{
	bool was;

	errands_lock();
	was = statics.replaced;
	statics.replaced = true;
	statics.back += by_name && !was;
	errands_unlock();
	return was;
}

void look_at_static(const struct fib_change *change)
{
	uint64_t now = now_us(), at = statics.last + LOOK_US;

	if (!statics.conf || !routes_concern(&statics.routes, change))
		return;
	if (change && (change->any || change->replaced) &&
	    !set_replaced(change->replaced))
		routes_say_replaced(&statics.routes, change);
	if (statics.lately > BACK_MAX)
		at = statics.last + CALM_US;
	look_at(at > now ? at : now);
}

void hold_static(const struct ka_conf *conf)
{
	size_t i;

	statics.conf = conf;
	statics.routes = (struct routes){ .kind = "static",
					  .routes = conf->static_routes,
					  .n_routes = conf->n_static_routes,
					  .rules = conf->static_rules,
					  .n_rules = conf->n_static_rules };
	alarm_add(&statics.alarm, on_alarm, NULL);
	statics.put = (struct errand){ .run = put, .done = done };
	statics.look = (struct errand){ .run = look, .done = done };
	statics.ifindexes = calloc(conf->n_static_addresses + 1, sizeof(int));
	if (!statics.ifindexes)
		abort();
	for (i = 0; i < conf->n_static_addresses; i++)
		statics.ifindexes[i] =
			static_index(conf, &conf->static_addresses[i]);
	errand_give(&statics.put);
}

void let_go_static(void)
{
	if (!statics.conf)
		return;
	statics.take.run = take;
	errand_give(&statics.take);
}

/* @ifindex: where; 0 is anywhere, or wanted only. */
static bool is_held(const struct ka_conf *conf, const struct dray_addr *addr,
		    int ifindex)
{
	const struct router *r;
	size_t i;

	for (i = 0; i < conf->n_static_addresses; i++)
		if (!dray_addr_cmp(&conf->static_addresses[i].addr, addr))
			return true;
	for (r = routers; r; r = r->next)
		for (i = 0; i < r->hold.n; i++)
			if ((!ifindex || r->hold.addresses[i].ifindex == ifindex) &&
			    !dray_addr_cmp(&r->hold.addresses[i].conf->addr, addr))
				return true;
	return false;
}

/* an address with our mark that nobody holds */
struct stale {
	struct errand errand;
	struct dray_addr addr;
	uint8_t prefix;
	int ifindex;
};

static void take_stale(void *arg)
{
	struct stale *s = arg;

	address_take_stale(&s->addr, s->prefix, s->ifindex);
}

static void give_stale(const struct link *link, const struct link_addr *a)
{
	struct stale *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->errand.run = take_stale;
	s->errand.done = free;
	s->errand.arg = s;
	s->addr = a->addr;
	s->prefix = a->prefix;
	s->ifindex = link->index;
	errand_give(&s->errand);
}

void sweep_stale(const struct ka_conf *conf)
{
	const struct link *link = NULL;
	char text[INET6_ADDRSTRLEN];
	size_t i;

	while ((link = link_next(link)))
		for (i = 0; i < link->n_addrs; i++) {
			const struct link_addr *a = &link->addrs[i];

			if (a->proto != VRRP_RTPROT ||
			    is_held(conf, &a->addr, link->index))
				continue;
			log_say(LOG_NOTICE, "%s on %s is left over from "
				"before: removed",
				dray_addr_text(&a->addr, text, sizeof(text)),
				link->name);
			give_stale(link, a);
			/* or it would stay silent when somebody else adds it */
			if (!is_held(conf, &a->addr, 0))
				role_remove(&a->addr);
		}
}
