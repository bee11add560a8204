// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nouns to netlink attributes and back.  Writing sends the attributes whose
 * bit is set in `has` and nothing else; reading trusts no length.
 */
#include "codec.h"

#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* the nla_put_* of libnl under one check: jumps to the end when full */
#define PUT(expr) do { if ((expr) < 0) goto full; } while (0)

#define PUT_IF(obj, attr, put, value)				\
	do {							\
		if ((obj)->has & DRAY_BIT(attr))		\
			PUT(put(msg, attr, value));		\
	} while (0)

static int put_addr(struct nl_msg *msg, int attr, const struct dray_addr *addr)
{
	return nla_put(msg, attr, dray_addr_len(addr), addr->bytes);
}

static int put_key_attrs(struct nl_msg *msg, const struct dray_key *key)
{
	PUT(nla_put_u8(msg, DRAY_A_SERVICE_FAMILY, key->family));
	if (key->fwmark) {
		PUT(nla_put_u32(msg, DRAY_A_SERVICE_FWMARK, key->fwmark));
		return 0;
	}
	PUT(nla_put_u8(msg, DRAY_A_SERVICE_PROTOCOL, key->protocol));
	PUT(put_addr(msg, DRAY_A_SERVICE_ADDRESS, &key->addr));
	PUT(nla_put_u16(msg, DRAY_A_SERVICE_PORT, key->port));
	return 0;
full:
	return -NLE_NOMEM;
}

int dray_put_key(struct nl_msg *msg, const struct dray_key *key)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_SERVICE | NLA_F_NESTED);

	if (!nest || put_key_attrs(msg, key))
		return -NLE_NOMEM;
	return nla_nest_end(msg, nest);
}

int dray_put_service(struct nl_msg *msg, const struct dray_service *svc)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_SERVICE | NLA_F_NESTED);

	if (!nest)
		return -NLE_NOMEM;
	PUT(put_key_attrs(msg, &svc->key));
	PUT_IF(svc, DRAY_A_SERVICE_SCHEDULER, nla_put_string, svc->scheduler);
	PUT_IF(svc, DRAY_A_SERVICE_FLAGS, nla_put_u32, svc->flags);
	PUT_IF(svc, DRAY_A_SERVICE_PERSIST_TIMEOUT, nla_put_u32,
	       svc->persist_timeout);
	PUT_IF(svc, DRAY_A_SERVICE_PERSIST_PREFIX, nla_put_u8,
	       svc->persist_prefix);
	PUT_IF(svc, DRAY_A_SERVICE_DOWN_HOLD, nla_put_u32, svc->down_hold);
	PUT_IF(svc, DRAY_A_SERVICE_SCHED_FLAGS, nla_put_u32, svc->sched_flags);
	PUT_IF(svc, DRAY_A_SERVICE_ROWS, nla_put_u32, svc->rows);
	PUT_IF(svc, DRAY_A_SERVICE_LOAD_LIMIT, nla_put_u32, svc->load_limit);
	PUT_IF(svc, DRAY_A_SERVICE_SLOW_START, nla_put_u32, svc->slow_start);
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

static int put_server_key(struct nl_msg *msg, const struct dray_server *srv)
{
	PUT(nla_put_u8(msg, DRAY_A_SERVER_FAMILY, srv->addr.family));
	PUT(put_addr(msg, DRAY_A_SERVER_ADDRESS, &srv->addr));
	PUT(nla_put_u16(msg, DRAY_A_SERVER_PORT, srv->port));
	return 0;
full:
	return -NLE_NOMEM;
}

int dray_put_told(struct nl_msg *msg, const struct dray_server *srv)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_SERVER | NLA_F_NESTED);

	if (!nest)
		return -NLE_NOMEM;
	PUT(put_server_key(msg, srv));
	PUT_IF(srv, DRAY_A_SERVER_TOLD_ACTIVE, nla_put_u32, srv->told_active);
	PUT_IF(srv, DRAY_A_SERVER_TOLD_INACTIVE, nla_put_u32,
	       srv->told_inactive);
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_server(struct nl_msg *msg, const struct dray_server *srv)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_SERVER | NLA_F_NESTED);

	if (!nest)
		return -NLE_NOMEM;
	PUT(put_server_key(msg, srv));
	PUT_IF(srv, DRAY_A_SERVER_WEIGHT, nla_put_u32, srv->weight);
	PUT_IF(srv, DRAY_A_SERVER_U_THRESHOLD, nla_put_u32, srv->u_threshold);
	PUT_IF(srv, DRAY_A_SERVER_L_THRESHOLD, nla_put_u32, srv->l_threshold);
	PUT_IF(srv, DRAY_A_SERVER_STATE, nla_put_u8, srv->state);
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_vip(struct nl_msg *msg, const struct dray_vip *vip)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_VIP | NLA_F_NESTED);
	size_t i;

	if (!nest)
		return -NLE_NOMEM;
	PUT(nla_put_u8(msg, DRAY_A_VIP_FAMILY, vip->addr.family));
	PUT(put_addr(msg, DRAY_A_VIP_ADDRESS, &vip->addr));
	PUT_IF(vip, DRAY_A_VIP_ROLE, nla_put_u8, vip->role);
	PUT_IF(vip, DRAY_A_VIP_LEASE, nla_put_u32, vip->lease);
	PUT_IF(vip, DRAY_A_VIP_FLAGS, nla_put_u32, vip->flags);
	for (i = 0; i < vip->n_peers; i++)
		PUT(nla_put(msg, DRAY_A_VIP_PEER, DRAY_MACLEN, vip->peers[i]));
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_probe(struct nl_msg *msg, const struct dray_probe *probe)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_PROBE | NLA_F_NESTED);

	if (!nest)
		return -NLE_NOMEM;
	PUT(nla_put_u32(msg, DRAY_A_PROBE_MARK, probe->mark));
	if (probe->vip.family) {
		PUT(nla_put_u8(msg, DRAY_A_PROBE_FAMILY, probe->vip.family));
		PUT(put_addr(msg, DRAY_A_PROBE_VIP, &probe->vip));
		PUT(put_addr(msg, DRAY_A_PROBE_SERVER, &probe->server));
	}
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_config(struct nl_msg *msg, const struct dray_config *c)
{
	struct nlattr *nest = nla_nest_start(msg, DRAY_A_CONFIG | NLA_F_NESTED);

	if (!nest)
		return -NLE_NOMEM;
	PUT_IF(c, DRAY_A_CONFIG_TIMEOUT_TCP, nla_put_u32, c->timeout_tcp);
	PUT_IF(c, DRAY_A_CONFIG_TIMEOUT_TCPFIN, nla_put_u32, c->timeout_tcpfin);
	PUT_IF(c, DRAY_A_CONFIG_TIMEOUT_UDP, nla_put_u32, c->timeout_udp);
	PUT_IF(c, DRAY_A_CONFIG_HOOK_MODE, nla_put_u8, c->hook_mode);
	PUT_IF(c, DRAY_A_CONFIG_FLOW_LIMIT, nla_put_u32, c->flow_limit);
	PUT_IF(c, DRAY_A_CONFIG_PERSIST_LIMIT, nla_put_u32, c->persist_limit);
	PUT_IF(c, DRAY_A_CONFIG_UNASSURED_LIMIT, nla_put_u32,
	       c->unassured_limit);
	PUT_IF(c, DRAY_A_CONFIG_TABLE_LIMIT, nla_put_u64, c->table_limit);
	if (c->has & DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY))
		PUT(nla_put(msg, DRAY_A_CONFIG_TABLE_KEY, DRAY_KEYLEN,
			    c->table_key));
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_flow(struct nl_msg *msg, const struct dray_flow *flow)
{
	struct nlattr *nest;

	if (!flow->has)
		return 0;
	nest = nla_nest_start(msg, DRAY_A_FLOW | NLA_F_NESTED);
	if (!nest)
		return -NLE_NOMEM;
	PUT_IF(flow, DRAY_A_FLOW_PROTOCOL, nla_put_u8, flow->protocol);
	PUT_IF(flow, DRAY_A_FLOW_CLIENT, put_addr, &flow->client);
	PUT_IF(flow, DRAY_A_FLOW_CLIENT_PORT, nla_put_u16, flow->client_port);
	PUT_IF(flow, DRAY_A_FLOW_VIP, put_addr, &flow->vip);
	PUT_IF(flow, DRAY_A_FLOW_VIP_PORT, nla_put_u16, flow->vip_port);
	PUT_IF(flow, DRAY_A_FLOW_STATE, nla_put_u8, flow->state);
	PUT_IF(flow, DRAY_A_FLOW_FLAGS, nla_put_u32, flow->flags);
	PUT_IF(flow, DRAY_A_FLOW_EXPIRES, nla_put_u32, flow->expires);
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

int dray_put_persist(struct nl_msg *msg, const struct dray_persist *persist)
{
	struct nlattr *nest;

	if (!persist->has)
		return 0;
	nest = nla_nest_start(msg, DRAY_A_PERSIST | NLA_F_NESTED);
	if (!nest)
		return -NLE_NOMEM;
	PUT_IF(persist, DRAY_A_PERSIST_CLIENT, put_addr, &persist->client);
	PUT_IF(persist, DRAY_A_PERSIST_FLAGS, nla_put_u32, persist->flags);
	PUT_IF(persist, DRAY_A_PERSIST_EXPIRES, nla_put_u32, persist->expires);
	return nla_nest_end(msg, nest);
full:
	return -NLE_NOMEM;
}

uint8_t dray_get_u8(struct nlattr *attr)
{
	return attr && nla_len(attr) >= 1 ? nla_get_u8(attr) : 0;
}

static uint16_t get_u16(struct nlattr *attr)
{
	return attr && nla_len(attr) >= 2 ? nla_get_u16(attr) : 0;
}

uint32_t dray_get_u32(struct nlattr *attr)
{
	return attr && nla_len(attr) >= 4 ? nla_get_u32(attr) : 0;
}

uint64_t dray_get_u64(struct nlattr *attr)
{
	return attr && nla_len(attr) >= 8 ? nla_get_u64(attr) : 0;
}

void dray_get_addr(struct nlattr *attr, struct dray_addr *addr)
{
	int len = attr ? nla_len(attr) : 0;

	memset(addr, 0, sizeof(*addr));
	if (len != 4 && len != 16)
		return;
	addr->family = len == 4 ? AF_INET : AF_INET6;
	memcpy(addr->bytes, nla_data(attr), len);
}

void dray_get_text(struct nlattr *attr, char *buf, size_t size)
{
	buf[0] = '\0';
	if (attr)
		nla_strlcpy(buf, attr, size);
}

/* Return: the bits of what was there, as in the nouns' `has`. */
uint32_t dray_nest_parse(struct nlattr *nest, struct nlattr **tb, int max)
{
	uint32_t has = 0;
	int i;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	if (!nest || nla_parse_nested(tb, max, nest, NULL) < 0)
		return 0;
	for (i = 1; i <= max && i < 32; i++)
		if (tb[i])
			has |= DRAY_BIT(i);
	return has;
}

static void get_stats(struct nlattr *nest, struct dray_stats *stats)
{
	struct nlattr *tb[DRAY_A_STATS_MAX + 1];

	dray_nest_parse(nest, tb, DRAY_A_STATS_MAX);
	stats->conns = dray_get_u64(tb[DRAY_A_STATS_CONNS]);
	stats->packets = dray_get_u64(tb[DRAY_A_STATS_PACKETS]);
	stats->bytes = dray_get_u64(tb[DRAY_A_STATS_BYTES]);
}

static void get_table(struct nlattr **tb, struct dray_service *svc)
{
	dray_service_table_defaults(svc);
	if (tb[DRAY_A_SERVICE_ROWS])
		svc->rows = dray_get_u32(tb[DRAY_A_SERVICE_ROWS]);
	if (tb[DRAY_A_SERVICE_LOAD_LIMIT])
		svc->load_limit = dray_get_u32(tb[DRAY_A_SERVICE_LOAD_LIMIT]);
	svc->slow_start = dray_get_u32(tb[DRAY_A_SERVICE_SLOW_START]);
	svc->fingerprint = dray_get_u64(tb[DRAY_A_SERVICE_TABLE_FINGERPRINT]);
}

void dray_get_service(struct nlattr *nest, struct dray_service *svc)
{
	struct nlattr *tb[DRAY_A_SERVICE_MAX + 1];

	memset(svc, 0, sizeof(*svc));
	svc->has = dray_nest_parse(nest, tb, DRAY_A_SERVICE_MAX);
	svc->key.family = dray_get_u8(tb[DRAY_A_SERVICE_FAMILY]);
	svc->key.protocol = dray_get_u8(tb[DRAY_A_SERVICE_PROTOCOL]);
	dray_get_addr(tb[DRAY_A_SERVICE_ADDRESS], &svc->key.addr);
	svc->key.port = get_u16(tb[DRAY_A_SERVICE_PORT]);
	svc->key.fwmark = dray_get_u32(tb[DRAY_A_SERVICE_FWMARK]);
	dray_get_text(tb[DRAY_A_SERVICE_SCHEDULER], svc->scheduler,
		 sizeof(svc->scheduler));
	svc->flags = dray_get_u32(tb[DRAY_A_SERVICE_FLAGS]);
	svc->persist_timeout = dray_get_u32(tb[DRAY_A_SERVICE_PERSIST_TIMEOUT]);
	svc->persist_prefix = dray_get_u8(tb[DRAY_A_SERVICE_PERSIST_PREFIX]);
	if (!svc->persist_prefix)
		svc->persist_prefix = dray_addr_bits(svc->key.family);
	svc->down_hold = dray_get_u32(tb[DRAY_A_SERVICE_DOWN_HOLD]);
	svc->sched_flags = dray_get_u32(tb[DRAY_A_SERVICE_SCHED_FLAGS]);
	get_table(tb, svc);
	svc->id = dray_get_u32(tb[DRAY_A_SERVICE_ID]);
	svc->count = dray_get_u32(tb[DRAY_A_SERVICE_SERVERS]);
	svc->vip_local = tb[DRAY_A_SERVICE_VIP_LOCAL];
	svc->rules_bypassed = tb[DRAY_A_SERVICE_RULES_BYPASSED];
	get_stats(tb[DRAY_A_SERVICE_STATS], &svc->stats);
}

void dray_get_server(struct nlattr *nest, struct dray_server *srv)
{
	struct nlattr *tb[DRAY_A_SERVER_MAX + 1];

	memset(srv, 0, sizeof(*srv));
	srv->has = dray_nest_parse(nest, tb, DRAY_A_SERVER_MAX);
	dray_get_addr(tb[DRAY_A_SERVER_ADDRESS], &srv->addr);
	srv->port = get_u16(tb[DRAY_A_SERVER_PORT]);
	srv->weight = dray_get_u32(tb[DRAY_A_SERVER_WEIGHT]);
	srv->u_threshold = dray_get_u32(tb[DRAY_A_SERVER_U_THRESHOLD]);
	srv->l_threshold = dray_get_u32(tb[DRAY_A_SERVER_L_THRESHOLD]);
	srv->state = dray_get_u8(tb[DRAY_A_SERVER_STATE]);
	srv->id = dray_get_u32(tb[DRAY_A_SERVER_ID]);
	srv->reach = dray_get_u8(tb[DRAY_A_SERVER_REACH]);
	srv->active = dray_get_u32(tb[DRAY_A_SERVER_ACTIVE]);
	srv->inactive = dray_get_u32(tb[DRAY_A_SERVER_INACTIVE]);
	srv->persistent = dray_get_u32(tb[DRAY_A_SERVER_PERSISTENT]);
	srv->overloaded = tb[DRAY_A_SERVER_OVERLOADED];
	srv->ifindex = dray_get_u32(tb[DRAY_A_SERVER_IFINDEX]);
	srv->mtu = dray_get_u32(tb[DRAY_A_SERVER_MTU]);
	srv->told_active = dray_get_u32(tb[DRAY_A_SERVER_TOLD_ACTIVE]);
	srv->told_inactive = dray_get_u32(tb[DRAY_A_SERVER_TOLD_INACTIVE]);
	get_stats(tb[DRAY_A_SERVER_STATS], &srv->stats);
}

void dray_get_vip(struct nlattr *nest, struct dray_vip *vip)
{
	struct nlattr *tb[DRAY_A_VIP_MAX + 1], *attr;
	int left;

	memset(vip, 0, sizeof(*vip));
	vip->has = dray_nest_parse(nest, tb, DRAY_A_VIP_MAX);
	dray_get_addr(tb[DRAY_A_VIP_ADDRESS], &vip->addr);
	vip->role = dray_get_u8(tb[DRAY_A_VIP_ROLE]);
	vip->flags = dray_get_u32(tb[DRAY_A_VIP_FLAGS]);
	vip->lease = dray_get_u32(tb[DRAY_A_VIP_LEASE]);
	vip->lease_left = dray_get_u32(tb[DRAY_A_VIP_LEASE_LEFT]);
	if (!nest)
		return;
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != DRAY_A_VIP_PEER ||
		    nla_len(attr) != DRAY_MACLEN ||
		    vip->n_peers == DRAY_MAXPEERS)
			continue;
		memcpy(vip->peers[vip->n_peers++], nla_data(attr), DRAY_MACLEN);
	}
}

void dray_get_flow(struct nlattr *nest, struct dray_flow *flow)
{
	struct nlattr *tb[DRAY_A_FLOW_MAX + 1];

	flow->has = dray_nest_parse(nest, tb, DRAY_A_FLOW_MAX);
	flow->protocol = dray_get_u8(tb[DRAY_A_FLOW_PROTOCOL]);
	dray_get_addr(tb[DRAY_A_FLOW_CLIENT], &flow->client);
	flow->client_port = get_u16(tb[DRAY_A_FLOW_CLIENT_PORT]);
	dray_get_addr(tb[DRAY_A_FLOW_VIP], &flow->vip);
	flow->vip_port = get_u16(tb[DRAY_A_FLOW_VIP_PORT]);
	flow->state = dray_get_u8(tb[DRAY_A_FLOW_STATE]);
	flow->flags = dray_get_u32(tb[DRAY_A_FLOW_FLAGS]);
	flow->expires = dray_get_u32(tb[DRAY_A_FLOW_EXPIRES]);
}

void dray_get_persist(struct nlattr *nest, struct dray_persist *persist)
{
	struct nlattr *tb[DRAY_A_PERSIST_MAX + 1];

	persist->has = dray_nest_parse(nest, tb, DRAY_A_PERSIST_MAX);
	dray_get_addr(tb[DRAY_A_PERSIST_CLIENT], &persist->client);
	persist->flows = dray_get_u32(tb[DRAY_A_PERSIST_FLOWS]);
	persist->flags = dray_get_u32(tb[DRAY_A_PERSIST_FLAGS]);
	persist->expires = dray_get_u32(tb[DRAY_A_PERSIST_EXPIRES]);
}

/* Adds them to those that are there. */
void dray_get_hooks(struct nlattr *nest, struct dray_config *config)
{
	struct nlattr *tb[DRAY_A_HOOK_MAX + 1], *attr;
	struct dray_hook *hook;
	int left;

	if (!nest)
		return;
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != DRAY_A_CONFIG_HOOK)
			continue;
		dray_nest_parse(attr, tb, DRAY_A_HOOK_MAX);
		config->hooks = dray_grow(config->hooks, config->n_hooks,
					  sizeof(*hook));
		hook = &config->hooks[config->n_hooks++];
		hook->family = dray_get_u8(tb[DRAY_A_HOOK_FAMILY]);
		hook->mode = dray_get_u8(tb[DRAY_A_HOOK_MODE]);
		hook->ifindex = dray_get_u32(tb[DRAY_A_HOOK_IFINDEX]);
		dray_get_text(tb[DRAY_A_HOOK_WHY], hook->why, sizeof(hook->why));
	}
}

/* The caller frees config->hooks. */
void dray_get_config(struct nlattr *nest, struct dray_config *c)
{
	struct nlattr *tb[DRAY_A_CONFIG_MAX + 1];

	memset(c, 0, sizeof(*c));
	c->has = dray_nest_parse(nest, tb, DRAY_A_CONFIG_MAX);
	c->timeout_tcp = dray_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_TCP]);
	c->timeout_tcpfin = dray_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_TCPFIN]);
	c->timeout_udp = dray_get_u32(tb[DRAY_A_CONFIG_TIMEOUT_UDP]);
	c->hook_mode = dray_get_u8(tb[DRAY_A_CONFIG_HOOK_MODE]);
	c->flow_limit = dray_get_u32(tb[DRAY_A_CONFIG_FLOW_LIMIT]);
	c->persist_limit = dray_get_u32(tb[DRAY_A_CONFIG_PERSIST_LIMIT]);
	c->unassured_limit = dray_get_u32(tb[DRAY_A_CONFIG_UNASSURED_LIMIT]);
	c->flows = dray_get_u32(tb[DRAY_A_CONFIG_FLOWS]);
	c->persists = dray_get_u32(tb[DRAY_A_CONFIG_PERSISTS]);
	c->unassured = dray_get_u32(tb[DRAY_A_CONFIG_UNASSURED]);
	c->services = dray_get_u32(tb[DRAY_A_CONFIG_SERVICES]);
	c->flow_bytes = dray_get_u64(tb[DRAY_A_CONFIG_FLOW_BYTES]);
	c->table_limit = dray_get_u64(tb[DRAY_A_CONFIG_TABLE_LIMIT]);
	c->table_bytes = dray_get_u64(tb[DRAY_A_CONFIG_TABLE_BYTES]);
	c->tables = dray_get_u32(tb[DRAY_A_CONFIG_TABLES]);
	c->tables_made = dray_get_u32(tb[DRAY_A_CONFIG_TABLES_MADE]);
	c->table_version = dray_get_u32(tb[DRAY_A_CONFIG_TABLE_VERSION]);
	c->key_fingerprint = dray_get_u64(tb[DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT]);
	dray_get_text(tb[DRAY_A_CONFIG_VERSION], c->version, sizeof(c->version));
	dray_get_hooks(nest, c);
}

void dray_get_reason(struct nlattr *nest, struct dray_reason *reason)
{
	struct nlattr *tb[DRAY_A_REASON_MAX + 1];

	dray_nest_parse(nest, tb, DRAY_A_REASON_MAX);
	dray_get_text(tb[DRAY_A_REASON_NAME], reason->name, sizeof(reason->name));
	dray_get_text(tb[DRAY_A_REASON_VERDICT], reason->verdict,
		 sizeof(reason->verdict));
	dray_get_text(tb[DRAY_A_REASON_DOC], reason->doc, sizeof(reason->doc));
	reason->packets = dray_get_u64(tb[DRAY_A_REASON_PACKETS]);
}
