/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hash that table and fallback go by.
 *
 * Inlined where packets are steered, as everything that each of them needs.
 */
#ifndef _DRAY_STEER_HASH_H
#define _DRAY_STEER_HASH_H

#include "choice.h"
#include "hash.h"
#include "packet.h"
#include "persist.h"
#include "pool.h"

/* The key is that of the table, where there is one, so that clients cannot aim
 * and directors with the same key agree.
 */
static inline siphash_key_t steer_key(const struct dray_service_conf *conf)
{
	return dray_hash_key(conf->choice ? conf->choice->pool->key :
					    (const u8 *)DRAY_TABLE_PUBLIC_KEY);
}

/* The ports and protocol, as far as they count: nothing of a persistent
 * client, and of sh and mh the client's port if so asked.
 */
static inline u64 steer_ports(const struct dray_packet *pkt)
{
	const struct dray_service_params *params = &pkt->conf->params;

	if (params->persist_timeout)
		return 0;
	if (params->sched->key != DRAY_KEY_CLIENT)
		return dray_hash_ports(pkt->sport, pkt->dport, pkt->protocol);
	return params->sched_flags & DRAY_SCHED_FLAG_PORT ?
	       dray_hash_ports(pkt->sport, 0, 0) : 0;
}

/* The hash that table and fallback go by: of the 5-tuple, or of the client. */
static inline u64 steer_hash(const struct dray_packet *pkt)
{
	const siphash_key_t key = steer_key(pkt->conf);
	union nf_inet_addr client = pkt->saddr;

	if (pkt->conf->params.persist_timeout)
		dray_persist_mask(pkt->family,
				  pkt->conf->params.persist_prefix,
				  &pkt->saddr, &client);
	return dray_hash(pkt->family, &client, &pkt->daddr, steer_ports(pkt),
			 &key);
}

/* Several stages of one packet may ask. */
static inline u64 steer_hash_once(struct dray_packet *pkt)
{
	if (!pkt->hashed) {
		pkt->hash = steer_hash(pkt);
		pkt->hashed = true;
	}
	return pkt->hash;
}

#endif
