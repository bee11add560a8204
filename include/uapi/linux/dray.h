/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dray.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_DRAY_H
#define _UAPI_LINUX_DRAY_H

#define DRAY_GENL_NAME		"dray"
#define DRAY_GENL_VERSION	1

/**
 * enum dray_server_state - What is asked of a server.
 * @DRAY_SERVER_STATE_UP: Gets new flows according to its weight.
 * @DRAY_SERVER_STATE_DRAIN: Keeps its flows and the persistent clients that
 *   have open flows; gets no new ones.
 * @DRAY_SERVER_STATE_DOWN: Gets nothing; its flows move to other servers.
 */
enum dray_server_state {
	DRAY_SERVER_STATE_UP,
	DRAY_SERVER_STATE_DRAIN,
	DRAY_SERVER_STATE_DOWN,
};

/**
 * enum dray_reach - Whether frames can be sent to a server.
 * @DRAY_REACH_OK: On-link.
 * @DRAY_REACH_LOCAL: The server is this host; its packets go up the local
 *   stack.
 * @DRAY_REACH_NO_ROUTE: No route to the server.
 * @DRAY_REACH_GATEWAY: The route leads through a gateway; direct routing
 *   cannot work.
 * @DRAY_REACH_DEVICE_DOWN: The device towards the server is down.
 * @DRAY_REACH_NO_NEIGHBOUR: The server does not answer ARP or neighbour
 *   discovery.
 */
enum dray_reach {
	DRAY_REACH_OK,
	DRAY_REACH_LOCAL,
	DRAY_REACH_NO_ROUTE,
	DRAY_REACH_GATEWAY,
	DRAY_REACH_DEVICE_DOWN,
	DRAY_REACH_NO_NEIGHBOUR,
};

/**
 * enum dray_role - Role of a VIP on this director.
 * @DRAY_ROLE_STANDBY: Another director serves the VIP; nothing is forwarded
 *   here.
 * @DRAY_ROLE_ACTIVE: This director serves the VIP.
 */
enum dray_role {
	DRAY_ROLE_STANDBY,
	DRAY_ROLE_ACTIVE,
};

/**
 * enum dray_vip_flags - Flags of a VIP.
 * @DRAY_VIP_FLAGS_NO_ACCEPT: While this director is active, the local stack
 *   gets only what is for a service, and neighbour discovery: VRRP's
 *   Accept_Mode is false.
 */
enum dray_vip_flags {
	DRAY_VIP_FLAGS_NO_ACCEPT = 1,
};

/**
 * enum dray_hook_mode - Where packets are taken from the stack.
 * @DRAY_HOOK_MODE_AUTO: Early where nothing that the administrator put between
 *   the two hook points would be passed by, else input.
 * @DRAY_HOOK_MODE_EARLY: PRE_ROUTING, before connection tracking and the
 *   filter rules.
 * @DRAY_HOOK_MODE_INPUT: LOCAL_IN (FORWARD for a VIP that is not local), after
 *   the rules.
 */
enum dray_hook_mode {
	DRAY_HOOK_MODE_AUTO,
	DRAY_HOOK_MODE_EARLY,
	DRAY_HOOK_MODE_INPUT,
};

/**
 * enum dray_flow_state - State of a flow as seen from the client's side only.
 * @DRAY_FLOW_STATE_SYN_RECV: Half open; 20 s.
 * @DRAY_FLOW_STATE_ESTABLISHED: The tcp timeout of the configuration.
 * @DRAY_FLOW_STATE_FIN_WAIT: The client has sent FIN; the tcpfin timeout.
 * @DRAY_FLOW_STATE_CLOSE: The client has sent RST; 10 s.
 * @DRAY_FLOW_STATE_UDP: The udp timeout of the configuration.
 * @DRAY_FLOW_STATE_SCTP_INIT: INIT seen; 20 s.
 * @DRAY_FLOW_STATE_SCTP_ESTABLISHED: The tcp timeout of the configuration.
 * @DRAY_FLOW_STATE_SCTP_SHUTDOWN: The tcpfin timeout of the configuration.
 */
enum dray_flow_state {
	DRAY_FLOW_STATE_NONE,
	DRAY_FLOW_STATE_SYN_RECV,
	DRAY_FLOW_STATE_ESTABLISHED,
	DRAY_FLOW_STATE_FIN_WAIT,
	DRAY_FLOW_STATE_CLOSE,
	DRAY_FLOW_STATE_UDP,
	DRAY_FLOW_STATE_SCTP_INIT,
	DRAY_FLOW_STATE_SCTP_ESTABLISHED,
	DRAY_FLOW_STATE_SCTP_SHUTDOWN,
};

/**
 * enum dray_service_flags - Flags of a service.
 * @DRAY_SERVICE_FLAGS_OPS: One-packet scheduling; each packet is scheduled on
 *   its own and makes no flow. UDP and firewall-mark services only.
 */
enum dray_service_flags {
	DRAY_SERVICE_FLAGS_OPS = 1,
};

/**
 * enum dray_flow_flags
 * @DRAY_FLOW_FLAGS_ASSURED: The client has shown that it is real; never
 *   evicted.
 * @DRAY_FLOW_FLAGS_DIVERGENT: The server is not the one that the fallback
 *   would choose.
 */
enum dray_flow_flags {
	DRAY_FLOW_FLAGS_ASSURED = 1,
	DRAY_FLOW_FLAGS_DIVERGENT = 2,
};

/**
 * enum dray_hook_point - The point of the stack at which a packet is taken.
 * @DRAY_HOOK_POINT_NONE: At none; it is left to the stack.
 */
enum dray_hook_point {
	DRAY_HOOK_POINT_NONE,
	DRAY_HOOK_POINT_PRE_ROUTING,
	DRAY_HOOK_POINT_LOCAL_IN,
	DRAY_HOOK_POINT_FORWARD,
};

/**
 * enum dray_explain_by - What named the server.
 * @DRAY_EXPLAIN_BY_NONE: Nothing; the packet does not come so far.
 * @DRAY_EXPLAIN_BY_FLOW: The flow's entry.
 * @DRAY_EXPLAIN_BY_PERSIST: The client's persist entry.
 * @DRAY_EXPLAIN_BY_TABLE: The selection table.
 * @DRAY_EXPLAIN_BY_SCHEDULER: A scheduler without a table.
 * @DRAY_EXPLAIN_BY_FALLBACK: The stateless fallback of a service without a
 *   table, while there is or was lately no room for entries.
 * @DRAY_EXPLAIN_BY_LEFT: The selection table as it was until its first choice
 *   left, within down-hold: a flow in mid-stream without an entry began there.
 */
enum dray_explain_by {
	DRAY_EXPLAIN_BY_NONE,
	DRAY_EXPLAIN_BY_FLOW,
	DRAY_EXPLAIN_BY_PERSIST,
	DRAY_EXPLAIN_BY_TABLE,
	DRAY_EXPLAIN_BY_SCHEDULER,
	DRAY_EXPLAIN_BY_FALLBACK,
	DRAY_EXPLAIN_BY_LEFT,
};

/**
 * enum dray_explain_why - Why a server or an entry was taken or passed over.
 * @DRAY_EXPLAIN_WHY_EMPTY: The row has no server of this rank.
 * @DRAY_EXPLAIN_WHY_OVERLOADED: Above its upper threshold.
 * @DRAY_EXPLAIN_WHY_SLOW_START: It is new or back, and this client is not yet
 *   among its own.
 * @DRAY_EXPLAIN_WHY_LOAD_LIMIT: It has more of its share of flows than the
 *   load limit allows.
 * @DRAY_EXPLAIN_WHY_BEHIND: It could have been taken, but another one comes
 *   first.
 * @DRAY_EXPLAIN_WHY_REMOVED: The server of the entry was removed.
 * @DRAY_EXPLAIN_WHY_EXPIRED: The entry is past its time.
 * @DRAY_EXPLAIN_WHY_UNASSURED: The entry's client has not yet shown that it is
 *   real.
 */
enum dray_explain_why {
	DRAY_EXPLAIN_WHY_TAKEN,
	DRAY_EXPLAIN_WHY_EMPTY,
	DRAY_EXPLAIN_WHY_WEIGHT_ZERO,
	DRAY_EXPLAIN_WHY_DRAIN,
	DRAY_EXPLAIN_WHY_DOWN,
	DRAY_EXPLAIN_WHY_UNREACHABLE,
	DRAY_EXPLAIN_WHY_OVERLOADED,
	DRAY_EXPLAIN_WHY_SLOW_START,
	DRAY_EXPLAIN_WHY_LOAD_LIMIT,
	DRAY_EXPLAIN_WHY_BEHIND,
	DRAY_EXPLAIN_WHY_REMOVED,
	DRAY_EXPLAIN_WHY_EXPIRED,
	DRAY_EXPLAIN_WHY_UNASSURED,
};

/**
 * enum dray_explain_makes - Entries that the packet would make.
 */
enum dray_explain_makes {
	DRAY_EXPLAIN_MAKES_FLOW = 1,
	DRAY_EXPLAIN_MAKES_PERSIST = 2,
};

enum {
	DRAY_A_STATS_CONNS = 1,
	DRAY_A_STATS_PACKETS,
	DRAY_A_STATS_BYTES,
	DRAY_A_STATS_PAD,

	__DRAY_A_STATS_MAX
};
#define DRAY_A_STATS_MAX (__DRAY_A_STATS_MAX - 1)

enum {
	DRAY_A_SERVICE_FAMILY = 1,
	DRAY_A_SERVICE_PROTOCOL,
	DRAY_A_SERVICE_ADDRESS,
	DRAY_A_SERVICE_PORT,
	DRAY_A_SERVICE_FWMARK,
	DRAY_A_SERVICE_SCHEDULER,
	DRAY_A_SERVICE_FLAGS,
	DRAY_A_SERVICE_PERSIST_TIMEOUT,
	DRAY_A_SERVICE_PERSIST_PREFIX,
	DRAY_A_SERVICE_DOWN_HOLD,
	DRAY_A_SERVICE_SCHED_FLAGS,
	DRAY_A_SERVICE_ROWS,
	DRAY_A_SERVICE_LOAD_LIMIT,
	DRAY_A_SERVICE_SLOW_START,
	DRAY_A_SERVICE_ID,
	DRAY_A_SERVICE_SERVERS,
	DRAY_A_SERVICE_STATS,
	DRAY_A_SERVICE_VIP_LOCAL,
	DRAY_A_SERVICE_RULES_BYPASSED,
	DRAY_A_SERVICE_TABLE_FINGERPRINT,
	DRAY_A_SERVICE_PAD,

	__DRAY_A_SERVICE_MAX
};
#define DRAY_A_SERVICE_MAX (__DRAY_A_SERVICE_MAX - 1)

enum {
	DRAY_A_SERVER_FAMILY = 1,
	DRAY_A_SERVER_ADDRESS,
	DRAY_A_SERVER_PORT,
	DRAY_A_SERVER_WEIGHT,
	DRAY_A_SERVER_U_THRESHOLD,
	DRAY_A_SERVER_L_THRESHOLD,
	DRAY_A_SERVER_STATE,
	DRAY_A_SERVER_ID,
	DRAY_A_SERVER_REACH,
	DRAY_A_SERVER_ACTIVE,
	DRAY_A_SERVER_INACTIVE,
	DRAY_A_SERVER_PERSISTENT,
	DRAY_A_SERVER_OVERLOADED,
	DRAY_A_SERVER_IFINDEX,
	DRAY_A_SERVER_MTU,
	DRAY_A_SERVER_STATS,
	DRAY_A_SERVER_TOLD_ACTIVE,
	DRAY_A_SERVER_TOLD_INACTIVE,

	__DRAY_A_SERVER_MAX
};
#define DRAY_A_SERVER_MAX (__DRAY_A_SERVER_MAX - 1)

enum {
	DRAY_A_VIP_FAMILY = 1,
	DRAY_A_VIP_ADDRESS,
	DRAY_A_VIP_ROLE,
	DRAY_A_VIP_LEASE,
	DRAY_A_VIP_PEER,
	DRAY_A_VIP_LEASE_LEFT,
	DRAY_A_VIP_FLAGS,

	__DRAY_A_VIP_MAX
};
#define DRAY_A_VIP_MAX (__DRAY_A_VIP_MAX - 1)

enum {
	DRAY_A_FLOW_PROTOCOL = 1,
	DRAY_A_FLOW_CLIENT,
	DRAY_A_FLOW_CLIENT_PORT,
	DRAY_A_FLOW_VIP,
	DRAY_A_FLOW_VIP_PORT,
	DRAY_A_FLOW_STATE,
	DRAY_A_FLOW_FLAGS,
	DRAY_A_FLOW_EXPIRES,

	__DRAY_A_FLOW_MAX
};
#define DRAY_A_FLOW_MAX (__DRAY_A_FLOW_MAX - 1)

enum {
	DRAY_A_PERSIST_CLIENT = 1,
	DRAY_A_PERSIST_FLOWS,
	DRAY_A_PERSIST_FLAGS,
	DRAY_A_PERSIST_EXPIRES,

	__DRAY_A_PERSIST_MAX
};
#define DRAY_A_PERSIST_MAX (__DRAY_A_PERSIST_MAX - 1)

enum {
	DRAY_A_HOOK_FAMILY = 1,
	DRAY_A_HOOK_IFINDEX,
	DRAY_A_HOOK_MODE,
	DRAY_A_HOOK_WHY,

	__DRAY_A_HOOK_MAX
};
#define DRAY_A_HOOK_MAX (__DRAY_A_HOOK_MAX - 1)

enum {
	DRAY_A_CONFIG_TIMEOUT_TCP = 1,
	DRAY_A_CONFIG_TIMEOUT_TCPFIN,
	DRAY_A_CONFIG_TIMEOUT_UDP,
	DRAY_A_CONFIG_HOOK_MODE,
	DRAY_A_CONFIG_FLOW_LIMIT,
	DRAY_A_CONFIG_PERSIST_LIMIT,
	DRAY_A_CONFIG_UNASSURED_LIMIT,
	DRAY_A_CONFIG_TABLE_LIMIT,
	DRAY_A_CONFIG_TABLE_KEY,
	DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT,
	DRAY_A_CONFIG_TABLES,
	DRAY_A_CONFIG_TABLE_BYTES,
	DRAY_A_CONFIG_FLOWS,
	DRAY_A_CONFIG_PERSISTS,
	DRAY_A_CONFIG_UNASSURED,
	DRAY_A_CONFIG_FLOW_BYTES,
	DRAY_A_CONFIG_HOOK,
	DRAY_A_CONFIG_VERSION,
	DRAY_A_CONFIG_SERVICES,
	DRAY_A_CONFIG_PAD,
	DRAY_A_CONFIG_TABLES_MADE,
	DRAY_A_CONFIG_TABLE_VERSION,

	__DRAY_A_CONFIG_MAX
};
#define DRAY_A_CONFIG_MAX (__DRAY_A_CONFIG_MAX - 1)

enum {
	DRAY_A_PROBE_MARK = 1,
	DRAY_A_PROBE_FAMILY,
	DRAY_A_PROBE_VIP,
	DRAY_A_PROBE_SERVER,

	__DRAY_A_PROBE_MAX
};
#define DRAY_A_PROBE_MAX (__DRAY_A_PROBE_MAX - 1)

enum {
	DRAY_A_REASON_NAME = 1,
	DRAY_A_REASON_VERDICT,
	DRAY_A_REASON_PACKETS,
	DRAY_A_REASON_DOC,
	DRAY_A_REASON_PAD,

	__DRAY_A_REASON_MAX
};
#define DRAY_A_REASON_MAX (__DRAY_A_REASON_MAX - 1)

enum {
	DRAY_A_EXPLAIN_ENTRY_PERSIST = 1,
	DRAY_A_EXPLAIN_ENTRY_WHY,
	DRAY_A_EXPLAIN_ENTRY_SERVER,
	DRAY_A_EXPLAIN_ENTRY_STATE,
	DRAY_A_EXPLAIN_ENTRY_FLAGS,
	DRAY_A_EXPLAIN_ENTRY_AGE,
	DRAY_A_EXPLAIN_ENTRY_IDLE,
	DRAY_A_EXPLAIN_ENTRY_EXPIRES,
	DRAY_A_EXPLAIN_ENTRY_FLOWS,

	__DRAY_A_EXPLAIN_ENTRY_MAX
};
#define DRAY_A_EXPLAIN_ENTRY_MAX (__DRAY_A_EXPLAIN_ENTRY_MAX - 1)

enum {
	DRAY_A_EXPLAIN_RANK_ROW = 1,
	DRAY_A_EXPLAIN_RANK_RANK,
	DRAY_A_EXPLAIN_RANK_WHY,
	DRAY_A_EXPLAIN_RANK_SERVER,
	DRAY_A_EXPLAIN_RANK_ACTIVE,
	DRAY_A_EXPLAIN_RANK_LIMIT,

	__DRAY_A_EXPLAIN_RANK_MAX
};
#define DRAY_A_EXPLAIN_RANK_MAX (__DRAY_A_EXPLAIN_RANK_MAX - 1)

enum {
	DRAY_A_EXPLAIN_ROUTE_REACH = 1,
	DRAY_A_EXPLAIN_ROUTE_IFINDEX,
	DRAY_A_EXPLAIN_ROUTE_MTU,
	DRAY_A_EXPLAIN_ROUTE_NEIGHBOUR,
	DRAY_A_EXPLAIN_ROUTE_MAC,
	DRAY_A_EXPLAIN_ROUTE_DIRECT,
	DRAY_A_EXPLAIN_ROUTE_FRAGMENT,

	__DRAY_A_EXPLAIN_ROUTE_MAX
};
#define DRAY_A_EXPLAIN_ROUTE_MAX (__DRAY_A_EXPLAIN_ROUTE_MAX - 1)

enum {
	DRAY_A_EXPLAIN_IFINDEX = 1,
	DRAY_A_EXPLAIN_MARK,
	DRAY_A_EXPLAIN_MIDSTREAM,
	DRAY_A_EXPLAIN_SIZE,
	DRAY_A_EXPLAIN_HOOK_MODE,
	DRAY_A_EXPLAIN_HOOK_WHY,
	DRAY_A_EXPLAIN_HOOK_POINT,
	DRAY_A_EXPLAIN_ENTRY,
	DRAY_A_EXPLAIN_HASH,
	DRAY_A_EXPLAIN_BY,
	DRAY_A_EXPLAIN_RANK,
	DRAY_A_EXPLAIN_FIRST,
	DRAY_A_EXPLAIN_PRESSED,
	DRAY_A_EXPLAIN_MAKES,
	DRAY_A_EXPLAIN_NOTE,
	DRAY_A_EXPLAIN_VERDICT,
	DRAY_A_EXPLAIN_REASON,
	DRAY_A_EXPLAIN_DOC,
	DRAY_A_EXPLAIN_ROUTE,
	DRAY_A_EXPLAIN_PAD,

	__DRAY_A_EXPLAIN_MAX
};
#define DRAY_A_EXPLAIN_MAX (__DRAY_A_EXPLAIN_MAX - 1)

enum {
	DRAY_A_CONFIG = 1,
	DRAY_A_SERVICE,
	DRAY_A_SERVER,
	DRAY_A_VIP,
	DRAY_A_FLOW,
	DRAY_A_PERSIST,
	DRAY_A_REASON,
	DRAY_A_GENERATION,
	DRAY_A_DELETED,
	DRAY_A_EXPLAIN,
	DRAY_A_WAIT,
	DRAY_A_PROBE,

	__DRAY_A_MAX
};
#define DRAY_A_MAX (__DRAY_A_MAX - 1)

enum {
	DRAY_CMD_GET_CONFIG = 1,
	DRAY_CMD_SET_CONFIG,
	DRAY_CMD_BEGIN,
	DRAY_CMD_COMMIT,
	DRAY_CMD_ABORT,
	DRAY_CMD_NEW_SERVICE,
	DRAY_CMD_SET_SERVICE,
	DRAY_CMD_DEL_SERVICE,
	DRAY_CMD_GET_SERVICE,
	DRAY_CMD_NEW_SERVER,
	DRAY_CMD_SET_SERVER,
	DRAY_CMD_DEL_SERVER,
	DRAY_CMD_GET_SERVER,
	DRAY_CMD_FLUSH,
	DRAY_CMD_ZERO,
	DRAY_CMD_NEW_VIP,
	DRAY_CMD_SET_VIP,
	DRAY_CMD_DEL_VIP,
	DRAY_CMD_GET_VIP,
	DRAY_CMD_GET_FLOW,
	DRAY_CMD_DEL_FLOW,
	DRAY_CMD_GET_PERSIST,
	DRAY_CMD_DEL_PERSIST,
	DRAY_CMD_SET_FLOW,
	DRAY_CMD_SET_PERSIST,
	DRAY_CMD_SYNC_DONE,
	DRAY_CMD_GET_REASON,
	DRAY_CMD_EXPLAIN,
	DRAY_CMD_CONFIG_NTF,
	DRAY_CMD_SERVICE_NTF,
	DRAY_CMD_SERVICE_DEL_NTF,
	DRAY_CMD_SERVER_NTF,
	DRAY_CMD_SERVER_DEL_NTF,
	DRAY_CMD_VIP_NTF,
	DRAY_CMD_VIP_DEL_NTF,
	DRAY_CMD_SERVER_STATE_NTF,
	DRAY_CMD_FLOW_NTF,
	DRAY_CMD_PERSIST_NTF,
	DRAY_CMD_SYNC_WAIT_NTF,
	DRAY_CMD_NEW_PROBE,
	DRAY_CMD_DEL_PROBE,
	DRAY_CMD_GET_PROBE,
	DRAY_CMD_SET_TOLD,

	__DRAY_CMD_MAX
};
#define DRAY_CMD_MAX (__DRAY_CMD_MAX - 1)

#define DRAY_MCGRP_CONFIG	"config"
#define DRAY_MCGRP_SERVERS	"servers"
#define DRAY_MCGRP_SYNC		"sync"

#endif /* _UAPI_LINUX_DRAY_H */
