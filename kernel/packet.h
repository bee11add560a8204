/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet on its way through the stages of the data path.
 *
 * One object carries everything that a stage finds out for those behind it.
 * Pointers into the packet are never kept: each stage that may move its head
 * is followed by stages that fetch the header anew.
 */
#ifndef _DRAY_PACKET_H
#define _DRAY_PACKET_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "net.h"
#include "route.h"
#include "server.h"
#include "service.h"

/**
 * enum dray_verdict - what a stage says of a packet
 * @DRAY_NEXT: go on with the next stage
 * @DRAY_PASS: leave it to the local stack, for a reason
 * @DRAY_DROP: drop it, for a reason
 * @DRAY_STOLEN: it is gone: sent, or held for reassembly
 * @DRAY_FOREIGN: it is none of ours, and nothing is counted
 */
enum dray_verdict {
	DRAY_NEXT,
	DRAY_PASS,
	DRAY_DROP,
	DRAY_STOLEN,
	DRAY_FOREIGN,
};

/* What the transport header says of a packet. */
#define PKT_OPENS	BIT(0)	/* SYN, INIT or any UDP: may open a flow */
#define PKT_ANSWERS	BIT(1)	/* SYN+ACK and the like: comes from no client */
#define PKT_ACK		BIT(2)
#define PKT_FIN		BIT(3)	/* FIN or SHUTDOWN */
#define PKT_RST		BIT(4)	/* RST or ABORT */
#define PKT_PAYLOAD	BIT(5)
#define PKT_ICMP	BIT(6)	/* an ICMP error; ports are those inside */
#define PKT_PROBE	BIT(7)	/* made up by explain.c: must change nothing */

/**
 * struct dray_packet - a packet
 * @skb: the packet
 * @dn: namespace
 * @hook: NF_INET_*, where it is
 * @family: AF_INET or AF_INET6
 * @protocol: of the transport header; of the one inside for PKT_ICMP
 * @reason: enum dray_reason of a verdict
 * @flags: PKT_*
 * @sport: client's port
 * @dport: port of the VIP
 * @saddr: client
 * @daddr: VIP
 * @service: service
 * @conf: its configuration, the same for all stages
 * @new_flow: a flow was scheduled for it
 * @hashed: whether @hash is known
 * @hash: what table and fallback go by
 * @fallback: where it goes without an entry, if that is known
 */
struct dray_packet {
	struct sk_buff *skb;
	struct dray_net *dn;
	u8 hook;
	u8 family;
	u8 protocol;
	u8 reason;
	u16 flags;
	bool new_flow;
	bool hashed;
	__be16 sport;
	__be16 dport;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	struct dray_service *service;
	const struct dray_service_conf *conf;
	u64 hash;
	struct dray_server *fallback;
};

static inline enum dray_verdict dray_pass(struct dray_packet *pkt,
					  enum dray_reason reason)
{
	pkt->reason = reason;
	return DRAY_PASS;
}

static inline enum dray_verdict dray_drop(struct dray_packet *pkt,
					  enum dray_reason reason)
{
	pkt->reason = reason;
	return DRAY_DROP;
}

static inline bool dray_probe(const struct dray_packet *pkt)
{
	return unlikely(pkt->flags & PKT_PROBE);
}

/**
 * dray_explain_note() - remember a reason that a packet would count
 * @pkt: PKT_PROBE
 * @reason: reason
 *
 * Context: any.
 */
void dray_explain_note(struct dray_packet *pkt, enum dray_reason reason);

/* Count a reason that is not the packet's end. */
static inline void dray_note(struct dray_packet *pkt, enum dray_reason reason)
{
	if (dray_probe(pkt))
		dray_explain_note(pkt, reason);
	else
		this_cpu_inc(pkt->dn->reasons->packets[reason]);
}

/* The stages, in their order.  Context of all: softirq, RCU read side. */

/**
 * dray_defrag() - put a fragmented packet together
 * @pkt: with skb, dn, hook and family
 *
 * Return: DRAY_NEXT with the whole packet in @pkt->skb, DRAY_STOLEN, or
 * DRAY_PASS.
 */
enum dray_verdict dray_defrag(struct dray_packet *pkt);

/**
 * dray_parse() - read the headers
 * @pkt: whole
 *
 * Return: DRAY_NEXT with addresses, protocol, ports and flags set, or
 * DRAY_PASS.
 */
enum dray_verdict dray_parse(struct dray_packet *pkt);

/**
 * dray_steer() - choose the server
 * @pkt: parsed, with its service
 * @server: where to put the server
 *
 * Return: DRAY_NEXT with a server, DRAY_PASS or DRAY_DROP.
 */
enum dray_verdict dray_steer(struct dray_packet *pkt,
			     struct dray_server **server);

/**
 * dray_steer_probe() - which server dray_steer() would choose
 * @pkt: parsed, with its service, PKT_PROBE
 * @server: where to put the server
 *
 * By the same code; the entries stay as they are.
 *
 * Return: what dray_steer() would return.
 */
enum dray_verdict dray_steer_probe(struct dray_packet *pkt,
				   struct dray_server **server);

/**
 * dray_xmit() - send to the server
 * @pkt: parsed
 * @server: chosen
 *
 * Return: DRAY_STOLEN, DRAY_PASS or DRAY_DROP.
 */
enum dray_verdict dray_xmit(struct dray_packet *pkt,
			    struct dray_server *server);

/**
 * dray_xmit_probe() - how dray_xmit() would send to the server
 * @pkt: parsed, PKT_PROBE
 * @server: chosen
 *
 * Return: DRAY_NEXT if it would be sent, DRAY_PASS or DRAY_DROP.
 */
enum dray_verdict dray_xmit_probe(struct dray_packet *pkt,
				  struct dray_server *server);

/**
 * dray_packet_probe() - send a made-up packet through the stages
 * @pkt: PKT_PROBE, with skb, dn, hook, family and daddr
 * @server: where to put the server, NULL before
 *
 * Return: DRAY_NEXT if it would be sent, DRAY_PASS, DRAY_DROP or DRAY_FOREIGN.
 */
enum dray_verdict dray_packet_probe(struct dray_packet *pkt,
				    struct dray_server **server);

/**
 * dray_answer_unreachable() - tell the client that nobody serves it
 * @pkt: parsed
 *
 * As a host without a listener does: ICMP port unreachable, so that the client
 * sees "connection refused" and not silence.
 */
void dray_answer_unreachable(struct dray_packet *pkt);

#endif
