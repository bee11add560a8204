/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Explaining: what would become of a packet, told by the code that decides.
 *
 * A made-up packet with PKT_PROBE goes through the stages of the data path.
 * They decide as for any other packet, tell what they have looked at, and
 * change nothing.  A packet without PKT_PROBE has no struct dray_explain: its
 * way costs a test at most, and one with an entry not even that.
 */
#ifndef _DRAY_EXPLAIN_H
#define _DRAY_EXPLAIN_H

#include <linux/if_ether.h>

#include "flow.h"
#include "packet.h"

#define DRAY_EXPLAIN_RANKS	16	/* that are remembered */

/**
 * struct dray_explain_request - the packet that is asked for
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_TCP, _UDP or _SCTP
 * @midstream: no packet that opens a flow
 * @client_port: port of the client
 * @vip_port: port of the VIP
 * @client: client
 * @vip: VIP
 * @mark: firewall mark
 * @size: of the packet, network header included; 0 for one without payload
 * @ifindex: device that it comes in by; 0 for that towards the client
 */
struct dray_explain_request {
	u8 family;
	u8 protocol;
	bool midstream;
	__be16 client_port;
	__be16 vip_port;
	union nf_inet_addr client;
	union nf_inet_addr vip;
	u32 mark;
	u32 size;
	u32 ifindex;
};

/**
 * struct dray_explain_entry - an entry that was looked at
 * @flow: the entry, or NULL if there is none
 * @why: enum dray_explain_why
 */
struct dray_explain_entry {
	const struct dray_flow *flow;
	u8 why;
};

/**
 * struct dray_explain_rank - a server that was looked at
 * @server: the server, or NULL where a row has none
 * @row: row of the table
 * @rank: within the row, from 1; 0 without one
 * @why: enum dray_explain_why
 * @active: flows of it that count for the load limit
 * @limit: the least number of them that is too many, 0 without a load limit
 */
struct dray_explain_rank {
	const struct dray_server *server;
	u32 row;
	u8 rank;
	u8 why;
	u32 active;
	u32 limit;
};

/**
 * struct dray_explain_route - how a packet would leave
 * @dev: device, or NULL if it would not
 * @mtu: of the route
 * @reach: enum dray_reach
 * @nud: state of the neighbour
 * @has_mac: @mac is known
 * @mac: where the frame would go to
 * @direct: straight to the neighbour
 * @fragment: in fragments
 */
struct dray_explain_route {
	const struct net_device *dev;
	u32 mtu;
	u8 reach;
	u8 nud;
	bool has_mac;
	u8 mac[ETH_ALEN];
	bool direct;
	bool fragment;
};

/**
 * struct dray_explain - a made-up packet, and what it has met
 * @pkt: the packet
 * @point: enum dray_hook_point at which it would be taken
 * @by: enum dray_explain_by
 * @makes: DRAY_EXPLAIN_MAKES_*
 * @pressed: there was no room for entries lately
 * @verdict: of the stages; DRAY_STOLEN if it would be sent
 * @notes: bits of the reasons that would be counted on the way
 * @flow: the flow's entry
 * @persist: the client's
 * @first: first choice of the table, if that was asked
 * @server: server, or NULL
 * @n_ranks: number of @ranks
 * @ranks: servers that were looked at, in that order
 * @route: see there
 *
 * What it points to is valid until the end of the RCU read side.
 */
struct dray_explain {
	struct dray_packet pkt;
	u8 point;
	u8 by;
	u8 makes;
	bool pressed;
	enum dray_verdict verdict;
	u64 notes;
	struct dray_explain_entry flow;
	struct dray_explain_entry persist;
	const struct dray_server *first;
	struct dray_server *server;
	u32 n_ranks;
	struct dray_explain_rank ranks[DRAY_EXPLAIN_RANKS];
	struct dray_explain_route route;
};

/**
 * dray_explain_of() - who wants to know
 * @pkt: packet
 *
 * Context: any.
 * Return: what to tell it to, NULL for a packet of the network.
 */
static inline struct dray_explain *dray_explain_of(struct dray_packet *pkt)
{
	return dray_probe(pkt) ? container_of(pkt, struct dray_explain, pkt) :
				 NULL;
}

/**
 * dray_explain_by() - tell what is asked for a server now
 * @x: whom to tell, or NULL
 * @by: enum dray_explain_by
 *
 * What was asked before has not answered: its ranks are forgotten.
 *
 * Context: any.
 */
static inline void dray_explain_by(struct dray_explain *x, u8 by)
{
	if (likely(!x))
		return;
	x->by = by;
	x->n_ranks = 0;
}

/**
 * dray_explain_rank() - tell of a server that was looked at
 * @x: whom to tell, not NULL
 * @rank: what of it
 *
 * Context: any.
 */
void dray_explain_rank(struct dray_explain *x,
		       const struct dray_explain_rank *rank);

/**
 * dray_explain_servers() - tell of a choice among all servers
 * @x: whom to tell, or NULL
 * @conf: configuration of the service
 * @server: the server that was chosen, or NULL
 * @unfit: dray_server_unfit() or dray_server_unusable(): what was asked
 *
 * The chosen one first, then the others as far as there is room.
 *
 * Context: RCU read side.
 */
void dray_explain_servers(struct dray_explain *x,
			  const struct dray_service_conf *conf,
			  const struct dray_server *server,
			  enum dray_explain_why
			  (*unfit)(const struct dray_service_slot *slot));

/**
 * dray_explain_make() - make up a packet
 * @dn: namespace
 * @request: which packet
 * @x: where to put it; its skb is the caller's to free
 * @extack: why not
 *
 * Context: process; may sleep.
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dray_explain_make(struct dray_net *dn,
		      const struct dray_explain_request *request,
		      struct dray_explain *x, struct netlink_ext_ack *extack);

/**
 * dray_explain_run() - send a made-up packet through the data path
 * @request: which packet
 * @x: with the packet; gets what it meets
 * @extack: why not
 *
 * Context: process, RCU read side.
 * Return: 0; -ESRCH if it is no service's, -ENODEV, -ENETUNREACH.
 */
int dray_explain_run(const struct dray_explain_request *request,
		     struct dray_explain *x, struct netlink_ext_ack *extack);

#endif
