// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its operations and groups, what is common to
 * all requests, replies, dumps and notifications, and the end of a socket.
 *
 * The policies are generated from the specification; the two tables below are
 * not, since the generator knows neither the done of a dump in a table that 6.1
 * has, nor flags of a group.  The operations themselves are in the
 * files of their nouns.
 */
#include "netlink.h"

#include <linux/inet.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <net/ipv6.h>

#include "netlink_gen.h"
#include "nl.h"
#include "nl_again.h"
#include "nl_entry.h"
#include "probe.h"
#include "txn.h"

/* Judges what the policy cannot: an attribute that is known but is for reading
 * or for another operation, and one that is given twice, of which the parser
 * would take the last.
 */
static int nl_judge(const struct nlattr *head, int len, u64 takes,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u64 seen = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem) {
		u64 bit = BIT_ULL(nla_type(attr));

		if (!(takes & bit)) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "Attribute is not for this operation, or for reading only");
			return -EINVAL;
		}
		if (seen & bit && !(takes & bit << 32)) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "Attribute is given twice");
			return -EINVAL;
		}
		seen |= bit;
	}
	return 0;
}

int dray_nl_request(const struct nlmsghdr *nlh, struct nlattr **attrs,
		    u64 takes, u32 needs, struct netlink_ext_ack *extack)
{
	static const char * const missing[DRAY_A_MAX + 1] = {
		[DRAY_A_CONFIG] = "Missing attribute config",
		[DRAY_A_SERVICE] = "Missing attribute service",
		[DRAY_A_SERVER] = "Missing attribute server",
		[DRAY_A_VIP] = "Missing attribute vip",
		[DRAY_A_FLOW] = "Missing attribute flow",
		[DRAY_A_PERSIST] = "Missing attribute persist",
		[DRAY_A_WAIT] = "Missing attribute wait",
		[DRAY_A_PROBE] = "Missing attribute probe",
	};
	unsigned int type;
	int err;

	BUILD_BUG_ON(DRAY_A_MAX >= 32 || DRAY_A_SERVICE_MAX >= 32 ||
		     DRAY_A_SERVER_MAX >= 32);

	err = nl_judge(nlmsg_attrdata(nlh, GENL_HDRLEN),
		       nlmsg_attrlen(nlh, GENL_HDRLEN), takes, extack);
	for (type = 1; !err && type <= DRAY_A_MAX; type++)
		if (needs & BIT(type))
			err = dray_nl_need(attrs, NULL, type, missing[type],
					   extack);
	return err;
}

int dray_nl_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		 const struct nla_policy *policy, u64 takes,
		 struct netlink_ext_ack *extack)
{
	int err;

	err = nla_parse_nested(tb, max, nest, policy, extack);
	if (err)
		return err;
	return nl_judge(nla_data(nest), nla_len(nest), takes, extack);
}

int dray_nl_need(struct nlattr **tb, const struct nlattr *nest, u16 type,
		 const char *msg, struct netlink_ext_ack *extack)
{
	if (tb[type])
		return 0;
	NL_SET_ERR_ATTR_MISS(extack, nest, type);
	extack->_msg = msg;
	return -EINVAL;
}

int dray_nl_af(const struct nlattr *attr, u8 *family,
	       struct netlink_ext_ack *extack)
{
	*family = nla_get_u8(attr);
	/* With ipv6.disable=1 nothing of IPv6 is set up in any namespace. */
	if (*family == AF_INET6 && !ipv6_mod_enabled()) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "IPv6 is disabled on this host");
		return -EAFNOSUPPORT;
	}
	if (*family == AF_INET || *family == AF_INET6)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "Family is neither AF_INET nor AF_INET6");
	return -EAFNOSUPPORT;
}

int dray_nl_addr(const struct nlattr *attr, u8 family,
		 union nf_inet_addr *addr, struct netlink_ext_ack *extack)
{
	size_t len = family == AF_INET ? sizeof(addr->in) : sizeof(addr->in6);

	memset(addr, 0, sizeof(*addr));
	if (nla_len(attr) != len) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "Length of the address does not fit its family");
		return -EINVAL;
	}
	memcpy(addr, nla_data(attr), len);
	return 0;
}

static const char *nl_no_host(u8 family, const union nf_inet_addr *addr)
{
	int type;

	if (family == AF_INET) {
		if (!addr->ip)
			return "Address is unspecified";
		if (ipv4_is_multicast(addr->ip))
			return "Address is multicast";
		if (ipv4_is_lbcast(addr->ip))
			return "Address is broadcast";
		return NULL;
	}
	type = ipv6_addr_type(&addr->in6);
	if (type == IPV6_ADDR_ANY)
		return "Address is unspecified";
	if (type & IPV6_ADDR_MULTICAST)
		return "Address is multicast";
	if (type & IPV6_ADDR_LINKLOCAL)
		return "Address is link-local and would need a device";
	if (type & IPV6_ADDR_MAPPED)
		return "Address is IPv4-mapped, use AF_INET";
	return NULL;
}

int dray_nl_host(const struct nlattr *attr, u8 family,
		 union nf_inet_addr *addr, struct netlink_ext_ack *extack)
{
	const char *why;
	int err;

	err = dray_nl_addr(attr, family, addr, extack);
	if (err)
		return err;
	why = nl_no_host(family, addr);
	if (!why)
		return 0;
	NL_SET_BAD_ATTR(extack, attr);
	extack->_msg = why;
	return -EINVAL;
}

struct sk_buff *dray_nl_reply(struct genl_info *info, size_t size, void **hdr)
{
	struct sk_buff *msg;

	msg = genlmsg_new(size, GFP_KERNEL);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	*hdr = genlmsg_put_reply(msg, info, &dray_nl_family, 0,
				 info->genlhdr->cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return ERR_PTR(-EMSGSIZE);
}

int dray_nl_reply_send(struct genl_info *info, struct sk_buff *msg, void *hdr,
		       int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	genlmsg_reply(msg, info);
	return 0;
}

int dray_nl_dump_request(struct netlink_callback *cb, u32 takes)
{
	return dray_nl_request(cb->nlh, dray_genl_dump_attrs(cb), takes, 0,
			       cb->extack);
}

struct dray_net *dray_nl_dump_net(const struct netlink_callback *cb)
{
	return dray_net(sock_net(cb->skb->sk));
}

u32 dray_nl_dump_seq(struct netlink_callback *cb)
{
	struct dray_net *dn = dray_nl_dump_net(cb);
	u32 generation;

	mutex_lock(&dn->lock);
	generation = dn->generation;
	mutex_unlock(&dn->lock);
	/* 0 would mean that there is nothing to compare with. */
	cb->seq = generation << 1 | 1;
	return generation;
}

void dray_nl_ids_init(struct dray_nl_ids *ids, u32 next)
{
	ids->from = max(next, 1U);	/* 0 is no id */
	ids->last = ids->from - 1;
	ids->wrapped = false;
}

void *dray_nl_ids_next(struct dray_nl_ids *ids, struct xarray *xa)
{
	unsigned long id = ids->last;
	void *found = NULL;

	if (!ids->wrapped) {
		found = xa_find_after(xa, &id, U32_MAX, XA_PRESENT);
		if (!found) {
			ids->wrapped = true;
			id = 0;
		}
	}
	if (!found)
		found = xa_find_after(xa, &id, ids->from - 1, XA_PRESENT);
	ids->last = id;
	return found;
}

void *dray_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
		       u8 cmd)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dray_nl_family, NLM_F_MULTI, cmd);
	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

int dray_nl_dump_end(struct sk_buff *skb, void *hdr, int err)
{
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* The module is being unloaded: soon the groups may be somebody else's. */
static bool nl_gone;

bool dray_nl_listening(struct dray_net *dn, unsigned int group)
{
	return !READ_ONCE(nl_gone) &&
	       genl_has_listeners(&dray_nl_family, dn->net, group);
}

/* A listener that misses something is told so and reads again. */
void dray_nl_notify_lost(struct dray_net *dn, unsigned int group)
{
	if (READ_ONCE(nl_gone))
		return;
	genl_set_err(&dray_nl_family, dn->net, 0, group, -ENOBUFS);
}

struct sk_buff *dray_nl_notify(struct dray_net *dn, unsigned int group, u8 cmd,
			       size_t size, void **hdr)
{
	struct sk_buff *msg;

	lockdep_assert_held(&dn->lock);
	if (!dray_nl_listening(dn, group))
		return NULL;
	msg = genlmsg_new(size, GFP_KERNEL);
	if (!msg)
		goto lost;
	*hdr = genlmsg_put(msg, 0, 0, &dray_nl_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
lost:
	dray_nl_notify_lost(dn, group);
	return NULL;
}

void dray_nl_notify_send(struct dray_net *dn, unsigned int group,
			 struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		dray_nl_notify_lost(dn, group);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&dray_nl_family, dn->net, msg, 0, group,
				GFP_KERNEL);
}

/* The transaction of a socket goes with the socket, and so do its probes.  If it
 * has one it was begun before, so an empty list tells without the lock that it
 * has none: no other family's socket waits for a commit of ours.
 */
static int nl_released(struct notifier_block *block, unsigned long event,
		       void *data)
{
	const struct netlink_notify *n = data;
	struct dray_net *dn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	dn = dray_net(n->net);
	if (!list_empty(&dn->txns))
		dray_txn_abort(dn, n->portid);
	dray_probe_release(dn, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block nl_notifier = {
	.notifier_call = nl_released,
};

/* Reading tells who the clients are, so it needs the same right as writing. */
#define DO(_cmd, _name) {						\
	.cmd = DRAY_CMD_##_cmd,						\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.doit = dray_nl_##_name##_doit,					\
}

#define AGAIN(_name)							\
static int nl_##_name(struct sk_buff *skb, struct genl_info *info)	\
{									\
	return dray_nl_again(dray_nl_##_name##_doit, skb, info);		\
}

AGAIN(set_config)
AGAIN(new_service)
AGAIN(set_service)
AGAIN(new_server)
AGAIN(set_server)
AGAIN(del_server)

#define DO_AGAIN(_cmd, _name) {						\
	.cmd = DRAY_CMD_##_cmd,						\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.doit = nl_##_name,						\
}

#define DUMP(_cmd, _name, _done) {					\
	.cmd = DRAY_CMD_##_cmd,						\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.dumpit = dray_nl_##_name##_dumpit,				\
	.done = _done,							\
}

#define DO_DUMP(_cmd, _name) {						\
	.cmd = DRAY_CMD_##_cmd,						\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.doit = dray_nl_##_name##_doit,					\
	.dumpit = dray_nl_##_name##_dumpit,				\
}

static const struct genl_ops nl_ops[] = {
	DO_DUMP(GET_CONFIG, get_config),
	DO_AGAIN(SET_CONFIG, set_config),
	DO(BEGIN, begin),
	DO(COMMIT, commit),
	DO(ABORT, abort),
	DO_AGAIN(NEW_SERVICE, new_service),
	DO_AGAIN(SET_SERVICE, set_service),
	DO(DEL_SERVICE, del_service),
	DO_DUMP(GET_SERVICE, get_service),
	DO_AGAIN(NEW_SERVER, new_server),
	DO_AGAIN(SET_SERVER, set_server),
	DO_AGAIN(DEL_SERVER, del_server),
	DO_DUMP(GET_SERVER, get_server),
	DO(FLUSH, flush),
	DO(ZERO, zero),
	DO(NEW_VIP, new_vip),
	DO(SET_VIP, set_vip),
	DO(DEL_VIP, del_vip),
	DO_DUMP(GET_VIP, get_vip),
	DUMP(GET_FLOW, get_flow, dray_nl_entries_done),
	DO(DEL_FLOW, del_flow),
	DUMP(GET_PERSIST, get_persist, dray_nl_entries_done),
	DO(DEL_PERSIST, del_persist),
	DO(SET_FLOW, set_flow),
	DO(SET_PERSIST, set_persist),
	DO(SYNC_DONE, sync_done),
	DUMP(GET_REASON, get_reason, NULL),
	DO(EXPLAIN, explain),
	DO(NEW_PROBE, new_probe),
	DO(DEL_PROBE, del_probe),
	DUMP(GET_PROBE, get_probe, NULL),
	DO(SET_TOLD, set_told),
};

#define GROUP(_group, _name)						\
	[DRAY_NLGRP_##_group] = {					\
		.name = _name,						\
		.flags = GENL_MCAST_CAP_NET_ADMIN,			\
	}

static const struct genl_multicast_group nl_groups[] = {
	GROUP(CONFIG, DRAY_MCGRP_CONFIG),
	GROUP(SERVERS, DRAY_MCGRP_SERVERS),
	GROUP(SYNC, DRAY_MCGRP_SYNC),
};

struct genl_family dray_nl_family __ro_after_init = {
	.name = DRAY_GENL_NAME,
	.version = DRAY_GENL_VERSION,
	.maxattr = ARRAY_SIZE(dray_nl_policy) - 1,
	.policy = dray_nl_policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = nl_ops,
	.n_ops = ARRAY_SIZE(nl_ops),
	.mcgrps = nl_groups,
	.n_mcgrps = ARRAY_SIZE(nl_groups),
	/* resv_start_op stays 0: the header of every operation is judged. */
};

int dray_nl_init(void)
{
	int err;

	err = netlink_register_notifier(&nl_notifier);
	if (err)
		return err;
	err = genl_register_family(&dray_nl_family);
	if (err)
		netlink_unregister_notifier(&nl_notifier);
	return err;
}

void dray_nl_exit(void)
{
	WRITE_ONCE(nl_gone, true);
	genl_unregister_family(&dray_nl_family);
	netlink_unregister_notifier(&nl_notifier);
}

MODULE_ALIAS_GENL_FAMILY(DRAY_GENL_NAME);
