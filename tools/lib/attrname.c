// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel names a refused attribute by its offset in the request.  This
 * turns the offset into "server.weight", by walking the request again.
 */
#include "codec.h"

#include <netlink/genl/genl.h>
#include <stdio.h>

struct attr_set {
	const char *const *names;
	int max;
};

static const char *const service_names[] = {
	[DRAY_A_SERVICE_FAMILY] = "family",
	[DRAY_A_SERVICE_PROTOCOL] = "protocol",
	[DRAY_A_SERVICE_ADDRESS] = "address",
	[DRAY_A_SERVICE_PORT] = "port",
	[DRAY_A_SERVICE_FWMARK] = "fwmark",
	[DRAY_A_SERVICE_SCHEDULER] = "scheduler",
	[DRAY_A_SERVICE_FLAGS] = "flags",
	[DRAY_A_SERVICE_PERSIST_TIMEOUT] = "persist-timeout",
	[DRAY_A_SERVICE_PERSIST_PREFIX] = "persist-prefix",
	[DRAY_A_SERVICE_DOWN_HOLD] = "down-hold",
	[DRAY_A_SERVICE_SCHED_FLAGS] = "sched-flags",
	[DRAY_A_SERVICE_ROWS] = "rows",
	[DRAY_A_SERVICE_LOAD_LIMIT] = "load-limit",
	[DRAY_A_SERVICE_SLOW_START] = "slow-start",
};

static const char *const server_names[] = {
	[DRAY_A_SERVER_FAMILY] = "family",
	[DRAY_A_SERVER_ADDRESS] = "address",
	[DRAY_A_SERVER_PORT] = "port",
	[DRAY_A_SERVER_WEIGHT] = "weight",
	[DRAY_A_SERVER_U_THRESHOLD] = "u-threshold",
	[DRAY_A_SERVER_L_THRESHOLD] = "l-threshold",
	[DRAY_A_SERVER_STATE] = "state",
};

static const char *const vip_names[] = {
	[DRAY_A_VIP_FAMILY] = "family",
	[DRAY_A_VIP_ADDRESS] = "address",
	[DRAY_A_VIP_ROLE] = "role",
	[DRAY_A_VIP_LEASE] = "lease",
	[DRAY_A_VIP_PEER] = "peer",
	[DRAY_A_VIP_FLAGS] = "flags",
};

static const char *const probe_names[] = {
	[DRAY_A_PROBE_MARK] = "mark",
	[DRAY_A_PROBE_FAMILY] = "family",
	[DRAY_A_PROBE_VIP] = "vip",
	[DRAY_A_PROBE_SERVER] = "server",
};

static const char *const flow_names[] = {
	[DRAY_A_FLOW_PROTOCOL] = "protocol",
	[DRAY_A_FLOW_CLIENT] = "client",
	[DRAY_A_FLOW_CLIENT_PORT] = "client-port",
	[DRAY_A_FLOW_VIP] = "vip",
	[DRAY_A_FLOW_VIP_PORT] = "vip-port",
};

static const char *const persist_names[] = {
	[DRAY_A_PERSIST_CLIENT] = "client",
};

static const char *const config_names[] = {
	[DRAY_A_CONFIG_TIMEOUT_TCP] = "timeout-tcp",
	[DRAY_A_CONFIG_TIMEOUT_TCPFIN] = "timeout-tcpfin",
	[DRAY_A_CONFIG_TIMEOUT_UDP] = "timeout-udp",
	[DRAY_A_CONFIG_HOOK_MODE] = "hook-mode",
	[DRAY_A_CONFIG_FLOW_LIMIT] = "flow-limit",
	[DRAY_A_CONFIG_PERSIST_LIMIT] = "persist-limit",
	[DRAY_A_CONFIG_UNASSURED_LIMIT] = "unassured-limit",
	[DRAY_A_CONFIG_TABLE_LIMIT] = "table-limit",
	[DRAY_A_CONFIG_TABLE_KEY] = "table-key",
};

static const char *const explain_names[] = {
	[DRAY_A_EXPLAIN_IFINDEX] = "ifindex",
	[DRAY_A_EXPLAIN_MARK] = "mark",
	[DRAY_A_EXPLAIN_MIDSTREAM] = "midstream",
	[DRAY_A_EXPLAIN_SIZE] = "size",
};

static const char *const top_names[] = {
	[DRAY_A_CONFIG] = "config",
	[DRAY_A_SERVICE] = "service",
	[DRAY_A_SERVER] = "server",
	[DRAY_A_VIP] = "vip",
	[DRAY_A_PROBE] = "probe",
	[DRAY_A_FLOW] = "flow",
	[DRAY_A_PERSIST] = "persist",
	[DRAY_A_GENERATION] = "generation",
	[DRAY_A_EXPLAIN] = "explain",
};

#define SET(array) { array, sizeof(array) / sizeof((array)[0]) - 1 }

static const struct attr_set top_set = SET(top_names);

static const struct attr_set nested_sets[] = {
	[DRAY_A_CONFIG] = SET(config_names),
	[DRAY_A_SERVICE] = SET(service_names),
	[DRAY_A_SERVER] = SET(server_names),
	[DRAY_A_VIP] = SET(vip_names),
	[DRAY_A_PROBE] = SET(probe_names),
	[DRAY_A_FLOW] = SET(flow_names),
	[DRAY_A_PERSIST] = SET(persist_names),
	[DRAY_A_EXPLAIN] = SET(explain_names),
};

static const char *name_of(const struct attr_set *set, int type)
{
	if (type < 0 || type > set->max || !set->names[type])
		return "?";
	return set->names[type];
}

static const struct nlattr *attr_at(const struct nlattr *head, int len,
				    const char *where)
{
	const struct nlattr *attr;
	int left;

	nla_for_each_attr(attr, (struct nlattr *)head, len, left)
		if (where >= (const char *)attr &&
		    where < (const char *)attr + nla_total_size(nla_len(attr)))
			return attr;
	return NULL;
}

/* Return: buf with the path, or NULL if nothing is at that offset. */
const char *dray_attr_path(const struct nlmsghdr *request, uint32_t offset,
			   char *buf, size_t len)
{
	struct genlmsghdr *hdr = nlmsg_data((struct nlmsghdr *)request);
	const char *where = (const char *)request + offset;
	const struct nlattr *top, *sub = NULL;
	int type;

	if (offset >= request->nlmsg_len)
		return NULL;
	top = attr_at(genlmsg_attrdata(hdr, 0), genlmsg_attrlen(hdr, 0), where);
	if (!top)
		return NULL;
	type = nla_type(top);
	if (type >= 0 && where != (const char *)top &&
	    type < (int)(sizeof(nested_sets) / sizeof(nested_sets[0])) &&
	    nested_sets[type].names)
		sub = attr_at(nla_data(top), nla_len(top), where);
	if (sub)
		snprintf(buf, len, "%s.%s", name_of(&top_set, type),
			 name_of(&nested_sets[type], nla_type(sub)));
	else
		snprintf(buf, len, "%s", name_of(&top_set, type));
	return buf;
}
