/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dray.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_DRAY_GEN_H
#define _LINUX_DRAY_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/dray.h>

/* Common nested types */
extern const struct nla_policy dray_config_nl_policy[DRAY_A_CONFIG_TABLE_VERSION + 1];
extern const struct nla_policy dray_explain_nl_policy[DRAY_A_EXPLAIN_PAD + 1];
extern const struct nla_policy dray_explain_entry_nl_policy[DRAY_A_EXPLAIN_ENTRY_FLOWS + 1];
extern const struct nla_policy dray_explain_rank_nl_policy[DRAY_A_EXPLAIN_RANK_LIMIT + 1];
extern const struct nla_policy dray_explain_route_nl_policy[DRAY_A_EXPLAIN_ROUTE_FRAGMENT + 1];
extern const struct nla_policy dray_flow_nl_policy[DRAY_A_FLOW_EXPIRES + 1];
extern const struct nla_policy dray_hook_nl_policy[DRAY_A_HOOK_WHY + 1];
extern const struct nla_policy dray_persist_nl_policy[DRAY_A_PERSIST_EXPIRES + 1];
extern const struct nla_policy dray_probe_nl_policy[DRAY_A_PROBE_SERVER + 1];
extern const struct nla_policy dray_server_nl_policy[DRAY_A_SERVER_TOLD_INACTIVE + 1];
extern const struct nla_policy dray_service_nl_policy[DRAY_A_SERVICE_PAD + 1];
extern const struct nla_policy dray_stats_nl_policy[DRAY_A_STATS_PAD + 1];
extern const struct nla_policy dray_vip_nl_policy[DRAY_A_VIP_FLAGS + 1];

/* Global operation policy for dray */
extern const struct nla_policy dray_nl_policy[DRAY_A_PROBE + 1];

int dray_nl_get_config_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_config_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_set_config_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_begin_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_commit_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_abort_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_new_service_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_set_service_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_del_service_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_service_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_service_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int dray_nl_new_server_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_set_server_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_del_server_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_server_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_server_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_zero_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_new_vip_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_set_vip_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_del_vip_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_vip_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_vip_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_get_flow_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_del_flow_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_persist_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int dray_nl_del_persist_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_set_flow_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_set_persist_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_sync_done_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_reason_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_explain_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_new_probe_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_del_probe_doit(struct sk_buff *skb, struct genl_info *info);
int dray_nl_get_probe_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dray_nl_set_told_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	DRAY_NLGRP_CONFIG,
	DRAY_NLGRP_SERVERS,
	DRAY_NLGRP_SYNC,
};

#endif /* _LINUX_DRAY_GEN_H */
