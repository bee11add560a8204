// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: counters of traffic, and of the reasons for which packets were
 * passed or dropped.
 */
#include "netlink_gen.h"
#include "nl.h"

int dray_nl_put_stats(struct sk_buff *skb, int type,
		      struct dray_stats __percpu *stats,
		      const struct dray_stats_sum *zero)
{
	/* Read before the counters: they then stand above the zero point even
	 * if it is moved meanwhile.
	 */
	const struct dray_stats_sum from = {
		.conns = READ_ONCE(zero->conns),
		.packets = READ_ONCE(zero->packets),
		.bytes = READ_ONCE(zero->bytes),
	};
	struct dray_stats_sum sum;
	struct nlattr *nest;

	smp_rmb();	/* zero point before counters, see above */
	dray_stats_sum(stats, &from, &sum);
	nest = nla_nest_start(skb, type);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, DRAY_A_STATS_CONNS, sum.conns,
			      DRAY_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, DRAY_A_STATS_PACKETS, sum.packets,
			      DRAY_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, DRAY_A_STATS_BYTES, sum.bytes,
			      DRAY_A_STATS_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* Where a dump of reasons goes on. */
struct reason_dump {
	unsigned int next;
};

static int put_reason(struct sk_buff *skb, struct dray_net *dn,
		      enum dray_reason reason)
{
	const struct dray_reason_info *info = &dray_reason_info[reason];
	u64 packets = dray_reason_sum(dn->reasons, reason);
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_REASON);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, DRAY_A_REASON_NAME, info->name) ||
	    nla_put_string(skb, DRAY_A_REASON_VERDICT, info->verdict) ||
	    nla_put_u64_64bit(skb, DRAY_A_REASON_PACKETS, packets,
			      DRAY_A_REASON_PAD) ||
	    nla_put_string(skb, DRAY_A_REASON_DOC, info->doc)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int dray_nl_get_reason_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct reason_dump *dump = (void *)cb->ctx;
	void *hdr;
	int err;

	if (!dump->next) {
		err = dray_nl_dump_request(cb, 0);
		if (err)
			return err;
	}
	for (; dump->next < DRAY_REASON_COUNT; dump->next++) {
		hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_REASON);
		if (!hdr)
			break;
		err = dray_nl_dump_end(skb, hdr,
				       put_reason(skb, dn, dump->next));
		if (err)
			break;
	}
	return skb->len;
}
