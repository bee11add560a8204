// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes with what, and what the kernel need not be asked.  The order of
 * the checks is ipvsadm's.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "classic.h"
#include "value.h"

#define B(opt) OPT_BIT(OPT_##opt)

static const char *const cmd_names[CMD_COUNT] = {
	[CMD_ADD_SERVICE] = "add-service",
	[CMD_EDIT_SERVICE] = "edit-service",
	[CMD_DEL_SERVICE] = "delete-service",
	[CMD_FLUSH] = "flush",
	[CMD_LIST] = "list",
	[CMD_ADD_SERVER] = "add-server",
	[CMD_DEL_SERVER] = "delete-server",
	[CMD_EDIT_SERVER] = "edit-server",
	[CMD_SET_TIMEOUT] = "set",
	[CMD_START_DAEMON] = "start-daemon",
	[CMD_STOP_DAEMON] = "stop-daemon",
	[CMD_RESTORE] = "restore",
	[CMD_SAVE] = "save",
	[CMD_ZERO] = "zero",
	[CMD_HELP] = "help",
	[CMD_VERSION] = "version",
};

static const char *const opt_names[OPT_COUNT] = {
	[OPT_NUMERIC] = "numeric",
	[OPT_CONNECTION] = "connection",
	[OPT_SERVICE] = "service-address",
	[OPT_SCHEDULER] = "scheduler",
	[OPT_PERSISTENT] = "persistent",
	[OPT_NETMASK] = "netmask",
	[OPT_SERVER] = "real-server",
	[OPT_FORWARD] = "forwarding-method",
	[OPT_WEIGHT] = "weight",
	[OPT_UTHRESHOLD] = "u-threshold",
	[OPT_LTHRESHOLD] = "l-threshold",
	[OPT_MCAST_INTERFACE] = "mcast-interface",
	[OPT_TIMEOUT] = "timeout",
	[OPT_DAEMON] = "daemon",
	[OPT_STATS] = "stats",
	[OPT_RATE] = "rate",
	[OPT_THRESHOLDS] = "thresholds",
	[OPT_PERSISTENT_CONN] = "persistent-conn",
	[OPT_NOSORT] = "nosort",
	[OPT_SYNCID] = "syncid",
	[OPT_EXACT] = "exact",
	[OPT_OPS] = "ops",
	[OPT_PE] = "pe",
	[OPT_SCHED_FLAGS] = "sched-flags",
	[OPT_MCAST_GROUP] = "mcast-group",
	[OPT_MCAST_PORT] = "mcast-port",
	[OPT_MCAST_TTL] = "mcast-ttl",
	[OPT_SYNC_MAXLEN] = "sync-maxlen",
	[OPT_TUN_INFO] = "tun-info",
	[OPT_TUN_TYPE] = "tun-type",
	[OPT_TUN_PORT] = "tun-port",
	[OPT_TUN_NOCSUM] = "tun-nocsum",
	[OPT_TUN_CSUM] = "tun-csum",
	[OPT_TUN_REMCSUM] = "tun-remcsum",
	[OPT_JSON] = "json",
	[OPT_ATOMIC] = "atomic",
	[OPT_STRICT] = "strict",
	[OPT_STATE] = "state",
	[OPT_DOWN_HOLD] = "down-hold",
	[OPT_ROWS] = "rows",
	[OPT_LOAD_LIMIT] = "load-limit",
	[OPT_SLOW_START] = "slow-start",
};

#define TUNNEL (B(TUN_TYPE) | B(TUN_PORT) | B(TUN_NOCSUM) | B(TUN_CSUM) | \
		B(TUN_REMCSUM))
#define TABLE (B(ROWS) | B(LOAD_LIMIT) | B(SLOW_START))
#define SERVICE_SETTINGS (B(SCHEDULER) | B(PERSISTENT) | B(NETMASK) | B(OPS) | \
			  B(PE) | B(SCHED_FLAGS) | B(DOWN_HOLD) | TABLE)
#define SERVER_SETTINGS (B(FORWARD) | B(WEIGHT) | B(UTHRESHOLD) | \
			 B(LTHRESHOLD) | B(STATE) | TUNNEL)
/* ipvsadm takes --syncid here too, by accident */
#define LIST_OPTIONS (B(NUMERIC) | B(STATS) | B(RATE) | B(THRESHOLDS) | \
		      B(PERSISTENT_CONN) | B(NOSORT) | B(SYNCID) | B(EXACT) | \
		      B(TUN_INFO) | B(JSON))

/* An option that is in none of the three is illegal with the command. */
static const struct {
	uint64_t needed, allowed, one_of;
} rules[CMD_COUNT] = {
	[CMD_ADD_SERVICE] = { B(SERVICE), SERVICE_SETTINGS, 0 },
	[CMD_EDIT_SERVICE] = { B(SERVICE), SERVICE_SETTINGS, 0 },
	[CMD_DEL_SERVICE] = { B(SERVICE), 0, 0 },
	[CMD_LIST] = { 0, LIST_OPTIONS,
		       B(CONNECTION) | B(SERVICE) | B(TIMEOUT) | B(DAEMON) },
	[CMD_ADD_SERVER] = { B(SERVICE) | B(SERVER),
			     SERVER_SETTINGS | B(STRICT), 0 },
	[CMD_DEL_SERVER] = { B(SERVICE) | B(SERVER), 0, 0 },
	[CMD_EDIT_SERVER] = { B(SERVICE) | B(SERVER), SERVER_SETTINGS, 0 },
	[CMD_START_DAEMON] = { 0, B(MCAST_INTERFACE) | B(SYNCID) |
			       B(MCAST_GROUP) | B(MCAST_PORT) | B(MCAST_TTL) |
			       B(SYNC_MAXLEN), 0 },
	[CMD_STOP_DAEMON] = { 0, B(SYNCID), 0 },
	[CMD_RESTORE] = { 0, B(ATOMIC), 0 },
	[CMD_SAVE] = { 0, B(NUMERIC), 0 },
	[CMD_ZERO] = { 0, B(SERVICE), 0 },
};

const char *classic_cmd_name(enum classic_cmd cmd)
{
	return cmd_names[cmd];
}

const char *classic_opt_name(enum classic_opt opt)
{
	return opt_names[opt];
}

static int illegal(const struct classic *c, int opt, int other, struct usage *u)
{
	if (other < 0)
		return usage_fail(u, RC_USAGE, opt_names[opt],
			"Illegal '%s' option with the '%s' command",
			opt_names[opt], cmd_names[c->cmd]);
	return usage_fail(u, RC_USAGE, opt_names[opt],
		"The option '%s' conflicts with the '%s' option in the '%s' command",
		opt_names[opt], opt_names[other], cmd_names[c->cmd]);
}

int classic_check_combination(const struct classic *c, struct usage *u)
{
	int opt, first = -1;

	for (opt = 0; opt < OPT_COUNT; opt++) {
		uint64_t bit = OPT_BIT(opt);

		if (!(c->options & bit)) {
			if (rules[c->cmd].needed & bit)
				return usage_fail(u, RC_USAGE, NULL,
					"You need to supply the '%s' option for the '%s' command",
					opt_names[opt], cmd_names[c->cmd]);
			continue;
		}
		if (rules[c->cmd].one_of & bit) {
			if (first >= 0)
				return illegal(c, opt, first, u);
			first = opt;
		} else if (!((rules[c->cmd].needed | rules[c->cmd].allowed) &
			     bit)) {
			return illegal(c, opt, -1, u);
		}
	}
	return 0;
}

/* Values that had to wait for the service. */
int classic_check_deferred(struct classic *c, struct usage *u)
{
	struct dray_service *svc = &c->svc;

	svc->persist_prefix = dray_addr_bits(svc->key.family);
	if (classic_has(c, OPT_SERVER) && !c->srv.addr.family &&
	    !value_server(c))
		return value_bad_server(c->server, u);
	if (classic_has(c, OPT_NETMASK))
		return value_mask(c->mask, svc->key.family,
				  &svc->persist_prefix, u);
	return 0;
}

static int refuse_daemon(struct usage *u)
{
	return usage_fail(u, RC_USAGE, NULL,
		"connection sync daemon is not supported; drayvrrpd carries "
		"the state between directors");
}

/* Exit code and first line are those of a scheduler that is not there. */
static int refuse_engine(const char *word, const char *why, struct usage *u)
{
	return usage_fail(u, RC_FAILED, word,
			  "Scheduler or persistence engine not found\n%s: %s",
			  word, why);
}

/* They would be kept, and would mean nothing. */
static int check_table(const struct classic *c, struct usage *u)
{
	const char *why = classic_has(c, OPT_SCHEDULER) ? "" :
			  ", the default without -s";
	char word[32];
	int opt;

	if (dray_service_has_table(&c->svc))
		return 0;
	for (opt = OPT_ROWS; opt <= OPT_SLOW_START; opt++) {
		if (!(c->options & OPT_BIT(opt)))
			continue;
		snprintf(word, sizeof(word), "--%s", opt_names[opt]);
		return usage_fail(u, RC_USAGE, word,
			"The option '%s' is for the schedulers dray, sh and "
			"mh, which go by a table; this is %s%s",
			opt_names[opt], c->svc.scheduler, why);
	}
	return 0;
}

static int check_scheduler(struct classic *c, struct usage *u)
{
	static const struct {
		const char *name, *why;
	} refused[] = {
		{ "dh", "it hashes the destination, which is the one virtual "
			"address here; use mh or sh" },
		{ "lblc", "it is made for caches behind changing "
			  "destinations; use mh or sh" },
		{ "lblcr", "it is made for caches behind changing "
			   "destinations; use mh or sh" },
	};
	size_t i;

	if (!c->svc.scheduler[0])
		strcpy(c->svc.scheduler, DRAY_DEFAULT_SCHED);
	if (classic_has(c, OPT_SCHED_FLAGS)) {
		int rc = value_sched_flags(c->sched_flags, c->svc.scheduler,
					   &c->svc.sched_flags, u);

		if (rc)
			return rc;
	}
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strcmp(c->svc.scheduler, refused[i].name))
			return refuse_engine(refused[i].name, refused[i].why, u);
	if (classic_has(c, OPT_PE))
		return refuse_engine("--pe", "persistence engines are not "
				     "supported; they look into the payload", u);
	return check_table(c, u);
}

static int check_service(struct classic *c, struct usage *u)
{
	const struct dray_key *key = &c->svc.key;

	if (!key->fwmark && !key->port && !c->svc.persist_timeout)
		return usage_fail(u, RC_USAGE, NULL,
			"Zero port specified for non-persistent service");
	if ((c->svc.flags & DRAY_SERVICE_FLAGS_OPS) && !key->fwmark &&
	    key->protocol != IPPROTO_UDP)
		return usage_fail(u, RC_USAGE, NULL,
			"One-Packet Scheduling is only for UDP virtual services");
	if (!key->fwmark && !dray_addr_is_vip(&key->addr))
		return usage_fail(u, RC_USAGE, NULL,
			"illegal virtual server address[:port] specified\n"
			"a virtual address is one host's, not any, multicast "
			"or broadcast");
	return check_scheduler(c, u);
}

static int check_forwarding(const struct classic *c, struct usage *u)
{
	if (c->forward == 'm')
		return usage_fail(u, RC_USAGE, "-m",
			"masquerading (-m) is not supported: this module does "
			"direct routing (-g) only; use ipvsadm for NAT");
	if (c->forward == 'i')
		return usage_fail(u, RC_USAGE, "-i",
			"tunnelling (-i) is not supported: this module does "
			"direct routing (-g) only; use ipvsadm for tunnels");
	if (c->options & TUNNEL)
		return usage_fail(u, RC_USAGE, NULL,
			"Tunnel options conflict with forward method");
	return 0;
}

static int check_server(const struct classic *c, struct usage *u)
{
	const struct dray_key *key = &c->svc.key;
	int rc = check_forwarding(c, u);

	if (rc || c->cmd == CMD_DEL_SERVER || key->fwmark)
		return rc;
	if (!dray_addr_cmp(&key->addr, &c->srv.addr))
		return usage_fail(u, RC_USAGE, c->server,
			"illegal real server address[:port] specified\n"
			"the virtual address itself cannot be a real server");
	return 0;
}

static int check_list(const struct classic *c, struct usage *u)
{
	const uint64_t other = B(STATS) | B(RATE) | B(THRESHOLDS);

	if (((c->options & (B(CONNECTION) | B(TIMEOUT) | B(DAEMON))) &&
	     (c->options & other)) ||
	    ((c->options & (B(TIMEOUT) | B(DAEMON))) &&
	     classic_has(c, OPT_PERSISTENT_CONN)))
		return usage_fail(u, RC_USAGE, NULL,
				  "options conflicts in the list command");
	return 0;
}

int classic_check(struct classic *c, struct usage *u)
{
	int rc;

	if (c->cmd == CMD_HELP || c->cmd == CMD_VERSION)
		return 0;
	rc = classic_check_combination(c, u);
	if (!rc)
		rc = classic_check_deferred(c, u);
	if (rc)
		return rc;
	switch (c->cmd) {
	case CMD_ADD_SERVICE:
	case CMD_EDIT_SERVICE:
		return check_service(c, u);
	case CMD_ADD_SERVER:
	case CMD_EDIT_SERVER:
	case CMD_DEL_SERVER:
		return check_server(c, u);
	case CMD_LIST:
		return check_list(c, u);
	case CMD_START_DAEMON:
	case CMD_STOP_DAEMON:
		return refuse_daemon(u);
	default:
		return 0;
	}
}
