/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink: what flows and persist entries have in common.  Both are entries of
 * one table, and dumping or deleting them is walking it with a filter.
 */
#ifndef _DRAY_NL_ENTRY_H
#define _DRAY_NL_ENTRY_H

#include "flow.h"
#include "nl.h"

/**
 * struct dray_nl_filter - which flows or persist entries are asked for
 * @has: bits of the DRAY_A_FLOW_* that they have to match
 * @service: id of the service, 0 for any
 * @by_server: they have to be of @server
 * @any_port: whatever the port of @server
 * @server: the server
 * @protocol: see DRAY_A_FLOW_PROTOCOL
 * @family: of @client and @vip
 * @client: see DRAY_A_FLOW_CLIENT
 * @client_port: see DRAY_A_FLOW_CLIENT_PORT
 * @vip: see DRAY_A_FLOW_VIP
 * @vip_port: see DRAY_A_FLOW_VIP_PORT
 */
struct dray_nl_filter {
	u32 has;
	u32 service;
	bool by_server;
	bool any_port;
	struct dray_server_key server;
	u8 protocol;
	u8 family;
	union nf_inet_addr client;
	__be16 client_port;
	union nf_inet_addr vip;
	__be16 vip_port;
};

/**
 * struct dray_nl_entries - how flows differ from persist entries
 * @cmd: command of the messages of a dump
 * @type: top-level attribute of an entry
 * @persist: which of the two
 * @parse: read a filter
 * @match: whether an entry is asked for, service and server apart
 * @put: put an entry
 */
struct dray_nl_entries {
	u8 cmd;
	u8 type;
	bool persist;
	int (*parse)(const struct nlattr *nest, struct dray_nl_filter *filter,
		     struct netlink_ext_ack *extack);
	bool (*match)(const struct dray_nl_filter *filter,
		      const struct dray_flow *flow,
		      const struct dray_service *service);
	int (*put)(struct sk_buff *skb, struct dray_net *dn,
		   const struct dray_flow *flow);
};

extern const struct dray_nl_entries dray_nl_flow_entries;
extern const struct dray_nl_entries dray_nl_persist_entries;

#define DRAY_NL_ENTRY_ROOM	384	/* bytes of a message, at most */

/**
 * dray_nl_put_entry() - put an entry, its service and its server
 * @skb: message
 * @dn: namespace
 * @kind: flow or persist entry
 * @flow: the entry, or a copy of it
 * @service: its service
 *
 * Context: RCU read side.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_entry(struct sk_buff *skb, struct dray_net *dn,
		      const struct dray_nl_entries *kind,
		      const struct dray_flow *flow,
		      const struct dray_service *service);

/**
 * dray_nl_flow_protocol() - read the protocol of a flow
 * @attr: the attribute
 * @protocol: where to put it
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EPROTONOSUPPORT.
 */
int dray_nl_flow_protocol(const struct nlattr *attr, u8 *protocol,
			  struct netlink_ext_ack *extack);

/**
 * dray_nl_entry_client() - the client of an entry
 * @flow: the entry
 *
 * Context: RCU read side.
 */
const union nf_inet_addr *dray_nl_entry_client(const struct dray_flow *flow);

/**
 * dray_nl_filter_client() - read the client that entries have to be of
 * @attr: the attribute
 * @filter: where to put it
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_filter_client(const struct nlattr *attr,
			  struct dray_nl_filter *filter,
			  struct netlink_ext_ack *extack);

/**
 * dray_nl_filter_flow() - read what flows have to match
 * @nest: nest of the flow
 * @filter: where to put it
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or an error.
 */
int dray_nl_filter_flow(const struct nlattr *nest,
			struct dray_nl_filter *filter,
			struct netlink_ext_ack *extack);

/**
 * dray_nl_entries_dump() - the next chunk of a dump of entries
 * @skb: chunk
 * @cb: the dump
 * @kind: flows or persist entries
 *
 * Context: process.
 * Return: bytes in the chunk, 0 at the end, or an error.
 */
int dray_nl_entries_dump(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct dray_nl_entries *kind);

/**
 * dray_nl_entries_done() - end a dump of entries
 * @cb: the dump
 *
 * Context: process.
 * Return: 0.
 */
int dray_nl_entries_done(struct netlink_callback *cb);

/**
 * dray_nl_entries_del() - delete the entries that match, and reply how many
 * @info: request
 * @kind: flows or persist entries
 *
 * Context: process.
 * Return: 0 or an error, -ENOENT if there were none.
 */
int dray_nl_entries_del(struct genl_info *info,
			const struct dray_nl_entries *kind);

#endif
