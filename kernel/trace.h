/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what became of a packet, and of a flow.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dray

#if !defined(_DRAY_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _DRAY_TRACE_H

#include <linux/tracepoint.h>

#include "packet.h"

DECLARE_EVENT_CLASS(dray_packet,
	TP_PROTO(const struct dray_packet *pkt, u32 server),
	TP_ARGS(pkt, server),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(u32, server)
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, hook)
		__field(u8, protocol)
		__field(u8, reason)
		__array(u8, saddr, sizeof(struct sockaddr_in6))
		__array(u8, daddr, sizeof(struct sockaddr_in6))
	),
	TP_fast_assign(
		struct sockaddr_in6 *sin6;
		struct sockaddr_in *sin;

		__entry->skb = pkt->skb;
		__entry->server = server;
		__entry->sport = ntohs(pkt->sport);
		__entry->dport = ntohs(pkt->dport);
		__entry->hook = pkt->hook;
		__entry->protocol = pkt->protocol;
		__entry->reason = pkt->reason;
		memset(__entry->saddr, 0, sizeof(__entry->saddr));
		memset(__entry->daddr, 0, sizeof(__entry->daddr));
		if (pkt->family == AF_INET) {
			sin = (struct sockaddr_in *)__entry->saddr;
			sin->sin_family = AF_INET;
			sin->sin_addr.s_addr = pkt->saddr.ip;
			sin = (struct sockaddr_in *)__entry->daddr;
			sin->sin_family = AF_INET;
			sin->sin_addr.s_addr = pkt->daddr.ip;
		} else {
			sin6 = (struct sockaddr_in6 *)__entry->saddr;
			sin6->sin6_family = AF_INET6;
			sin6->sin6_addr = pkt->saddr.in6;
			sin6 = (struct sockaddr_in6 *)__entry->daddr;
			sin6->sin6_family = AF_INET6;
			sin6->sin6_addr = pkt->daddr.in6;
		}
	),
	TP_printk("skb=%p hook=%u protocol=%u src=%pISc sport=%u dst=%pISc dport=%u server=%u reason=%u",
		  __entry->skb, __entry->hook, __entry->protocol,
		  __entry->saddr, __entry->sport, __entry->daddr,
		  __entry->dport, __entry->server, __entry->reason)
);

DEFINE_EVENT(dray_packet, dray_forward,
	TP_PROTO(const struct dray_packet *pkt, u32 server),
	TP_ARGS(pkt, server)
);

DEFINE_EVENT(dray_packet, dray_reason,
	TP_PROTO(const struct dray_packet *pkt, u32 server),
	TP_ARGS(pkt, server)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
