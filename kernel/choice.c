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
#include "explain.h"
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

bool dray_choice_tells(const struct dray_service_conf *conf, u64 hash,
		       u32 server)
{
	const struct dray_service_slot *slot = choice_slot(conf, hash, 0);

	return slot->server->id == server &&
	       slot->params.state == DRAY_SERVER_STATE_UP;
}

struct dray_server *dray_choice_left(const struct dray_service_conf *conf,
				     u64 hash)
{
	struct dray_server *server = choice_slot(conf, hash, 0)->server;
	unsigned long since = READ_ONCE(server->left_since);
	unsigned long hold = msecs_to_jiffies(conf->params.down_hold);

	return since && time_before(jiffies, since + hold) ? server : NULL;
}

/* Flows of a server that count for the load limit.  Of a datagram service all
 * flows are open and none is active.  A director that has just taken over has no
 * entries yet of most that are there: it goes by what the other has counted.
 */
static u32 choice_active(const struct dray_service *service,
			 const struct dray_service_slot *slot)
{
	const struct dray_server *server = slot->server;
	u32 told = dray_server_told(server, DRAY_TOLD_ACTIVE);
	int active = atomic_read(&server->active);

	if (service->key.protocol == IPPROTO_UDP) {
		told += dray_server_told(server, DRAY_TOLD_INACTIVE);
		active += atomic_read(&server->inactive);
	}
	return max_t(u32, max(active, 0), told);
}

/* What a server should have of the live flows with the one to come, in
 * sixteenths of a flow.
 */
static u64 choice_share(const struct dray_service *service,
			const struct dray_service_slot *slot, u64 weight)
{
	u64 live = (u64)max(atomic_read(&service->live), 0) +
		   READ_ONCE(service->told);

	return div64_u64((live + 1) * 16 * slot->params.weight, weight);
}

/* Whether so many flows are max(limit * share, share + 3 * sqrt(share)).  The
 * root lets few flows spread as unevenly as they do by chance: without it one in
 * ten would be sent elsewhere (reference/algorithms.md, 3.1).  Squares are
 * compared instead: whoever is past the root's largest value by far must not
 * overflow.
 */
static bool choice_over(u64 share, u32 limit, u32 active)
{
	u64 has = (u64)active * 16, above;

	if (has * 100 < share * limit || has <= share)
		return false;
	above = min_t(u64, has - share, U32_MAX);
	return above * above >= 144 * share;
}

static bool choice_loaded(const struct dray_service *service,
			  const struct dray_service_conf *conf,
			  const struct dray_service_slot *slot)
{
	u64 weight = READ_ONCE(service->weight);
	u32 active;

	if (!conf->params.load_limit || !weight)
		return false;
	active = choice_active(service, slot);
	return active && choice_over(choice_share(service, slot, weight),
				     conf->params.load_limit, active);
}

/* The least number of flows that is over the limit, 0 without one. */
static u32 choice_limit(const struct dray_service *service,
			const struct dray_service_conf *conf,
			const struct dray_service_slot *slot)
{
	u64 share, weight = READ_ONCE(service->weight);
	u32 low = 1, high = U32_MAX, middle;

	if (!conf->params.load_limit || !weight)
		return 0;
	share = choice_share(service, slot, weight);
	while (low < high) {
		middle = low + (high - low) / 2;
		if (choice_over(share, conf->params.load_limit, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Tell of the n-th choice; of its load, if that was asked for a service. */
static noinline void choice_tell(struct dray_explain *x,
				 const struct dray_service *service,
				 const struct dray_service_conf *conf,
				 u64 hash, unsigned int n,
				 enum dray_explain_why why)
{
	const struct dray_service_slot *slot = choice_slot(conf, hash, n);
	struct dray_explain_rank rank = {
		.row = dray_table_choice_hash(hash, n) >>
		       conf->choice->pool->table->shift,
		.rank = n % DRAY_TABLE_RANKS + 1,
		.why = why,
	};

	if (slot)
		rank.server = slot->server;
	if (slot && service) {
		rank.active = choice_active(service, slot);
		rank.limit = choice_limit(service, conf, slot);
	}
	dray_explain_rank(x, &rank);
}

struct dray_server *dray_choice_first(const struct dray_service_conf *conf,
				      u64 hash, struct dray_explain *x)
{
	const struct dray_service_slot *slot;
	enum dray_explain_why why;
	struct dray_server *server;
	unsigned int n;

	for (n = 0; n < DRAY_TABLE_CHOICES; n++) {
		slot = choice_slot(conf, hash, n);
		why = slot ? dray_server_unfit(slot) : DRAY_EXPLAIN_WHY_EMPTY;
		if (unlikely(x))
			choice_tell(x, NULL, conf, hash, n, why);
		if (!why)
			return slot->server;
	}
	server = pick_stateless(conf, hash);
	dray_explain_servers(x, conf, server, dray_server_unfit);
	return server;
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

/* Why a server that is there does not get a new flow, or that it does. */
static enum dray_explain_why
choice_judge(const struct dray_service *service,
	     const struct dray_service_conf *conf,
	     const struct dray_service_slot *slot, u64 hash)
{
	if (READ_ONCE(slot->server->overloaded))
		return DRAY_EXPLAIN_WHY_OVERLOADED;
	if (choice_starting(conf, slot, hash))
		return DRAY_EXPLAIN_WHY_SLOW_START;
	if (choice_loaded(service, conf, slot))
		return DRAY_EXPLAIN_WHY_LOAD_LIMIT;
	return DRAY_EXPLAIN_WHY_TAKEN;
}

struct dray_server *dray_choice_select(const struct dray_service *service,
				       const struct dray_service_conf *conf,
				       u64 hash, struct dray_server **first,
				       struct dray_explain *x)
{
	const struct dray_service_slot *slot, *usable = NULL;
	enum dray_explain_why why;
	unsigned int n;

	if (unlikely(!conf->choice))
		return NULL;
	for (n = 0; n < DRAY_TABLE_CHOICES; n++) {
		slot = choice_slot(conf, hash, n);
		why = slot ? dray_server_unfit(slot) : DRAY_EXPLAIN_WHY_EMPTY;
		if (!why) {
			*first = *first ?: slot->server;
			why = choice_judge(service, conf, slot, hash);
			if (why && why != DRAY_EXPLAIN_WHY_OVERLOADED)
				usable = usable ?: slot;
		}
		if (unlikely(x))
			choice_tell(x, service, conf, hash, n, why);
		if (!why)
			return slot->server;
	}
	if (usable)
		return usable->server;
	usable = choice_any(conf, hash);
	dray_explain_servers(x, conf, usable ? usable->server : NULL,
			     dray_server_unusable);
	return usable ? usable->server : NULL;
}
