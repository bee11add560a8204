// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: the settings, transactions, and what concerns the configuration as
 * a whole.
 */
#include "hash.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "nl.h"
#include "nl_hook.h"
#include "pool.h"
#include "txn.h"

#define CONFIG_TAKES	(BIT(DRAY_A_CONFIG_TIMEOUT_TCP) |		\
			 BIT(DRAY_A_CONFIG_TIMEOUT_TCPFIN) |		\
			 BIT(DRAY_A_CONFIG_TIMEOUT_UDP) |		\
			 BIT(DRAY_A_CONFIG_HOOK_MODE) |			\
			 BIT(DRAY_A_CONFIG_FLOW_LIMIT) |		\
			 BIT(DRAY_A_CONFIG_PERSIST_LIMIT) |		\
			 BIT(DRAY_A_CONFIG_UNASSURED_LIMIT) |		\
			 BIT(DRAY_A_CONFIG_TABLE_LIMIT) |		\
			 BIT(DRAY_A_CONFIG_TABLE_KEY))

#define CONFIG_ROOM	512	/* bytes of the settings in a message, at most */
#define CONFIG_MAX	SZ_8K	/* with the hooks that find room in it */

static int config_limit(const struct dray_net *dn, const struct nlattr *attr,
			u32 *limit, struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*limit = nla_get_u32(attr);
	if (*limit < DRAY_FLOW_LIMIT_MIN || *limit > DRAY_FLOW_LIMIT_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Limit is not 1024 to 268435456");
		return -ERANGE;
	}
	if (*limit > dray_flows_max_limit(dn->net)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Limit is above 65536, the most in a user namespace");
		return -ERANGE;
	}
	return 0;
}

static int config_limits(const struct dray_net *dn, struct nlattr **tb,
			 struct dray_settings *settings,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *unassured = tb[DRAY_A_CONFIG_UNASSURED_LIMIT];
	const struct nlattr *flow = tb[DRAY_A_CONFIG_FLOW_LIMIT];
	int err;

	BUILD_BUG_ON(DRAY_FLOW_LIMIT_MIN != 1024);	/* see the messages */
	BUILD_BUG_ON(DRAY_FLOW_LIMIT_MAX != 268435456);
	BUILD_BUG_ON(DRAY_UNASSURED_MIN != 64);

	BUILD_BUG_ON(DRAY_FLOW_LIMIT_USER != 65536);

	err = config_limit(dn, flow, &settings->flow_limit, extack);
	if (!err)
		err = config_limit(dn, tb[DRAY_A_CONFIG_PERSIST_LIMIT],
				   &settings->persist_limit, extack);
	if (err)
		return err;
	if (unassured)
		settings->unassured_limit = nla_get_u32(unassured);
	if (settings->unassured_limit >= DRAY_UNASSURED_MIN &&
	    settings->unassured_limit <= settings->flow_limit)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, unassured ?: flow,
			    "Limit of unassured entries is not 64 to flow-limit");
	return -ERANGE;
}

/* In a user namespace no more than the default: whoever owns it did not buy
 * the memory.
 */
static int config_table_limit(const struct dray_net *dn,
			      const struct nlattr *attr, u64 *limit,
			      struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*limit = nla_get_u64(attr);
	if (*limit <= DRAY_TABLE_LIMIT_USER ||
	    dn->net->user_ns == &init_user_ns)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "Limit is above 16 MB, the most in a user namespace");
	return -ERANGE;
}

/* Changes the settings by what the request has of them, or not at all. */
static int config_params(struct dray_txn *txn, const struct dray_net *dn,
			 struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct dray_settings new = *dray_txn_settings(txn);
	int err;

	err = config_limits(dn, tb, &new, extack);
	if (!err)
		err = config_table_limit(dn, tb[DRAY_A_CONFIG_TABLE_LIMIT],
					 &new.table_limit, extack);
	if (err)
		return err;
	if (tb[DRAY_A_CONFIG_TABLE_KEY])
		memcpy(new.table_key, nla_data(tb[DRAY_A_CONFIG_TABLE_KEY]),
		       sizeof(new.table_key));
	if (tb[DRAY_A_CONFIG_TIMEOUT_TCP])
		new.timeout_tcp = nla_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_TCP]);
	if (tb[DRAY_A_CONFIG_TIMEOUT_TCPFIN])
		new.timeout_tcpfin =
			nla_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_TCPFIN]);
	if (tb[DRAY_A_CONFIG_TIMEOUT_UDP])
		new.timeout_udp = nla_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_UDP]);
	if (tb[DRAY_A_CONFIG_HOOK_MODE])
		new.hook_mode = nla_get_u8(tb[DRAY_A_CONFIG_HOOK_MODE]);
	return dray_txn_set_settings(txn, &new, extack);
}

int dray_nl_set_config_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_CONFIG_MAX + 1];
	struct dray_txn *txn;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_CONFIG),
			      BIT(DRAY_A_CONFIG), info->extack);
	if (!err)
		err = dray_nl_nest(tb, DRAY_A_CONFIG_MAX,
				   info->attrs[DRAY_A_CONFIG],
				   dray_config_nl_policy, CONFIG_TAKES,
				   info->extack);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = config_params(txn, dn, tb, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

static int put_settings(struct sk_buff *skb,
			const struct dray_settings *settings)
{
	if (nla_put_u32(skb, DRAY_A_CONFIG_TIMEOUT_TCP,
			settings->timeout_tcp) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_TIMEOUT_TCPFIN,
			settings->timeout_tcpfin) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_TIMEOUT_UDP,
			settings->timeout_udp) ||
	    nla_put_u8(skb, DRAY_A_CONFIG_HOOK_MODE, settings->hook_mode) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_FLOW_LIMIT, settings->flow_limit) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_PERSIST_LIMIT,
			settings->persist_limit) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_UNASSURED_LIMIT,
			settings->unassured_limit))
		return -EMSGSIZE;
	return 0;
}

static int put_tables(struct sk_buff *skb, struct dray_net *dn)
{
	const u8 *key = dn->settings.table_key;
	u64 bytes;
	u32 n;

	bytes = dray_pools_bytes(dn, &n);
	if (nla_put_u64_64bit(skb, DRAY_A_CONFIG_TABLE_LIMIT,
			      dn->settings.table_limit, DRAY_A_CONFIG_PAD) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_TABLES, n) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_TABLE_VERSION, DRAY_TABLE_VERSION) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_TABLES_MADE,
			READ_ONCE(dn->tables_made)) ||
	    nla_put_u64_64bit(skb, DRAY_A_CONFIG_TABLE_BYTES, bytes,
			      DRAY_A_CONFIG_PAD))
		return -EMSGSIZE;
	if (!memcmp(key, DRAY_TABLE_PUBLIC_KEY, DRAY_TABLE_KEY_LEN))
		return 0;
	return nla_put_u64_64bit(skb, DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT,
				 dray_key_fingerprint(key), DRAY_A_CONFIG_PAD);
}

static int put_state(struct sk_buff *skb, struct dray_net *dn)
{
	if (nla_put_u32(skb, DRAY_A_CONFIG_FLOWS,
			atomic_read(&dn->flows.count)) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_PERSISTS,
			atomic_read(&dn->flows.persists)) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_UNASSURED,
			atomic_read(&dn->flows.unassured)) ||
	    nla_put_u64_64bit(skb, DRAY_A_CONFIG_FLOW_BYTES,
			      dray_flows_bytes(dn), DRAY_A_CONFIG_PAD) ||
	    nla_put_string(skb, DRAY_A_CONFIG_VERSION, DRAY_VERSION) ||
	    nla_put_u32(skb, DRAY_A_CONFIG_SERVICES,
			dn->n_services[0] + dn->n_services[1]))
		return -EMSGSIZE;
	return 0;
}

static int put_config(struct sk_buff *skb, struct dray_net *dn, bool hooks)
{
	struct nlattr *nest;

	lockdep_assert_held(&dn->lock);
	if (nla_put_u32(skb, DRAY_A_GENERATION, dn->generation))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, DRAY_A_CONFIG);
	if (!nest)
		return -EMSGSIZE;
	if (put_settings(skb, &dn->settings) || put_state(skb, dn) ||
	    put_tables(skb, dn)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	if (hooks)
		dray_nl_put_hooks(skb, dn);
	nla_nest_end(skb, nest);
	return 0;
}

/* A reader's receive buffer may take 64 KB only, and the answer that ends the
 * request has to find room in it behind the reply.
 */
static size_t config_room(struct net *net)
{
	return min_t(size_t, CONFIG_ROOM + dray_nl_hooks_room(net), CONFIG_MAX);
}

int dray_nl_get_config_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, 0, 0, info->extack);
	if (err)
		return err;
	msg = dray_nl_reply(info, config_room(dn->net), &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	mutex_lock(&dn->lock);
	err = put_config(msg, dn, true);
	mutex_unlock(&dn->lock);
	return dray_nl_reply_send(info, msg, hdr, err);
}

/* The settings in one message, and after them the hooks of each device in one
 * of its own, so that there may be as many devices as there are.
 */
int dray_nl_get_config_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dray_nl_hooks *at = (void *)cb->ctx;
	struct dray_net *dn = dray_nl_dump_net(cb);
	void *hdr;
	int err = 0;

	if (!at->begun)
		err = dray_nl_dump_request(cb, 0);
	if (err)
		return err;
	dray_nl_hooks_seq(cb);
	mutex_lock(&dn->lock);
	if (!at->begun) {
		hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_CONFIG);
		err = hdr ? dray_nl_dump_end(skb, hdr,
					     put_config(skb, dn, false)) :
			    -EMSGSIZE;
		at->begun = !err;
	}
	if (!err)
		err = dray_nl_dump_hooks(skb, cb, dn, at);
	mutex_unlock(&dn->lock);
	dray_nl_hooks_seq(cb);
	return skb->len ?: err;
}

void dray_nl_notify_config(struct dray_net *dn)
{
	struct sk_buff *msg;
	void *hdr;

	msg = dray_nl_notify(dn, DRAY_NLGRP_CONFIG, DRAY_CMD_CONFIG_NTF,
			     config_room(dn->net), &hdr);
	if (msg)
		dray_nl_notify_send(dn, DRAY_NLGRP_CONFIG, msg, hdr,
				    put_config(msg, dn, true));
}

int dray_nl_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, 0, 0, info->extack);
	if (err)
		return err;
	msg = dray_nl_reply(info, nla_total_size(sizeof(u32)), &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = dray_txn_begin(dn, info->snd_portid, info->extack);
	if (!err)
		err = nla_put_u32(msg, DRAY_A_GENERATION,
				  READ_ONCE(dn->generation));
	return dray_nl_reply_send(info, msg, hdr, err);
}

int dray_nl_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[DRAY_A_GENERATION];
	struct dray_net *dn = dray_net(genl_info_net(info));
	u32 expected = 0, generation;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_GENERATION),
			      0, info->extack);
	if (err)
		return err;
	if (attr)
		expected = nla_get_u32(attr);
	msg = dray_nl_reply(info, nla_total_size(sizeof(u32)), &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = dray_txn_commit(dn, info->snd_portid, attr ? &expected : NULL,
			      &generation, info->extack);
	if (!err)
		err = nla_put_u32(msg, DRAY_A_GENERATION, generation);
	return dray_nl_reply_send(info, msg, hdr, err);
}

int dray_nl_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, 0, 0, info->extack);
	if (err)
		return err;
	err = dray_txn_abort(dn, info->snd_portid);
	if (err)
		NL_SET_ERR_MSG(info->extack, "No transaction on this socket");
	return err;
}

int dray_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct dray_txn *txn;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, 0, 0, info->extack);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_flush(txn, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

/* Readers look at the zero point without the lock: it must never stand in
 * between.
 */
static void zero_stats(struct dray_stats __percpu *stats,
		       struct dray_stats_sum *zero)
{
	struct dray_stats_sum now;

	dray_stats_zero(stats, &now);
	WRITE_ONCE(zero->conns, now.conns);
	WRITE_ONCE(zero->packets, now.packets);
	WRITE_ONCE(zero->bytes, now.bytes);
}

static void zero_service(struct dray_service *service)
{
	const struct dray_service_conf *conf;
	u32 i;

	conf = rcu_dereference_protected(service->conf,
					 lockdep_is_held(&service->dn->lock));
	zero_stats(service->stats, &service->zero);
	for (i = 0; i < conf->n; i++)
		zero_stats(conf->slots[i].server->stats,
			   &conf->slots[i].server->zero);
}

static int zero_one(struct dray_net *dn, const struct dray_service_key *key,
		    struct netlink_ext_ack *extack)
{
	struct dray_service *service = dray_nl_service_get(dn, key, extack);

	if (IS_ERR(service))
		return PTR_ERR(service);
	zero_service(service);
	return 0;
}

static void zero_all(struct dray_net *dn)
{
	struct dray_service *service;
	unsigned long id;

	xa_for_each(&dn->service_ids, id, service)
		zero_service(service);
}

int dray_nl_zero_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[DRAY_A_SERVICE];
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct dray_service_key key;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_SERVICE), 0,
			      info->extack);
	if (!err && nest)
		err = dray_nl_service_key(nest, &key, info->extack);
	if (err)
		return err;
	mutex_lock(&dn->lock);
	if (nest)
		err = zero_one(dn, &key, info->extack);
	else
		zero_all(dn);
	mutex_unlock(&dn->lock);
	return err;
}
