// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: what directors tell each other of flows and persist entries, as
 * user space carries it.
 */
#include <linux/in.h>

#include "flow_state.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "nl_entry.h"
#include "persist.h"
#include "sync.h"

#define SYNC_MESSAGE	SZ_8K	/* bytes of a datagram of several messages */

bool dray_nl_sync_listening(struct dray_net *dn)
{
	return dray_nl_listening(dn, DRAY_NLGRP_SYNC);
}

void dray_nl_sync_lost(struct dray_net *dn)
{
	dray_nl_notify_lost(dn, DRAY_NLGRP_SYNC);
}

static void sync_multicast(struct dray_net *dn, struct sk_buff *skb)
{
	if (skb->len && dray_nl_sync_listening(dn))
		genlmsg_multicast_netns(&dray_nl_family, dn->net, skb, 0,
					DRAY_NLGRP_SYNC, GFP_KERNEL);
	else
		nlmsg_free(skb);
}

/* One message.  What belongs to nobody any more is left out. */
static void sync_put(struct sk_buff *skb, struct dray_net *dn,
		     const struct dray_flow *entry)
{
	bool persist = dray_flow_is_persist(entry);
	const struct dray_service *service;
	void *hdr;
	int err;

	rcu_read_lock();
	service = xa_load(&dn->service_ids, dray_flow_service(entry));
	if (!service || !dray_server_by_id(dn, entry->w.server))
		goto unlock;
	hdr = genlmsg_put(skb, 0, 0, &dray_nl_family, 0,
			  persist ? DRAY_CMD_PERSIST_NTF : DRAY_CMD_FLOW_NTF);
	if (WARN_ON_ONCE(!hdr))
		goto unlock;
	err = dray_nl_put_entry(skb, dn, persist ? &dray_nl_persist_entries :
						   &dray_nl_flow_entries,
				entry, service);
	WARN_ON_ONCE(dray_nl_dump_end(skb, hdr, err));
unlock:
	rcu_read_unlock();
}

void dray_nl_sync_send(struct dray_net *dn, const struct dray_flow *entries,
		       u32 n)
{
	struct sk_buff *skb = NULL;
	u32 i;

	for (i = 0; i < n; i++) {
		if (skb && skb_tailroom(skb) < DRAY_NL_ENTRY_ROOM) {
			sync_multicast(dn, skb);
			skb = NULL;
		}
		if (!skb)
			skb = nlmsg_new(SYNC_MESSAGE, GFP_KERNEL);
		if (!skb) {
			dray_nl_sync_lost(dn);
			return;
		}
		sync_put(skb, dn, &entries[i]);
	}
	if (skb)
		sync_multicast(dn, skb);
}

void dray_nl_sync_wait(struct dray_net *dn, u32 wait)
{
	struct sk_buff *skb = genlmsg_new(nla_total_size(sizeof(u32)),
					  GFP_KERNEL);
	void *hdr;
	int err;

	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &dray_nl_family, 0,
			  DRAY_CMD_SYNC_WAIT_NTF);
	err = hdr ? nla_put_u32(skb, DRAY_A_WAIT, wait) : -EMSGSIZE;
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	sync_multicast(dn, skb);
}

int dray_nl_sync_done_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_WAIT),
			      BIT(DRAY_A_WAIT), info->extack);
	if (err)
		return err;
	if (dray_sync_done(dn, nla_get_u32(info->attrs[DRAY_A_WAIT])))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[DRAY_A_WAIT],
			    "Nobody waits for that");
	return -ENOENT;
}

/**
 * struct sync_entry - what another director says of an entry
 * @service: key of its service
 * @server: key of its server
 * @protocol: of the transport header; 0 for a persist entry
 * @state: enum dray_flow_state
 * @flags: FLOW_PERSIST, FLOW_ASSURED
 * @client: client
 * @vip: VIP
 * @cport: port of the client
 * @vport: port of the VIP
 * @expires: milliseconds that it has
 */
struct sync_entry {
	struct dray_service_key service;
	struct dray_server_key server;
	u8 protocol;
	u8 state;
	u16 flags;
	union nf_inet_addr client;
	union nf_inet_addr vip;
	__be16 cport;
	__be16 vport;
	u32 expires;
};

static int sync_need(struct nlattr **tb, const struct nlattr *nest, u32 needs,
		     int max, struct netlink_ext_ack *extack)
{
	int type, err = 0;

	for (type = 1; !err && type <= max; type++)
		if (needs & BIT(type))
			err = dray_nl_need(tb, nest, type,
					   "Missing attribute of the entry",
					   extack);
	return err;
}

static int sync_keys(struct genl_info *info, u8 type, struct sync_entry *entry)
{
	u32 takes = BIT(DRAY_A_SERVICE) | BIT(DRAY_A_SERVER) | BIT(type);
	bool any_port;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, takes, takes,
			      info->extack);
	if (!err)
		err = dray_nl_service_key(info->attrs[DRAY_A_SERVICE],
					  &entry->service, info->extack);
	if (!err)
		err = dray_nl_server_filter(info->attrs[DRAY_A_SERVER],
					    &entry->server, &any_port,
					    info->extack);
	if (!err && any_port) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[DRAY_A_SERVER],
				    "Missing attribute port");
		return -EINVAL;
	}
	return err;
}

static void sync_lasting(const struct nlattr *flags,
			 const struct nlattr *expires, struct sync_entry *entry)
{
	if (nla_get_u32(flags) & DRAY_FLOW_FLAGS_ASSURED)
		entry->flags |= FLOW_ASSURED;
	entry->expires = nla_get_u32(expires);
}

/* A state that a flow of the protocol can be in. */
static int sync_state(const struct nlattr *attr, struct sync_entry *entry,
		      struct netlink_ext_ack *extack)
{
	entry->state = nla_get_u8(attr);
	if (dray_flow_state_of(entry->protocol, entry->state))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "State is none of a flow of this protocol");
	return -EINVAL;
}

static int sync_flow(struct genl_info *info, struct sync_entry *entry)
{
	const u32 needs = BIT(DRAY_A_FLOW_PROTOCOL) | BIT(DRAY_A_FLOW_CLIENT) |
			  BIT(DRAY_A_FLOW_CLIENT_PORT) |
			  BIT(DRAY_A_FLOW_VIP) | BIT(DRAY_A_FLOW_VIP_PORT) |
			  BIT(DRAY_A_FLOW_STATE) | BIT(DRAY_A_FLOW_FLAGS) |
			  BIT(DRAY_A_FLOW_EXPIRES);
	const struct nlattr *nest = info->attrs[DRAY_A_FLOW];
	struct nlattr *tb[DRAY_A_FLOW_MAX + 1];
	int err;

	err = dray_nl_nest(tb, DRAY_A_FLOW_MAX, nest, dray_flow_nl_policy,
			   needs, info->extack);
	if (!err)
		err = sync_need(tb, nest, needs, DRAY_A_FLOW_MAX, info->extack);
	if (!err)
		err = dray_nl_flow_protocol(tb[DRAY_A_FLOW_PROTOCOL],
					    &entry->protocol, info->extack);
	if (!err)
		err = sync_state(tb[DRAY_A_FLOW_STATE], entry, info->extack);
	if (!err)
		err = dray_nl_addr(tb[DRAY_A_FLOW_CLIENT],
				   entry->service.family, &entry->client,
				   info->extack);
	if (!err)
		err = dray_nl_addr(tb[DRAY_A_FLOW_VIP], entry->service.family,
				   &entry->vip, info->extack);
	if (err)
		return err;
	entry->cport = htons(nla_get_u16(tb[DRAY_A_FLOW_CLIENT_PORT]));
	entry->vport = htons(nla_get_u16(tb[DRAY_A_FLOW_VIP_PORT]));
	sync_lasting(tb[DRAY_A_FLOW_FLAGS], tb[DRAY_A_FLOW_EXPIRES], entry);
	return 0;
}

static int sync_persist(struct genl_info *info, struct sync_entry *entry)
{
	const u32 needs = BIT(DRAY_A_PERSIST_CLIENT) |
			  BIT(DRAY_A_PERSIST_FLAGS) |
			  BIT(DRAY_A_PERSIST_EXPIRES);
	const struct nlattr *nest = info->attrs[DRAY_A_PERSIST];
	struct nlattr *tb[DRAY_A_PERSIST_MAX + 1];
	int err;

	err = dray_nl_nest(tb, DRAY_A_PERSIST_MAX, nest, dray_persist_nl_policy,
			   needs | BIT(DRAY_A_PERSIST_FLOWS), info->extack);
	if (!err)
		err = sync_need(tb, nest, needs, DRAY_A_PERSIST_MAX,
				info->extack);
	if (!err)
		err = dray_nl_addr(tb[DRAY_A_PERSIST_CLIENT],
				   entry->service.family, &entry->client,
				   info->extack);
	if (err)
		return err;
	entry->flags = FLOW_PERSIST;
	sync_lasting(tb[DRAY_A_PERSIST_FLAGS], tb[DRAY_A_PERSIST_EXPIRES],
		     entry);
	return 0;
}

/* The key of the entry here.  A persist entry is masked as the service of this
 * director says.
 */
static int sync_tuple(const struct dray_service *service,
		      const struct sync_entry *entry,
		      struct dray_flow_tuple *tuple,
		      struct netlink_ext_ack *extack)
{
	const struct dray_service_conf *conf = rcu_dereference(service->conf);

	if (!(entry->flags & FLOW_PERSIST)) {
		if (service->key.protocol &&
		    service->key.protocol != entry->protocol) {
			NL_SET_ERR_MSG(extack,
				       "Protocol is not that of the service");
			return -EINVAL;
		}
		dray_flow_tuple_fill(tuple, service->key.family,
				     entry->protocol, service->id,
				     &entry->client, entry->cport, &entry->vip,
				     entry->vport);
		return 0;
	}
	if (!conf->params.persist_timeout) {
		NL_SET_ERR_MSG(extack, "The service has no persistence");
		return -EINVAL;
	}
	dray_persist_tuple(tuple, service, conf->params.persist_prefix,
			   &entry->client);
	return 0;
}

static int sync_take(struct dray_net *dn, const struct sync_entry *entry,
		     struct netlink_ext_ack *extack)
{
	struct dray_service_slot *slot;
	struct dray_service *service;
	struct dray_flow_tuple tuple;
	u8 reason;
	int err;

	service = dray_nl_service_get(dn, &entry->service, extack);
	if (IS_ERR(service))
		return PTR_ERR(service);
	slot = dray_server_slot(rcu_dereference(service->conf),
				&entry->server);
	if (!slot) {
		NL_SET_ERR_MSG(extack, "No such server");
		return -ENOENT;
	}
	err = sync_tuple(service, entry, &tuple, extack);
	if (err)
		return err;
	if (dray_sync_take(dn, &tuple, slot->server, entry->state,
			   entry->flags, entry->expires, &reason))
		return 0;
	if (reason == DRAY_REASON_NO_MEMORY)
		return -ENOMEM;
	NL_SET_ERR_MSG(extack, "No room for an entry");
	return -ENOSPC;
}

static int sync_doit(struct genl_info *info, u8 type,
		     int (*parse)(struct genl_info *info,
				  struct sync_entry *entry))
{
	struct sync_entry entry = { };
	int err;

	err = sync_keys(info, type, &entry);
	if (!err)
		err = parse(info, &entry);
	if (err)
		return err;
	rcu_read_lock();
	local_bh_disable();
	err = sync_take(dray_net(genl_info_net(info)), &entry, info->extack);
	local_bh_enable();
	rcu_read_unlock();
	return err;
}

int dray_nl_set_flow_doit(struct sk_buff *skb, struct genl_info *info)
{
	return sync_doit(info, DRAY_A_FLOW, sync_flow);
}

int dray_nl_set_persist_doit(struct sk_buff *skb, struct genl_info *info)
{
	return sync_doit(info, DRAY_A_PERSIST, sync_persist);
}
