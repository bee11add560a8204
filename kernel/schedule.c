// SPDX-License-Identifier: GPL-2.0-only
/*
 * Schedulers with IPVS's meaning, and the stateless fallback.
 *
 * Each looks at the usable servers of one published configuration.  What they
 * remember between two choices is in struct dray_service.
 *
 * The load of a server is IPVS's: an active flow counts as 256 inactive ones.
 */
#include <linux/gcd.h>
#include <linux/random.h>
#include <linux/string.h>

#include "rendezvous.h"
#include "schedule.h"

/* Slots are looked at from the last to the first, as IPVS does: so the server
 * that was added last begins a round and wins a tie.
 */
static const struct dray_service_slot *
slot_at_turn(const struct dray_service_conf *conf, u32 turn)
{
	return &conf->slots[conf->n - 1 - turn % conf->n];
}

/* The first usable one of the @left slots that have not had their turn. */
static const struct dray_service_slot *
next_usable(const struct dray_service_conf *conf, u32 left)
{
	while (left-- > 0)
		if (dray_server_usable(&conf->slots[left]))
			return &conf->slots[left];
	return NULL;
}

#define for_each_usable(slot, conf)					\
	for ((slot) = next_usable(conf, (conf)->n); (slot);		\
	     (slot) = next_usable(conf, (slot) - (conf)->slots))

static u64 server_load(const struct dray_server *server)
{
	return ((u64)atomic_read(&server->active) << 8) +
	       atomic_read(&server->inactive);
}

/* Round robin: the next usable one after the last. */
static struct dray_server *rr_select(struct dray_service *service,
				     const struct dray_service_conf *conf,
				     bool probe)
{
	u32 start, i;

	if (!conf->n)
		return NULL;
	start = (u32)(probe ? atomic_read(&service->cursor) :
			      atomic_fetch_inc(&service->cursor));
	for (i = 0; i < conf->n; i++) {
		const struct dray_service_slot *slot;

		slot = slot_at_turn(conf, start + i);
		if (!dray_server_usable(slot))
			continue;
		/* Do not give the one behind a gap its turn twice. */
		if (i && !probe)
			atomic_add(i, &service->cursor);
		return slot->server;
	}
	return NULL;
}

/* Weighted round robin, interleaved: in each round the servers whose weight
 * reaches a level that falls by the greatest common divisor.  The level never
 * stands above the highest usable weight, so one pass over the servers and a
 * second one at the next level always find one.
 */
static struct dray_server *wrr_select(struct dray_service *service,
				      const struct dray_service_conf *conf,
				      bool probe)
{
	const struct dray_service_slot *slot;
	struct dray_server *found = NULL;
	u32 max = 0, pos, weight, i;

	for_each_usable(slot, conf)
		max = max(max, slot->params.weight);
	if (!max)
		return NULL;

	spin_lock_bh(&service->wrr_lock);
	pos = service->wrr_pos;
	weight = service->wrr_weight;
	for (i = 0; i < 2 * conf->n && !found; i++) {
		if (pos >= conf->n) {
			pos = 0;
			if (weight > conf->gcd)
				weight -= conf->gcd;
			else
				weight = max;
		}
		if (!weight || weight > max)
			weight = max;
		slot = slot_at_turn(conf, pos++);
		if (dray_server_usable(slot) && slot->params.weight >= weight)
			found = slot->server;
	}
	if (!probe) {
		service->wrr_pos = pos;
		service->wrr_weight = weight;
	}
	spin_unlock_bh(&service->wrr_lock);
	/* The one with the highest weight may just have become unusable. */
	return found ?: rr_select(service, conf, probe);
}

/* Least connections. */
static struct dray_server *lc_select(struct dray_service *service,
				     const struct dray_service_conf *conf,
				     bool probe)
{
	const struct dray_service_slot *slot;
	struct dray_server *best = NULL;
	u64 least = 0;

	for_each_usable(slot, conf) {
		u64 load = server_load(slot->server);

		if (!best || load < least) {
			best = slot->server;
			least = load;
		}
	}
	return best;
}

/* load_a / weight_a < load_b / weight_b, compared crosswise; the products have
 * more than 64 bits.
 */
static bool ratio_less(u64 load_a, u32 weight_a, u64 load_b, u32 weight_b)
{
	u64 lo_a = (load_a & U32_MAX) * weight_b;
	u64 lo_b = (load_b & U32_MAX) * weight_a;
	u64 hi_a = (load_a >> 32) * weight_b + (lo_a >> 32);
	u64 hi_b = (load_b >> 32) * weight_a + (lo_b >> 32);

	return hi_a < hi_b || (hi_a == hi_b && (u32)lo_a < (u32)lo_b);
}

/* The least load / weight. */
static struct dray_server *
least_by(const struct dray_service_conf *conf,
	 u64 (*load_of)(const struct dray_server *server))
{
	const struct dray_service_slot *slot, *best = NULL;
	u64 least = 0;

	for_each_usable(slot, conf) {
		u64 load = load_of(slot->server);

		if (!best || ratio_less(load, slot->params.weight, least,
					best->params.weight)) {
			best = slot;
			least = load;
		}
	}
	return best ? best->server : NULL;
}

/* Weighted least connections. */
static struct dray_server *wlc_select(struct dray_service *service,
				      const struct dray_service_conf *conf,
				      bool probe)
{
	return least_by(conf, server_load);
}

static u64 expected_delay(const struct dray_server *server)
{
	return (u64)atomic_read(&server->active) + 1;
}

/* Shortest expected delay. */
static struct dray_server *sed_select(struct dray_service *service,
				      const struct dray_service_conf *conf,
				      bool probe)
{
	return least_by(conf, expected_delay);
}

/* Never queue: an idle server if there is one, else the shortest delay. */
static struct dray_server *nq_select(struct dray_service *service,
				     const struct dray_service_conf *conf,
				     bool probe)
{
	const struct dray_service_slot *slot;

	for_each_usable(slot, conf)
		if (!atomic_read(&slot->server->active))
			return slot->server;
	return sed_select(service, conf, probe);
}

static struct dray_server *heaviest(const struct dray_service_conf *conf,
				    bool with_room)
{
	const struct dray_service_slot *slot, *best = NULL;

	for_each_usable(slot, conf) {
		if (with_room && (u32)atomic_read(&slot->server->active) >
				 slot->params.weight)
			continue;
		if (!best || slot->params.weight > best->params.weight)
			best = slot;
	}
	return best ? best->server : NULL;
}

/* Failover: the highest weight. */
static struct dray_server *fo_select(struct dray_service *service,
				     const struct dray_service_conf *conf,
				     bool probe)
{
	return heaviest(conf, false);
}

/* Overflow: the highest weight whose active flows do not exceed it. */
static struct dray_server *ovf_select(struct dray_service *service,
				      const struct dray_service_conf *conf,
				      bool probe)
{
	return heaviest(conf, true);
}

/* The usable server in whose share of the sum of weights a point lies. */
static const struct dray_service_slot *
slot_at(const struct dray_service_conf *conf, u64 point)
{
	const struct dray_service_slot *slot;

	for_each_usable(slot, conf) {
		if (point < slot->params.weight)
			return slot;
		point -= slot->params.weight;
	}
	return NULL;
}

/* Power of twos: of two drawn by weight the one with less load / weight. */
static struct dray_server *twos_select(struct dray_service *service,
				       const struct dray_service_conf *conf,
				       bool probe)
{
	const struct dray_service_slot *slot, *a, *b;
	u64 sum = 0;

	for_each_usable(slot, conf)
		sum += slot->params.weight;
	if (!sum)
		return NULL;
	a = slot_at(conf, mul_u64_u64_shr(get_random_u64(), sum, 64));
	b = slot_at(conf, mul_u64_u64_shr(get_random_u64(), sum, 64));
	/* A server may have become unusable since the sum was made. */
	if (!a || !b)
		return a ? a->server : b ? b->server :
		       wlc_select(service, conf, probe);
	if (ratio_less(server_load(b->server), b->params.weight,
		       server_load(a->server), a->params.weight))
		return b->server;
	return a->server;
}

static const struct dray_scheduler dray_schedulers[] = {
	{ "rr", DRAY_KEY_NONE, rr_select },
	{ "wrr", DRAY_KEY_NONE, wrr_select },
	{ "lc", DRAY_KEY_NONE, lc_select },
	{ "wlc", DRAY_KEY_NONE, wlc_select },
	{ "sed", DRAY_KEY_NONE, sed_select },
	{ "nq", DRAY_KEY_NONE, nq_select },
	{ "fo", DRAY_KEY_NONE, fo_select },
	{ "ovf", DRAY_KEY_NONE, ovf_select },
	{ "twos", DRAY_KEY_NONE, twos_select },
	{ "dray", DRAY_KEY_TUPLE },
	{ "sh", DRAY_KEY_CLIENT },
	{ "mh", DRAY_KEY_CLIENT },
};

const struct dray_scheduler *dray_scheduler_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dray_schedulers); i++)
		if (!strcmp(dray_schedulers[i].name, name))
			return &dray_schedulers[i];
	return NULL;
}

struct dray_server *pick_stateless(const struct dray_service_conf *conf,
				   u64 hash)
{
	u64 score, bid, least = U64_MAX, least_bid = U64_MAX;
	const struct dray_service_slot *slot;
	const struct dray_server_key *key;
	struct dray_server *best = NULL;

	for (slot = conf->slots; slot < conf->slots + conf->n; slot++) {
		if (!dray_server_serves(slot))
			continue;
		key = &slot->server->key;
		bid = dray_rendezvous_bid(key->family, &key->addr, key->port,
					  hash);
		score = dray_rendezvous_score(bid, slot->params.weight);
		/* A tie must not be settled by the order of the slots. */
		if (score > least || (score == least && bid >= least_bid))
			continue;
		least = score;
		least_bid = bid;
		best = slot->server;
	}
	return best;
}
