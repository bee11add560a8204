// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The nouns in JSON.  Text listings differ from command to command, JSON does
 * not: a service looks the same in -L, show and monitor.
 */
#include "emit_noun.h"

#include <sys/socket.h>

#include "text.h"

#define STR(e, key, value) dray_emit_str(e, key, NULL, value)
#define NUM(e, key, value) dray_emit_num(e, key, NULL, value)
#define BOOL(e, key, value) dray_emit_bool(e, key, NULL, value)

void dray_emit_addr(struct dray_emit *e, const char *key,
		    const struct dray_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	STR(e, key, addr->family ? dray_addr_text(addr, text, sizeof(text)) :
				   NULL);
}

static const char *family_name(uint8_t family)
{
	return family == AF_INET6 ? "inet6" : "inet";
}

void dray_emit_key(struct dray_emit *e, const struct dray_key *key)
{
	STR(e, "family", family_name(key->family));
	if (key->fwmark) {
		NUM(e, "fwmark", key->fwmark);
		return;
	}
	STR(e, "protocol", dray_protocol_name(key->protocol));
	dray_emit_addr(e, "address", &key->addr);
	NUM(e, "port", key->port);
}

static void emit_stats(struct dray_emit *e, const struct dray_stats *stats)
{
	dray_emit_object(e, "stats");
	NUM(e, "conns", stats->conns);
	NUM(e, "packets", stats->packets);
	NUM(e, "bytes", stats->bytes);
	dray_emit_end(e);
}

void dray_emit_rates(struct dray_emit *e, const struct dray_rates *rates)
{
	dray_emit_object(e, "rates");
	NUM(e, "conns", rates->conns);
	NUM(e, "packets", rates->packets);
	NUM(e, "bytes", rates->bytes);
	dray_emit_end(e);
}

static void emit_sched_flags(struct dray_emit *e, const struct dray_service *svc)
{
	struct dray_service one = *svc;
	char text[32];
	int i;

	dray_emit_array(e, "sched_flags");
	for (i = 0; i < 3; i++) {
		one.sched_flags = svc->sched_flags & (1u << i);
		if (one.sched_flags)
			STR(e, NULL, dray_sched_flags_text(&one, text,
							   sizeof(text)));
	}
	dray_emit_end(e);
}

/* Without a server that has a weight there is no table: the print is null. */
static void emit_table(struct dray_emit *e, const struct dray_service *svc)
{
	bool made = svc->has & DRAY_BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT);
	char text[32];

	if (!(svc->has & DRAY_BIT(DRAY_A_SERVICE_ROWS)))
		return;
	NUM(e, "rows", svc->rows);
	NUM(e, "load_limit", svc->load_limit);
	NUM(e, "slow_start", svc->slow_start);
	STR(e, "table_fingerprint",
	    made ? dray_fingerprint_text(svc->fingerprint, text, sizeof(text)) :
		   NULL);
}

void dray_emit_service(struct dray_emit *e, const struct dray_service *svc)
{
	dray_emit_key(e, &svc->key);
	STR(e, "scheduler", svc->scheduler);
	emit_sched_flags(e, svc);
	BOOL(e, "one_packet", svc->flags & DRAY_SERVICE_FLAGS_OPS);
	NUM(e, "persist_timeout", svc->persist_timeout);
	NUM(e, "persist_prefix", svc->persist_prefix);
	NUM(e, "down_hold_ms", svc->down_hold);
	emit_table(e, svc);
	BOOL(e, "vip_local", svc->vip_local);
	BOOL(e, "rules_bypassed", svc->rules_bypassed);
	emit_stats(e, &svc->stats);
}

void dray_emit_server_name(struct dray_emit *e, const struct dray_server *srv)
{
	STR(e, "family", family_name(srv->addr.family));
	dray_emit_addr(e, "address", &srv->addr);
	NUM(e, "port", srv->port);
}

void dray_emit_server(struct dray_emit *e, const struct dray_server *srv)
{
	char device[32];

	dray_emit_server_name(e, srv);
	STR(e, "forward", srv->reach == DRAY_REACH_LOCAL ? "local" : "route");
	NUM(e, "weight", srv->weight);
	NUM(e, "u_threshold", srv->u_threshold);
	NUM(e, "l_threshold", srv->l_threshold);
	STR(e, "state", dray_state_name(srv->state));
	STR(e, "reach", dray_reach_name(srv->reach));
	BOOL(e, "overloaded", srv->overloaded);
	NUM(e, "active", srv->active);
	NUM(e, "inactive", srv->inactive);
	NUM(e, "persistent", srv->persistent);
	if (srv->told_active)
		NUM(e, "told_active", srv->told_active);
	if (srv->told_inactive)
		NUM(e, "told_inactive", srv->told_inactive);
	if (srv->ifindex)
		STR(e, "device", dray_device_name(srv->ifindex, device,
						  sizeof(device)));
	if (srv->mtu)
		NUM(e, "mtu", srv->mtu);
	emit_stats(e, &srv->stats);
}

void dray_emit_vip(struct dray_emit *e, const struct dray_vip *vip)
{
	char text[32];
	size_t i;

	STR(e, "family", family_name(vip->addr.family));
	dray_emit_addr(e, "address", &vip->addr);
	STR(e, "role", dray_role_name(vip->role));
	BOOL(e, "accept", !(vip->flags & DRAY_VIP_FLAGS_NO_ACCEPT));
	if (vip->has & DRAY_BIT(DRAY_A_VIP_LEASE_LEFT))
		NUM(e, "lease_left_ms", vip->lease_left);
	dray_emit_array(e, "peers");
	for (i = 0; i < vip->n_peers; i++)
		STR(e, NULL, dray_mac_text(vip->peers[i], text, sizeof(text)));
	dray_emit_end(e);
}

static void emit_hooks(struct dray_emit *e, const struct dray_config *c)
{
	char device[32];
	size_t i;

	dray_emit_array(e, "hooks");
	for (i = 0; i < c->n_hooks; i++) {
		dray_emit_object(e, NULL);
		STR(e, "device", dray_device_name(c->hooks[i].ifindex, device,
						  sizeof(device)));
		STR(e, "family", family_name(c->hooks[i].family));
		STR(e, "mode", dray_hook_name(c->hooks[i].mode));
		STR(e, "why", c->hooks[i].why);
		dray_emit_end(e);
	}
	dray_emit_end(e);
}

void dray_emit_config(struct dray_emit *e, const struct dray_config *c)
{
	char text[32];

	STR(e, "version", c->version);
	STR(e, "hook", dray_hook_name(c->hook_mode));
	emit_hooks(e, c);
	NUM(e, "timeout_tcp", c->timeout_tcp);
	NUM(e, "timeout_tcpfin", c->timeout_tcpfin);
	NUM(e, "timeout_udp", c->timeout_udp);
	NUM(e, "flow_limit", c->flow_limit);
	NUM(e, "persist_limit", c->persist_limit);
	NUM(e, "unassured_limit", c->unassured_limit);
	NUM(e, "table_limit", c->table_limit);
	STR(e, "table_key", dray_table_key_text(c, text, sizeof(text)));
	NUM(e, "tables", c->tables);
	NUM(e, "table_bytes", c->table_bytes);
	NUM(e, "tables_made", c->tables_made);
	NUM(e, "table_version", c->table_version);
	NUM(e, "services", c->services);
	NUM(e, "flows", c->flows);
	NUM(e, "persists", c->persists);
	NUM(e, "unassured", c->unassured);
	NUM(e, "flow_bytes", c->flow_bytes);
}

void dray_emit_entry_flags(struct dray_emit *e, uint32_t flags)
{
	BOOL(e, "assured", flags & DRAY_FLOW_FLAGS_ASSURED);
	BOOL(e, "divergent", flags & DRAY_FLOW_FLAGS_DIVERGENT);
}
