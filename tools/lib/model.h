/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nouns as the tools hold them.  `has` carries one bit per attribute
 * number of the netlink family: only what is set there is sent, and after
 * reading it tells what the kernel has said.
 */
#ifndef DRAY_MODEL_H
#define DRAY_MODEL_H

#include <linux/dray.h>

#include "addr.h"

#define DRAY_SCHEDLEN 16
#define DRAY_MAXPEERS 16
#define DRAY_BIT(attr) (1u << (attr))

#define DRAY_DEFAULT_SCHED "wlc"
#define DRAY_DEFAULT_WEIGHT 1
#define DRAY_DEFAULT_DOWN_HOLD 10000
#define DRAY_DEFAULT_PERSIST 360
#define DRAY_DEFAULT_ROWS 16384
#define DRAY_DEFAULT_LOAD_LIMIT 125
#define DRAY_DEFAULT_SLOW_START 0
#define DRAY_MIN_ROWS 4096
#define DRAY_MAX_ROWS 262144
#define DRAY_ROWS_PER_SERVER 256	/* a row is then 0.4 % of a share */
#define DRAY_KEYLEN 16
#define DRAY_MAX_TIMEOUT (86400 * 31)
#define DRAY_MAX_MS 3600000

struct dray_stats {
	uint64_t conns, packets, bytes;
};

/* one per second, measured by the tool from two readings */
struct dray_rates {
	uint64_t conns, packets, bytes;
};

struct dray_key {
	uint8_t family;
	uint8_t protocol;	/* 0 for a firewall-mark service */
	uint16_t port;
	uint32_t fwmark;	/* 0 for an address service */
	struct dray_addr addr;
};

struct dray_server {
	uint32_t has;
	struct dray_addr addr;
	uint16_t port;
	uint32_t weight, u_threshold, l_threshold;
	uint8_t state, reach;
	uint32_t id, active, inactive, persistent, ifindex, mtu;
	uint32_t told_active, told_inactive;	/* by another director */
	bool overloaded;
	struct dray_stats stats;
	struct dray_rates rates;
	unsigned int line;	/* in the file that said so; 0: none did */
};

struct dray_service {
	uint32_t has;
	struct dray_key key;
	char scheduler[DRAY_SCHEDLEN];
	uint32_t flags, sched_flags;
	uint32_t persist_timeout;	/* 0: none */
	uint8_t persist_prefix;
	uint32_t down_hold;		/* ms */
	/* of the selection table, see dray_service_has_table() */
	uint32_t rows, load_limit, slow_start;	/* percent; s */
	uint64_t fingerprint;
	uint32_t id;
	uint32_t count;			/* of servers, by the kernel */
	bool vip_local, rules_bypassed;
	struct dray_stats stats;
	struct dray_rates rates;
	unsigned int line;

	struct dray_server *servers;
	size_t n_servers;
};

struct dray_vip {
	uint32_t has;
	struct dray_addr addr;
	uint8_t role;
	uint32_t flags;
	uint32_t lease, lease_left;	/* ms */
	uint8_t peers[DRAY_MAXPEERS][DRAY_MACLEN];
	size_t n_peers;
	unsigned int line;
};

/* how a checker asks a server the way clients do; see request.h */
struct dray_probe {
	uint32_t mark;			/* SO_MARK of the checker's sockets */
	struct dray_addr vip, server;	/* of one family */
};

struct dray_flow {
	uint32_t has;
	uint8_t protocol, state;
	struct dray_addr client, vip;
	uint16_t client_port, vip_port;
	uint32_t flags, expires;	/* ms */
};

struct dray_persist {
	uint32_t has;
	struct dray_addr client;
	uint32_t flows, flags, expires;	/* ms */
};

struct dray_hook {
	uint8_t family, mode;
	uint32_t ifindex;
	char why[128];
};

struct dray_config {
	uint32_t has;
	uint32_t timeout_tcp, timeout_tcpfin, timeout_udp;
	uint8_t hook_mode;
	uint32_t flow_limit, persist_limit, unassured_limit;
	uint32_t flows, persists, unassured, services;
	uint64_t flow_bytes;
	uint64_t table_limit, table_bytes;
	uint32_t tables_made;
	uint32_t table_version;
	uint32_t tables;
	uint8_t table_key[DRAY_KEYLEN];	/* writing only */
	uint64_t key_fingerprint;	/* not of the public key */
	char version[32];
	struct dray_hook *hooks;
	size_t n_hooks;
	unsigned int line;
};

struct dray_reason {
	char name[64], verdict[16], doc[256];
	uint64_t packets;
};

/* the whole configuration of a namespace */
struct dray_table {
	struct dray_service *services;
	size_t n_services;
	struct dray_vip *vips;
	size_t n_vips;
	struct dray_config config;
	uint32_t generation;
};

int dray_key_cmp(const struct dray_key *a, const struct dray_key *b);
int dray_server_cmp(const struct dray_server *a, const struct dray_server *b);
void dray_service_defaults(struct dray_service *svc);
void dray_service_table_defaults(struct dray_service *svc);
/* In percent; what the kernel takes where a scheduler is set without a limit. */
uint32_t dray_default_load_limit(const struct dray_service *svc);
bool dray_service_has_table(const struct dray_service *svc);
uint32_t dray_service_rows_wanted(const struct dray_service *svc, uint32_t *n);
void dray_server_defaults(struct dray_server *srv);

void dray_table_init(struct dray_table *table);
void dray_table_free(struct dray_table *table);
void dray_table_sort(struct dray_table *table);
struct dray_service *dray_table_add_service(struct dray_table *table,
					    const struct dray_service *svc);
struct dray_service *dray_table_service(const struct dray_table *table,
					const struct dray_key *key);
struct dray_server *dray_service_add_server(struct dray_service *svc,
					    const struct dray_server *srv);
struct dray_server *dray_service_server(const struct dray_service *svc,
					const struct dray_server *like);
struct dray_vip *dray_table_add_vip(struct dray_table *table,
				    const struct dray_vip *vip);
struct dray_vip *dray_table_vip(const struct dray_table *table,
				const struct dray_addr *addr);

void *dray_grow(void *array, size_t n, size_t size);

#endif
