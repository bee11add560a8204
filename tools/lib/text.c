// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words for the numbers of the netlink family, ipvsadm's number format, and
 * the lines of the save format, which the restore and apply parsers read.
 */
#include "text.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const state_names[] = {
	[DRAY_SERVER_STATE_UP] = "up",
	[DRAY_SERVER_STATE_DRAIN] = "drain",
	[DRAY_SERVER_STATE_DOWN] = "down",
};

static const char *const role_names[] = {
	[DRAY_ROLE_STANDBY] = "standby",
	[DRAY_ROLE_ACTIVE] = "active",
};

static const char *const hook_names[] = {
	[DRAY_HOOK_MODE_AUTO] = "auto",
	[DRAY_HOOK_MODE_EARLY] = "early",
	[DRAY_HOOK_MODE_INPUT] = "input",
};

static const char *const reach_names[] = {
	[DRAY_REACH_OK] = "ok",
	[DRAY_REACH_LOCAL] = "local",
	[DRAY_REACH_NO_ROUTE] = "no-route",
	[DRAY_REACH_GATEWAY] = "gateway",
	[DRAY_REACH_DEVICE_DOWN] = "device-down",
	[DRAY_REACH_NO_NEIGHBOUR] = "no-neighbour",
};

static const char *const reach_reasons[] = {
	[DRAY_REACH_OK] = "on-link",
	[DRAY_REACH_LOCAL] = "this host",
	[DRAY_REACH_NO_ROUTE] = "there is no route to it",
	[DRAY_REACH_GATEWAY] = "the route leads through a gateway",
	[DRAY_REACH_DEVICE_DOWN] = "the device towards it is down",
	[DRAY_REACH_NO_NEIGHBOUR] =
		"it does not answer ARP or neighbour discovery",
};

/* ipvsadm's names for what a director sees of a flow */
static const char *const flow_state_names[] = {
	[DRAY_FLOW_STATE_NONE] = "NONE",
	[DRAY_FLOW_STATE_SYN_RECV] = "SYN_RECV",
	[DRAY_FLOW_STATE_ESTABLISHED] = "ESTABLISHED",
	[DRAY_FLOW_STATE_FIN_WAIT] = "FIN_WAIT",
	[DRAY_FLOW_STATE_CLOSE] = "CLOSE",
	[DRAY_FLOW_STATE_UDP] = "UDP",
	[DRAY_FLOW_STATE_SCTP_INIT] = "INIT1",
	[DRAY_FLOW_STATE_SCTP_ESTABLISHED] = "ESTABLISHED",
	[DRAY_FLOW_STATE_SCTP_SHUTDOWN] = "S-SENT",
};

static const char *name_in(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : "unknown";
}

static bool find_in(const char *const *names, size_t n, const char *text,
		    uint8_t *value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], text))
			continue;
		*value = i;
		return true;
	}
	return false;
}

const char *dray_state_name(uint8_t state)
{
	return name_in(state_names, COUNT(state_names), state);
}

bool dray_state_parse(const char *text, uint8_t *state)
{
	return find_in(state_names, COUNT(state_names), text, state);
}

const char *dray_role_name(uint8_t role)
{
	return name_in(role_names, COUNT(role_names), role);
}

bool dray_role_parse(const char *text, uint8_t *role)
{
	return find_in(role_names, COUNT(role_names), text, role);
}

const char *dray_hook_name(uint8_t mode)
{
	return name_in(hook_names, COUNT(hook_names), mode);
}

bool dray_hook_parse(const char *text, uint8_t *mode)
{
	return find_in(hook_names, COUNT(hook_names), text, mode);
}

const char *dray_reach_name(uint8_t reach)
{
	return name_in(reach_names, COUNT(reach_names), reach);
}

const char *dray_reach_why(uint8_t reach)
{
	return name_in(reach_reasons, COUNT(reach_reasons), reach);
}

bool dray_reach_is_usable(uint8_t reach)
{
	return reach == DRAY_REACH_OK || reach == DRAY_REACH_LOCAL;
}

const char *dray_flow_state_name(const struct dray_flow *flow)
{
	return name_in(flow_state_names, COUNT(flow_state_names), flow->state);
}

const char *dray_device_name(uint32_t ifindex, char *buf, size_t len)
{
	char name[IF_NAMESIZE];

	if (!ifindex)
		snprintf(buf, len, "-");
	else if (if_indextoname(ifindex, name))
		snprintf(buf, len, "%s", name);
	else
		snprintf(buf, len, "if%u", ifindex);
	return buf;
}

const char *dray_fingerprint_text(uint64_t fingerprint, char *buf, size_t len)
{
	snprintf(buf, len, "%016" PRIx64, fingerprint);
	return buf;
}

/* Never the key itself: whoever knows it can aim at a server. */
const char *dray_table_key_text(const struct dray_config *c, char *buf,
				size_t len)
{
	if (!(c->has & DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT)))
		return "public";
	return dray_fingerprint_text(c->key_fingerprint, buf, len);
}

/* Said where somebody looks, not at each command. */
const char *dray_table_key_note(const struct dray_config *c)
{
	if (c->has & DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT))
		return "";
	return " (clients can aim; see --table-key-file)";
}

/* ipvsadm's column of nine: never wider, unless exact is asked for. */
const char *dray_number_text(uint64_t n, bool exact, char *buf, size_t len)
{
	static const struct {
		uint64_t below, unit;
		char letter;
	} steps[] = {
		{ 1000000000ULL, 1000ULL, 'K' },
		{ 100000000000ULL, 1000000ULL, 'M' },
		{ 100000000000000ULL, 1000000000ULL, 'G' },
		{ UINT64_MAX, 1000000000000ULL, 'T' },
	};
	size_t i = 0;

	if (n < 100000000) {
		snprintf(buf, len, "%9" PRIu64, n);
	} else if (exact) {
		snprintf(buf, len, " %" PRIu64, n);
	} else {
		while (i < COUNT(steps) - 1 && n >= steps[i].below)
			i++;
		snprintf(buf, len, "%8" PRIu64 "%c", n / steps[i].unit,
			 steps[i].letter);
	}
	return buf;
}

static void append(char *buf, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t len, const char *format, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + used, len - used, format, args);
	va_end(args);
}

/* sh and mh have names of their own for the first two flags */
const char *dray_sched_flags_text(const struct dray_service *svc, char *buf,
				  size_t len)
{
	bool named = !strcmp(svc->scheduler, "sh") ||
		     !strcmp(svc->scheduler, "mh");
	static const char *const names[] = { "fallback", "port" };
	int i;

	buf[0] = '\0';
	for (i = 0; i < 3; i++) {
		if (!(svc->sched_flags & (1u << i)))
			continue;
		if (buf[0])
			append(buf, len, ",");
		if (named && i < 2)
			append(buf, len, "%s-%s", svc->scheduler, names[i]);
		else
			append(buf, len, "flag-%d", i + 1);
	}
	return buf;
}

/* "TCP  192.168.0.200:80", "FWM  5 IPv6" */
const char *dray_key_text(const struct dray_key *key, bool numeric, char *buf,
			  size_t len)
{
	const char *name = key->protocol == IPPROTO_UDP ? "UDP" :
			   key->protocol == IPPROTO_SCTP ? "SCTP" : "TCP";
	char addr[DRAY_ADDRTEXT];

	if (key->fwmark) {
		snprintf(buf, len, "FWM  %u%s", key->fwmark,
			 key->family == AF_INET6 ? " IPv6" : "");
		return buf;
	}
	snprintf(buf, len, "%-4s %s", name,
		 dray_addrport_text(&key->addr, key->port, key->protocol,
				    numeric, addr, sizeof(addr)));
	return buf;
}

/* "-t 192.168.0.200:80", "-f 5 -6" */
const char *dray_key_option(const struct dray_key *key, bool numeric, char *buf,
			    size_t len)
{
	const char *option = key->protocol == IPPROTO_UDP ? "-u" :
			     key->protocol == IPPROTO_SCTP ? "--sctp-service" :
			     "-t";
	char addr[DRAY_ADDRTEXT];

	if (key->fwmark) {
		snprintf(buf, len, "-f %u%s", key->fwmark,
			 key->family == AF_INET6 ? " -6" : "");
		return buf;
	}
	snprintf(buf, len, "%s %s", option,
		 dray_addrport_text(&key->addr, key->port, key->protocol,
				    numeric, addr, sizeof(addr)));
	return buf;
}

static void append_persist(const struct dray_service *svc, char *buf, size_t len)
{
	char mask[INET_ADDRSTRLEN];

	if (!svc->persist_timeout)
		return;
	append(buf, len, " -p %u", svc->persist_timeout);
	if (svc->persist_prefix == dray_addr_bits(svc->key.family))
		return;
	if (svc->key.family == AF_INET6)
		append(buf, len, " -M %u", svc->persist_prefix);
	else
		append(buf, len, " -M %s",
		       dray_mask_text(svc->persist_prefix, mask, sizeof(mask)));
}

static void append_table(const struct dray_service *svc, char *buf, size_t len)
{
	const struct {
		int attr;
		const char *option;
		uint32_t value, standard;
	} numbers[] = {
		{ DRAY_A_SERVICE_ROWS, "rows", svc->rows, DRAY_DEFAULT_ROWS },
		{ DRAY_A_SERVICE_LOAD_LIMIT, "load-limit", svc->load_limit,
		  dray_default_load_limit(svc) },
		{ DRAY_A_SERVICE_SLOW_START, "slow-start", svc->slow_start,
		  DRAY_DEFAULT_SLOW_START },
	};
	size_t i;

	for (i = 0; i < COUNT(numbers); i++)
		if ((svc->has & DRAY_BIT(numbers[i].attr)) &&
		    numbers[i].value != numbers[i].standard)
			append(buf, len, " --%s %u", numbers[i].option,
			       numbers[i].value);
}

/* What ipvsadm has no option for is written only where it is not default. */
const char *dray_service_line(const struct dray_service *svc, bool numeric,
			      char *buf, size_t len)
{
	char key[DRAY_LINELEN / 2], flags[64];

	snprintf(buf, len, "-A %s -s %s",
		 dray_key_option(&svc->key, numeric, key, sizeof(key)),
		 svc->scheduler);
	append_persist(svc, buf, len);
	if (svc->flags & DRAY_SERVICE_FLAGS_OPS)
		append(buf, len, " -o");
	if (svc->sched_flags)
		append(buf, len, " -b %s",
		       dray_sched_flags_text(svc, flags, sizeof(flags)));
	if ((svc->has & DRAY_BIT(DRAY_A_SERVICE_DOWN_HOLD)) &&
	    svc->down_hold != DRAY_DEFAULT_DOWN_HOLD)
		append(buf, len, " --down-hold %u", svc->down_hold);
	append_table(svc, buf, len);
	return buf;
}

const char *dray_server_line(const struct dray_key *key,
			     const struct dray_server *srv, bool numeric,
			     char *buf, size_t len)
{
	char option[DRAY_LINELEN / 2], addr[DRAY_ADDRTEXT];

	snprintf(buf, len, "-a %s -r %s -g -w %u",
		 dray_key_option(key, numeric, option, sizeof(option)),
		 dray_addrport_text(&srv->addr, srv->port, key->protocol,
				    numeric, addr, sizeof(addr)),
		 srv->weight);
	if (srv->u_threshold)
		append(buf, len, " -x %u", srv->u_threshold);
	if (srv->l_threshold)
		append(buf, len, " -y %u", srv->l_threshold);
	if (srv->state != DRAY_SERVER_STATE_UP)
		append(buf, len, " --state %s", dray_state_name(srv->state));
	return buf;
}

/* Saved as standby: nobody becomes active by reading a file. */
const char *dray_vip_line(const struct dray_vip *vip, char *buf, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	snprintf(buf, len, "vip add %s",
		 dray_addr_text(&vip->addr, text, sizeof(text)));
	if (vip->flags & DRAY_VIP_FLAGS_NO_ACCEPT)
		append(buf, len, " --no-accept");
	for (i = 0; i < vip->n_peers; i++)
		append(buf, len, " --peer %s",
		       dray_mac_text(vip->peers[i], text, sizeof(text)));
	return buf;
}

const char *dray_config_line(const struct dray_config *c, char *buf, size_t len)
{
	const struct {
		int attr;
		const char *option;
		uint64_t value;
	} numbers[] = {
		{ DRAY_A_CONFIG_TIMEOUT_TCP, "timeout-tcp", c->timeout_tcp },
		{ DRAY_A_CONFIG_TIMEOUT_TCPFIN, "timeout-tcpfin",
		  c->timeout_tcpfin },
		{ DRAY_A_CONFIG_TIMEOUT_UDP, "timeout-udp", c->timeout_udp },
		{ DRAY_A_CONFIG_FLOW_LIMIT, "flow-limit", c->flow_limit },
		{ DRAY_A_CONFIG_PERSIST_LIMIT, "persist-limit",
		  c->persist_limit },
		{ DRAY_A_CONFIG_UNASSURED_LIMIT, "unassured-limit",
		  c->unassured_limit },
		{ DRAY_A_CONFIG_TABLE_LIMIT, "table-limit", c->table_limit },
	};
	size_t i;

	snprintf(buf, len, "config");
	if (c->has & DRAY_BIT(DRAY_A_CONFIG_HOOK_MODE))
		append(buf, len, " --hook %s", dray_hook_name(c->hook_mode));
	for (i = 0; i < COUNT(numbers); i++)
		if (c->has & DRAY_BIT(numbers[i].attr))
			append(buf, len, " --%s %" PRIu64, numbers[i].option,
			       numbers[i].value);
	return buf;
}
