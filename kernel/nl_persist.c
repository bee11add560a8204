// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: persist entries.
 */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "netlink_gen.h"
#include "nl_entry.h"

static int persist_parse(const struct nlattr *nest,
			 struct dray_nl_filter *filter,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DRAY_A_PERSIST_MAX + 1];
	int err;

	err = dray_nl_nest(tb, DRAY_A_PERSIST_MAX, nest, dray_persist_nl_policy,
			   BIT(DRAY_A_PERSIST_CLIENT), extack);
	if (!err && tb[DRAY_A_PERSIST_CLIENT])
		err = dray_nl_filter_client(tb[DRAY_A_PERSIST_CLIENT], filter,
					    extack);
	return err;
}

/* A client is asked for by its whole address; the entry stands for all that
 * share the service's prefix.
 */
static bool persist_match(const struct dray_nl_filter *filter,
			  const struct dray_flow *flow,
			  const struct dray_service *service)
{
	const union nf_inet_addr *client = dray_nl_entry_client(flow);
	const struct dray_service_conf *conf = rcu_dereference(service->conf);
	unsigned int prefix = conf->params.persist_prefix;

	if (!(filter->has & BIT(DRAY_A_FLOW_CLIENT)))
		return true;
	if (dray_flow_family(flow) != filter->family)
		return false;
	if (filter->family == AF_INET6)
		return ipv6_prefix_equal(&client->in6, &filter->client.in6,
					 prefix);
	return !((client->ip ^ filter->client.ip) & inet_make_mask(prefix));
}

static int persist_put(struct sk_buff *skb, struct dray_net *dn,
		       const struct dray_flow *flow)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, DRAY_A_PERSIST);
	if (!nest)
		return -EMSGSIZE;
	if (dray_nl_put_addr(skb, DRAY_A_PERSIST_CLIENT, dray_flow_family(flow),
			     dray_nl_entry_client(flow)) ||
	    nla_put_u32(skb, DRAY_A_PERSIST_FLOWS, atomic_read(&flow->open)) ||
	    nla_put_u32(skb, DRAY_A_PERSIST_FLAGS, READ_ONCE(flow->w.flags) &
			(FLOW_ASSURED | FLOW_DIVERGENT)) ||
	    nla_put_u32(skb, DRAY_A_PERSIST_EXPIRES,
			dray_flow_expires(dn, flow))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

const struct dray_nl_entries dray_nl_persist_entries = {
	.cmd = DRAY_CMD_GET_PERSIST,
	.type = DRAY_A_PERSIST,
	.persist = true,
	.parse = persist_parse,
	.match = persist_match,
	.put = persist_put,
};

int dray_nl_get_persist_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dray_nl_entries_dump(skb, cb, &dray_nl_persist_entries);
}

int dray_nl_del_persist_doit(struct sk_buff *skb, struct genl_info *info)
{
	return dray_nl_entries_del(info, &dray_nl_persist_entries);
}
