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

	__DRAY_A_CONFIG_MAX
};
#define DRAY_A_CONFIG_MAX (__DRAY_A_CONFIG_MAX - 1)

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
	DRAY_A_CONFIG = 1,
	DRAY_A_SERVICE,
	DRAY_A_SERVER,
	DRAY_A_VIP,
	DRAY_A_FLOW,
	DRAY_A_PERSIST,
	DRAY_A_REASON,
	DRAY_A_GENERATION,
	DRAY_A_DELETED,

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
	DRAY_CMD_GET_REASON,
	DRAY_CMD_CONFIG_NTF,
	DRAY_CMD_SERVICE_NTF,
	DRAY_CMD_SERVICE_DEL_NTF,
	DRAY_CMD_SERVER_NTF,
	DRAY_CMD_SERVER_DEL_NTF,
	DRAY_CMD_VIP_NTF,
	DRAY_CMD_VIP_DEL_NTF,
	DRAY_CMD_SERVER_STATE_NTF,

	__DRAY_CMD_MAX
};
#define DRAY_CMD_MAX (__DRAY_CMD_MAX - 1)

#define DRAY_MCGRP_CONFIG	"config"
#define DRAY_MCGRP_SERVERS	"servers"
#define DRAY_MCGRP_SYNC		"sync"

#endif /* _UAPI_LINUX_DRAY_H */
