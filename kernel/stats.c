// SPDX-License-Identifier: GPL-2.0-only
/*
 * Summing counters, and what the reasons are called.
 */
#include "stats.h"

#define DRAY_REASON_INFO(sym, name, verdict, doc)			\
	[DRAY_REASON_##sym] = { name, verdict, doc },

const struct dray_reason_info dray_reason_info[DRAY_REASON_COUNT] = {
	DRAY_REASONS(DRAY_REASON_INFO)
};

void dray_stats_sum(struct dray_stats __percpu *stats,
		    const struct dray_stats_sum *zero,
		    struct dray_stats_sum *sum)
{
	unsigned int start;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct dray_stats *s = per_cpu_ptr(stats, cpu);
		u64 conns, packets, bytes;

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			conns = u64_stats_read(&s->conns);
			packets = u64_stats_read(&s->packets);
			bytes = u64_stats_read(&s->bytes);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		sum->conns += conns;
		sum->packets += packets;
		sum->bytes += bytes;
	}
	sum->conns -= zero->conns;
	sum->packets -= zero->packets;
	sum->bytes -= zero->bytes;
}

void dray_stats_zero(struct dray_stats __percpu *stats,
		     struct dray_stats_sum *zero)
{
	static const struct dray_stats_sum nothing;

	dray_stats_sum(stats, &nothing, zero);
}

u64 dray_reason_sum(struct dray_reasons __percpu *reasons,
		    enum dray_reason reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(reasons, cpu)->packets[reason]);
	return sum;
}
