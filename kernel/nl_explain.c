// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: what would become of a packet.
 */
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "explain.h"
#include "hook.h"
#include "netlink_gen.h"
#include "nl_entry.h"

#define EXPLAIN_TAKES	(BIT(DRAY_A_EXPLAIN_IFINDEX) |			\
			 BIT(DRAY_A_EXPLAIN_MARK) |			\
			 BIT(DRAY_A_EXPLAIN_MIDSTREAM) |		\
			 BIT(DRAY_A_EXPLAIN_SIZE))

#define EXPLAIN_ROOM	6144	/* bytes of an answer, at most */

static int request_packet(struct nlattr **tb,
			  struct dray_explain_request *request,
			  struct netlink_ext_ack *extack)
{
	if (tb[DRAY_A_EXPLAIN_IFINDEX])
		request->ifindex = nla_get_u32(tb[DRAY_A_EXPLAIN_IFINDEX]);
	if (tb[DRAY_A_EXPLAIN_MARK])
		request->mark = nla_get_u32(tb[DRAY_A_EXPLAIN_MARK]);
	if (tb[DRAY_A_EXPLAIN_SIZE])
		request->size = nla_get_u32(tb[DRAY_A_EXPLAIN_SIZE]);
	request->midstream = tb[DRAY_A_EXPLAIN_MIDSTREAM];
	if (!request->midstream || request->protocol != IPPROTO_UDP)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, tb[DRAY_A_EXPLAIN_MIDSTREAM],
			    "A datagram is never in mid-stream");
	return -EINVAL;
}

static int request_tuple(const struct nlattr *nest,
			 struct dray_explain_request *request,
			 struct netlink_ext_ack *extack)
{
	static const struct {
		u16 type;
		const char *missing;
	} needs[] = {
		{ DRAY_A_FLOW_PROTOCOL, "Missing attribute protocol" },
		{ DRAY_A_FLOW_CLIENT, "Missing attribute client" },
		{ DRAY_A_FLOW_CLIENT_PORT, "Missing attribute client-port" },
		{ DRAY_A_FLOW_VIP, "Missing attribute vip" },
		{ DRAY_A_FLOW_VIP_PORT, "Missing attribute vip-port" },
	};
	struct dray_nl_filter filter = {};
	unsigned int i;
	int err;

	err = dray_nl_filter_flow(nest, &filter, extack);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		if (filter.has & BIT(needs[i].type))
			continue;
		NL_SET_ERR_ATTR_MISS(extack, nest, needs[i].type);
		extack->_msg = needs[i].missing;
		return -EINVAL;
	}
	if (filter.family == AF_INET6 && !ipv6_mod_enabled()) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "IPv6 is disabled on this host");
		return -EAFNOSUPPORT;
	}
	request->family = filter.family;
	request->protocol = filter.protocol;
	request->client = filter.client;
	request->client_port = filter.client_port;
	request->vip = filter.vip;
	request->vip_port = filter.vip_port;
	return 0;
}

static int explain_request(struct genl_info *info,
			   struct dray_explain_request *request)
{
	const struct nlattr *nest = info->attrs[DRAY_A_EXPLAIN];
	struct nlattr *tb[DRAY_A_EXPLAIN_MAX + 1] = {};
	int err;

	memset(request, 0, sizeof(*request));
	err = dray_nl_request(info->nlhdr, info->attrs,
			      BIT(DRAY_A_FLOW) | BIT(DRAY_A_EXPLAIN),
			      BIT(DRAY_A_FLOW), info->extack);
	if (!err)
		err = request_tuple(info->attrs[DRAY_A_FLOW], request,
				    info->extack);
	if (err || !nest)
		return err;
	err = dray_nl_nest(tb, DRAY_A_EXPLAIN_MAX, nest,
			   dray_explain_nl_policy, EXPLAIN_TAKES,
			   info->extack);
	if (!err)
		err = request_packet(tb, request, info->extack);
	return err;
}

static int put_hook(struct sk_buff *skb, const struct dray_explain *x)
{
	const struct net_device *dev = x->pkt.skb->dev;
	const char *why = NULL;
	u8 mode;

	mode = dray_hook_in_force(x->pkt.dn, x->pkt.family, dev, &why);
	if (nla_put_u32(skb, DRAY_A_EXPLAIN_IFINDEX, dev->ifindex) ||
	    nla_put_u8(skb, DRAY_A_EXPLAIN_HOOK_MODE, mode) ||
	    (why && nla_put_string(skb, DRAY_A_EXPLAIN_HOOK_WHY, why)) ||
	    nla_put_u8(skb, DRAY_A_EXPLAIN_HOOK_POINT, x->point))
		return -EMSGSIZE;
	return 0;
}

/* Another CPU may have seen a later jiffy than this one. */
static u32 since(u32 then)
{
	s32 age = dray_now() - then;

	return jiffies_to_msecs(max(age, 0));
}

static int put_entry_state(struct sk_buff *skb, const struct dray_flow *flow,
			   const union dray_flow_word *w)
{
	if (dray_flow_is_persist(flow))
		return nla_put_u32(skb, DRAY_A_EXPLAIN_ENTRY_FLOWS,
				   max(atomic_read(&flow->open), 0));
	if (nla_put_u8(skb, DRAY_A_EXPLAIN_ENTRY_STATE, w->state) ||
	    nla_put_u32(skb, DRAY_A_EXPLAIN_ENTRY_AGE, since(flow->first)))
		return -EMSGSIZE;
	return 0;
}

static int put_entry(struct sk_buff *skb, struct dray_net *dn,
		     const struct dray_explain_entry *entry)
{
	const struct dray_flow *flow = entry->flow;
	const struct dray_server *server;
	union dray_flow_word w;
	struct nlattr *nest;

	if (!flow)
		return 0;
	w.word = READ_ONCE(flow->w.word);
	server = dray_server_by_id(dn, w.server);
	nest = nla_nest_start(skb, DRAY_A_EXPLAIN_ENTRY);
	if (!nest)
		return -EMSGSIZE;
	if ((dray_flow_is_persist(flow) &&
	     nla_put_flag(skb, DRAY_A_EXPLAIN_ENTRY_PERSIST)) ||
	    nla_put_u8(skb, DRAY_A_EXPLAIN_ENTRY_WHY, entry->why) ||
	    (server && dray_nl_put_server_key(skb, DRAY_A_EXPLAIN_ENTRY_SERVER,
					      server)) ||
	    nla_put_u32(skb, DRAY_A_EXPLAIN_ENTRY_FLAGS,
			w.flags & (FLOW_ASSURED | FLOW_DIVERGENT)) ||
	    nla_put_u32(skb, DRAY_A_EXPLAIN_ENTRY_IDLE,
			since(READ_ONCE(flow->last))) ||
	    nla_put_u32(skb, DRAY_A_EXPLAIN_ENTRY_EXPIRES,
			dray_flow_expires(dn, flow)) ||
	    put_entry_state(skb, flow, &w))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_rank(struct sk_buff *skb, const struct dray_explain_rank *rank)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_EXPLAIN_RANK);
	if (!nest)
		return -EMSGSIZE;
	if ((rank->rank &&
	     (nla_put_u32(skb, DRAY_A_EXPLAIN_RANK_ROW, rank->row) ||
	      nla_put_u8(skb, DRAY_A_EXPLAIN_RANK_RANK, rank->rank))) ||
	    nla_put_u8(skb, DRAY_A_EXPLAIN_RANK_WHY, rank->why) ||
	    (rank->server &&
	     (dray_nl_put_server_key(skb, DRAY_A_EXPLAIN_RANK_SERVER,
				     rank->server) ||
	      nla_put_u32(skb, DRAY_A_EXPLAIN_RANK_ACTIVE, rank->active))) ||
	    (rank->limit &&
	     nla_put_u32(skb, DRAY_A_EXPLAIN_RANK_LIMIT, rank->limit)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_choice(struct sk_buff *skb, const struct dray_explain *x)
{
	u32 i;

	if (x->pkt.hashed &&
	    nla_put_u64_64bit(skb, DRAY_A_EXPLAIN_HASH, x->pkt.hash,
			      DRAY_A_EXPLAIN_PAD))
		return -EMSGSIZE;
	if (nla_put_u8(skb, DRAY_A_EXPLAIN_BY, x->by) ||
	    (x->pressed && nla_put_flag(skb, DRAY_A_EXPLAIN_PRESSED)) ||
	    (x->first && dray_nl_put_server_key(skb, DRAY_A_EXPLAIN_FIRST,
						x->first)))
		return -EMSGSIZE;
	for (i = 0; i < x->n_ranks; i++)
		if (put_rank(skb, &x->ranks[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_route(struct sk_buff *skb, const struct dray_explain_route *route)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_EXPLAIN_ROUTE);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, DRAY_A_EXPLAIN_ROUTE_REACH, route->reach))
		return -EMSGSIZE;
	if (route->dev &&
	    (nla_put_u32(skb, DRAY_A_EXPLAIN_ROUTE_IFINDEX,
			 route->dev->ifindex) ||
	     nla_put_u32(skb, DRAY_A_EXPLAIN_ROUTE_MTU, route->mtu) ||
	     nla_put_u8(skb, DRAY_A_EXPLAIN_ROUTE_NEIGHBOUR, route->nud)))
		return -EMSGSIZE;
	if ((route->has_mac && nla_put(skb, DRAY_A_EXPLAIN_ROUTE_MAC, ETH_ALEN,
				       route->mac)) ||
	    (route->direct && nla_put_flag(skb, DRAY_A_EXPLAIN_ROUTE_DIRECT)) ||
	    (route->fragment &&
	     nla_put_flag(skb, DRAY_A_EXPLAIN_ROUTE_FRAGMENT)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_notes(struct sk_buff *skb, u64 notes)
{
	unsigned int reason;

	for (reason = 0; reason < DRAY_REASON_COUNT; reason++)
		if (notes & BIT_ULL(reason) &&
		    nla_put_string(skb, DRAY_A_EXPLAIN_NOTE,
				   dray_reason_info[reason].name))
			return -EMSGSIZE;
	return 0;
}

static const char *verdict_name(enum dray_verdict verdict)
{
	switch (verdict) {
	case DRAY_NEXT:
		return "forward";
	case DRAY_DROP:
		return "drop";
	default:
		return "pass";
	}
}

static int put_verdict(struct sk_buff *skb, const struct dray_explain *x)
{
	const struct dray_reason_info *reason = &dray_reason_info[x->pkt.reason];

	if (nla_put_string(skb, DRAY_A_EXPLAIN_VERDICT,
			   verdict_name(x->verdict)) ||
	    put_notes(skb, x->notes) ||
	    (x->makes && nla_put_u32(skb, DRAY_A_EXPLAIN_MAKES, x->makes)))
		return -EMSGSIZE;
	if (x->verdict != DRAY_PASS && x->verdict != DRAY_DROP)
		return 0;
	if (nla_put_string(skb, DRAY_A_EXPLAIN_REASON, reason->name) ||
	    nla_put_string(skb, DRAY_A_EXPLAIN_DOC, reason->doc))
		return -EMSGSIZE;
	return 0;
}

static int put_steps(struct sk_buff *skb, const struct dray_explain *x)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_EXPLAIN);
	if (!nest)
		return -EMSGSIZE;
	if (put_hook(skb, x) || put_entry(skb, x->pkt.dn, &x->flow) ||
	    put_entry(skb, x->pkt.dn, &x->persist) || put_choice(skb, x) ||
	    put_verdict(skb, x) || (x->server && put_route(skb, &x->route)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* As listings have it; one that has just been removed by its key only. */
static int put_server(struct sk_buff *skb, const struct dray_packet *pkt,
		      const struct dray_server *server)
{
	struct dray_service_conf *conf = rcu_dereference(pkt->service->conf);
	const struct dray_service_slot *slot;

	slot = dray_server_slot(conf, &server->key);
	if (slot && slot->server == server)
		return dray_nl_put_server(skb, slot);
	return dray_nl_put_server_key(skb, DRAY_A_SERVER, server);
}

/* RCU read side.  A message that does not become whole is thrown away. */
static int put_explain(struct sk_buff *skb, const struct dray_explain *x)
{
	const struct dray_packet *pkt = &x->pkt;
	const struct dray_vip *vip;

	if (nla_put_u32(skb, DRAY_A_GENERATION,
			READ_ONCE(pkt->dn->generation)) ||
	    dray_nl_put_service(skb, pkt->service, pkt->conf))
		return -EMSGSIZE;
	vip = dray_vip_lookup(pkt->dn, pkt->family, &pkt->daddr);
	if (vip && dray_nl_put_vip(skb, vip))
		return -EMSGSIZE;
	if (x->server && put_server(skb, pkt, x->server))
		return -EMSGSIZE;
	return put_steps(skb, x);
}

static int explain(struct genl_info *info,
		   const struct dray_explain_request *request,
		   struct dray_explain *x)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = dray_nl_reply(info, EXPLAIN_ROOM, &hdr);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	rcu_read_lock();
	err = dray_explain_run(request, x, info->extack);
	if (!err)
		err = put_explain(msg, x);
	rcu_read_unlock();
	return dray_nl_reply_send(info, msg, hdr, err);
}

int dray_nl_explain_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct dray_explain_request request;
	struct dray_explain *x;
	int err;

	err = explain_request(info, &request);
	if (err)
		return err;
	x = kmalloc(sizeof(*x), GFP_KERNEL);
	if (!x)
		return -ENOMEM;
	err = dray_explain_make(dn, &request, x, info->extack);
	if (!err)
		err = explain(info, &request, x);
	consume_skb(x->pkt.skb);
	kfree(x);
	return err;
}
