// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: servers.
 *
 * What a request says of a server is judged and read here; whether service and
 * server are there is known to the transaction, but for what is in none.
 */
#include "netlink.h"

#include <net/route.h>

#include "netlink_gen.h"
#include "nl.h"
#include "route.h"
#include "told.h"
#include "txn.h"

#define SERVER_KEY	(BIT(DRAY_A_SERVER_FAMILY) |			\
			 BIT(DRAY_A_SERVER_ADDRESS) |			\
			 BIT(DRAY_A_SERVER_PORT))
#define SERVER_PARAMS	(BIT(DRAY_A_SERVER_WEIGHT) |			\
			 BIT(DRAY_A_SERVER_U_THRESHOLD) |		\
			 BIT(DRAY_A_SERVER_L_THRESHOLD) |		\
			 BIT(DRAY_A_SERVER_STATE))
#define SERVER_TOLD	(BIT(DRAY_A_SERVER_TOLD_ACTIVE) |		\
			 BIT(DRAY_A_SERVER_TOLD_INACTIVE))

#define SERVER_ROOM	512	/* bytes of a server in a message, at most */

/**
 * struct server_request - what a request says of a server
 * @tb: attributes of the server
 * @service: key of its service
 * @key: its key
 */
struct server_request {
	struct nlattr *tb[DRAY_A_SERVER_MAX + 1];
	struct dray_service_key service;
	struct dray_server_key key;
};

static int server_addr(struct nlattr **tb, const struct nlattr *nest,
		       struct dray_server_key *key,
		       struct netlink_ext_ack *extack)
{
	int err;

	memset(key, 0, sizeof(*key));
	err = dray_nl_need(tb, nest, DRAY_A_SERVER_FAMILY,
			   "Missing attribute family", extack);
	if (!err)
		err = dray_nl_need(tb, nest, DRAY_A_SERVER_ADDRESS,
				   "Missing attribute address", extack);
	if (!err)
		err = dray_nl_af(tb[DRAY_A_SERVER_FAMILY], &key->family,
				 extack);
	if (!err)
		err = dray_nl_host(tb[DRAY_A_SERVER_ADDRESS], key->family,
				   &key->addr, extack);
	if (!err && tb[DRAY_A_SERVER_PORT])
		key->port = htons(nla_get_u16(tb[DRAY_A_SERVER_PORT]));
	return err;
}

/* What the service has to say about its server. */
static int server_judge(struct server_request *request,
			struct netlink_ext_ack *extack)
{
	const struct dray_service_key *service = &request->service;
	struct dray_server_key *key = &request->key;
	struct nlattr **tb = request->tb;

	if (!tb[DRAY_A_SERVER_PORT])
		key->port = service->port;
	if (!service->fwmark && key->port != service->port) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DRAY_A_SERVER_PORT],
				    "Direct routing changes no port: it has to be the service's");
		return -EINVAL;
	}
	if (!service->fwmark && key->family == service->family &&
	    !memcmp(&key->addr, &service->addr, sizeof(key->addr))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DRAY_A_SERVER_ADDRESS],
				    "Address is that of the service");
		return -EINVAL;
	}
	return 0;
}

static int server_request(struct genl_info *info, u32 takes,
			  struct server_request *request)
{
	const u32 both = BIT(DRAY_A_SERVICE) | BIT(DRAY_A_SERVER);
	const struct nlattr *nest;
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, both, both,
			      info->extack);
	if (!err)
		err = dray_nl_service_key(info->attrs[DRAY_A_SERVICE],
					  &request->service, info->extack);
	if (err)
		return err;
	nest = info->attrs[DRAY_A_SERVER];
	err = dray_nl_nest(request->tb, DRAY_A_SERVER_MAX, nest,
			   dray_server_nl_policy, takes, info->extack);
	if (!err)
		err = server_addr(request->tb, nest, &request->key,
				  info->extack);
	if (!err)
		err = server_judge(request, info->extack);
	return err;
}

/* Changes @params by what the request has of them. */
static int server_params(struct nlattr **tb, struct dray_server_params *params,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *upper = tb[DRAY_A_SERVER_U_THRESHOLD];
	const struct nlattr *lower = tb[DRAY_A_SERVER_L_THRESHOLD];

	if (tb[DRAY_A_SERVER_WEIGHT])
		params->weight = nla_get_u32(tb[DRAY_A_SERVER_WEIGHT]);
	if (upper)
		params->u_threshold = nla_get_u32(upper);
	if (lower)
		params->l_threshold = nla_get_u32(lower);
	if (tb[DRAY_A_SERVER_STATE])
		params->state = nla_get_u8(tb[DRAY_A_SERVER_STATE]);
	if (params->l_threshold <= params->u_threshold)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, lower ?: upper,
			    "Lower threshold is above the upper one");
	return -ERANGE;
}

/* A network's broadcast address is known by the routes only.  In a namespace
 * that never had an address nothing is, and everything is called broadcast.
 */
static bool server_broadcast(struct net *net, __be32 addr)
{
	return inet_addr_type(net, addr) == RTN_BROADCAST &&
	       inet_addr_type(net, htonl(INADDR_LOOPBACK)) != RTN_BROADCAST;
}

static int server_unicast(struct net *net, const struct server_request *request,
			  struct netlink_ext_ack *extack)
{
	if (request->key.family != AF_INET ||
	    !server_broadcast(net, request->key.addr.ip))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, request->tb[DRAY_A_SERVER_ADDRESS],
			    "Address is broadcast");
	return -EINVAL;
}

int dray_nl_new_server_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct dray_server_params params = { .weight = 1 };
	struct server_request request;
	struct dray_txn *txn;
	int err;

	err = server_request(info, SERVER_KEY | SERVER_PARAMS, &request);
	if (!err)
		err = server_unicast(dn->net, &request, info->extack);
	if (!err)
		err = server_params(request.tb, &params, info->extack);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_new_server(txn, &request.service, &request.key, &params,
				  info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_set_server_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct dray_server_params params;
	struct server_request request;
	struct dray_txn *txn;
	int err;

	err = server_request(info, SERVER_KEY | SERVER_PARAMS, &request);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_server_params(txn, &request.service, &request.key,
				     &params, info->extack);
	if (!err)
		err = server_params(request.tb, &params, info->extack);
	if (!err)
		err = dray_txn_set_server(txn, &request.service, &request.key,
					  &params, info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_del_server_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct server_request request;
	struct dray_txn *txn;
	int err;

	err = server_request(info, SERVER_KEY, &request);
	if (err)
		return err;
	txn = dray_txn_enter(dn, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = dray_txn_del_server(txn, &request.service, &request.key,
				  info->extack);
	return dray_txn_leave(txn, err, info->extack);
}

int dray_nl_server_filter(const struct nlattr *nest,
			  struct dray_server_key *key, bool *any_port,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DRAY_A_SERVER_MAX + 1];
	int err;

	err = dray_nl_nest(tb, DRAY_A_SERVER_MAX, nest, dray_server_nl_policy,
			   SERVER_KEY, extack);
	if (err)
		return err;
	*any_port = !tb[DRAY_A_SERVER_PORT];
	return server_addr(tb, nest, key, extack);
}

static int put_key(struct sk_buff *skb, const struct dray_server_key *key)
{
	if (nla_put_u8(skb, DRAY_A_SERVER_FAMILY, key->family) ||
	    dray_nl_put_addr(skb, DRAY_A_SERVER_ADDRESS, key->family,
			     &key->addr) ||
	    nla_put_u16(skb, DRAY_A_SERVER_PORT, ntohs(key->port)))
		return -EMSGSIZE;
	return 0;
}

int dray_nl_put_server_key(struct sk_buff *skb, int type,
			   const struct dray_server *server)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, type);
	if (!nest)
		return -EMSGSIZE;
	if (put_key(skb, &server->key)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_params(struct sk_buff *skb,
		      const struct dray_server_params *params)
{
	if (nla_put_u32(skb, DRAY_A_SERVER_WEIGHT, params->weight) ||
	    nla_put_u32(skb, DRAY_A_SERVER_U_THRESHOLD, params->u_threshold) ||
	    nla_put_u32(skb, DRAY_A_SERVER_L_THRESHOLD, params->l_threshold) ||
	    nla_put_u8(skb, DRAY_A_SERVER_STATE, params->state))
		return -EMSGSIZE;
	return 0;
}

static int put_told(struct sk_buff *skb, const struct dray_server *server)
{
	u32 active = dray_server_told(server, DRAY_TOLD_ACTIVE);
	u32 inactive = dray_server_told(server, DRAY_TOLD_INACTIVE);

	if ((active && nla_put_u32(skb, DRAY_A_SERVER_TOLD_ACTIVE, active)) ||
	    (inactive &&
	     nla_put_u32(skb, DRAY_A_SERVER_TOLD_INACTIVE, inactive)))
		return -EMSGSIZE;
	return 0;
}

static int put_state(struct sk_buff *skb, struct dray_server *server)
{
	int ifindex;
	u32 mtu;

	if (nla_put_u32(skb, DRAY_A_SERVER_ID, server->id) ||
	    nla_put_u8(skb, DRAY_A_SERVER_REACH, READ_ONCE(server->reach)) ||
	    nla_put_u32(skb, DRAY_A_SERVER_ACTIVE,
			atomic_read(&server->active)) ||
	    nla_put_u32(skb, DRAY_A_SERVER_INACTIVE,
			atomic_read(&server->inactive)) ||
	    nla_put_u32(skb, DRAY_A_SERVER_PERSISTENT,
			atomic_read(&server->persistent)))
		return -EMSGSIZE;
	if (put_told(skb, server))
		return -EMSGSIZE;
	if (READ_ONCE(server->overloaded) &&
	    nla_put_flag(skb, DRAY_A_SERVER_OVERLOADED))
		return -EMSGSIZE;
	if (dray_route_info(server, &ifindex, &mtu) &&
	    (nla_put_u32(skb, DRAY_A_SERVER_IFINDEX, ifindex) ||
	     nla_put_u32(skb, DRAY_A_SERVER_MTU, mtu)))
		return -EMSGSIZE;
	return dray_nl_put_stats(skb, DRAY_A_SERVER_STATS, server->stats,
				 &server->zero);
}

int dray_nl_put_server(struct sk_buff *skb,
		       const struct dray_service_slot *slot)
{
	struct dray_server *server = slot->server;
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_SERVER);
	if (!nest)
		return -EMSGSIZE;
	if (put_key(skb, &server->key) || put_params(skb, &slot->params) ||
	    put_state(skb, server)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* RCU read side. */
static int put_server(struct sk_buff *skb, const struct dray_service *service,
		      const struct dray_service_slot *slot, u32 generation)
{
	if (nla_put_u32(skb, DRAY_A_GENERATION, generation) ||
	    dray_nl_put_service_key(skb, service))
		return -EMSGSIZE;
	return dray_nl_put_server(skb, slot);
}

/* RCU read side. */
static const struct dray_service_slot *
find_server(struct dray_net *dn, const struct server_request *request,
	    struct netlink_ext_ack *extack)
{
	const struct dray_service_slot *slot;
	const struct dray_service *service;

	service = dray_nl_service_get(dn, &request->service, extack);
	if (IS_ERR(service))
		return ERR_CAST(service);
	slot = dray_server_slot(rcu_dereference(service->conf), &request->key);
	if (slot)
		return slot;
	NL_SET_ERR_MSG(extack, "No such server");
	return ERR_PTR(-ENOENT);
}

static int get_server(struct sk_buff *msg, struct dray_net *dn,
		      const struct server_request *request,
		      struct netlink_ext_ack *extack)
{
	const struct dray_service_slot *slot;

	slot = find_server(dn, request, extack);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	return put_server(msg, slot->server->service, slot,
			  READ_ONCE(dn->generation));
}

int dray_nl_get_server_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct server_request request;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = server_request(info, SERVER_KEY, &request);
	if (err)
		return err;
	msg = dray_nl_reply(info, SERVER_ROOM, &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	rcu_read_lock();
	err = get_server(msg, dn, &request, info->extack);
	rcu_read_unlock();
	return dray_nl_reply_send(info, msg, hdr, err);
}

static int take_told(struct dray_net *dn, const struct server_request *request,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *inactive = request->tb[DRAY_A_SERVER_TOLD_INACTIVE];
	const struct nlattr *active = request->tb[DRAY_A_SERVER_TOLD_ACTIVE];
	const struct dray_service_slot *slot;

	slot = find_server(dn, request, extack);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (active)
		dray_told_take(dn, slot->server, DRAY_TOLD_ACTIVE,
			       nla_get_u32(active));
	if (inactive)
		dray_told_take(dn, slot->server, DRAY_TOLD_INACTIVE,
			       nla_get_u32(inactive));
	return 0;
}

int dray_nl_set_told_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct server_request request;
	int err;

	err = server_request(info, SERVER_KEY | SERVER_TOLD, &request);
	if (!err && !request.tb[DRAY_A_SERVER_TOLD_INACTIVE])
		err = dray_nl_need(request.tb, info->attrs[DRAY_A_SERVER],
				   DRAY_A_SERVER_TOLD_ACTIVE,
				   "Missing attribute told-active or told-inactive",
				   info->extack);
	if (err)
		return err;
	rcu_read_lock();
	err = take_told(dray_net(genl_info_net(info)), &request, info->extack);
	rcu_read_unlock();
	return err;
}

/* Where a dump of servers goes on.  It goes by the ids of servers, which do not
 * move as the slots of a service do.
 */
struct server_dump {
	struct dray_nl_ids ids;
	u32 service;	/* id of the only one asked for, or 0 */
	u32 hint;	/* slot where the next server may be */
	bool begun;
};

static int dump_one_service(struct netlink_callback *cb,
			    const struct nlattr *nest, u32 *id)
{
	const struct dray_service *service;
	struct dray_service_key key;
	int err;

	err = dray_nl_service_key(nest, &key, cb->extack);
	if (err)
		return err;
	rcu_read_lock();
	service = dray_nl_service_get(dray_nl_dump_net(cb), &key, cb->extack);
	err = PTR_ERR_OR_ZERO(service);
	if (!err)
		*id = service->id;
	rcu_read_unlock();
	return err;
}

static int dump_begin(struct netlink_callback *cb)
{
	struct nlattr **attrs = dray_genl_dump_attrs(cb);
	struct server_dump *dump = (void *)cb->ctx;
	struct dray_net *dn = dray_nl_dump_net(cb);
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	mutex_lock(&dn->lock);
	dray_nl_ids_init(&dump->ids, dn->next_server);
	mutex_unlock(&dn->lock);
	dump->begun = true;
	err = dray_nl_dump_request(cb, BIT(DRAY_A_SERVICE));
	if (err || !attrs[DRAY_A_SERVICE])
		return err;
	return dump_one_service(cb, attrs[DRAY_A_SERVICE], &dump->service);
}

/* A server's slot; the hint is right as long as servers come in the order in
 * which they were added, and spares the search.
 */
static const struct dray_service_slot *
dump_slot(const struct dray_server *server, u32 *hint)
{
	struct dray_service_conf *conf = rcu_dereference(server->service->conf);
	const struct dray_service_slot *slot;

	/* The servers of a new service are published before it is. */
	if (!conf)
		return NULL;
	if (*hint < conf->n && conf->slots[*hint].server == server)
		slot = &conf->slots[*hint];
	else
		slot = dray_server_slot(conf, &server->key);
	/* Removed, and one of the same key added, since it was looked up. */
	if (!slot || slot->server != server)
		return NULL;
	*hint = slot - conf->slots + 1;
	return slot;
}

static int dump_server(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct dray_server *server, u32 generation)
{
	struct server_dump *dump = (void *)cb->ctx;
	const struct dray_service_slot *slot;
	void *hdr;

	if (dump->service && server->service->id != dump->service)
		return 0;
	slot = dump_slot(server, &dump->hint);
	if (!slot)
		return 0;
	hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_SERVER);
	if (!hdr)
		return -EMSGSIZE;
	return dray_nl_dump_end(skb, hdr, put_server(skb, server->service,
						     slot, generation));
}

int dray_nl_get_server_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct server_dump *dump = (void *)cb->ctx;
	const struct dray_server *server;
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
	while ((server = dray_nl_ids_next(&at, &dn->servers))) {
		err = dump_server(skb, cb, server, generation);
		if (err)
			break;
		dump->ids = at;
	}
	rcu_read_unlock();
	dray_nl_dump_seq(cb);
	return skb->len ?: err;
}

static void notify_server(struct dray_net *dn, unsigned int group, u8 cmd,
			  const struct dray_service *service,
			  const struct dray_service_slot *slot)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = dray_nl_notify(dn, group, cmd, SERVER_ROOM, &hdr);
	if (!msg)
		return;
	rcu_read_lock();
	err = put_server(msg, service, slot, dn->generation);
	rcu_read_unlock();
	dray_nl_notify_send(dn, group, msg, hdr, err);
}

void dray_nl_notify_server(struct dray_net *dn, u8 cmd,
			   const struct dray_service *service,
			   const struct dray_service_slot *slot)
{
	notify_server(dn, DRAY_NLGRP_CONFIG, cmd, service, slot);
}

void dray_nl_notify_server_state(struct dray_net *dn,
				 const struct dray_server *server)
{
	const struct dray_service *service = server->service;
	const struct dray_service_slot *slot;
	struct dray_service_conf *conf;

	conf = rcu_dereference_protected(service->conf,
					 lockdep_is_held(&dn->lock));
	slot = dray_server_slot(conf, &server->key);
	if (slot)
		notify_server(dn, DRAY_NLGRP_SERVERS,
			      DRAY_CMD_SERVER_STATE_NTF, service, slot);
}
