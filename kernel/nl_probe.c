// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: a checker's probes.
 *
 * They are no part of the configuration: they belong to the socket, are in no
 * transaction and change no generation.
 */
#include "netlink_gen.h"
#include "nl.h"
#include "probe.h"

#define PROBE_TAKES	(BIT(DRAY_A_PROBE_MARK) | BIT(DRAY_A_PROBE_FAMILY) | \
			 BIT(DRAY_A_PROBE_VIP) | BIT(DRAY_A_PROBE_SERVER))

static int probe_nest(struct genl_info *info, u32 takes, struct nlattr **tb)
{
	const struct nlattr *nest = info->attrs[DRAY_A_PROBE];
	int err;

	err = dray_nl_request(info->nlhdr, info->attrs, BIT(DRAY_A_PROBE),
			      BIT(DRAY_A_PROBE), info->extack);
	if (!err)
		err = dray_nl_nest(tb, DRAY_A_PROBE_MAX, nest,
				   dray_probe_nl_policy, takes, info->extack);
	if (!err)
		err = dray_nl_need(tb, nest, DRAY_A_PROBE_MARK,
				   "Missing attribute mark", info->extack);
	return err;
}

/* Both addresses are of one family: an IPv4 server's address cannot be turned
 * into an IPv6 VIP.
 */
static int probe_addrs(struct nlattr **tb, struct dray_probe_params *params,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *server = tb[DRAY_A_PROBE_SERVER];
	const struct nlattr *vip = tb[DRAY_A_PROBE_VIP];
	int err;

	err = dray_nl_af(tb[DRAY_A_PROBE_FAMILY], &params->family, extack);
	if (err)
		return err;
	if (nla_len(server) != nla_len(vip)) {
		NL_SET_ERR_MSG_ATTR(extack, server,
				    "A server of the other family cannot be probed for the VIP");
		return -EINVAL;
	}
	err = dray_nl_host(vip, params->family, &params->vip, extack);
	if (!err)
		err = dray_nl_host(server, params->family, &params->server,
				   extack);
	if (!err && !memcmp(&params->vip, &params->server,
			    sizeof(params->vip))) {
		NL_SET_ERR_MSG_ATTR(extack, server,
				    "Address is that of the VIP");
		err = -EINVAL;
	}
	return err;
}

int dray_nl_new_probe_doit(struct sk_buff *skb, struct genl_info *info)
{
	static const struct {
		u16 type;
		const char *missing;
	} needs[] = {
		{ DRAY_A_PROBE_FAMILY, "Missing attribute family" },
		{ DRAY_A_PROBE_VIP, "Missing attribute vip" },
		{ DRAY_A_PROBE_SERVER, "Missing attribute server" },
	};
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_PROBE_MAX + 1];
	struct dray_probe_params params = {};
	unsigned int i;
	int err;

	err = probe_nest(info, PROBE_TAKES, tb);
	for (i = 0; !err && i < ARRAY_SIZE(needs); i++)
		err = dray_nl_need(tb, info->attrs[DRAY_A_PROBE],
				   needs[i].type, needs[i].missing,
				   info->extack);
	if (!err)
		err = probe_addrs(tb, &params, info->extack);
	if (err)
		return err;
	params.mark = nla_get_u32(tb[DRAY_A_PROBE_MARK]);
	return dray_probe_set(dn, info->snd_portid, &params, info->extack);
}

int dray_nl_del_probe_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dray_net *dn = dray_net(genl_info_net(info));
	struct nlattr *tb[DRAY_A_PROBE_MAX + 1];
	int err;

	err = probe_nest(info, BIT(DRAY_A_PROBE_MARK), tb);
	if (err)
		return err;
	return dray_probe_del(dn, info->snd_portid,
			      nla_get_u32(tb[DRAY_A_PROBE_MARK]),
			      info->extack);
}

static int put_probe(struct sk_buff *skb,
		     const struct dray_probe_params *params)
{
	struct nlattr *nest = nla_nest_start(skb, DRAY_A_PROBE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, DRAY_A_PROBE_MARK, params->mark) ||
	    nla_put_u8(skb, DRAY_A_PROBE_FAMILY, params->family) ||
	    dray_nl_put_addr(skb, DRAY_A_PROBE_VIP, params->family,
			     &params->vip) ||
	    dray_nl_put_addr(skb, DRAY_A_PROBE_SERVER, params->family,
			     &params->server)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* In the order of their marks; whatever comes or goes, a probe that is there
 * all the time is met exactly once.
 */
struct probe_dump {
	u32 last;
	bool begun;
};

int dray_nl_get_probe_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct probe_dump *dump = (void *)cb->ctx;
	struct dray_net *dn = dray_nl_dump_net(cb);
	struct dray_probe_params params;
	void *hdr;
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	if (!dump->begun)
		err = dray_nl_dump_request(cb, 0);
	dump->begun = true;
	while (!err && dray_probe_next(dn, dump->last, &params)) {
		hdr = dray_nl_dump_put(skb, cb, DRAY_CMD_GET_PROBE);
		if (!hdr)
			break;
		err = dray_nl_dump_end(skb, hdr, put_probe(skb, &params));
		if (!err)
			dump->last = params.mark;
	}
	return skb->len ?: err;
}
