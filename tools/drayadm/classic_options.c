// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The options of the classic command line, and what each does with its value.
 * A value is judged when it is met, as ipvsadm does, so that of several
 * mistakes the same one is named.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "classic.h"
#include "text.h"
#include "value.h"

static int take_service(struct classic *c, const char *arg, uint8_t protocol,
			struct usage *u)
{
	struct dray_key *key = &c->svc.key;

	key->protocol = protocol;
	if (!dray_addrport_parse(arg, protocol, &key->addr, &key->port))
		return usage_fail(u, RC_USAGE, arg,
			"illegal virtual server address[:port] specified");
	key->family = key->addr.family;
	return 0;
}

static int take_tcp(struct classic *c, const char *arg, struct usage *u)
{
	return take_service(c, arg, IPPROTO_TCP, u);
}

static int take_udp(struct classic *c, const char *arg, struct usage *u)
{
	return take_service(c, arg, IPPROTO_UDP, u);
}

static int take_sctp(struct classic *c, const char *arg, struct usage *u)
{
	return take_service(c, arg, IPPROTO_SCTP, u);
}

static int take_fwmark(struct classic *c, const char *arg, struct usage *u)
{
	long mark;

	if (!dray_number_parse(arg, 1, UINT32_MAX, &mark))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid fwmark value `%s' specified", arg);
	c->svc.key.family = AF_INET;
	c->svc.key.fwmark = mark;
	return 0;
}

static int take_ipv6(struct classic *c, const char *arg, struct usage *u)
{
	(void)arg;
	if (!c->svc.key.fwmark)
		return usage_fail(u, RC_USAGE, "-6", "-6 used before -f\n");
	c->svc.key.family = AF_INET6;
	return 0;
}

/* Names are cut, as in ipvsadm; the kernel does not know the rest either. */
static int take_scheduler(struct classic *c, const char *arg, struct usage *u)
{
	(void)u;
	strncpy(c->svc.scheduler, arg, sizeof(c->svc.scheduler) - 1);
	return 0;
}

static int take_persistent(struct classic *c, const char *arg, struct usage *u)
{
	if (!arg) {
		c->svc.persist_timeout = DRAY_DEFAULT_PERSIST;
		return 0;
	}
	return take_timeout(arg, 1, &c->svc.persist_timeout, u);
}

static int keep(char *to, size_t size, const char *arg, struct usage *u)
{
	if (strlen(arg) >= size)
		return usage_fail(u, RC_USAGE, arg, "argument is too long");
	strcpy(to, arg);
	return 0;
}

/* The family may come later, so the value is judged at the end. */
static int take_netmask(struct classic *c, const char *arg, struct usage *u)
{
	return keep(c->mask, sizeof(c->mask), arg, u);
}

static int take_server(struct classic *c, const char *arg, struct usage *u)
{
	if (strlen(arg) >= sizeof(c->server))
		return value_bad_server(arg, u);
	strcpy(c->server, arg);
	if (classic_has(c, OPT_SERVICE) && !value_server(c))
		return value_bad_server(arg, u);
	return 0;
}

static int take_forward(struct classic *c, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	c->forward = 'g';
	return 0;
}

static int take_tunnel(struct classic *c, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	c->forward = 'i';
	return 0;
}

static int take_masq(struct classic *c, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	c->forward = 'm';
	return 0;
}

static int take_weight(struct classic *c, const char *arg, struct usage *u)
{
	return take_number(arg, 0, INT_MAX, "weight", &c->srv.weight, u);
}

static int take_uthreshold(struct classic *c, const char *arg, struct usage *u)
{
	return take_number(arg, 0, INT_MAX, "u_threshold", &c->srv.u_threshold,
			   u);
}

static int take_lthreshold(struct classic *c, const char *arg, struct usage *u)
{
	return take_number(arg, 0, INT_MAX, "l_threshold", &c->srv.l_threshold,
			   u);
}

static int take_ops(struct classic *c, const char *arg, struct usage *u)
{
	(void)arg;
	(void)u;
	c->svc.flags |= DRAY_SERVICE_FLAGS_OPS;
	return 0;
}

static int take_sched_flags(struct classic *c, const char *arg, struct usage *u)
{
	return keep(c->sched_flags, sizeof(c->sched_flags), arg, u);
}

static int take_state(struct classic *c, const char *arg, struct usage *u)
{
	if (!dray_state_parse(arg, &c->srv.state))
		return usage_fail(u, RC_USAGE, arg,
			"invalid state `%s': up, drain or down", arg);
	c->srv.has |= DRAY_BIT(DRAY_A_SERVER_STATE);
	return 0;
}

static int take_down_hold(struct classic *c, const char *arg, struct usage *u)
{
	c->svc.has |= DRAY_BIT(DRAY_A_SERVICE_DOWN_HOLD);
	return take_number(arg, 0, DRAY_MAX_MS, "down-hold", &c->svc.down_hold,
			   u);
}

static int take_rows(struct classic *c, const char *arg, struct usage *u)
{
	c->svc.has |= DRAY_BIT(DRAY_A_SERVICE_ROWS);
	return value_rows(arg, &c->svc.rows, u);
}

static int take_load_limit(struct classic *c, const char *arg, struct usage *u)
{
	c->svc.has |= DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT);
	return value_load_limit(arg, &c->svc.load_limit, u);
}

static int take_slow_start(struct classic *c, const char *arg, struct usage *u)
{
	c->svc.has |= DRAY_BIT(DRAY_A_SERVICE_SLOW_START);
	return value_slow_start(arg, &c->svc.slow_start, u);
}

static int take_start(struct classic *c, const char *arg, struct usage *u)
{
	(void)c;
	if (!strcmp(arg, "master") || !strcmp(arg, "backup"))
		return 0;
	return usage_fail(u, RC_USAGE, arg,
			  "illegal start-daemon parameter specified");
}

static int take_stop(struct classic *c, const char *arg, struct usage *u)
{
	(void)c;
	if (!strcmp(arg, "master") || !strcmp(arg, "backup"))
		return 0;
	return usage_fail(u, RC_USAGE, arg, "illegal start_daemon specified");
}

static int take_syncid(struct classic *c, const char *arg, struct usage *u)
{
	uint32_t n;

	(void)c;
	return take_number(arg, 0, 255, "syncid", &n, u);
}

static int take_mcast_port(struct classic *c, const char *arg, struct usage *u)
{
	uint32_t n;

	(void)c;
	return take_number(arg, 1, 65535, "mcast-port", &n, u);
}

static int take_mcast_ttl(struct classic *c, const char *arg, struct usage *u)
{
	uint32_t n;

	(void)c;
	return take_number(arg, 1, 255, "mcast-ttl", &n, u);
}

static int take_sync_maxlen(struct classic *c, const char *arg, struct usage *u)
{
	uint32_t n;

	(void)c;
	return take_number(arg, 1, 65507, "sync-maxlen", &n, u);
}

static int take_mcast_group(struct classic *c, const char *arg, struct usage *u)
{
	struct dray_addr addr;

	(void)c;
	if (dray_addr_parse(arg, &addr))
		return 0;
	return usage_fail(u, RC_USAGE, arg, "invalid %s mcast-group `%s'",
			  strchr(arg, ':') ? "IPv6" : "IPv4", arg);
}

static int take_tun_type(struct classic *c, const char *arg, struct usage *u)
{
	(void)c;
	if (!strcmp(arg, "ipip") || !strcmp(arg, "gue") || !strcmp(arg, "gre"))
		return 0;
	return usage_fail(u, RC_USAGE, arg, "illegal tunnel type specified");
}

static int take_tun_port(struct classic *c, const char *arg, struct usage *u)
{
	uint32_t n;

	(void)c;
	return take_number(arg, 1, 65535, "tunnel port", &n, u);
}

#define COMMAND(name, letter, arg, cmd, take, value, help) \
	{ name, letter, arg, cmd, OPT_NONE, take, value, help }
#define FLAG(name, letter, opt, take, help) \
	{ name, letter, ARG_NONE, CMD_NONE, opt, take, NULL, help }
#define VALUE(name, letter, opt, take, value, help) \
	{ name, letter, ARG_NEEDED, CMD_NONE, opt, take, value, help }

/* A NULL help keeps an option out of the usage: it is taken to be refused. */
const struct classic_option classic_options[] = {
	COMMAND("add-service", 'A', ARG_NONE, CMD_ADD_SERVICE, NULL, NULL,
		"add a virtual service"),
	COMMAND("edit-service", 'E', ARG_NONE, CMD_EDIT_SERVICE, NULL, NULL,
		"replace the settings of a virtual service"),
	COMMAND("delete-service", 'D', ARG_NONE, CMD_DEL_SERVICE, NULL, NULL,
		"delete a virtual service with its servers"),
	COMMAND("clear", 'C', ARG_NONE, CMD_FLUSH, NULL, NULL,
		"delete all services"),
	COMMAND("restore", 'R', ARG_NONE, CMD_RESTORE, NULL, NULL,
		"run the lines of the standard input"),
	COMMAND("save", 'S', ARG_NONE, CMD_SAVE, NULL, NULL,
		"write the lines that restore reads"),
	COMMAND("add-server", 'a', ARG_NONE, CMD_ADD_SERVER, NULL, NULL,
		"add a real server"),
	COMMAND("edit-server", 'e', ARG_NONE, CMD_EDIT_SERVER, NULL, NULL,
		"replace the settings of a real server"),
	COMMAND("delete-server", 'd', ARG_NONE, CMD_DEL_SERVER, NULL, NULL,
		"delete a real server"),
	COMMAND("list", 'L', ARG_NONE, CMD_LIST, NULL, NULL,
		"list services, or what the options say"),
	COMMAND("list", 'l', ARG_NONE, CMD_LIST, NULL, NULL, "the same"),
	COMMAND("zero", 'Z', ARG_NONE, CMD_ZERO, NULL, NULL,
		"zero the counters of a service or of all"),
	COMMAND("set", 0, ARG_NONE, CMD_SET_TIMEOUT, NULL, "tcp tcpfin udp",
		"set the timeouts in seconds; 0 keeps one"),
	COMMAND("start-daemon", 0, ARG_NEEDED, CMD_START_DAEMON, take_start,
		NULL, NULL),
	COMMAND("stop-daemon", 0, ARG_NEEDED, CMD_STOP_DAEMON, take_stop, NULL,
		NULL),
	COMMAND("help", 'h', ARG_NONE, CMD_HELP, NULL, NULL, "print this"),
	COMMAND("version", 'v', ARG_NONE, CMD_VERSION, NULL, NULL,
		"print the version"),

	VALUE("tcp-service", 't', OPT_SERVICE, take_tcp, "address",
	      "TCP service; address is host[:port]"),
	VALUE("udp-service", 'u', OPT_SERVICE, take_udp, "address",
	      "UDP service"),
	VALUE("sctp-service", 0, OPT_SERVICE, take_sctp, "address",
	      "SCTP service"),
	VALUE("fwmark-service", 'f', OPT_SERVICE, take_fwmark, "mark",
	      "service by firewall mark, 1 to 4294967295"),
	FLAG("ipv6", '6', OPT_NONE, take_ipv6, "the firewall mark is for IPv6"),
	VALUE("scheduler", 's', OPT_SCHEDULER, take_scheduler, "scheduler",
	      "rr wrr lc wlc sed nq fo ovf twos sh mh dray; default wlc"),
	{ "persistent", 'p', ARG_OPTIONAL, CMD_NONE, OPT_PERSISTENT,
	  take_persistent, "[timeout]", "persistent service; default 360 s" },
	VALUE("netmask", 'M', OPT_NETMASK, take_netmask, "mask",
	      "clients of one network are one for persistence"),
	FLAG("ops", 'o', OPT_OPS, take_ops, "one-packet scheduling"),
	VALUE("sched-flags", 'b', OPT_SCHED_FLAGS, take_sched_flags, "flags",
	      "flags of the scheduler, comma-separated"),
	VALUE("down-hold", 0, OPT_DOWN_HOLD, take_down_hold, "ms",
	      "how long TCP flows stay with a server that is down"),
	VALUE("rows", 0, OPT_ROWS, take_rows, "n",
	      "rows of the table of dray, sh and mh; default 16384"),
	VALUE("load-limit", 0, OPT_LOAD_LIMIT, take_load_limit, "percent",
	      "most of its share of flows that a server may have; 0: any"),
	VALUE("slow-start", 0, OPT_SLOW_START, take_slow_start, "seconds",
	      "in which a server that comes gets to its share"),
	VALUE("real-server", 'r', OPT_SERVER, take_server, "address",
	      "real server; address is host[:port]"),
	FLAG("gatewaying", 'g', OPT_FORWARD, take_forward,
	     "direct routing (the default and all there is)"),
	VALUE("weight", 'w', OPT_WEIGHT, take_weight, "weight",
	      "capacity of the real server; 0 gets no new flows"),
	VALUE("u-threshold", 'x', OPT_UTHRESHOLD, take_uthreshold, "flows",
	      "overloaded from that many flows on"),
	VALUE("l-threshold", 'y', OPT_LTHRESHOLD, take_lthreshold, "flows",
	      "no longer overloaded below that many"),
	VALUE("state", 0, OPT_STATE, take_state, "state",
	      "up, drain or down; an edit without it leaves it alone"),
	FLAG("strict", 0, OPT_STRICT, NULL,
	     "refuse a real server that is not on-link"),
	FLAG("atomic", 0, OPT_ATOMIC, NULL,
	     "restore all lines together or none"),
	FLAG("numeric", 'n', OPT_NUMERIC, NULL, "numbers instead of names"),
	FLAG("connection", 'c', OPT_CONNECTION, NULL,
	     "list flows and persistent clients"),
	FLAG("timeout", 0, OPT_TIMEOUT, NULL, "list the timeouts"),
	FLAG("daemon", 0, OPT_DAEMON, NULL, "list sync daemons: none"),
	FLAG("stats", 0, OPT_STATS, NULL, "list counters"),
	FLAG("rate", 0, OPT_RATE, NULL, "list rates, measured for a second"),
	FLAG("thresholds", 0, OPT_THRESHOLDS, NULL, "list thresholds"),
	FLAG("persistent-conn", 0, OPT_PERSISTENT_CONN, NULL,
	     "list numbers of persistent clients"),
	FLAG("tun-info", 0, OPT_TUN_INFO, NULL, "list tunnels: none"),
	FLAG("exact", 'X', OPT_EXACT, NULL, "do not shorten numbers"),
	FLAG("nosort", 0, OPT_NOSORT, NULL, "in the kernel's order"),
	FLAG("sort", 0, OPT_NONE, NULL, "sorted, as without it"),
	FLAG("json", 0, OPT_JSON, NULL, "one JSON document"),

	FLAG("masquerading", 'm', OPT_FORWARD, take_masq, NULL),
	FLAG("ipip", 'i', OPT_FORWARD, take_tunnel, NULL),
	VALUE("tun-type", 0, OPT_TUN_TYPE, take_tun_type, NULL, NULL),
	VALUE("tun-port", 0, OPT_TUN_PORT, take_tun_port, NULL, NULL),
	FLAG("tun-nocsum", 0, OPT_TUN_NOCSUM, NULL, NULL),
	FLAG("tun-csum", 0, OPT_TUN_CSUM, NULL, NULL),
	FLAG("tun-remcsum", 0, OPT_TUN_REMCSUM, NULL, NULL),
	VALUE("pe", 0, OPT_PE, NULL, NULL, NULL),
	VALUE("mcast-interface", 0, OPT_MCAST_INTERFACE, NULL, NULL, NULL),
	VALUE("mcast-group", 0, OPT_MCAST_GROUP, take_mcast_group, NULL, NULL),
	VALUE("mcast-port", 0, OPT_MCAST_PORT, take_mcast_port, NULL, NULL),
	VALUE("mcast-ttl", 0, OPT_MCAST_TTL, take_mcast_ttl, NULL, NULL),
	VALUE("sync-maxlen", 0, OPT_SYNC_MAXLEN, take_sync_maxlen, NULL, NULL),
	VALUE("syncid", 0, OPT_SYNCID, take_syncid, NULL, NULL),
};

const unsigned int classic_n_options =
	sizeof(classic_options) / sizeof(classic_options[0]);
