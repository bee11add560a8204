/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: traffic of a service or server, and reasons of a namespace.
 *
 * All are per CPU and summed when read, so that what is read is exact at that
 * moment.  Traffic is written in softirq context only.
 */
#ifndef _DRAY_STATS_H
#define _DRAY_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/* Why a packet was passed to the stack or dropped, or went an unusual way:
 * symbol, name, verdict, and a line for a person.  The names are part of the
 * interface.
 */
#define DRAY_REASONS(R)							\
	R(NOT_HOST, "not-host", "pass", "the frame was not for this host")	\
	R(BRIDGED, "bridged", "pass", "a bridged frame for another host")	\
	R(VRF, "vrf", "pass", "the device belongs to a VRF")			\
	R(PEER, "peer", "pass", "the frame came from a peer director")		\
	R(STANDBY, "standby", "drop", "another director serves the VIP")	\
	R(STANDBY_PASS, "standby-pass", "pass", "standby; routed on or served here") \
	R(LEASE, "lease", "drop", "the lease of the role active has run out")	\
	R(ARP_STANDBY, "arp-standby", "drop", "ARP for a VIP that another director serves") \
	R(ARP_LEASE, "arp-lease", "drop", "ARP for a VIP whose lease has run out") \
	R(ND_STANDBY, "nd-standby", "drop", "ND for a VIP that another director serves") \
	R(ND_LEASE, "nd-lease", "drop", "ND for a VIP whose lease has run out") \
	R(LOCAL_LEASE, "local-lease", "drop", "for no service; the lease of the VIP has run out") \
	R(NO_ACCEPT, "no-accept", "drop", "for no service; the VIP is not accepted as an address") \
	R(NEIGH_SOURCE, "neigh-source", "pass", "asked for a neighbour, but not as such a VIP") \
	R(PROBE, "probe", "forward", "a checker's packet, sent to its server for the VIP") \
	R(PROBE_ANSWER, "probe-answer", "pass", "a server's answer to a checker")	\
	R(PROBE_LIMIT, "probe-limit", "drop", "a checker's packet; too many are under way") \
	R(MALFORMED, "malformed", "pass", "headers are short or do not fit")	\
	R(FRAGMENT, "fragment", "drop", "a fragment that could not be reassembled") \
	R(REASSEMBLING, "reassembling", "hold", "a fragment waits for the others") \
	R(PROTOCOL, "protocol", "pass", "not TCP, UDP, SCTP or an ICMP error")	\
	R(SOURCE, "source", "drop", "an impossible source address")		\
	R(LOCAL_SOURCE, "local-source", "pass", "the source is an address of this host") \
	R(NO_ENTRY, "no-entry", "pass", "mid-stream, no flow known, left to the local stack") \
	R(SYN_ACK, "syn-ack", "pass", "a SYN+ACK or the like opens no flow")	\
	R(ICMP_RELATED, "icmp-related", "forward", "an ICMP error steered to the flow's server") \
	R(ICMP_NO_MATCH, "icmp-no-match", "pass", "an ICMP error of no known flow") \
	R(NO_SERVER, "no-server", "drop", "no usable server; ICMP port unreachable sent") \
	R(TABLE, "table", "forward", "a first packet went by the table and made no entry") \
	R(PAST_FIRST, "past-first", "forward", "a new flow was sent past its first choice") \
	R(MIDSTREAM, "midstream", "forward", "no entry: by the table, as the ACK of a handshake") \
	R(STATELESS, "stateless", "forward", "forwarded without an entry")	\
	R(FLOW_LIMIT, "flow-limit", "forward", "no entry: the flow limit is reached") \
	R(PERSIST_LIMIT, "persist-limit", "forward", "no persist entry: its limit is reached") \
	R(UNASSURED_LIMIT, "unassured-limit", "forward", "no entry: the unassured budget is used") \
	R(NO_MEMORY, "no-memory", "forward", "no entry: out of memory")	\
	R(EVICTED, "evicted", "forward", "an unassured entry gave way to a newer one") \
	R(MOVED, "moved", "forward", "a flow moved away from a server that is gone or down") \
	R(TTL, "ttl", "drop", "TTL or hop limit used up; ICMP time exceeded sent") \
	R(MTU, "mtu", "drop", "too big for the route; ICMP sent")		\
	R(LRO, "lro", "drop", "merged by LRO; turn it off on the device")	\
	R(NO_ROUTE, "no-route", "drop", "no route to the chosen server")	\
	R(LOCAL_SERVER, "local-server", "pass", "the chosen server is this host") \
	R(XMIT, "xmit", "drop", "no memory to rewrite the packet")

#define DRAY_REASON_ENUM(sym, name, verdict, doc)	DRAY_REASON_##sym,
enum dray_reason {
	DRAY_REASONS(DRAY_REASON_ENUM)
	DRAY_REASON_COUNT,
};

/**
 * struct dray_reason_info - what a reason is called
 * @name: name, in the words of the interface
 * @verdict: "forward", "pass", "hold" or "drop"
 * @doc: one line for a person
 */
struct dray_reason_info {
	const char *name;
	const char *verdict;
	const char *doc;
};

extern const struct dray_reason_info dray_reason_info[DRAY_REASON_COUNT];

/**
 * struct dray_reasons - one CPU's counters of reasons
 * @packets: packets by reason
 */
struct dray_reasons {
	unsigned long packets[DRAY_REASON_COUNT];
};

/**
 * struct dray_stats - one CPU's traffic counters of a service or server
 * @conns: flows scheduled
 * @packets: packets forwarded
 * @bytes: bytes forwarded, network header included
 * @syncp: makes 64 bits whole for readers on 32-bit machines
 */
struct dray_stats {
	u64_stats_t conns;
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync syncp;
};

/**
 * struct dray_stats_sum - traffic counters, summed
 * @conns: flows scheduled
 * @packets: packets forwarded
 * @bytes: bytes forwarded
 */
struct dray_stats_sum {
	u64 conns;
	u64 packets;
	u64 bytes;
};

static inline void dray_stats_count(struct dray_stats __percpu *stats,
				    unsigned int len, bool conn)
{
	struct dray_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->packets);
	u64_stats_add(&s->bytes, len);
	if (conn)
		u64_stats_inc(&s->conns);
	u64_stats_update_end(&s->syncp);
}

/**
 * dray_stats_sum() - sum the counters of all CPUs
 * @stats: the counters
 * @zero: what to subtract: the sum at the last "zero"
 * @sum: where to put it
 *
 * Context: any.
 */
void dray_stats_sum(struct dray_stats __percpu *stats,
		    const struct dray_stats_sum *zero,
		    struct dray_stats_sum *sum);

/**
 * dray_stats_zero() - make the next sum begin at zero
 * @stats: the counters
 * @zero: zero point to set
 *
 * The counters themselves go on; packets pay nothing for it.
 *
 * Context: serialised by the caller.
 */
void dray_stats_zero(struct dray_stats __percpu *stats,
		     struct dray_stats_sum *zero);

/**
 * dray_reason_sum() - sum one reason's counter
 * @reasons: counters of the namespace
 * @reason: which
 *
 * Context: any.
 * Return: packets since the namespace came to be.
 */
u64 dray_reason_sum(struct dray_reasons __percpu *reasons,
		    enum dray_reason reason);

#endif
