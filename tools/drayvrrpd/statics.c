// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What belongs to no virtual router.  The addresses are looked at in the loop
 * and dealt with in the errands' thread.
 */
#include "statics.h"

#include <stdlib.h>
#include <string.h>

#include "errand.h"
#include "holding.h"
#include "link.h"
#include "log.h"
#include "role.h"
#include "router.h"

static struct {
	const struct ka_conf *conf;
	int *ifindexes;			/* of its static addresses */
	struct errand put, take;
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

static void put(void *arg)
{
	const struct ka_conf *conf = statics.conf;
	size_t i;
	int rc;

	(void)arg;
	put_addresses();
	for (i = 0; i < conf->n_static_routes; i++) {
		rc = route_put(&conf->static_routes[i]);
		if (rc)
			log_say(LOG_ERR, "cannot add the static route of line "
				"%u: %s", conf->static_routes[i].pos.line,
				strerror(-rc));
	}
	for (i = 0; i < conf->n_static_rules; i++) {
		rc = rule_put(&conf->static_rules[i]);
		if (rc)
			log_say(LOG_ERR, "cannot add the static rule of line "
				"%u: %s", conf->static_rules[i].pos.line,
				strerror(-rc));
	}
}

static void take(void *arg)
{
	const struct ka_conf *conf = statics.conf;
	size_t i;

	(void)arg;
	for (i = conf->n_static_rules; i-- > 0;)
		rule_take(&conf->static_rules[i]);
	for (i = conf->n_static_routes; i-- > 0;)
		route_take(&conf->static_routes[i]);
	for (i = conf->n_static_addresses; i-- > 0;)
		address_take(&conf->static_addresses[i], statics.ifindexes[i]);
}

void hold_static(const struct ka_conf *conf)
{
	size_t i;

	statics.conf = conf;
	statics.put.run = put;
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
