// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses are put with one request each and looked after by the table of
 * link.c.  An address that somebody takes away again and again cannot be held:
 * then the router resigns, and tries again later.
 */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "garp.h"
#include "holding.h"
#include "link.h"
#include "role.h"

#define PUT_BACK_MAX 20			/* within PUT_BACK_US */
#define PUT_BACK_US 10000000ull
#define BURST_GAP_US 20000		/* between two of a burst, if none is said */

static const struct link *link_of(const struct router *r,
				  const struct ka_address *a)
{
	if (a->dev && (!r->vmac || strcmp(a->dev, r->record->interface)))
		return link_by_name(a->dev);
	return link_by_index(r->vmac ? r->vmac : r->ifindex);
}

/* RFC 9568: an owner's address may be the interface's own; it is left alone. */
static bool is_hosts_own(const struct router *r, const struct link *link,
			 const struct ka_address *a)
{
	const struct link_addr *has = link_has(link, &a->addr);

	return r->conf->priority == PACKET_OWNER && has &&
	       has->proto != VRRP_RTPROT;
}

static bool put(struct router *r, struct router_address *a)
{
	const struct link *link = link_of(r, a->conf);
	char text[INET6_ADDRSTRLEN];
	int rc = -ENODEV;

	if (link)
		rc = is_hosts_own(r, link, a->conf) ?
			     0 : address_put(a->conf, link->index);

	a->ifindex = link ? link->index : 0;
	if (rc)
		log_say(LOG_ERR, "(%s) cannot add %s/%u to %s: %s",
			r->conf->name,
			dray_addr_text(&a->conf->addr, text, sizeof(text)),
			a->conf->prefix, link ? link->name : "no interface",
			strerror(-rc));
	return !rc || a->conf->no_track;
}

static void put_routes(struct router *r)
{
	size_t i;
	int rc;

	for (i = 0; i < r->conf->n_routes; i++) {
		rc = route_put(&r->conf->routes[i]);
		if (rc)
			log_say(LOG_ERR, "(%s) cannot add the virtual route "
				"of line %u: %s", r->conf->name,
				r->conf->routes[i].pos.line, strerror(-rc));
	}
	for (i = 0; i < r->conf->n_rules; i++) {
		rc = rule_put(&r->conf->rules[i]);
		if (rc)
			log_say(LOG_ERR, "(%s) cannot add the virtual rule "
				"of line %u: %s", r->conf->name,
				r->conf->rules[i].pos.line, strerror(-rc));
	}
}

bool hold_all(struct router *r)
{
	bool good = true;
	size_t i;

	for (i = 0; i < r->n_addresses; i++)
		good &= put(r, &r->addresses[i]);
	put_routes(r);
	return good;
}

static void take(struct router *r, struct router_address *a)
{
	const struct link *link = link_of(r, a->conf);
	char text[INET6_ADDRSTRLEN];
	int rc;

	if (!link)
		return;
	garp_cancel(&a->conf->addr, link->index);
	if (is_hosts_own(r, link, a->conf))
		return;
	rc = link_has(link, &a->conf->addr) || a->ifindex ?
		     address_take(a->conf, link->index) : 0;
	a->ifindex = 0;
	if (rc)
		log_say(LOG_ERR, "(%s) cannot remove %s from %s: %s",
			r->conf->name,
			dray_addr_text(&a->conf->addr, text, sizeof(text)),
			link->name, strerror(-rc));
}

void let_go_all(struct router *r)
{
	size_t i;

	for (i = r->conf->n_rules; i-- > 0;)
		rule_take(&r->conf->rules[i]);
	for (i = r->conf->n_routes; i-- > 0;)
		route_take(&r->conf->routes[i]);
	for (i = r->n_addresses; i-- > 0;)
		take(r, &r->addresses[i]);
}

static bool is_missing(const struct router_address *a)
{
	const struct link *link = link_by_index(a->ifindex);

	return link && link_is_up(link) && !a->conf->no_track &&
	       !link_has(link, &a->conf->addr);
}

void hold_check(struct router *r, uint64_t now)
{
	char text[INET6_ADDRSTRLEN];
	bool back = false;
	size_t i;

	for (i = 0; i < r->n_addresses; i++) {
		struct router_address *a = &r->addresses[i];

		if (!is_missing(a))
			continue;
		log_say(LOG_WARNING, "(%s) %s was removed by something else: "
			"put back", r->conf->name,
			dray_addr_text(&a->conf->addr, text, sizeof(text)));
		r->record->put_back++;
		back = true;
		if (!put(r, a) || ++r->put_back > PUT_BACK_MAX)
			r->cannot_hold = true;
	}
	if (!back)
		return;
	put_routes(r);
	announce_burst(r, now);
	alarm_set(&r->check, r->cannot_hold ? now : now + PUT_BACK_US);
}

static int static_index(const struct ka_conf *conf, const struct ka_address *a)
{
	const char *dev = a->dev ? a->dev : conf->globals.default_interface;
	const struct link *link = dev ? link_by_name(dev) : NULL;

	return link ? link->index : 0;
}

void hold_static(const struct ka_conf *conf)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;
	int rc;

	for (i = 0; i < conf->n_static_addresses; i++) {
		const struct ka_address *a = &conf->static_addresses[i];

		rc = address_put(a, static_index(conf, a));
		if (rc)
			log_say(LOG_ERR, "cannot add the static address %s: "
				"%s", dray_addr_text(&a->addr, text,
						     sizeof(text)),
				strerror(-rc));
	}
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

void let_go_static(const struct ka_conf *conf)
{
	size_t i;

	for (i = conf->n_static_rules; i-- > 0;)
		rule_take(&conf->static_rules[i]);
	for (i = conf->n_static_routes; i-- > 0;)
		route_take(&conf->static_routes[i]);
	for (i = conf->n_static_addresses; i-- > 0;) {
		const struct ka_address *a = &conf->static_addresses[i];

		address_take(a, static_index(conf, a));
	}
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
		for (i = 0; i < r->n_addresses; i++)
			if ((!ifindex || r->addresses[i].ifindex == ifindex) &&
			    !dray_addr_cmp(&r->addresses[i].conf->addr, addr))
				return true;
	return false;
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
			address_take_stale(&a->addr, a->prefix, link->index);
			/* or it would stay silent when somebody else adds it */
			if (!is_held(conf, &a->addr, 0))
				role_remove(&a->addr);
		}
}

/* --- announcing --- */

static bool is_router(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/all/forwarding",
		      O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c != '0';
}

static void announce(struct router *r, unsigned int rounds, uint64_t at)
{
	unsigned int flags = is_router() ? ANNOUNCE_ROUTER : 0;
	const struct ka_garp *garp = &r->conf->garp;
	uint64_t gap;
	size_t i;

	for (i = 0; i < r->n_addresses; i++) {
		const struct router_address *a = &r->addresses[i];
		const struct link *link = link_by_index(a->ifindex);

		if (!link || !link->has_mac)
			continue;
		gap = a->conf->addr.family == AF_INET6 ? garp->gna_interval_us :
							 garp->interval_us;
		garp_want(&a->conf->addr, link->index, link->mac, flags, rounds,
			  gap ? gap : BURST_GAP_US, at, &r->record->garps);
	}
	log_say(LOG_INFO, "(%s) Sending gratuitous ARP on %s for %zu addresses",
		r->conf->name, r->record->interface, r->n_addresses);
}

static void plan_next(struct router *r, uint64_t now, uint64_t delay)
{
	alarm_set(&r->announce, delay ? now + delay : ALARM_NEVER);
}

void announce_burst(struct router *r, uint64_t now)
{
	const struct ka_garp *garp = &r->conf->garp;

	announce(r, garp->repeat, now);
	plan_next(r, now, garp->delay_us ? garp->delay_us : garp->refresh_us);
}

void announce_lower(struct router *r, uint64_t now)
{
	const struct ka_garp *garp = &r->conf->garp;

	announce(r, garp->lower_prio_repeat, now);
	plan_next(r, now, garp->lower_prio_delay_us);
}

/* The second burst; then, as long as it is master, now and then. */
void announce_again(void *arg, uint64_t now)
{
	struct router *r = arg;
	const struct ka_garp *garp = &r->conf->garp;
	bool fresh = now - r->fsm.since < garp->delay_us + FSM_SECOND;

	announce(r, fresh ? garp->repeat : garp->refresh_repeat, now);
	plan_next(r, now, garp->refresh_us);
}
