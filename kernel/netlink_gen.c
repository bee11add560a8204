// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dray.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/dray.h>

/* Integer value ranges */
static const struct netlink_range_validation dray_a_service_persist_timeout_range = {
	.max	= 2678400ULL,
};

static const struct netlink_range_validation dray_a_service_down_hold_range = {
	.max	= 3600000ULL,
};

static const struct netlink_range_validation dray_a_service_rows_range = {
	.min	= 4096ULL,
	.max	= 262144ULL,
};

static const struct netlink_range_validation dray_a_server_weight_range = {
	.max	= 2147483647ULL,
};

static const struct netlink_range_validation dray_a_server_u_threshold_range = {
	.max	= 2147483647ULL,
};

static const struct netlink_range_validation dray_a_server_l_threshold_range = {
	.max	= 2147483647ULL,
};

static const struct netlink_range_validation dray_a_server_told_active_range = {
	.max	= 268435455ULL,
};

static const struct netlink_range_validation dray_a_server_told_inactive_range = {
	.max	= 268435455ULL,
};

static const struct netlink_range_validation dray_a_vip_lease_range = {
	.max	= 3600000ULL,
};

static const struct netlink_range_validation dray_a_config_timeout_tcp_range = {
	.min	= 1ULL,
	.max	= 2678400ULL,
};

static const struct netlink_range_validation dray_a_config_timeout_tcpfin_range = {
	.min	= 1ULL,
	.max	= 2678400ULL,
};

static const struct netlink_range_validation dray_a_config_timeout_udp_range = {
	.min	= 1ULL,
	.max	= 2678400ULL,
};

static const struct netlink_range_validation dray_a_explain_size_range = {
	.max	= 65535ULL,
};

/* Common nested types */
const struct nla_policy dray_config_nl_policy[DRAY_A_CONFIG_TABLE_VERSION + 1] = {
	[DRAY_A_CONFIG_TIMEOUT_TCP] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_config_timeout_tcp_range),
	[DRAY_A_CONFIG_TIMEOUT_TCPFIN] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_config_timeout_tcpfin_range),
	[DRAY_A_CONFIG_TIMEOUT_UDP] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_config_timeout_udp_range),
	[DRAY_A_CONFIG_HOOK_MODE] = NLA_POLICY_MAX(NLA_U8, 2),
	[DRAY_A_CONFIG_FLOW_LIMIT] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_PERSIST_LIMIT] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_UNASSURED_LIMIT] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_TABLE_LIMIT] = { .type = NLA_U64, },
	[DRAY_A_CONFIG_TABLE_KEY] = NLA_POLICY_EXACT_LEN(16),
	[DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT] = { .type = NLA_U64, },
	[DRAY_A_CONFIG_TABLES] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_TABLE_BYTES] = { .type = NLA_U64, },
	[DRAY_A_CONFIG_FLOWS] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_PERSISTS] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_UNASSURED] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_FLOW_BYTES] = { .type = NLA_U64, },
	[DRAY_A_CONFIG_HOOK] = NLA_POLICY_NESTED(dray_hook_nl_policy),
	[DRAY_A_CONFIG_VERSION] = { .type = NLA_NUL_STRING, },
	[DRAY_A_CONFIG_SERVICES] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_TABLES_MADE] = { .type = NLA_U32, },
	[DRAY_A_CONFIG_TABLE_VERSION] = { .type = NLA_U32, },
};

const struct nla_policy dray_explain_nl_policy[DRAY_A_EXPLAIN_PAD + 1] = {
	[DRAY_A_EXPLAIN_IFINDEX] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_MARK] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_MIDSTREAM] = { .type = NLA_FLAG, },
	[DRAY_A_EXPLAIN_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_explain_size_range),
	[DRAY_A_EXPLAIN_HOOK_MODE] = NLA_POLICY_MAX(NLA_U8, 2),
	[DRAY_A_EXPLAIN_HOOK_WHY] = { .type = NLA_NUL_STRING, },
	[DRAY_A_EXPLAIN_HOOK_POINT] = NLA_POLICY_MAX(NLA_U8, 3),
	[DRAY_A_EXPLAIN_ENTRY] = NLA_POLICY_NESTED(dray_explain_entry_nl_policy),
	[DRAY_A_EXPLAIN_HASH] = { .type = NLA_U64, },
	[DRAY_A_EXPLAIN_BY] = NLA_POLICY_MAX(NLA_U8, 6),
	[DRAY_A_EXPLAIN_RANK] = NLA_POLICY_NESTED(dray_explain_rank_nl_policy),
	[DRAY_A_EXPLAIN_FIRST] = NLA_POLICY_NESTED(dray_server_nl_policy),
	[DRAY_A_EXPLAIN_PRESSED] = { .type = NLA_FLAG, },
	[DRAY_A_EXPLAIN_MAKES] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[DRAY_A_EXPLAIN_NOTE] = { .type = NLA_STRING, },
	[DRAY_A_EXPLAIN_VERDICT] = { .type = NLA_NUL_STRING, },
	[DRAY_A_EXPLAIN_REASON] = { .type = NLA_NUL_STRING, },
	[DRAY_A_EXPLAIN_DOC] = { .type = NLA_NUL_STRING, },
	[DRAY_A_EXPLAIN_ROUTE] = NLA_POLICY_NESTED(dray_explain_route_nl_policy),
};

const struct nla_policy dray_explain_entry_nl_policy[DRAY_A_EXPLAIN_ENTRY_FLOWS + 1] = {
	[DRAY_A_EXPLAIN_ENTRY_PERSIST] = { .type = NLA_FLAG, },
	[DRAY_A_EXPLAIN_ENTRY_WHY] = NLA_POLICY_MAX(NLA_U8, 12),
	[DRAY_A_EXPLAIN_ENTRY_SERVER] = NLA_POLICY_NESTED(dray_server_nl_policy),
	[DRAY_A_EXPLAIN_ENTRY_STATE] = NLA_POLICY_MAX(NLA_U8, 8),
	[DRAY_A_EXPLAIN_ENTRY_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[DRAY_A_EXPLAIN_ENTRY_AGE] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_ENTRY_IDLE] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_ENTRY_EXPIRES] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_ENTRY_FLOWS] = { .type = NLA_U32, },
};

const struct nla_policy dray_explain_rank_nl_policy[DRAY_A_EXPLAIN_RANK_LIMIT + 1] = {
	[DRAY_A_EXPLAIN_RANK_ROW] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_RANK_RANK] = { .type = NLA_U8, },
	[DRAY_A_EXPLAIN_RANK_WHY] = NLA_POLICY_MAX(NLA_U8, 12),
	[DRAY_A_EXPLAIN_RANK_SERVER] = NLA_POLICY_NESTED(dray_server_nl_policy),
	[DRAY_A_EXPLAIN_RANK_ACTIVE] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_RANK_LIMIT] = { .type = NLA_U32, },
};

const struct nla_policy dray_explain_route_nl_policy[DRAY_A_EXPLAIN_ROUTE_FRAGMENT + 1] = {
	[DRAY_A_EXPLAIN_ROUTE_REACH] = NLA_POLICY_MAX(NLA_U8, 5),
	[DRAY_A_EXPLAIN_ROUTE_IFINDEX] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_ROUTE_MTU] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN_ROUTE_NEIGHBOUR] = { .type = NLA_U8, },
	[DRAY_A_EXPLAIN_ROUTE_MAC] = NLA_POLICY_EXACT_LEN(6),
	[DRAY_A_EXPLAIN_ROUTE_DIRECT] = { .type = NLA_FLAG, },
	[DRAY_A_EXPLAIN_ROUTE_FRAGMENT] = { .type = NLA_FLAG, },
};

const struct nla_policy dray_flow_nl_policy[DRAY_A_FLOW_EXPIRES + 1] = {
	[DRAY_A_FLOW_PROTOCOL] = { .type = NLA_U8, },
	[DRAY_A_FLOW_CLIENT] = { .type = NLA_BINARY, },
	[DRAY_A_FLOW_CLIENT_PORT] = { .type = NLA_U16, },
	[DRAY_A_FLOW_VIP] = { .type = NLA_BINARY, },
	[DRAY_A_FLOW_VIP_PORT] = { .type = NLA_U16, },
	[DRAY_A_FLOW_STATE] = NLA_POLICY_MAX(NLA_U8, 8),
	[DRAY_A_FLOW_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[DRAY_A_FLOW_EXPIRES] = { .type = NLA_U32, },
};

const struct nla_policy dray_hook_nl_policy[DRAY_A_HOOK_WHY + 1] = {
	[DRAY_A_HOOK_FAMILY] = { .type = NLA_U8, },
	[DRAY_A_HOOK_IFINDEX] = { .type = NLA_U32, },
	[DRAY_A_HOOK_MODE] = NLA_POLICY_MAX(NLA_U8, 2),
	[DRAY_A_HOOK_WHY] = { .type = NLA_NUL_STRING, },
};

const struct nla_policy dray_persist_nl_policy[DRAY_A_PERSIST_EXPIRES + 1] = {
	[DRAY_A_PERSIST_CLIENT] = { .type = NLA_BINARY, },
	[DRAY_A_PERSIST_FLOWS] = { .type = NLA_U32, },
	[DRAY_A_PERSIST_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[DRAY_A_PERSIST_EXPIRES] = { .type = NLA_U32, },
};

const struct nla_policy dray_probe_nl_policy[DRAY_A_PROBE_SERVER + 1] = {
	[DRAY_A_PROBE_MARK] = NLA_POLICY_MIN(NLA_U32, 1),
	[DRAY_A_PROBE_FAMILY] = { .type = NLA_U8, },
	[DRAY_A_PROBE_VIP] = { .type = NLA_BINARY, },
	[DRAY_A_PROBE_SERVER] = { .type = NLA_BINARY, },
};

const struct nla_policy dray_server_nl_policy[DRAY_A_SERVER_TOLD_INACTIVE + 1] = {
	[DRAY_A_SERVER_FAMILY] = { .type = NLA_U8, },
	[DRAY_A_SERVER_ADDRESS] = { .type = NLA_BINARY, },
	[DRAY_A_SERVER_PORT] = { .type = NLA_U16, },
	[DRAY_A_SERVER_WEIGHT] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_server_weight_range),
	[DRAY_A_SERVER_U_THRESHOLD] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_server_u_threshold_range),
	[DRAY_A_SERVER_L_THRESHOLD] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_server_l_threshold_range),
	[DRAY_A_SERVER_STATE] = NLA_POLICY_MAX(NLA_U8, 2),
	[DRAY_A_SERVER_ID] = { .type = NLA_U32, },
	[DRAY_A_SERVER_REACH] = NLA_POLICY_MAX(NLA_U8, 5),
	[DRAY_A_SERVER_ACTIVE] = { .type = NLA_U32, },
	[DRAY_A_SERVER_INACTIVE] = { .type = NLA_U32, },
	[DRAY_A_SERVER_PERSISTENT] = { .type = NLA_U32, },
	[DRAY_A_SERVER_OVERLOADED] = { .type = NLA_FLAG, },
	[DRAY_A_SERVER_IFINDEX] = { .type = NLA_U32, },
	[DRAY_A_SERVER_MTU] = { .type = NLA_U32, },
	[DRAY_A_SERVER_STATS] = NLA_POLICY_NESTED(dray_stats_nl_policy),
	[DRAY_A_SERVER_TOLD_ACTIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_server_told_active_range),
	[DRAY_A_SERVER_TOLD_INACTIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_server_told_inactive_range),
};

const struct nla_policy dray_service_nl_policy[DRAY_A_SERVICE_PAD + 1] = {
	[DRAY_A_SERVICE_FAMILY] = { .type = NLA_U8, },
	[DRAY_A_SERVICE_PROTOCOL] = { .type = NLA_U8, },
	[DRAY_A_SERVICE_ADDRESS] = { .type = NLA_BINARY, },
	[DRAY_A_SERVICE_PORT] = { .type = NLA_U16, },
	[DRAY_A_SERVICE_FWMARK] = { .type = NLA_U32, },
	[DRAY_A_SERVICE_SCHEDULER] = { .type = NLA_NUL_STRING, .len = 15, },
	[DRAY_A_SERVICE_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x1),
	[DRAY_A_SERVICE_PERSIST_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_service_persist_timeout_range),
	[DRAY_A_SERVICE_PERSIST_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[DRAY_A_SERVICE_DOWN_HOLD] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_service_down_hold_range),
	[DRAY_A_SERVICE_SCHED_FLAGS] = NLA_POLICY_MAX(NLA_U32, 7),
	[DRAY_A_SERVICE_ROWS] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_service_rows_range),
	[DRAY_A_SERVICE_LOAD_LIMIT] = NLA_POLICY_MAX(NLA_U32, 10000),
	[DRAY_A_SERVICE_SLOW_START] = NLA_POLICY_MAX(NLA_U32, 3600),
	[DRAY_A_SERVICE_ID] = { .type = NLA_U32, },
	[DRAY_A_SERVICE_SERVERS] = { .type = NLA_U32, },
	[DRAY_A_SERVICE_STATS] = NLA_POLICY_NESTED(dray_stats_nl_policy),
	[DRAY_A_SERVICE_VIP_LOCAL] = { .type = NLA_FLAG, },
	[DRAY_A_SERVICE_RULES_BYPASSED] = { .type = NLA_FLAG, },
	[DRAY_A_SERVICE_TABLE_FINGERPRINT] = { .type = NLA_U64, },
};

const struct nla_policy dray_stats_nl_policy[DRAY_A_STATS_PAD + 1] = {
	[DRAY_A_STATS_CONNS] = { .type = NLA_U64, },
	[DRAY_A_STATS_PACKETS] = { .type = NLA_U64, },
	[DRAY_A_STATS_BYTES] = { .type = NLA_U64, },
};

const struct nla_policy dray_vip_nl_policy[DRAY_A_VIP_FLAGS + 1] = {
	[DRAY_A_VIP_FAMILY] = { .type = NLA_U8, },
	[DRAY_A_VIP_ADDRESS] = { .type = NLA_BINARY, },
	[DRAY_A_VIP_ROLE] = NLA_POLICY_MAX(NLA_U8, 1),
	[DRAY_A_VIP_LEASE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dray_a_vip_lease_range),
	[DRAY_A_VIP_PEER] = NLA_POLICY_EXACT_LEN(6),
	[DRAY_A_VIP_LEASE_LEFT] = { .type = NLA_U32, },
	[DRAY_A_VIP_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x1),
};

/* Global operation policy for dray */
const struct nla_policy dray_nl_policy[DRAY_A_PROBE + 1] = {
	[DRAY_A_CONFIG] = NLA_POLICY_NESTED(dray_config_nl_policy),
	[DRAY_A_SERVICE] = NLA_POLICY_NESTED(dray_service_nl_policy),
	[DRAY_A_SERVER] = NLA_POLICY_NESTED(dray_server_nl_policy),
	[DRAY_A_VIP] = NLA_POLICY_NESTED(dray_vip_nl_policy),
	[DRAY_A_FLOW] = NLA_POLICY_NESTED(dray_flow_nl_policy),
	[DRAY_A_PERSIST] = NLA_POLICY_NESTED(dray_persist_nl_policy),
	[DRAY_A_GENERATION] = { .type = NLA_U32, },
	[DRAY_A_EXPLAIN] = NLA_POLICY_NESTED(dray_explain_nl_policy),
	[DRAY_A_WAIT] = { .type = NLA_U32, },
	[DRAY_A_PROBE] = NLA_POLICY_NESTED(dray_probe_nl_policy),
};
