// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lease is three adverts less 20 %, so that it ends before the fastest
 * backup claims, and never under half a second, so that a hiccup of the
 * scheduler ends nothing.  Every master has one: a backup that is keepalived or
 * FRR never says that it is there, and takes over all the same.
 */
#include "lease.h"

#include <string.h>

#include "hello.h"
#include "link.h"
#include "log.h"

#define LEASE_MIN_MS 500
#define RENEWALS 4			/* within one lease */
#define LOOK_US 1000000ull		/* without a lease: at peers, at the module, hello */
#define PEERS_US 10000000ull		/* for a changed MAC address */

static bool brief;

/* Who has resigned may be ended before it has let go, and its successor does not
 * wait three adverts any more.
 */
static uint32_t lease_ms(const struct router *r)
{
	uint64_t ms = 3ull * r->conf->advert_us * 8 / 10 / 1000;

	if (brief || r->fsm.draining)
		return LEASE_MIN_MS;
	return ms < LEASE_MIN_MS ? LEASE_MIN_MS : ms;
}

/* What is not known yet is there at one of the next looks. */
static void find_peers(struct router *r, uint64_t now)
{
	struct state_peer *p;

	if (now < r->peers_at)
		return;
	r->peers_at = now + PEERS_US;
	r->peers.n = 0;
	for (p = r->record->peers; p < r->record->peers + STATE_PEERS; p++) {
		if (!p->addr.family)
			continue;
		role_find_peer(p, r->ifindex);
		if (!p->has_mac)
			r->peers_at = now + LOOK_US;
		if (p->has_mac)
			memcpy(r->peers.macs[r->peers.n++], p->mac,
			       DRAY_MACLEN);
	}
}

/* RFC 9568, 6.4.3: the owner of the addresses does, whatever Accept_Mode says. */
static bool accepts(const struct router *r)
{
	return r->conf->accept || r->conf->priority == KA_VRRP_OWNER;
}

static void write_roles(struct router *r, bool active)
{
	const struct dray_addr *addr;
	uint32_t ms = lease_ms(r);
	size_t i;

	r->record->lease_ms = active ? ms : 0;
	for (i = 0; i < r->hold.n; i++) {
		addr = &r->hold.addresses[i].conf->addr;
		if (active)
			role_active(addr, ms, accepts(r), &r->peers);
		else
			role_standby(addr, accepts(r), &r->peers);
	}
}

static void say_no_accept(struct router *r)
{
	if (accepts(r) || role_is_open())
		r->record->no_accept_said = false;
	else if (role_is_absent() && !r->record->no_accept_said) {
		log_say(LOG_WARNING, "(%s) no_accept is not acted upon without "
			"dray.ko: this host takes what is sent to the addresses",
			r->conf->name);
		r->record->no_accept_said = true;
	}
}

/* Only an active role has an end that must not come. */
static void plan(struct router *r, bool active, uint64_t now)
{
	uint64_t us = lease_ms(r) * 1000ull / RENEWALS;

	alarm_set(&r->lease, now + (active && us < LOOK_US ? us : LOOK_US));
}

void lease_begin(struct router *r)
{
	if (!role_is_absent())
		write_roles(r, true);
	plan(r, true, now_us());
}

/* It has slept: the state machine has to listen first. */
static bool is_late(const struct router *r, uint64_t now)
{
	return fsm_holds(&r->fsm) &&
	       now - r->fsm.last_sent >= 3ull * r->conf->advert_us;
}

void lease_renew(void *arg, uint64_t now)
{
	struct router *r = arg;

	if (!role_is_absent() && !is_late(r, now)) {
		find_peers(r, now);
		write_roles(r, fsm_holds(&r->fsm));
	}
	say_no_accept(r);
	if (r->fsm.state == FSM_BACKUP)
		hello_send(r);
	plan(r, fsm_holds(&r->fsm), now);
}

void lease_end(struct router *r)
{
	if (!role_is_absent())
		write_roles(r, false);
	plan(r, false, now_us());
}

void lease_shorten(struct router *r)
{
	if (fsm_holds(&r->fsm) && !is_late(r, now_us()))
		lease_begin(r);
}

void lease_be_brief(void)
{
	struct router *r;

	brief = true;
	for (r = routers; r; r = r->next)
		lease_shorten(r);
}

static bool is_ours(const struct dray_addr *addr)
{
	const struct router *r;
	size_t i;

	for (r = routers; r; r = r->next)
		for (i = 0; i < r->hold.n; i++)
			if (!dray_addr_cmp(&r->hold.addresses[i].conf->addr,
					   addr))
				return true;
	return false;
}

static void remember(struct state *state, const struct router *r)
{
	size_t i;

	for (i = 0; i < r->hold.n && state->n_vips < STATE_VIPS; i++)
		state->vips[state->n_vips++] = r->hold.addresses[i].conf->addr;
}

void lease_inherit(struct state *state)
{
	const struct router *r;
	unsigned int i;

	for (i = 0; i < state->n_vips && i < STATE_VIPS; i++)
		if (!is_ours(&state->vips[i]) && !link_is_own(&state->vips[i]))
			role_remove(&state->vips[i]);
	state->n_vips = 0;
	for (r = routers; r; r = r->next)
		remember(state, r);
}

void lease_forget(struct router *r)
{
	size_t i;

	/* of the addresses that were taken away just now, too */
	links_read();
	for (i = 0; i < r->hold.n; i++)
		if (!link_is_own(&r->hold.addresses[i].conf->addr))
			role_remove(&r->hold.addresses[i].conf->addr);
}
