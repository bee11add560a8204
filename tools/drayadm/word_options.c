// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of the word commands that are not classic ones. */
#include <limits.h>
#include <net/if.h>
#include <string.h>

#include "text.h"
#include "value.h"
#include "words.h"

static int set_timeout(struct words *w, const char *arg, int attr,
		       uint32_t *value, struct usage *u)
{
	w->config.has |= DRAY_BIT(attr);
	return take_timeout(arg, 1, value, u);
}

static int take_tcp(struct words *w, const char *arg, struct usage *u)
{
	return set_timeout(w, arg, DRAY_A_CONFIG_TIMEOUT_TCP,
			   &w->config.timeout_tcp, u);
}

static int take_tcpfin(struct words *w, const char *arg, struct usage *u)
{
	return set_timeout(w, arg, DRAY_A_CONFIG_TIMEOUT_TCPFIN,
			   &w->config.timeout_tcpfin, u);
}

static int take_udp(struct words *w, const char *arg, struct usage *u)
{
	return set_timeout(w, arg, DRAY_A_CONFIG_TIMEOUT_UDP,
			   &w->config.timeout_udp, u);
}

static int take_hook(struct words *w, const char *arg, struct usage *u)
{
	if (!dray_hook_parse(arg, &w->config.hook_mode))
		return usage_fail(u, RC_USAGE, arg,
			"invalid hook `%s': auto, early or input", arg);
	w->config.has |= DRAY_BIT(DRAY_A_CONFIG_HOOK_MODE);
	return 0;
}

static int set_limit(struct words *w, const char *arg, int attr, long min,
		     const char *what, uint32_t *value, struct usage *u)
{
	w->config.has |= DRAY_BIT(attr);
	return take_number(arg, min, 1L << 28, what, value, u);
}

static int take_flow_limit(struct words *w, const char *arg, struct usage *u)
{
	return set_limit(w, arg, DRAY_A_CONFIG_FLOW_LIMIT, 1024, "flow-limit",
			 &w->config.flow_limit, u);
}

static int take_persist_limit(struct words *w, const char *arg,
			      struct usage *u)
{
	return set_limit(w, arg, DRAY_A_CONFIG_PERSIST_LIMIT, 1024,
			 "persist-limit", &w->config.persist_limit, u);
}

static int take_unassured_limit(struct words *w, const char *arg,
				struct usage *u)
{
	return set_limit(w, arg, DRAY_A_CONFIG_UNASSURED_LIMIT, 64,
			 "unassured-limit", &w->config.unassured_limit, u);
}

static int take_table_limit(struct words *w, const char *arg, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, 0, LONG_MAX, &n))
		return usage_fail(u, RC_USAGE, arg,
			"illegal table-limit `%s' specified: bytes", arg);
	w->config.has |= DRAY_BIT(DRAY_A_CONFIG_TABLE_LIMIT);
	w->config.table_limit = n;
	return 0;
}

/* Read only by the command itself: a line of a file must not open others. */
static int take_table_key_file(struct words *w, const char *arg,
			       struct usage *u)
{
	if (!*arg || strlen(arg) >= sizeof(w->table_key_file))
		return usage_fail(u, RC_USAGE, arg,
			"table-key-file needs the name of a file, or none");
	strcpy(w->table_key_file, arg);
	return 0;
}

static int take_role(struct words *w, const char *arg, struct usage *u)
{
	if (!dray_role_parse(arg, &w->vip.role))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid role `%s': active or standby", arg);
	w->vip.has |= DRAY_BIT(DRAY_A_VIP_ROLE);
	return 0;
}

static int take_lease(struct words *w, const char *arg, struct usage *u)
{
	w->vip.has |= DRAY_BIT(DRAY_A_VIP_LEASE);
	return take_number(arg, 0, DRAY_MAX_MS, "lease", &w->vip.lease, u);
}

static int take_accept(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->vip.has |= DRAY_BIT(DRAY_A_VIP_FLAGS);
	w->vip.flags &= ~(uint32_t)DRAY_VIP_FLAGS_NO_ACCEPT;
	return 0;
}

static int take_no_accept(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->vip.has |= DRAY_BIT(DRAY_A_VIP_FLAGS);
	w->vip.flags |= DRAY_VIP_FLAGS_NO_ACCEPT;
	return 0;
}

static int take_peer(struct words *w, const char *arg, struct usage *u)
{
	if (w->vip.n_peers == DRAY_MAXPEERS)
		return usage_fail(u, RC_USAGE, arg, "more than %d peers",
				  DRAY_MAXPEERS);
	if (!dray_mac_parse(arg, w->vip.peers[w->vip.n_peers]))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid MAC address `%s'", arg);
	w->vip.n_peers++;
	return 0;
}

static int take_client(struct words *w, const char *arg, struct usage *u)
{
	int found = dray_addrport_parse(arg, 0, &w->client, &w->client_port);

	if (!found)
		return usage_fail(u, RC_USAGE, arg,
				  "invalid client address[:port] `%s'", arg);
	w->client_port_given = found & DRAY_HAS_PORT;
	return 0;
}

static int take_vip(struct words *w, const char *arg, struct usage *u)
{
	if (!dray_addr_parse(arg, &w->on_vip))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid virtual address `%s'", arg);
	return 0;
}

static int take_all(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->all = true;
	return 0;
}

static int take_dry_run(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->dry_run = true;
	return 0;
}

static int take_confirm(struct words *w, const char *arg, struct usage *u)
{
	return take_number(arg, 1, 86400, "confirmation time", &w->confirm, u);
}

static int set_protocol(struct words *w, uint8_t protocol, struct usage *u)
{
	if (w->packet.protocol && w->packet.protocol != protocol)
		return usage_fail(u, RC_USAGE, NULL,
				  "a packet is one of TCP, UDP and SCTP");
	w->packet.protocol = protocol;
	return 0;
}

static int take_tcp_packet(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	return set_protocol(w, IPPROTO_TCP, u);
}

static int take_udp_packet(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	return set_protocol(w, IPPROTO_UDP, u);
}

static int take_sctp_packet(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	return set_protocol(w, IPPROTO_SCTP, u);
}

static int take_fwmark(struct words *w, const char *arg, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, 1, UINT32_MAX, &n))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid fwmark value `%s' specified", arg);
	w->packet.mark = n;
	return 0;
}

static int take_ack(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->packet.midstream = true;
	return 0;
}

static int take_size(struct words *w, const char *arg, struct usage *u)
{
	return take_number(arg, 1, 65535, "size", &w->packet.size, u);
}

static int take_dev(struct words *w, const char *arg, struct usage *u)
{
	w->packet.ifindex = if_nametoindex(arg);
	if (!w->packet.ifindex)
		return usage_fail(u, RC_USAGE, arg, "no such device: %s", arg);
	return 0;
}

static int take_batch(struct words *w, const char *arg, struct usage *u)
{
	if (!*arg || strlen(arg) >= sizeof(w->batch))
		return usage_fail(u, RC_USAGE, arg,
			"batch needs the name of a file, or - for the "
			"standard input");
	strcpy(w->batch, arg);
	return 0;
}

static int take_socket(struct words *w, const char *arg, struct usage *u)
{
	if (strlen(arg) >= sizeof(w->socket))
		return usage_fail(u, RC_USAGE, arg, "path too long");
	strcpy(w->socket, arg);
	return 0;
}

static int take_options(struct words *w, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	w->options = true;
	return 0;
}

const struct word_option word_options[] = {
	{ "hook", 0, true, take_hook, "auto|early|input",
	  "where packets are taken from the stack" },
	{ "timeout-tcp", 0, true, take_tcp, "seconds",
	  "how long an idle established flow is kept" },
	{ "timeout-tcpfin", 0, true, take_tcpfin, "seconds",
	  "the same after the client's FIN" },
	{ "timeout-udp", 0, true, take_udp, "seconds",
	  "the same for an idle UDP flow" },
	{ "flow-limit", 0, true, take_flow_limit, "n", "flow entries at most" },
	{ "persist-limit", 0, true, take_persist_limit, "n",
	  "persist entries at most" },
	{ "unassured-limit", 0, true, take_unassured_limit, "n",
	  "unassured entries at most" },
	{ "table-limit", 0, true, take_table_limit, "bytes",
	  "memory that selection tables may take" },
	{ "table-key-file", 0, true, take_table_key_file, "file|none",
	  "key of the selection tables: 32 hex digits; none: public" },
	{ "role", 0, true, take_role, "active|standby",
	  "what this director is for the address" },
	{ "lease", 0, true, take_lease, "ms",
	  "how long the role active holds from now; 0: no end" },
	{ "accept", 0, false, take_accept, NULL,
	  "this host may have everything that is sent to the address" },
	{ "no-accept", 0, false, take_no_accept, NULL,
	  "while active, only what is for a service" },
	{ "peer", 0, true, take_peer, "mac",
	  "another director's MAC address; may be repeated" },
	{ "client", 0, true, take_client, "address",
	  "only entries of that client; address[:port]" },
	{ "vip", 0, true, take_vip, "address",
	  "only entries of that virtual address" },
	{ "all", 0, false, take_all, NULL, "delete everything that matches" },
	{ "dry-run", 0, false, take_dry_run, NULL,
	  "print the difference, change nothing" },
	{ "confirm", 0, true, take_confirm, "seconds",
	  "roll back by itself unless confirmed within that time" },
	{ "tcp", 't', false, take_tcp_packet, NULL,
	  "a TCP packet, the default" },
	{ "udp", 'u', false, take_udp_packet, NULL, "a datagram" },
	{ "sctp", 0, false, take_sctp_packet, NULL, "an SCTP packet" },
	{ "fwmark", 'f', true, take_fwmark, "mark",
	  "firewall mark of the packet" },
	{ "ack", 0, false, take_ack, NULL,
	  "a packet in mid-stream, not one that opens a connection" },
	{ "size", 0, true, take_size, "bytes",
	  "size of the packet, headers included" },
	{ "dev", 0, true, take_dev, "device",
	  "device that the packet comes in by" },
	{ "batch", 0, true, take_batch, "file|-",
	  "answer each line \"client[:port] vip:port\" by one line" },
	{ "socket", 0, true, take_socket, "path",
	  "where draycheckd listens (/run/dray/check.sock)" },
	{ "options", 0, false, take_options, NULL,
	  "print commands and options, one a line" },
};

const unsigned int n_word_options =
	sizeof(word_options) / sizeof(word_options[0]);
