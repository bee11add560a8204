// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing by a table: the first server of a client's row that may have it.
 *
 * State, reach and load are looked at for each packet and change no table, so
 * that what is out for a moment moves only its own clients.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "choice.h"
#include "pool.h"
#include "schedule.h"
#include "server.h"

/* The n-th choice, or NULL where a row has fewer. */
static const struct dray_service_slot *
choice_slot(const struct dray_service_conf *conf, u64 hash, unsigned int n)
{
	u16 position = dray_table_choice(conf->choice->pool->table, hash, n);

	if (position == DRAY_TABLE_NONE)
		return NULL;
	return &conf->slots[conf->choice->slots[position]];
}

struct dray_server *dray_choice_first(const struct dray_service_conf *conf,
				      u64 hash)
{
	const struct dray_service_slot *slot;
	unsigned int n;

	for (n = 0; n < DRAY_TABLE_CHOICES; n++) {
		slot = choice_slot(conf, hash, n);
		if (slot && dray_server_serves(slot))
			return slot->server;
	}
	return pick_stateless(conf, hash);
}

/* Whether a server has max(limit * share, share + 3 * sqrt(share)), where the
 * share is what it should have of the live flows with the one to come; all in
 * sixteenths of a flow.  The root lets few flows spread as unevenly as they do
 * by chance: without it one in ten would be sent elsewhere
 * (reference/algorithms.md, 3.1).  Squares are compared instead: whoever is
 * past the root's largest value by far must not overflow.
 */
static bool choice_loaded(const struct dray_service *service,
			  const struct dray_service_conf *conf,
			  const struct dray_service_slot *slot)
{
	u64 share, has, above, weight = READ_ONCE(service->weight);
	int live = max(atomic_read(&service->live), 0);
	int active = atomic_read(&slot->server->active);

	if (!conf->params.load_limit || !weight)
		return false;
	/* Of a datagram service all flows are open and none is active. */
	if (service->key.protocol == IPPROTO_UDP)
		active += atomic_read(&slot->server->inactive);
	if (active <= 0)
		return false;
	has = (u64)active * 16;
	share = div64_u64((u64)(live + 1) * 16 * slot->params.weight, weight);
	if (has * 100 < share * conf->params.load_limit || has <= share)
		return false;
	above = min_t(u64, has - share, U32_MAX);
	return above * above >= 144 * share;
}

/* A server that has just come gets a part of its clients that grows with time;
 * low bits of the hash, which the row does not depend on, tell which.
 */
static bool choice_starting(const struct dray_service_conf *conf,
			    const struct dray_service_slot *slot, u64 hash)
{
	unsigned long whole = conf->params.slow_start * HZ;
	unsigned long age = jiffies - READ_ONCE(slot->server->up_since);

	return age < whole && (hash & 0xff) >= age * 256 / whole;
}

/* When the rows know nobody: whoever is there, from a place that the hash says
 * on.  As with the other schedulers nobody, if all are above their thresholds.
 */
static const struct dray_service_slot *
choice_any(const struct dray_service_conf *conf, u64 hash)
{
	u32 start = reciprocal_scale((u32)hash, conf->n);
	u32 i;

	for (i = 0; i < conf->n; i++) {
		const struct dray_service_slot *slot;

		slot = &conf->slots[(start + i) % conf->n];
		if (dray_server_usable(slot))
			return slot;
	}
	return NULL;
}

struct dray_server *dray_choice_select(const struct dray_service *service,
				       const struct dray_service_conf *conf,
				       u64 hash, struct dray_server **first)
{
	const struct dray_service_slot *slot, *usable = NULL;
	unsigned int n;

	if (unlikely(!conf->choice))
		return NULL;
	for (n = 0; n < DRAY_TABLE_CHOICES; n++) {
		slot = choice_slot(conf, hash, n);
		if (!slot || !dray_server_serves(slot))
			continue;
		*first = *first ?: slot->server;
		if (READ_ONCE(slot->server->overloaded))
			continue;
		usable = usable ?: slot;
		if (!choice_starting(conf, slot, hash) &&
		    !choice_loaded(service, conf, slot))
			return slot->server;
	}
	usable = usable ?: choice_any(conf, hash);
	return usable ? usable->server : NULL;
}
