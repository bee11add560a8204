// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses are put with one request each and looked after by the table of
 * link.c.  An address that somebody takes away again and again cannot be held:
 * then the router resigns, and tries again later.
 *
 * One errand per virtual router.  A wish that comes while an earlier one is
 * worked upon ends that one: a router that has resigned meanwhile adds nothing
 * any more.
 */
#include "hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "garp.h"
#include "holding.h"
#include "link.h"
#include "router.h"
#include "vmac.h"

/* for the kernel to tell of an IPv6 address that it has confirmed already */
#define TOLD_US 1000000ull

/* --- in the thread --- */

/* What an errand was given with; none of it changes under it. */
struct task {
	struct router *r;
	enum hold_wish wish;
	unsigned int asked;
	int below, vmac;
	bool failed;
};

/* Return: whether there is anything that is not answered yet. */
static bool begin(struct task *t)
{
	struct hold *h = &t->r->hold;
	bool open;
	size_t i;

	errands_lock();
	open = h->asked != h->answered;
	t->wish = h->wish;
	t->asked = h->asked;
	t->below = h->below;
	for (i = 0; i < h->n; i++)
		h->addresses[i].doing = h->addresses[i].wanted;
	errands_unlock();
	return open;
}

/* Something else is wanted by now. */
static bool is_over(const void *arg)
{
	const struct task *t = arg;
	bool over;

	errands_lock();
	over = t->asked != t->r->hold.asked;
	errands_unlock();
	errand_goes_on();
	return over;
}

static void end(const struct task *t)
{
	struct hold *h = &t->r->hold;

	errands_lock();
	h->answered = t->asked;
	h->failed = t->failed;
	errands_unlock();
}

static int place_of(const struct task *t, const struct hold_address *a)
{
	return a->doing.on_vmac && t->vmac ? t->vmac : a->doing.ifindex;
}

static void say(const struct task *t, const struct hold_address *a,
		const char *what, int rc)
{
	char text[INET6_ADDRSTRLEN];

	log_say(LOG_ERR, "(%s) cannot %s %s/%u: %s", t->r->conf->name, what,
		dray_addr_text(&a->conf->addr, text, sizeof(text)),
		a->conf->prefix, strerror(-rc));
}

static void take(struct task *t, struct hold_address *a)
{
	int place = a->at ? a->at : place_of(t, a), rc;

	if (a->doing.own || !place || (!a->at && !a->doing.seen))
		return;
	rc = address_take(a->conf, place);
	if (rc)
		say(t, a, "remove", rc);
	else
		a->at = 0;
}

static void put(struct task *t, struct hold_address *a)
{
	int place = place_of(t, a), rc = -ENODEV;

	if (a->at && a->at != place)
		take(t, a);
	if (place)
		rc = a->doing.own ? 0 : address_put(a->conf, place);
	a->at = place;
	if (rc)
		say(t, a, "add", rc);
	t->failed |= rc && !a->conf->no_track;
}

/* Routes and rules last, which go by an address. */
static void put_all(struct task *t)
{
	struct routes_task routes = { .is_over = is_over, .arg = t };
	struct hold *h = &t->r->hold;
	size_t i;

	if (t->vmac)
		vmac_set(t->r, t->vmac, true);
	if (t->r->conf->promote_secondaries)
		vmac_promote_secondaries(t->r);
	for (i = 0; i < h->n && !is_over(t); i++)
		put(t, &h->addresses[i]);
	routes_put(&h->routes, &routes);
	t->failed |= routes.failed;
}

static void take_all(struct task *t)
{
	struct routes_task routes = { .is_over = is_over, .arg = t };
	struct hold *h = &t->r->hold;
	size_t i;

	routes_take(&h->routes, &routes);
	for (i = h->n; i-- > 0 && !is_over(t);)
		take(t, &h->addresses[i]);
	if (t->vmac && !is_over(t))
		vmac_set(t->r, t->vmac, false);
}

static void run(void *arg)
{
	struct task t = { .r = arg };

	if (!begin(&t))
		return;
	if (t.r->conf->use_vmac)
		t.vmac = vmac_make(t.r, t.below, t.wish != HOLD_GONE);
	if (t.wish == HOLD_ALL)
		put_all(&t);
	else
		take_all(&t);
	if (t.wish == HOLD_GONE && t.vmac)
		vmac_delete(t.vmac);
	end(&t);
}

/* --- in the loop --- */

/* Whether one that is not there yet has come is asked by on_wait(). */
static void note_shown(struct router *r)
{
	struct hold *h = &r->hold;
	struct hold_address *a;
	const struct link *link;

	for (a = h->addresses; a < h->addresses + h->n; a++) {
		link = link_by_index(a->ifindex);
		a->shown = link && link_has(link, &a->conf->addr);
		if (link && !a->shown && a->conf->addr.family == AF_INET6)
			alarm_set(&r->wait, h->done_at + TOLD_US + 1);
	}
}

static void done(void *arg)
{
	struct router *r = arg;
	struct hold *h = &r->hold;
	bool failed;
	size_t i;

	if (hold_is_pending(r))
		return;
	errands_lock();
	failed = h->failed;
	errands_unlock();
	/* nothing of it changes before the next wish; what should have gone and is
	 * there all the same is nobody's
	 */
	for (i = 0; i < h->n; i++)
		h->addresses[i].ifindex = h->wish == HOLD_ALL ?
						  h->addresses[i].at : 0;
	h->done_at = now_us();
	/* of IPv4 addresses the kernel has told before it confirmed them */
	links_read();
	note_shown(r);
	router_held(r, failed, now_us());
}

bool hold_is_pending(const struct router *r)
{
	bool pending;

	errands_lock();
	pending = r->hold.asked != r->hold.answered;
	errands_unlock();
	return pending;
}

static bool is_on_vmac(const struct router *r, const struct ka_address *a)
{
	return r->conf->use_vmac &&
	       !(a->dev && strcmp(a->dev, r->record->interface));
}

static const struct link *link_of(const struct router *r,
				  const struct ka_address *a)
{
	if (is_on_vmac(r, a) && r->vmac)
		return link_by_index(r->vmac);
	return a->dev ? link_by_name(a->dev) : link_by_index(r->ifindex);
}

/* RFC 9568: an owner's address may be the interface's own; it is left alone. */
static struct hold_place wanted(const struct router *r,
				const struct ka_address *a)
{
	const struct link *link = link_of(r, a);
	const struct link_addr *has = link ? link_has(link, &a->addr) : NULL;

	return (struct hold_place){
		.ifindex = link ? link->index : 0,
		.on_vmac = is_on_vmac(r, a),
		.own = r->conf->priority == PACKET_OWNER && has &&
		       has->proto != VRRP_RTPROT,
		.seen = has,
	};
}

void hold_wish(struct router *r, enum hold_wish wish)
{
	struct hold *h = &r->hold;
	size_t i;

	for (i = 0; wish != HOLD_ALL && i < h->n; i++)
		if (h->addresses[i].ifindex)
			garp_cancel(&h->addresses[i].conf->addr,
				    h->addresses[i].ifindex);
	errands_lock();
	h->wish = wish;
	h->below = r->ifindex;
	h->asked++;
	for (i = 0; i < h->n; i++)
		h->addresses[i].wanted = wanted(r, h->addresses[i].conf);
	errands_unlock();
	errand_give(&h->errand);
}

static bool is_told(const struct hold *h, const struct hold_address *a)
{
	return a->shown || a->conf->addr.family == AF_INET ||
	       now_us() - h->done_at > TOLD_US;
}

static bool is_missing(const struct hold *h, struct hold_address *a)
{
	const struct link *link = link_by_index(a->ifindex);

	if (!link || !link_is_up(link) || a->conf->no_track)
		return false;
	if (!link_has(link, &a->conf->addr))
		return is_told(h, a);
	a->shown = true;
	return false;
}

void hold_check(struct router *r)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int missing = 0;
	size_t i;

	if (hold_is_pending(r))
		return;
	for (i = 0; i < r->hold.n; i++) {
		struct hold_address *a = &r->hold.addresses[i];

		if (!is_missing(&r->hold, a))
			continue;
		log_say(LOG_WARNING, "(%s) %s was removed by something else: "
			"put back", r->conf->name,
			dray_addr_text(&a->conf->addr, text, sizeof(text)));
		missing++;
	}
	if (missing)
		router_put_back(r, missing);
}

void hold_init(struct router *r)
{
	const struct ka_instance *c = r->conf;
	struct hold *h = &r->hold;
	size_t i;

	h->errand = (struct errand){ .run = run, .done = done, .arg = r };
	h->routes = (struct routes){ .kind = "virtual", .owner = c->name,
				     .routes = c->routes,
				     .n_routes = c->n_routes,
				     .rules = c->rules,
				     .n_rules = c->n_rules };
	hold_look_init(r);
	h->n = c->n_addresses + c->n_excluded;
	h->addresses = calloc(h->n + 1, sizeof(*h->addresses));
	if (!h->addresses)
		abort();
	for (i = 0; i < c->n_addresses; i++)
		h->addresses[i].conf = &c->addresses[i];
	for (i = 0; i < c->n_excluded; i++)
		h->addresses[c->n_addresses + i].conf = &c->excluded[i];
}
