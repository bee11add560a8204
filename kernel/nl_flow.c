// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: flows, and what flows and persist entries have in common: both are
 * entries of one table, and dumping or deleting them is walking it with a
 * filter.
 */
#include <linux/in.h>
#include <linux/slab.h>

#include "netlink_gen.h"
#include "nl_entry.h"
#include "sync.h"

#define WALK_STRIDE	1024	/* entries without leaving the RCU read side */

const union nf_inet_addr *dray_nl_entry_client(const struct dray_flow *flow)
{
	return dray_flow_family(flow) == AF_INET6 ?
	       (const union nf_inet_addr *)&flow->key6.caddr :
	       (const union nf_inet_addr *)&flow->key4.caddr;
}

static bool same_addr(u8 family, const union nf_inet_addr *addr,
		      const union nf_inet_addr *other)
{
	return !memcmp(addr, other, family == AF_INET ? sizeof(addr->in) :
							sizeof(addr->in6));
}

static bool filter_server(const struct dray_nl_filter *filter,
			  const struct dray_server *server)
{
	if (!filter->by_server)
		return true;
	if (!server || server->key.family != filter->server.family)
		return false;
	if (!filter->any_port && server->key.port != filter->server.port)
		return false;
	return same_addr(server->key.family, &server->key.addr,
			 &filter->server.addr);
}

/* The service of an entry that is asked for, or NULL. */
static const struct dray_service *
entry_matches(struct dray_net *dn, const struct dray_nl_entries *kind,
	      const struct dray_nl_filter *filter, const struct dray_flow *flow)
{
	u32 id = dray_flow_service(flow);
	const struct dray_service *service;
	const struct dray_server *server;

	if (dray_flow_is_persist(flow) != kind->persist)
		return NULL;
	if (filter->service && filter->service != id)
		return NULL;
	service = xa_load(&dn->service_ids, id);
	if (!service || !kind->match(filter, flow, service))
		return NULL;
	server = dray_server_by_id(dn, READ_ONCE(flow->w.server));
	return filter_server(filter, server) ? service : NULL;
}

/* Family of an address by its length: a filter has none of its own. */
static int filter_addr(const struct nlattr *attr, struct dray_nl_filter *filter,
		       union nf_inet_addr *addr, struct netlink_ext_ack *extack)
{
	u8 family;

	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		family = AF_INET;
		break;
	case sizeof(struct in6_addr):
		family = AF_INET6;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Length of the address is that of no family");
		return -EINVAL;
	}
	if (filter->family && filter->family != family) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Address is of another family than client or service");
		return -EINVAL;
	}
	filter->family = family;
	return dray_nl_addr(attr, family, addr, extack);
}

int dray_nl_filter_client(const struct nlattr *attr,
			  struct dray_nl_filter *filter,
			  struct netlink_ext_ack *extack)
{
	filter->has |= BIT(DRAY_A_FLOW_CLIENT);
	return filter_addr(attr, filter, &filter->client, extack);
}

static int filter_service(struct dray_net *dn, const struct nlattr *nest,
			  struct dray_nl_filter *filter,
			  struct netlink_ext_ack *extack)
{
	const struct dray_service *service;
	struct dray_service_key key;
	int err;

	err = dray_nl_service_key(nest, &key, extack);
	if (err)
		return err;
	filter->family = key.family;
	rcu_read_lock();
	service = dray_nl_service_get(dn, &key, extack);
	err = PTR_ERR_OR_ZERO(service);
	if (!err)
		filter->service = service->id;
	rcu_read_unlock();
	return err;
}

static int filter_parse(struct dray_net *dn, const struct nlmsghdr *nlh,
			struct nlattr **attrs,
			const struct dray_nl_entries *kind,
			struct dray_nl_filter *filter,
			struct netlink_ext_ack *extack)
{
	int err;

	err = dray_nl_request(nlh, attrs, BIT(DRAY_A_SERVICE) |
			      BIT(DRAY_A_SERVER) | BIT(kind->type), 0, extack);
	if (!err && attrs[DRAY_A_SERVICE])
		err = filter_service(dn, attrs[DRAY_A_SERVICE], filter, extack);
	if (!err && attrs[DRAY_A_SERVER]) {
		filter->by_server = true;
		err = dray_nl_server_filter(attrs[DRAY_A_SERVER],
					    &filter->server, &filter->any_port,
					    extack);
	}
	if (!err && attrs[kind->type])
		err = kind->parse(attrs[kind->type], filter, extack);
	return err;
}

/**
 * struct entries_dump - a dump of entries
 * @walk: where it goes on
 * @kind: what it is of
 * @filter: which of them
 * @steps: entries since the RCU read side was left
 */
struct entries_dump {
	struct dray_flow_walk walk;
	const struct dray_nl_entries *kind;
	struct dray_nl_filter filter;
	unsigned int steps;
};

/* The next entry that is asked for, and its service.  Whatever was returned
 * before may be gone then.
 */
static struct dray_flow *entries_next(struct entries_dump *dump,
				      const struct dray_service **service)
{
	struct dray_flow *flow;

	do {
		if (++dump->steps == WALK_STRIDE) {
			dump->steps = 0;
			dray_flow_walk_stop(&dump->walk);
			cond_resched();
			dray_flow_walk_start(&dump->walk);
		}
		flow = dray_flow_walk_next(&dump->walk);
		if (!flow)
			return NULL;
		*service = entry_matches(dump->walk.dn, dump->kind,
					 &dump->filter, flow);
	} while (!*service);
	return flow;
}

/* In netlink_callback.ctx. */
struct entries_ctx {
	struct entries_dump *dump;
};

static int entries_begin(struct netlink_callback *cb,
			 const struct dray_nl_entries *kind)
{
	struct entries_ctx *ctx = (void *)cb->ctx;
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct entries_dump *dump;
	int err;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	err = filter_parse(dn, cb->nlh, dray_genl_dump_attrs(cb), kind,
			   &dump->filter, cb->extack);
	if (err) {
		kfree(dump);
		return err;
	}
	dump->kind = kind;
	dray_flow_walk_init(&dump->walk, dn);
	ctx->dump = dump;
	return 0;
}

int dray_nl_put_entry(struct sk_buff *skb, struct dray_net *dn,
		      const struct dray_nl_entries *kind,
		      const struct dray_flow *flow,
		      const struct dray_service *service)
{
	const struct dray_server *server;

	if (dray_nl_put_service_key(skb, service))
		return -EMSGSIZE;
	server = dray_server_by_id(dn, READ_ONCE(flow->w.server));
	/* A removed server is nobody's any more; its flows move on. */
	if (server && dray_nl_put_server_key(skb, DRAY_A_SERVER, server))
		return -EMSGSIZE;
	return kind->put(skb, dn, flow);
}

/* While nobody listens entries are not judged again as tables change. */
static void entries_judge(struct dray_net *dn,
			  const struct dray_service *service,
			  struct dray_flow *flow)
{
	const struct dray_service_conf *conf = rcu_dereference(service->conf);

	if (dray_sync_judge(conf, flow))
		dray_sync_tell(dn, conf, flow);
}

int dray_nl_entries_dump(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct dray_nl_entries *kind)
{
	struct entries_ctx *ctx = (void *)cb->ctx;
	const struct dray_service *service;
	struct entries_dump *dump;
	struct dray_flow *flow;
	void *hdr;
	int err;

	if (!ctx->dump) {
		err = entries_begin(cb, kind);
		if (err)
			return err;
	}
	dump = ctx->dump;
	dray_flow_walk_start(&dump->walk);
	/* The walk cannot go back: what it gives has to fit. */
	while (skb_tailroom(skb) >= DRAY_NL_ENTRY_ROOM) {
		flow = entries_next(dump, &service);
		if (!flow)
			break;
		entries_judge(dump->walk.dn, service, flow);
		hdr = dray_nl_dump_put(skb, cb, kind->cmd);
		if (WARN_ON_ONCE(!hdr))
			break;
		err = dray_nl_put_entry(skb, dump->walk.dn, kind, flow,
					service);
		WARN_ON_ONCE(dray_nl_dump_end(skb, hdr, err));
	}
	dray_flow_walk_stop(&dump->walk);
	return skb->len;
}

int dray_nl_entries_done(struct netlink_callback *cb)
{
	struct entries_ctx *ctx = (void *)cb->ctx;

	if (!ctx->dump)
		return 0;
	dray_flow_walk_exit(&ctx->dump->walk);
	kfree(ctx->dump);
	return 0;
}

static u32 entries_kill(struct entries_dump *dump)
{
	struct dray_net *dn = dump->walk.dn;
	const struct dray_service *service;
	struct dray_flow *flow;
	u32 killed = 0;

	dray_flow_walk_start(&dump->walk);
	while ((flow = entries_next(dump, &service))) {
		/* First, so that it is not taken for what comes after. */
		dray_sync_tell_end(dn, flow);
		killed += dray_flow_kill(dn, flow);
	}
	dray_flow_walk_stop(&dump->walk);
	return killed;
}

int dray_nl_entries_del(struct genl_info *info,
			const struct dray_nl_entries *kind)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct entries_dump *dump;
	struct sk_buff *msg;
	u32 killed;
	void *hdr;
	int err;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	dump->kind = kind;
	err = filter_parse(dn, info->nlhdr, info->attrs, kind, &dump->filter,
			   info->extack);
	if (err)
		goto free_dump;
	msg = dray_nl_reply(info, nla_total_size(sizeof(u32)), &hdr);
	if (IS_ERR(msg)) {
		err = PTR_ERR(msg);
		goto free_dump;
	}
	dray_flow_walk_init(&dump->walk, dn);
	killed = entries_kill(dump);
	dray_flow_walk_exit(&dump->walk);
	if (killed) {
		err = nla_put_u32(msg, DRAY_A_DELETED, killed);
	} else {
		NL_SET_ERR_MSG(info->extack, "Nothing matches");
		err = -ENOENT;
	}
	err = dray_nl_reply_send(info, msg, hdr, err);
free_dump:
	kfree(dump);
	return err;
}

int dray_nl_flow_protocol(const struct nlattr *attr, u8 *protocol,
			  struct netlink_ext_ack *extack)
{
	*protocol = nla_get_u8(attr);
	if (*protocol == IPPROTO_TCP || *protocol == IPPROTO_UDP ||
	    *protocol == IPPROTO_SCTP)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "Protocol is not TCP, UDP or SCTP");
	return -EPROTONOSUPPORT;
}

int dray_nl_filter_flow(const struct nlattr *nest,
			struct dray_nl_filter *filter,
			struct netlink_ext_ack *extack)
{
	const u32 takes = BIT(DRAY_A_FLOW_PROTOCOL) |
			  BIT(DRAY_A_FLOW_CLIENT) |
			  BIT(DRAY_A_FLOW_CLIENT_PORT) |
			  BIT(DRAY_A_FLOW_VIP) |
			  BIT(DRAY_A_FLOW_VIP_PORT);
	struct nlattr *tb[DRAY_A_FLOW_MAX + 1];
	unsigned int type;
	int err;

	err = dray_nl_nest(tb, DRAY_A_FLOW_MAX, nest, dray_flow_nl_policy,
			   takes, extack);
	if (!err && tb[DRAY_A_FLOW_PROTOCOL])
		err = dray_nl_flow_protocol(tb[DRAY_A_FLOW_PROTOCOL],
					    &filter->protocol, extack);
	if (!err && tb[DRAY_A_FLOW_CLIENT])
		err = dray_nl_filter_client(tb[DRAY_A_FLOW_CLIENT], filter,
					    extack);
	if (!err && tb[DRAY_A_FLOW_VIP])
		err = filter_addr(tb[DRAY_A_FLOW_VIP], filter, &filter->vip,
				  extack);
	if (err)
		return err;
	if (tb[DRAY_A_FLOW_CLIENT_PORT])
		filter->client_port =
			htons(nla_get_u16(tb[DRAY_A_FLOW_CLIENT_PORT]));
	if (tb[DRAY_A_FLOW_VIP_PORT])
		filter->vip_port = htons(nla_get_u16(tb[DRAY_A_FLOW_VIP_PORT]));
	for (type = 1; type <= DRAY_A_FLOW_MAX; type++)
		if (tb[type])
			filter->has |= BIT(type);
	return 0;
}

/**
 * struct flow_tuple - who a flow is between, whatever its family
 * @client: client
 * @vip: VIP
 * @client_port: port of the client
 * @vip_port: port of the VIP
 */
struct flow_tuple {
	const union nf_inet_addr *client;
	const union nf_inet_addr *vip;
	__be16 client_port;
	__be16 vip_port;
};

static void flow_tuple(const struct dray_flow *flow, struct flow_tuple *tuple)
{
	tuple->client = dray_nl_entry_client(flow);
	if (dray_flow_family(flow) == AF_INET6) {
		tuple->vip = (const union nf_inet_addr *)&flow->key6.vaddr;
		tuple->client_port = flow->key6.cport;
		tuple->vip_port = flow->key6.vport;
	} else {
		tuple->vip = (const union nf_inet_addr *)&flow->key4.vaddr;
		tuple->client_port = flow->key4.cport;
		tuple->vip_port = flow->key4.vport;
	}
}

static bool flow_match(const struct dray_nl_filter *filter,
		       const struct dray_flow *flow,
		       const struct dray_service *service)
{
	u8 family = dray_flow_family(flow);
	u32 has = filter->has;
	struct flow_tuple t;

	flow_tuple(flow, &t);
	if (filter->family && filter->family != family)
		return false;
	if (has & BIT(DRAY_A_FLOW_PROTOCOL) &&
	    filter->protocol != flow->w.protocol)
		return false;
	if (has & BIT(DRAY_A_FLOW_CLIENT) &&
	    !same_addr(family, t.client, &filter->client))
		return false;
	if (has & BIT(DRAY_A_FLOW_CLIENT_PORT) &&
	    t.client_port != filter->client_port)
		return false;
	if (has & BIT(DRAY_A_FLOW_VIP) && !same_addr(family, t.vip, &filter->vip))
		return false;
	return !(has & BIT(DRAY_A_FLOW_VIP_PORT)) ||
	       t.vip_port == filter->vip_port;
}

static int flow_put(struct sk_buff *skb, struct dray_net *dn,
		    const struct dray_flow *flow)
{
	const union dray_flow_word w = { .word = READ_ONCE(flow->w.word) };
	u8 family = dray_flow_family(flow);
	struct nlattr *nest;
	struct flow_tuple t;

	flow_tuple(flow, &t);
	nest = nla_nest_start(skb, DRAY_A_FLOW);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, DRAY_A_FLOW_PROTOCOL, w.protocol) ||
	    dray_nl_put_addr(skb, DRAY_A_FLOW_CLIENT, family, t.client) ||
	    nla_put_u16(skb, DRAY_A_FLOW_CLIENT_PORT, ntohs(t.client_port)) ||
	    dray_nl_put_addr(skb, DRAY_A_FLOW_VIP, family, t.vip) ||
	    nla_put_u16(skb, DRAY_A_FLOW_VIP_PORT, ntohs(t.vip_port)) ||
	    nla_put_u8(skb, DRAY_A_FLOW_STATE, w.state) ||
	    nla_put_u32(skb, DRAY_A_FLOW_FLAGS,
			w.flags & (FLOW_ASSURED | FLOW_DIVERGENT)) ||
	    nla_put_u32(skb, DRAY_A_FLOW_EXPIRES,
			dray_flow_expires(dn, flow))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

const struct dray_nl_entries dray_nl_flow_entries = {
	.cmd = DRAY_CMD_GET_FLOW,
	.type = DRAY_A_FLOW,
	.parse = dray_nl_filter_flow,
	.match = flow_match,
	.put = flow_put,
};

int dray_nl_get_flow_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dray_nl_entries_dump(skb, cb, &dray_nl_flow_entries);
}

int dray_nl_del_flow_doit(struct sk_buff *skb, struct genl_info *info)
{
	return dray_nl_entries_del(info, &dray_nl_flow_entries);
}
