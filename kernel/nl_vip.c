// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: addresses with a role.
 */
#include <linux/etherdevice.h>
#include <linux/timekeeping.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "nl.h"
#include "txn.h"

#define VIP_KEY		(BIT(DRAY_A_VIP_FAMILY) | BIT(DRAY_A_VIP_ADDRESS))
#define VIP_PARAMS	(BIT(DRAY_A_VIP_ROLE) | BIT(DRAY_A_VIP_LEASE) |	\
			 BIT(DRAY_A_VIP_FLAGS) |			\
			 DRAY_NL_MANY(DRAY_A_VIP_PEER))

#define VIP_ROOM	512	/* bytes of an address in a message, at most */

static int vip_key(struct nlattr **tb, const struct nlattr *nest,
		   struct dray_vip_key *key, struct netlink_ext_ack *extack)
{
	int err;

	memset(key, 0, sizeof(*key));
	err = dray_nl_need(tb, nest, DRAY_A_VIP_FAMILY,
			   "Missing attribute family", extack);
	if (!err)
		err = dray_nl_need(tb, nest, DRAY_A_VIP_ADDRESS,
				   "Missing attribute address", extack);
	if (!err)
		err = dray_nl_af(tb[DRAY_A_VIP_FAMILY], &key->family, extack);
	if (!err)
		err = dray_nl_host(tb[DRAY_A_VIP_ADDRESS], key->family,
				   &key->addr, extack);
	return err;
}

static int vip_request(struct genl_info *info, u64 takes, struct nlattr **tb,
		       struct dray_vip_key *key)
{
	const struct nlattr *nest = info->attrs[DRAY_A_VIP];
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_VIP),
			      BIT(DRAY_A_VIP), info->extack);
	if (!err)
		err = dray_nl_nest(tb, DRAY_A_VIP_MAX, nest,
				   dray_vip_nl_policy, takes, info->extack);
	if (!err)
		err = vip_key(tb, nest, key, info->extack);
	return err;
}

static int vip_peers(const struct nlattr *nest, struct dray_vip_params *params,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != DRAY_A_VIP_PEER)
			continue;
		if (n == DRAY_VIP_PEERS) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "More than 16 peers");
			return -EINVAL;
		}
		if (!is_valid_ether_addr(nla_data(attr))) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "Peer is not a unicast MAC address");
			return -EINVAL;
		}
		ether_addr_copy(params->peers[n++], nla_data(attr));
	}
	memset(params->peers[n], 0, (DRAY_VIP_PEERS - n) * ETH_ALEN);
	params->n_peers = n;
	return 0;
}

/* A lease is one of the role active, and ends with it: who becomes active once
 * more has no lease, or a new one.
 */
static int vip_lease(const struct nlattr *attr, struct dray_vip_params *params,
		     struct netlink_ext_ack *extack)
{
	u64 lease = attr ? nla_get_u32(attr) : 0;

	if (params->role != DRAY_ROLE_ACTIVE && lease) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Only an active VIP has a lease");
		return -EINVAL;
	}
	if (!attr && params->role == DRAY_ROLE_ACTIVE)
		return 0;
	params->keep_lease = false;
	params->lease_end = lease ? ktime_get_boottime_ns() +
				    lease * NSEC_PER_MSEC : 0;
	return 0;
}

/* Changes @params by what the request has of them. */
static int vip_params(struct genl_info *info, struct nlattr **tb,
		      struct dray_vip_params *params)
{
	int err;

	BUILD_BUG_ON(DRAY_VIP_PEERS != 16);	/* see the message above */

	if (tb[DRAY_A_VIP_ROLE])
		params->role = nla_get_u8(tb[DRAY_A_VIP_ROLE]);
	if (tb[DRAY_A_VIP_FLAGS])
		params->flags = nla_get_u32(tb[DRAY_A_VIP_FLAGS]);
	err = vip_lease(tb[DRAY_A_VIP_LEASE], params, info->extack);
	if (err || !tb[DRAY_A_VIP_PEER])
		return err;
	return vip_peers(info->attrs[DRAY_A_VIP], params, info->extack);
}

int dray_nl_new_vip_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_vip_params params = { .role = DRAY_ROLE_STANDBY };
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_VIP_MAX + 1];
	struct dray_vip_key key;
	struct dray_txn *txn;
	int err;

	err = vip_request(info, VIP_KEY | VIP_PARAMS, tb, &key);
	if (!err)
		err = vip_params(info, tb, &params);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_new_vip(txn, &key, &params, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_set_vip_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_VIP_MAX + 1];
	struct dray_vip_params params;
	struct dray_vip_key key;
	struct dray_txn *txn;
	int err;

	err = vip_request(info, VIP_KEY | VIP_PARAMS, tb, &key);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_vip_params(txn, &key, &params, info->extack);
	if (!err)
		err = vip_params(info, tb, &params);
	if (!err)
		err = dray_txn_set_vip(txn, &key, &params, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_del_vip_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_VIP_MAX + 1];
	struct dray_vip_key key;
	struct dray_txn *txn;
	int err;

	err = vip_request(info, VIP_KEY, tb, &key);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_del_vip(txn, &key, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

/* Milliseconds that are left of a lease; 0 only if it has run out. */
static u32 lease_left(u64 end)
{
	u64 now = ktime_get_boottime_ns();

	if (now >= end)
		return 0;
	return div_u64(end - now + NSEC_PER_MSEC - 1, NSEC_PER_MSEC);
}

static int put_params(struct sk_buff *skb, const struct dray_vip_params *params)
{
	unsigned int i;

	if (nla_put_u8(skb, DRAY_A_VIP_ROLE, params->role) ||
	    nla_put_u32(skb, DRAY_A_VIP_FLAGS, params->flags))
		return -EMSGSIZE;
	for (i = 0; i < params->n_peers; i++)
		if (nla_put(skb, DRAY_A_VIP_PEER, ETH_ALEN, params->peers[i]))
			return -EMSGSIZE;
	if (!params->lease_end)
		return 0;
	return nla_put_u32(skb, DRAY_A_VIP_LEASE_LEFT,
			   lease_left(params->lease_end));
}

int dray_nl_put_vip(struct sk_buff *skb, const struct dray_vip *vip)
{
	const struct dray_vip_key *key = &vip->key;
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_VIP);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, DRAY_A_VIP_FAMILY, key->family) ||
	    dray_nl_put_addr(skb, DRAY_A_VIP_ADDRESS, key->family,
			     &key->addr) ||
	    put_params(skb, &vip->params)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_vip(struct sk_buff *skb, const struct dray_vip *vip,
		   u32 generation)
{
	if (nla_put_u32(skb, DRAY_A_GENERATION, generation))
		return -EMSGSIZE;
	return dray_nl_put_vip(skb, vip);
}

int dray_nl_get_vip_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_VIP_MAX + 1];
	const struct dray_vip *vip;
	struct dray_vip_key key;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = vip_request(info, VIP_KEY, tb, &key);
	if (err)
		return err;
	msg = dray_nl_reply(info, VIP_ROOM, &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = -ESRCH;
	rcu_read_lock();
	vip = dray_vip_lookup(dn, key.family, &key.addr);
	if (vip)
		err = put_vip(msg, vip, READ_ONCE(dn->generation));
	else
		NL_SET_ERR_MSG(info->extack, "No such VIP");
	rcu_read_unlock();
	return dray_nl_reply_send(info, msg, hdr, err);
}

/* Where a dump of addresses goes on: behind @last in the order of the keys of a
 * chain.  Whatever comes or goes, an address that is there all the time is met
 * exactly once.
 */
struct vip_dump {
	unsigned int chain;
	struct dray_vip_key last;	/* zero at the head of a chain */
	bool begun;
};

/* Chains are short: a search for each of their entries is as good as sorting.
 */
static const struct dray_vip *dump_next(struct dray_net *dn,
					const struct vip_dump *dump)
{
	const struct dray_vip *vip, *next = NULL;

	hlist_for_each_entry_rcu(vip, &dn->vips[dump->chain], node)
		if (memcmp(&vip->key, &dump->last, sizeof(vip->key)) > 0 &&
		    (!next ||
		     memcmp(&vip->key, &next->key, sizeof(vip->key)) < 0))
			next = vip;
	return next;
}

static int dump_chain(struct sk_buff *skb, struct netlink_callback *cb,
		      struct dray_net *dn, u32 generation)
{
	struct vip_dump *dump = (void *)cb->ctx;
	const struct dray_vip *vip;
	void *hdr;
	int err;

	while ((vip = dump_next(dn, dump))) {
		hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_VIP);
		if (!hdr)
			return -EMSGSIZE;
		err = dray_nl_dump_end(skb, hdr,
				       put_vip(skb, vip, generation));
		if (err)
			return err;
		dump->last = vip->key;
	}
	return 0;
}

int dray_nl_get_vip_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct vip_dump *dump = (void *)cb->ctx;
	u32 generation;
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	if (!dump->begun)
		err = dray_nl_dump_request(cb, 0);
	if (err)
		return err;
	dump->begun = true;
	generation = dray_nl_dump_seq(cb);
	rcu_read_lock();
	for (; dump->chain < HASH_SIZE(dn->vips); dump->chain++) {
		err = dump_chain(skb, cb, dn, generation);
		if (err)
			break;
		memset(&dump->last, 0, sizeof(dump->last));
	}
	rcu_read_unlock();
	dray_nl_dump_seq(cb);
	return skb->len ?: err;
}

void dray_nl_notify_vip(struct dray_net *dn, u8 cmd, const struct dray_vip *vip)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = dray_nl_notify(dn, DRAY_NLGRP_CONFIG, cmd, VIP_ROOM, &hdr);
	if (!msg)
		return;
	err = put_vip(msg, vip, dn->generation);
	dray_nl_notify_send(dn, DRAY_NLGRP_CONFIG, msg, hdr, err);
}
