// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of steering others than packets ask: whether two services steer alike,
 * and whether the table tells where an entry goes.
 */
#include "schedule.h"
#include "steer.h"
#include "steer_hash.h"

bool dray_steer_alike(const struct dray_service_params *a,
		      const struct dray_service_params *b)
{
	if (!a->persist_timeout != !b->persist_timeout)
		return false;
	if (a->persist_timeout)
		return a->persist_prefix == b->persist_prefix;
	return a->sched->key == b->sched->key &&
	       !((a->sched_flags ^ b->sched_flags) & DRAY_SCHED_FLAG_PORT);
}

bool dray_steer_diverges(const struct dray_service_conf *conf,
			 const struct dray_flow_tuple *tuple, u32 server)
{
	struct dray_packet pkt = {
		.family = tuple->family,
		.protocol = tuple->protocol,
		.conf = conf,
	};

	if (!conf->choice)
		return false;
	if (tuple->family == AF_INET) {
		pkt.saddr.ip = tuple->key4.caddr;
		pkt.daddr.ip = tuple->key4.vaddr;
		pkt.sport = tuple->key4.cport;
		pkt.dport = tuple->key4.vport;
	} else {
		pkt.saddr.in6 = tuple->key6.caddr;
		pkt.daddr.in6 = tuple->key6.vaddr;
		pkt.sport = tuple->key6.cport;
		pkt.dport = tuple->key6.vport;
	}
	return !dray_choice_tells(conf, steer_hash(&pkt), server);
}
