// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: services.
 *
 * What a request says of a service is judged and read here; whether the
 * service is there is known to the transaction.
 */
#include <linux/in.h>

#include "hook.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "nl.h"
#include "pool.h"
#include "schedule.h"
#include "table.h"
#include "txn.h"

#define SERVICE_KEY	(BIT(DRAY_A_SERVICE_FAMILY) |			\
			 BIT(DRAY_A_SERVICE_PROTOCOL) |			\
			 BIT(DRAY_A_SERVICE_ADDRESS) |			\
			 BIT(DRAY_A_SERVICE_PORT) |			\
			 BIT(DRAY_A_SERVICE_FWMARK))
#define SERVICE_PARAMS	(BIT(DRAY_A_SERVICE_SCHEDULER) |		\
			 BIT(DRAY_A_SERVICE_FLAGS) |			\
			 BIT(DRAY_A_SERVICE_PERSIST_TIMEOUT) |		\
			 BIT(DRAY_A_SERVICE_PERSIST_PREFIX) |		\
			 BIT(DRAY_A_SERVICE_DOWN_HOLD) |		\
			 BIT(DRAY_A_SERVICE_SCHED_FLAGS) |		\
			 BIT(DRAY_A_SERVICE_ROWS) |			\
			 BIT(DRAY_A_SERVICE_LOAD_LIMIT) |		\
			 BIT(DRAY_A_SERVICE_SLOW_START))

#define SERVICE_ROOM	512	/* bytes of a service in a message, at most */

static int service_mark(struct nlattr **tb, struct dray_service_key *key,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *other = tb[DRAY_A_SERVICE_PROTOCOL];

	if (!other)
		other = tb[DRAY_A_SERVICE_ADDRESS];
	if (!other)
		other = tb[DRAY_A_SERVICE_PORT];
	if (other) {
		NL_SET_ERR_MSG_ATTR(extack, other,
				    "A firewall-mark service has no protocol, address or port");
		return -EINVAL;
	}
	key->fwmark = nla_get_u32(tb[DRAY_A_SERVICE_FWMARK]);
	if (key->fwmark)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, tb[DRAY_A_SERVICE_FWMARK],
			    "Firewall mark is 0");
	return -EINVAL;
}

static int service_protocol(const struct nlattr *attr, u8 *protocol,
			    struct netlink_ext_ack *extack)
{
	*protocol = nla_get_u8(attr);
	switch (*protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr, "Protocol is not TCP, UDP or SCTP");
	return -EPROTONOSUPPORT;
}

static int service_vip(struct nlattr **tb, const struct nlattr *nest,
		       struct dray_service_key *key,
		       struct netlink_ext_ack *extack)
{
	int err;

	err = dray_nl_need(tb, nest, DRAY_A_SERVICE_PROTOCOL,
			   "Missing attribute protocol (or fwmark)", extack);
	if (!err)
		err = dray_nl_need(tb, nest, DRAY_A_SERVICE_ADDRESS,
				   "Missing attribute address", extack);
	if (!err)
		err = dray_nl_need(tb, nest, DRAY_A_SERVICE_PORT,
				   "Missing attribute port", extack);
	if (!err)
		err = service_protocol(tb[DRAY_A_SERVICE_PROTOCOL],
				       &key->protocol, extack);
	if (!err)
		err = dray_nl_host(tb[DRAY_A_SERVICE_ADDRESS], key->family,
				   &key->addr, extack);
	if (!err)
		key->port = htons(nla_get_u16(tb[DRAY_A_SERVICE_PORT]));
	return err;
}

static int service_parse(struct nlattr **tb, const struct nlattr *nest,
			 u32 takes, struct dray_service_key *key,
			 struct netlink_ext_ack *extack)
{
	int err;

	memset(key, 0, sizeof(*key));
	err = dray_nl_nest(tb, DRAY_A_SERVICE_MAX, nest, dray_service_nl_policy,
			   takes, extack);
	if (err)
		return err;
	err = dray_nl_need(tb, nest, DRAY_A_SERVICE_FAMILY,
			   "Missing attribute family", extack);
	if (!err)
		err = dray_nl_af(tb[DRAY_A_SERVICE_FAMILY], &key->family,
				 extack);
	if (err)
		return err;
	if (tb[DRAY_A_SERVICE_FWMARK])
		return service_mark(tb, key, extack);
	return service_vip(tb, nest, key, extack);
}

int dray_nl_service_key(const struct nlattr *nest,
			struct dray_service_key *key,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];

	return service_parse(tb, nest, SERVICE_KEY, key, extack);
}

struct dray_service *dray_nl_service_get(struct dray_net *dn,
					 const struct dray_service_key *key,
					 struct netlink_ext_ack *extack)
{
	struct dray_service *service = dray_service_find(dn, key);

	if (service)
		return service;
	NL_SET_ERR_MSG(extack, "No such service");
	return ERR_PTR(-ESRCH);
}

static void service_defaults(const struct dray_service_key *key,
			     struct dray_service_params *params)
{
	memset(params, 0, sizeof(*params));	/* compared as memory */
	params->sched = dray_scheduler_find("dray");
	params->down_hold = DRAY_DOWN_HOLD;
	params->rows = DRAY_TABLE_ROWS_DEFAULT;
	params->load_limit = DRAY_LOAD_LIMIT;
	params->persist_prefix = key->family == AF_INET ? 32 : 128;
}

/* Who names sh or mh wants a client at one server, as IPVS has it: no limit. */
static int service_scheduler(const struct nlattr *attr,
			     struct dray_service_params *params,
			     struct netlink_ext_ack *extack)
{
	const struct dray_scheduler *old = params->sched;

	params->sched = dray_scheduler_find(nla_data(attr));
	if (params->sched && params->sched != old)
		params->load_limit = params->sched->key == DRAY_KEY_CLIENT ?
				     0 : DRAY_LOAD_LIMIT;
	if (params->sched)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "No such scheduler");
	return -ENOENT;
}

static int service_prefix(const struct nlattr *attr,
			  const struct dray_service_key *key,
			  struct dray_service_params *params,
			  struct netlink_ext_ack *extack)
{
	params->persist_prefix = nla_get_u8(attr);
	if (params->persist_prefix &&
	    params->persist_prefix <= (key->family == AF_INET ? 32 : 128))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "Prefix length is not 1 to 32, or to 128 for AF_INET6");
	return -EINVAL;
}

static int service_rows(const struct nlattr *attr,
			struct dray_service_params *params,
			struct netlink_ext_ack *extack)
{
	params->rows = nla_get_u32(attr);
	if (is_power_of_2(params->rows))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "Rows are not a power of two");
	return -EINVAL;
}

static int service_load_limit(const struct nlattr *attr,
			      struct dray_service_params *params,
			      struct netlink_ext_ack *extack)
{
	params->load_limit = nla_get_u32(attr);
	if (!params->load_limit || params->load_limit >= 100)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "Load limit is not 100 to 10000 percent, or 0 for none");
	return -ERANGE;
}

/* Changes @params by what the request has for tables. */
static int service_table(struct nlattr **tb,
			 struct dray_service_params *params,
			 struct netlink_ext_ack *extack)
{
	int err = 0;

	if (tb[DRAY_A_SERVICE_ROWS])
		err = service_rows(tb[DRAY_A_SERVICE_ROWS], params, extack);
	if (!err && tb[DRAY_A_SERVICE_LOAD_LIMIT])
		err = service_load_limit(tb[DRAY_A_SERVICE_LOAD_LIMIT], params,
					 extack);
	if (tb[DRAY_A_SERVICE_SLOW_START])
		params->slow_start = nla_get_u32(tb[DRAY_A_SERVICE_SLOW_START]);
	return err;
}

/* What only the configuration as a whole can tell. */
static int service_judge(struct nlattr **tb, const struct dray_service_key *key,
			 const struct dray_service_params *params,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;

	if (!key->fwmark && !key->port && !params->persist_timeout) {
		attr = tb[DRAY_A_SERVICE_PERSIST_TIMEOUT];
		if (!attr)
			attr = tb[DRAY_A_SERVICE_PORT];
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Zero port specified for non-persistent service");
		return -EINVAL;
	}
	if (params->flags & DRAY_SERVICE_FLAGS_OPS && !key->fwmark &&
	    key->protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DRAY_A_SERVICE_FLAGS],
				    "One-packet scheduling is for UDP and firewall-mark services");
		return -EINVAL;
	}
	return 0;
}

/* Changes @params by what the request has of them. */
static int service_params(struct nlattr **tb,
			  const struct dray_service_key *key,
			  struct dray_service_params *params,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int err = 0;

	attr = tb[DRAY_A_SERVICE_SCHEDULER];
	if (attr)
		err = service_scheduler(attr, params, extack);
	attr = tb[DRAY_A_SERVICE_PERSIST_PREFIX];
	if (!err && attr)
		err = service_prefix(attr, key, params, extack);
	if (!err)
		err = service_table(tb, params, extack);
	if (err)
		return err;
	if (tb[DRAY_A_SERVICE_FLAGS])
		params->flags = nla_get_u32(tb[DRAY_A_SERVICE_FLAGS]);
	attr = tb[DRAY_A_SERVICE_PERSIST_TIMEOUT];
	if (attr)
		params->persist_timeout = nla_get_u32(attr);
	if (tb[DRAY_A_SERVICE_DOWN_HOLD])
		params->down_hold = nla_get_u32(tb[DRAY_A_SERVICE_DOWN_HOLD]);
	attr = tb[DRAY_A_SERVICE_SCHED_FLAGS];
	if (attr)
		params->sched_flags = nla_get_u32(attr);
	return service_judge(tb, key, params, extack);
}

static int service_request(struct genl_info *info, u32 takes,
			   struct nlattr **tb, struct dray_service_key *key)
{
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_SERVICE),
			      BIT(DRAY_A_SERVICE), info->extack);
	if (err)
		return err;
	return service_parse(tb, info->attrs[DRAY_A_SERVICE], takes, key,
			     info->extack);
}

int dray_nl_new_service_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];
	struct dray_service_params params;
	struct dray_service_key key;
	struct dray_txn *txn;
	int err;

	err = service_request(info, SERVICE_KEY | SERVICE_PARAMS, tb, &key);
	if (err)
		return err;
	service_defaults(&key, &params);
	err = service_params(tb, &key, &params, info->extack);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_new_service(txn, &key, &params, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_set_service_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];
	struct dray_service_params params;
	struct dray_service_key key;
	struct dray_txn *txn;
	int err;

	err = service_request(info, SERVICE_KEY | SERVICE_PARAMS, tb, &key);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_service_params(txn, &key, &params, info->extack);
	if (!err)
		err = service_params(tb, &key, &params, info->extack);
	if (!err)
		err = dray_txn_set_service(txn, &key, &params, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_del_service_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];
	struct dray_service_key key;
	struct dray_txn *txn;
	int err;

	err = service_request(info, SERVICE_KEY, tb, &key);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_del_service(txn, &key, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

static int put_key(struct sk_buff *skb, const struct dray_service_key *key)
{
	if (nla_put_u8(skb, DRAY_A_SERVICE_FAMILY, key->family))
		return -EMSGSIZE;
	if (key->fwmark)
		return nla_put_u32(skb, DRAY_A_SERVICE_FWMARK, key->fwmark);
	if (nla_put_u8(skb, DRAY_A_SERVICE_PROTOCOL, key->protocol) ||
	    dray_nl_put_addr(skb, DRAY_A_SERVICE_ADDRESS, key->family,
			     &key->addr) ||
	    nla_put_u16(skb, DRAY_A_SERVICE_PORT, ntohs(key->port)))
		return -EMSGSIZE;
	return 0;
}

int dray_nl_put_service_key(struct sk_buff *skb,
			    const struct dray_service *service)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_SERVICE);
	if (!nest)
		return -EMSGSIZE;
	if (put_key(skb, &service->key)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_params(struct sk_buff *skb,
		      const struct dray_service_params *params)
{
	if (nla_put_string(skb, DRAY_A_SERVICE_SCHEDULER,
			   params->sched->name) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_FLAGS, params->flags) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_PERSIST_TIMEOUT,
			params->persist_timeout) ||
	    nla_put_u8(skb, DRAY_A_SERVICE_PERSIST_PREFIX,
		       params->persist_prefix) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_DOWN_HOLD, params->down_hold) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_SCHED_FLAGS, params->sched_flags))
		return -EMSGSIZE;
	if (params->sched->key == DRAY_KEY_NONE)
		return 0;
	if (nla_put_u32(skb, DRAY_A_SERVICE_ROWS, params->rows) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_LOAD_LIMIT, params->load_limit) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_SLOW_START, params->slow_start))
		return -EMSGSIZE;
	return 0;
}

static int put_table(struct sk_buff *skb, const struct dray_service_conf *conf)
{
	if (!conf->choice)
		return 0;
	return nla_put_u64_64bit(skb, DRAY_A_SERVICE_TABLE_FINGERPRINT,
				 conf->choice->pool->table->fingerprint,
				 DRAY_A_SERVICE_PAD);
}

static int put_state(struct sk_buff *skb, const struct dray_service *service)
{
	const struct dray_service_key *key = &service->key;
	struct dray_net *dn = service->dn;

	if (!key->fwmark && dray_vip_local(dn->net, key->family, &key->addr) &&
	    nla_put_flag(skb, DRAY_A_SERVICE_VIP_LOCAL))
		return -EMSGSIZE;
	if (dray_rules_bypassed(dn, service) &&
	    nla_put_flag(skb, DRAY_A_SERVICE_RULES_BYPASSED))
		return -EMSGSIZE;
	return dray_nl_put_stats(skb, DRAY_A_SERVICE_STATS, service->stats,
				 &service->zero);
}

int dray_nl_put_service(struct sk_buff *skb, const struct dray_service *service,
			const struct dray_service_conf *conf)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_SERVICE);
	if (!nest)
		return -EMSGSIZE;
	if (put_key(skb, &service->key) ||
	    put_params(skb, &conf->params) || put_table(skb, conf) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_ID, service->id) ||
	    nla_put_u32(skb, DRAY_A_SERVICE_SERVERS, conf->n) ||
	    put_state(skb, service)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* RCU read side. */
static int put_service(struct sk_buff *skb, const struct dray_service *service,
		       const struct dray_service_conf *conf, u32 generation)
{
	if (nla_put_u32(skb, DRAY_A_GENERATION, generation))
		return -EMSGSIZE;
	return dray_nl_put_service(skb, service, conf);
}

static int get_service(struct sk_buff *msg, struct dray_net *dn,
		       const struct dray_service_key *key,
		       struct netlink_ext_ack *extack)
{
	const struct dray_service *service;
	int err;

	rcu_read_lock();
	service = dray_nl_service_get(dn, key, extack);
	err = PTR_ERR_OR_ZERO(service);
	if (!err)
		err = put_service(msg, service, rcu_dereference(service->conf),
				  READ_ONCE(dn->generation));
	rcu_read_unlock();
	return err;
}

int dray_nl_get_service_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];
	struct dray_service_key key;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = service_request(info, SERVICE_KEY, tb, &key);
	if (err)
		return err;
	msg = dray_nl_reply(info, SERVICE_ROOM, &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = get_service(msg, dn, &key, info->extack);
	return dray_nl_reply_send(info, msg, hdr, err);
}

/* Where a dump of services goes on. */
struct service_dump {
	struct dray_nl_ids ids;
	bool begun;
};

static int dump_begin(struct netlink_callback *cb)
{
	struct service_dump *dump = (void *)cb->ctx;
	struct dray_net *dn = dray_nl_dump_net(cb);

	mutex_lock(&dn->lock);
	dray_nl_ids_init(&dump->ids, dn->next_service);
	mutex_unlock(&dn->lock);
	dump->begun = true;
	return dray_nl_dump_request(cb, 0);
}

static int dump_service(struct sk_buff *skb, struct netlink_callback *cb,
			const struct dray_service *service, u32 generation)
{
	const struct dray_service_conf *conf = rcu_dereference(service->conf);
	void *hdr;

	hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_SERVICE);
	if (!hdr)
		return -EMSGSIZE;
	return dray_nl_dump_end(skb, hdr,
				put_service(skb, service, conf, generation));
}

int dray_nl_get_service_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct service_dump *dump = (void *)cb->ctx;
	const struct dray_service *service;
	struct dray_nl_ids at;
	u32 generation;
	int err = 0;

	if (!dump->begun)
		err = dump_begin(cb);
	if (err)
		return err;
	generation = dray_nl_dump_seq(cb);
	at = dump->ids;
	rcu_read_lock();
	while ((service = dray_nl_ids_next(&at, &dn->service_ids))) {
		err = dump_service(skb, cb, service, generation);
		if (err)
			break;
		dump->ids = at;
	}
	rcu_read_unlock();
	dray_nl_dump_seq(cb);
	return skb->len ?: err;
}

void dray_nl_notify_service(struct dray_net *dn, u8 cmd,
			    const struct dray_service *service,
			    const struct dray_service_conf *conf)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = dray_nl_notify(dn, DRAY_NLGRP_CONFIG, cmd, SERVICE_ROOM, &hdr);
	if (!msg)
		return;
	rcu_read_lock();
	err = put_service(msg, service, conf, dn->generation);
	rcu_read_unlock();
	dray_nl_notify_send(dn, DRAY_NLGRP_CONFIG, msg, hdr, err);
}
