/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Persistence: a client keeps its server.
 *
 * A persist entry is an entry of the flow table whose key is the client,
 * masked, and the service; see flow.h.
 */
#ifndef _DRAY_PERSIST_H
#define _DRAY_PERSIST_H

#include "flow.h"
#include "service.h"

/**
 * dray_persist_mask() - mask a client's address
 * @family: AF_INET or AF_INET6
 * @prefix: length of the prefix to keep
 * @client: address
 * @masked: where to put it
 *
 * Context: any; pure.
 */
void dray_persist_mask(u8 family, u8 prefix, const union nf_inet_addr *client,
		       union nf_inet_addr *masked);

/**
 * dray_persist_tuple() - what a client's entry is found by
 * @tuple: where to put it
 * @service: service
 * @prefix: length of the prefix of the address that counts
 * @client: address
 *
 * Context: any.
 */
void dray_persist_tuple(struct dray_flow_tuple *tuple,
			const struct dray_service *service, u8 prefix,
			const union nf_inet_addr *client);

/**
 * dray_persist_touch() - a client has sent a packet
 * @dn: namespace
 * @flow: flow of the client, of a persistent service
 *
 * Context: softirq, RCU read side.
 */
void dray_persist_touch(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_persist_assure() - a client is real
 * @dn: namespace
 * @flow: flow of the client
 *
 * Context: RCU read side.
 */
void dray_persist_assure(struct dray_net *dn, const struct dray_flow *flow);

/**
 * dray_persist_flow_opened() - a client has one open flow more
 * @dn: namespace
 * @flow: the flow; FLOW_COUNTED afterwards, if there is an entry to count it
 *
 * Context: RCU read side.
 */
void dray_persist_flow_opened(struct dray_net *dn, struct dray_flow *flow);

/**
 * dray_persist_flow_closed() - a client has one open flow less
 * @dn: namespace
 * @flow: the flow; was FLOW_COUNTED
 *
 * Context: RCU read side.
 */
void dray_persist_flow_closed(struct dray_net *dn,
			      const struct dray_flow *flow);

#endif
