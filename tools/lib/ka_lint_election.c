// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Elections that cannot come out as they are meant: weights without effect,
 * peers that are this machine, links that are not here.  What only the other
 * director's file could tell is told as arithmetic.
 */
#include "ka_lint.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static bool own_address(const struct ifaddrs *list, const struct dray_addr *addr)
{
	const void *bytes;

	for (; list; list = list->ifa_next) {
		if (!list->ifa_addr || list->ifa_addr->sa_family != addr->family)
			continue;
		bytes = addr->family == AF_INET ?
			(void *)&((struct sockaddr_in *)list->ifa_addr)->sin_addr :
			(void *)&((struct sockaddr_in6 *)list->ifa_addr)->sin6_addr;
		if (!memcmp(bytes, addr->bytes, dray_addr_len(addr)))
			return true;
	}
	return false;
}

/* What failure takes off the priority, or success adds to it. */
static int step(const struct ka_track *track)
{
	return track->weight < 0 ? -track->weight : track->weight;
}

static int clamped(int priority)
{
	return priority < 1 ? 1 : priority > KA_VRRP_OWNER - 1 ?
	       KA_VRRP_OWNER - 1 : priority;
}

/* Whether the priority differs between success and failure of this one alone. */
static bool has_effect(const struct ka_instance *i, const struct ka_track *t)
{
	int up = t->reverse ? -t->weight : t->weight;

	return clamped(i->priority + up) != clamped(i->priority);
}

static void lint_weights(struct ka_conf *conf, const struct ka_instance *i)
{
	const struct ka_track *t, *least = NULL;
	int best = i->priority, worst = i->priority;
	size_t k;

	for (k = 0; k < i->n_tracks; k++) {
		t = &i->tracks[k];
		if (!t->weight)
			continue;
		if (i->priority == KA_VRRP_OWNER || !has_effect(i, t)) {
			ka_lint_say(conf, KA_WARNING, &t->pos, NULL,
				    i->priority == KA_VRRP_OWNER ?
				    "priority 255 is never changed: the weight of '%s' has no effect" :
				    "the weight of '%s' has no effect on a priority of %u",
				    t->name, i->priority);
			continue;
		}
		if ((t->weight > 0) != t->reverse)
			best += step(t);
		else
			worst -= step(t);
		if (!least || step(t) < step(least))
			least = t;
	}
	if (!least)
		return;
	if (i->nopreempt)
		ka_lint_say(conf, KA_WARNING, &i->pos, NULL,
			    "'%s' has nopreempt: a director with it does not take over from a master whose priority falls, so weights move nothing between two of these",
			    i->name);
	ka_lint_say(conf, KA_NOTE, &least->pos,
		    "only a director with a priority in between takes over",
		    "'%s' falls from %d to %d when all that it tracks fails, and by %d when only '%s' does",
		    i->name, clamped(best), clamped(worst), step(least),
		    least->name);
}

static void lint_links(struct ka_conf *conf, const struct ka_instance *i)
{
	const char *done = conf->globals.dynamic_interfaces ?
			   NULL : "it is in FAULT until there is one";
	size_t k;

	if (i->interface && !if_nametoindex(i->interface))
		ka_lint_say(conf, KA_WARNING, &i->pos, done,
			    "'%s' needs interface %s, which is not on this machine",
			    i->name, i->interface);
	for (k = 0; k < i->n_tracks; k++)
		if (i->tracks[k].kind == KA_TRACK_INTERFACE &&
		    !if_nametoindex(i->tracks[k].name))
			ka_lint_say(conf, KA_WARNING, &i->tracks[k].pos, NULL,
				    "interface %s is not on this machine",
				    i->tracks[k].name);
}

static void lint_unicast(struct ka_conf *conf, const struct ka_instance *i,
			 const struct ifaddrs *own)
{
	size_t k;

	if (i->source.family && !own_address(own, &i->source))
		ka_lint_say(conf, KA_WARNING, &i->pos, NULL,
			    "'%s' sends from an address that this machine has not",
			    i->name);
	for (k = 0; k < i->n_peers; k++)
		if (own_address(own, &i->peers[k].addr))
			ka_lint_say(conf, KA_ERROR, &i->peers[k].pos, NULL,
				    "this peer is this machine itself");
}

/* An address that two instances own is announced by two masters. */
static void lint_addresses(struct ka_conf *conf, size_t which)
{
	const struct ka_instance *i = conf->instances[which], *other;
	size_t o, a, b;

	for (o = 0; o < which; o++) {
		other = conf->instances[o];
		for (a = 0; a < i->n_addresses; a++)
			for (b = 0; b < other->n_addresses; b++)
				if (!dray_addr_cmp(&i->addresses[a].addr,
						   &other->addresses[b].addr))
					ka_lint_say(conf, KA_WARNING,
						    &i->addresses[a].pos, NULL,
						    "this address is also of vrrp_instance '%s', line %u",
						    other->name,
						    other->addresses[b].pos.line);
	}
}

static bool tracks(const struct ka_track *list, size_t n,
		   const struct ka_vrrp_script *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i].kind == KA_TRACK_SCRIPT && list[i].script == s)
			return true;
	return false;
}

static void lint_script(struct ka_conf *conf, const struct ka_vrrp_script *s)
{
	bool used = false;
	size_t i;

	for (i = 0; i < conf->n_instances; i++)
		used |= tracks(conf->instances[i]->tracks,
			       conf->instances[i]->n_tracks, s);
	for (i = 0; i < conf->n_sync_groups; i++)
		used |= tracks(conf->sync_groups[i]->tracks,
			       conf->sync_groups[i]->n_tracks, s);
	if (!used)
		ka_lint_say(conf, KA_WARNING, &s->pos, "it is never run",
			    "nothing tracks vrrp_script '%s'", s->name);
	if (s->timeout_us > s->interval_us)
		ka_lint_say(conf, KA_WARNING, &s->pos,
			    "a run begins when the last one has ended",
			    "vrrp_script '%s' may take longer (timeout) than its interval",
			    s->name);
}

void ka_lint_elections(struct ka_conf *conf)
{
	struct ifaddrs *own = NULL;
	size_t i;

	if (getifaddrs(&own))
		own = NULL;
	for (i = 0; i < conf->n_scripts; i++)
		lint_script(conf, conf->scripts[i]);
	for (i = 0; i < conf->n_instances; i++) {
		lint_links(conf, conf->instances[i]);
		lint_weights(conf, conf->instances[i]);
		if (own)
			lint_unicast(conf, conf->instances[i], own);
		lint_addresses(conf, i);
	}
	if (own)
		freeifaddrs(own);
}
