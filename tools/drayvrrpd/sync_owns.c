// SPDX-License-Identifier: GPL-2.0-or-later
/* States are read from the state file, where the worker writes them. */
#include "sync_owns.h"

#define LINGER_US 2000000ull

static struct {
	const struct ka_conf *conf;
	struct state *state;
} owns;

void sync_owns_open(const struct ka_conf *conf, struct state *state)
{
	owns.conf = conf;
	owns.state = state;
}

static bool is_master(const struct ka_instance *c, uint64_t now)
{
	const struct state_router *r;
	const struct state_move *last;

	r = state_find(owns.state, c->interface ? c->interface : "", c->family,
		       c->vrid);
	if (!r || !r->moves)
		return false;
	last = &r->history[(r->moves - 1) % STATE_HISTORY];
	return r->state == FSM_MASTER ||
	       (last->from == FSM_MASTER && now - last->at < LINGER_US);
}

static bool has(const struct ka_instance *c, const struct dray_addr *vip)
{
	size_t i;

	for (i = 0; i < c->n_addresses; i++)
		if (!dray_addr_cmp(&c->addresses[i].addr, vip))
			return true;
	for (i = 0; i < c->n_excluded; i++)
		if (!dray_addr_cmp(&c->excluded[i].addr, vip))
			return true;
	return false;
}

bool sync_owns(const struct dray_addr *vip, uint64_t now)
{
	bool known = false;
	size_t i;

	for (i = 0; i < owns.conf->n_instances; i++) {
		if (!has(owns.conf->instances[i], vip))
			continue;
		known = true;
		if (is_master(owns.conf->instances[i], now))
			return true;
	}
	return !known;
}

bool sync_owns_any(uint64_t now)
{
	size_t i;

	for (i = 0; i < owns.conf->n_instances; i++)
		if (is_master(owns.conf->instances[i], now))
			return true;
	return !owns.conf->n_instances;
}
