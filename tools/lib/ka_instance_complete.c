// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the keywords of a vrrp_instance make together, when all of the file is
 * known: version and family, defaults of global_defs, what excludes what.
 */
#include "ka_instance.h"

#include <string.h>

/* of adverts; the counter in them ends at 255 */
#define MOST_IPV4 255
#define MOST_IPV6 90		/* in 1500 bytes */

#define SAID(member) ka_said(raw, offsetof(struct ka_instance_raw, member))
/* what the instance does not say is as global_defs has it */
#define INHERIT(member) do { \
	if (!SAID(i.member)) \
		i->member = def->instance.member; \
} while (0)

static struct ka_instance *of(const struct ka_raw *raw)
{
	return &((struct ka_instance_raw *)raw->object)->i;
}

static bool is_owner_of(const struct ka_instance *i)
{
	return i->priority == KA_VRRP_OWNER;
}

bool ka_vrrp_alert(const struct ka_parser *p)
{
	return ka_said(p->globals, offsetof(struct ka_defaults,
					    smtp_alert_vrrp)) ?
	       p->def.smtp_alert_vrrp : p->def.smtp_alert;
}

static void take_defaults(struct ka_parser *p, struct ka_raw *raw)
{
	const struct ka_defaults *def = &p->def;
	struct ka_instance *i = of(raw);

	INHERIT(strict);
	INHERIT(v3_checksum_as_v2);
	INHERIT(skip_check_adv_addr);
	INHERIT(check_unicast_src);
	INHERIT(lower_prio_no_advert);
	INHERIT(higher_prio_send_advert);
	INHERIT(down_timer_adverts);
	INHERIT(notify.priority_changes);
	if (!SAID(i.priority))
		i->priority = i->state == KA_STATE_MASTER ? KA_VRRP_OWNER : 100;
	if (!SAID(i.smtp_alert))
		i->smtp_alert = ka_vrrp_alert(p);
	if (!SAID(i.accept))
		i->accept = !i->strict || is_owner_of(i);
	if (!SAID(i.priority) && is_owner_of(i))
		ka_say(p, KA_NOTE, raw->node, 1, NULL,
		       "state MASTER without a priority means 255: it owns the addresses");
}

static void take_garp(struct ka_parser *p, struct ka_raw *raw)
{
	const struct ka_defaults *def = &p->def;
	struct ka_instance *i = of(raw);

	INHERIT(garp.delay_us);
	INHERIT(garp.repeat);
	INHERIT(garp.refresh_us);
	INHERIT(garp.refresh_repeat);
	INHERIT(garp.interval_us);
	INHERIT(garp.gna_interval_us);
	if (def->min_garp && !SAID(i.garp.repeat))
		i->garp.repeat = 1;
	if (def->min_garp && !SAID(i.garp.delay_us))
		i->garp.delay_us = 0;
	if (def->min_garp && !SAID(i.garp.refresh_us) &&
	    !ka_said(p->globals, offsetof(struct ka_defaults,
					  instance.garp.refresh_us)))
		i->garp.refresh_us = 0;
	if (!SAID(i.garp.lower_prio_delay_us))
		i->garp.lower_prio_delay_us =
			ka_said(p->globals, offsetof(struct ka_defaults,
				instance.garp.lower_prio_delay_us)) ?
			def->instance.garp.lower_prio_delay_us : i->garp.delay_us;
	if (!SAID(i.garp.lower_prio_repeat))
		i->garp.lower_prio_repeat =
			ka_said(p->globals, offsetof(struct ka_defaults,
				instance.garp.lower_prio_repeat)) ?
			def->instance.garp.lower_prio_repeat : i->garp.repeat;
}

static uint8_t family_of(const struct ka_instance_raw *r)
{
	const struct ka_instance *i = &r->i;

	if (r->native_ipv6)
		return AF_INET6;
	if (i->n_addresses)
		return i->addresses[0].addr.family;
	if (i->n_peers)
		return i->peers[0].addr.family;
	if (i->source.family)
		return i->source.family;
	if (i->n_excluded)
		return i->excluded[0].addr.family;
	return AF_INET;
}

static void take_version(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance *i = of(raw);
	struct ka_node *said = SAID(i.version);

	i->family = family_of(raw->object);
	if (!said)
		i->version = p->def.version;
	if (i->family == AF_INET6 && i->version == 2) {
		if (said)
			ka_say(p, KA_WARNING, said, 1, "version 3 is taken",
			       "version 2 has no IPv6");
		i->version = 3;
	}
}

static bool has_vrid(struct ka_parser *p, struct ka_raw *raw)
{
	if (SAID(i.vrid))
		return true;
	ka_say(p, KA_ERROR, raw->node, 1, "the instance is left out",
	       "vrrp_instance '%s' has no virtual_router_id", of(raw)->name);
	return false;
}

static bool has_link(struct ka_parser *p, struct ka_raw *raw)
{
	const struct ka_instance *i = of(raw);

	if (i->interface || i->n_peers)
		return true;
	ka_say(p, KA_ERROR, raw->node, 1, "the instance is left out",
	       "vrrp_instance '%s' has no interface", i->name);
	return false;
}

static void exclude(struct ka_parser *p, struct ka_instance *i,
		    const struct ka_address *a)
{
	i->excluded = ka_grow(p->conf->memory, i->excluded, i->n_excluded,
			      sizeof(*a));
	i->excluded[i->n_excluded++] = *a;
}

static bool seen_before(const struct ka_address *list, size_t n,
			const struct ka_address *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!dray_addr_cmp(&list[i].addr, &a->addr))
			return true;
	return false;
}

static void say_at(struct ka_parser *p, enum ka_severity severity,
		   const struct ka_pos *pos, const char *text, const char *done)
{
	ka_message_add(p->conf, severity, pos,
		       ka_strdup(p->conf->memory, text), done);
}

/* An advert has addresses of one family, each once, and not too many. */
static void sort_addresses(struct ka_parser *p, struct ka_instance *i)
{
	size_t most = i->family == AF_INET ? MOST_IPV4 : MOST_IPV6;
	size_t n = i->n_addresses, k;
	const struct ka_address *a;

	i->n_addresses = 0;
	for (k = 0; k < n; k++) {
		a = &i->addresses[k];
		if (seen_before(i->addresses, i->n_addresses, a)) {
			say_at(p, KA_WARNING, &a->pos,
			       "this address is in the list already",
			       "once is enough");
		} else if (a->addr.family != i->family) {
			say_at(p, KA_WARNING, &a->pos,
			       "an advert has addresses of one family",
			       "taken as virtual_ipaddress_excluded");
			exclude(p, i, a);
		} else if (i->n_addresses == most) {
			say_at(p, KA_WARNING, &a->pos,
			       "more addresses than an advert has room for",
			       "taken as virtual_ipaddress_excluded");
			exclude(p, i, a);
		} else {
			i->addresses[i->n_addresses++] = *a;
		}
	}
}

/* RFC 9568, 5.2.9; the order of the others is as the file has it. */
static void link_local_first(struct ka_parser *p, struct ka_instance *i)
{
	static const char text[] =
		"the first address of an IPv6 advert is a link-local one";
	struct ka_address *list = i->addresses, a;
	size_t k = 0;

	if (i->family != AF_INET6 || !i->n_addresses)
		return;
	while (k < i->n_addresses && !IN6_IS_ADDR_LINKLOCAL(&list[k].addr.in6))
		k++;
	if (!k)
		return;
	if (k == i->n_addresses) {
		say_at(p, KA_NOTE, &list[0].pos, text, "there is none");
		return;
	}
	say_at(p, KA_NOTE, &list[k].pos, text, "taken as the first");
	a = list[k];
	memmove(&list[1], &list[0], k * sizeof(a));
	list[0] = a;
}

static void set_devices(struct ka_instance *i, struct ka_address *list, size_t n)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (!list[k].dev)
			list[k].dev = i->interface;
}

static void take_advert_int(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance_raw *r = raw->object;
	struct ka_node *said = SAID(advert_us);
	uint64_t us = r->advert_us, step = r->i.version == 2 ? 1000000 : 10000;
	uint64_t most = r->i.version == 2 ? 255000000 : 40950000;

	us = (us + step / 2) / step * step;
	us = us < step ? step : us > most ? most : us;
	if (said && us != r->advert_us)
		ka_say(p, KA_WARNING, said, 1,
		       ka_printf(p->conf->memory, "%u.%02u is taken",
				 (unsigned int)(us / 1000000),
				 (unsigned int)(us / 10000 % 100)),
		       r->i.version == 2 ?
		       "version 2 has whole seconds from 1 to 255" :
		       "version 3 has hundredths of a second up to 40.95");
	r->i.advert_us = us;
}

static bool take_auth(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance_raw *r = raw->object;
	struct ka_node *said = SAID(i.auth);

	if (r->auth_ah) {
		ka_say(p, KA_ERROR, said, 0, "the instance is left out",
		       "auth_type AH is not done, and without it '%s' would be open to all",
		       r->i.name);
		return false;
	}
	if (r->i.auth && r->i.version == 3) {
		ka_say(p, KA_WARNING, said, 0, "none is used",
		       "version 3 has no authentication");
		r->i.auth = KA_AUTH_NONE;
	}
	if (r->i.auth && !r->has_auth_pass) {
		ka_say(p, KA_ERROR, said, 0, "none is used",
		       "authentication without auth_pass");
		r->i.auth = KA_AUTH_NONE;
	}
	if (!r->i.auth)
		memset(r->i.auth_pass, 0, sizeof(r->i.auth_pass));
	return true;
}

static void check_peers(struct ka_parser *p, struct ka_instance *i)
{
	size_t n = i->n_peers, k;
	struct ka_peer *peer;

	i->n_peers = 0;
	for (k = 0; k < n; k++) {
		peer = &i->peers[k];
		if (peer->addr.family != i->family)
			say_at(p, KA_ERROR, &peer->pos,
			       "this peer is of the other family than the adverts",
			       "it is left out");
		else if (!dray_addr_cmp(&peer->addr, &i->source))
			say_at(p, KA_ERROR, &peer->pos,
			       "this peer is unicast_src_ip: the instance itself",
			       "it is left out");
		else if (peer->min_ttl > peer->max_ttl)
			say_at(p, KA_ERROR, &peer->pos,
			       "min_ttl is more than max_ttl", "it is left out");
		else
			i->peers[i->n_peers++] = *peer;
	}
}

static void take_source(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance_raw *r = raw->object;
	struct ka_instance *i = &r->i;
	struct ka_node *said = SAID(i.source);

	if (!said) {
		i->source = r->mcast_source;
		said = SAID(mcast_source);
	}
	if (i->source.family && i->source.family != i->family) {
		ka_say(p, KA_ERROR, said, 1, "the interface's address is used",
		       "this source is of the other family than the adverts");
		i->source.family = 0;
	}
	check_peers(p, i);
	if (i->mcast_group.family != i->family) {
		if (i->mcast_group.family)
			ka_say(p, KA_ERROR, SAID(i.mcast_group), 1,
			       "the usual group is used",
			       "this group is of the other family than the adverts");
		i->mcast_group = i->family == AF_INET ? p->def.mcast_group4 :
							p->def.mcast_group6;
	}
}

static void take_preempt(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance *i = of(raw);

	if (i->state == KA_STATE_MASTER && i->nopreempt) {
		ka_say(p, KA_WARNING, SAID(i.nopreempt), 0, "it preempts",
		       "nopreempt needs state BACKUP");
		i->nopreempt = false;
	}
	if (i->state == KA_STATE_MASTER && i->preempt_delay_us) {
		ka_say(p, KA_WARNING, SAID(i.preempt_delay_us), 0, "ignored",
		       "preempt_delay needs state BACKUP");
		i->preempt_delay_us = 0;
	}
	if (i->nopreempt && i->preempt_delay_us) {
		ka_say(p, KA_WARNING, SAID(i.preempt_delay_us), 0, "ignored",
		       "preempt_delay means nothing with nopreempt");
		i->preempt_delay_us = 0;
	}
}

/* What strict mode forbids is kept, and strict mode given up: the addresses
 * are worth more. */
static void check_strict(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance *i = of(raw);
	const char *why = i->auth ? "authentication" :
			  i->n_peers ? "unicast_peer" :
			  !i->n_addresses ? "having no virtual_ipaddress" : NULL;

	if (!i->strict || !why)
		return;
	ka_say(p, KA_ERROR, raw->node, 1, "it runs without strict mode",
	       "strict mode (vrrp_strict) forbids %s", why);
	i->strict = false;
	if (!SAID(i.accept))
		i->accept = true;
}

bool ka_instance_complete(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_instance *i = of(raw);

	take_version(p, raw);
	if (!has_vrid(p, raw) || !take_auth(p, raw))
		return false;
	take_defaults(p, raw);
	take_garp(p, raw);
	take_advert_int(p, raw);
	sort_addresses(p, i);
	link_local_first(p, i);
	set_devices(i, i->addresses, i->n_addresses);
	set_devices(i, i->excluded, i->n_excluded);
	take_source(p, raw);
	if (!has_link(p, raw))
		return false;
	take_preempt(p, raw);
	check_strict(p, raw);
	ka_resolve_tracks(p, i->tracks, &i->n_tracks);
	return true;
}
