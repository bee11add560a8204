/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the configuration that drayvrrpd acts upon: what is tracked,
 * instances, sync groups, addresses, routes and rules.  See ka.h.
 */
#ifndef DRAY_KA_VRRP_H
#define DRAY_KA_VRRP_H

#include "ka.h"

#define KA_VRRP_OWNER 255
#define KA_WEIGHT_MAX 253
#define KA_FILE_WEIGHT_MAX 254	/* times what is in the file */
#define KA_AUTH_LEN 8

struct ka_vrrp_script {
	struct ka_pos pos;
	const char *name;
	struct ka_command *command;
	uint64_t interval_us;
	uint64_t timeout_us;	/* the interval if none is said */
	int weight;		/* 0: failure is FAULT */
	bool reverse;
	unsigned int rise, fall;
	bool init_fail;		/* failed until it succeeds */
};

struct ka_track_file {		/* also of FILE_CHECK */
	struct ka_pos pos;
	const char *name, *path;
	int weight;
	bool reverse;
	bool init, init_overwrite;	/* write init_value at start */
	long init_value;
};

struct ka_track_process {
	struct ka_pos pos;
	const char *name;
	struct ka_command *process;	/* argv[0] and the words to match */
	bool match_initial, match_partial;	/* param_match; neither: exact */
	bool full_command;
	int weight;
	bool reverse;
	unsigned int quorum, quorum_max;	/* UINT_MAX: no upper limit */
	uint64_t fork_delay_us, terminate_delay_us;
};

enum ka_track_kind {
	KA_TRACK_INTERFACE,
	KA_TRACK_SCRIPT,
	KA_TRACK_FILE,
	KA_TRACK_PROCESS,
};

/* one line of a track_* block */
struct ka_track {
	struct ka_pos pos;
	enum ka_track_kind kind;
	const char *name;
	int weight;		/* its own if said, else the object's */
	bool reverse;
	union {			/* by kind; none for an interface */
		struct ka_vrrp_script *script;
		struct ka_track_file *file;
		struct ka_track_process *process;
	};
};

struct ka_address {
	struct ka_pos pos;
	struct dray_addr addr;
	uint8_t prefix;
	const char *dev;		/* the instance's interface if none said */
	struct dray_addr broadcast;	/* family 0: none */
	struct dray_addr peer;		/* family 0: none */
	uint8_t peer_prefix;
	const char *label;		/* NULL: none */
	uint8_t scope;			/* RT_SCOPE_* */
	bool home, nodad, mngtmpaddr, noprefixroute;
	bool no_track;
	bool has_preferred_lft;
	uint32_t preferred_lft_s;	/* UINT32_MAX: forever */
};

struct ka_nexthop {
	struct dray_addr via;		/* family 0: none */
	const char *dev;		/* NULL: none */
	unsigned int weight;		/* from 1 */
	bool onlink;
};

struct ka_route {
	struct ka_pos pos;
	uint8_t family, type;		/* RTN_* */
	struct dray_addr dst;		/* family 0: default */
	uint8_t prefix;
	struct dray_addr via, src;	/* family 0: none; via may be the other's */
	const char *dev;		/* NULL: none */
	uint32_t table;			/* RT_TABLE_* */
	uint32_t metric, mtu, advmss;	/* 0: none */
	uint8_t tos, scope, protocol;	/* protocol 0: the daemon's own */
	bool has_scope, onlink, mtu_lock, no_track;
	struct ka_nexthop *nexthops;	/* none: via and dev */
	size_t n_nexthops;
};

struct ka_rule {
	struct ka_pos pos;
	uint8_t family;
	bool invert, no_track;
	struct dray_addr from, to;	/* family 0: all */
	uint8_t from_prefix, to_prefix;
	const char *iif, *oif;		/* NULL: any */
	uint8_t tos, action;		/* FR_ACT_* */
	bool has_fwmark, has_priority, has_suppress_prefixlength;
	uint32_t fwmark, fwmask, table, priority, goto_priority;
	uint32_t suppress_prefixlength;
};

struct ka_peer {
	struct ka_pos pos;
	struct dray_addr addr;
	bool has_ttl_range;
	uint8_t min_ttl, max_ttl;
};

/* commands on a transition; NULL: none */
struct ka_notify {
	struct ka_command *master, *backup, *fault, *stop, *deleted;
	struct ka_command *master_rx_lower_pri;
	struct ka_command *any;		/* notify: four more arguments */
	bool priority_changes;
};

enum ka_state { KA_STATE_BACKUP, KA_STATE_MASTER };
enum ka_auth { KA_AUTH_NONE, KA_AUTH_PASS };

struct ka_instance {
	struct ka_pos pos;
	const char *name;
	struct ka_sync_group *group;	/* NULL: none */
	enum ka_state state;		/* how it starts */
	const char *interface;		/* NULL only with unicast */
	uint8_t family;			/* of its adverts */
	uint8_t version;		/* 2 or 3 */
	uint8_t vrid, priority;
	uint32_t advert_us;		/* as on the wire: v2 whole s, v3 10 ms */
	enum ka_auth auth;
	uint8_t auth_pass[KA_AUTH_LEN];	/* zeroes behind; never printed */

	struct ka_address *addresses;	/* virtual_ipaddress, in the adverts */
	size_t n_addresses;
	struct ka_address *excluded;	/* virtual_ipaddress_excluded */
	size_t n_excluded;
	struct ka_route *routes;
	size_t n_routes;
	struct ka_rule *rules;
	size_t n_rules;
	bool promote_secondaries;

	struct dray_addr source;	/* unicast_src_ip, mcast_src_ip; family 0: the link's */
	bool track_source;
	struct dray_addr mcast_group;
	struct ka_peer *peers;		/* unicast_peer; none: multicast */
	size_t n_peers;
	int unicast_ttl;		/* 255 if none is said */
	bool check_unicast_src;
	bool skip_check_adv_addr;
	bool v3_checksum_as_v2;		/* IPv4: without a pseudo-header */

	struct ka_track *tracks;
	size_t n_tracks;
	bool dont_track_primary;

	bool nopreempt;
	uint64_t preempt_delay_us;
	bool strict, accept;
	bool lower_prio_no_advert, higher_prio_send_advert;
	unsigned int down_timer_adverts;
	struct ka_garp garp;

	bool use_vmac, vmac_xmit_base;
	const char *vmac_name;		/* NULL: vrrp.VRID */
	bool has_vmac_address;
	uint8_t vmac_address[DRAY_MACLEN];

	struct ka_notify notify;
	bool smtp_alert;
};

struct ka_sync_group {
	struct ka_pos pos;
	const char *name;
	struct ka_instance **members;
	size_t n_members;
	struct ka_track *tracks;
	size_t n_tracks;
	bool tracking_weight;		/* members keep their trackers' weights */
	struct ka_notify notify;
	bool smtp_alert;
};

#endif
