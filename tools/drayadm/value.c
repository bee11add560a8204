// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of options, with ipvsadm's words for the bad ones. */
#include "value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int take_number(const char *arg, long min, long max, const char *what,
		uint32_t *value, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, min, max, &n))
		return usage_fail(u, RC_USAGE, arg, "illegal %s specified",
				  what);
	*value = n;
	return 0;
}

int take_timeout(const char *arg, long min, uint32_t *value, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, min, DRAY_MAX_TIMEOUT, &n))
		return usage_fail(u, RC_USAGE, arg,
				  "invalid timeout value `%s' specified", arg);
	*value = n;
	return 0;
}

/*
 * c->server becomes c->srv.  A port name is one of the service's protocol;
 * behind a firewall mark TCP's, as in ipvsadm.
 */
bool value_server(struct classic *c)
{
	const struct dray_key *key = &c->svc.key;
	int found = dray_addrport_parse(c->server,
					key->fwmark ? IPPROTO_TCP :
						      key->protocol,
					&c->srv.addr, &c->srv.port);

	if (!found)
		return false;
	c->server_port_given = found & DRAY_HAS_PORT;
	if (!c->server_port_given)
		c->srv.port = key->port;
	return true;
}

int value_bad_server(const char *arg, struct usage *u)
{
	return usage_fail(u, RC_USAGE, arg,
			  "illegal real server address[:port] specified");
}

int value_mask(const char *arg, uint8_t family, uint8_t *prefix,
	       struct usage *u)
{
	struct in_addr unused;
	long n;

	if (family == AF_INET6) {
		if (!dray_number_parse(arg, 1, 128, &n))
			return usage_fail(u, RC_USAGE, arg,
					  "illegal ipv6 netmask specified");
		*prefix = n;
		return 0;
	}
	if (dray_mask_parse(arg, prefix))
		return 0;
	if (inet_aton(arg, &unused))
		return usage_fail(u, RC_USAGE, arg,
			"illegal virtual server persistent mask specified\n"
			"netmask %s is not a prefix: 1 to 32 bits, all set "
			"bits in front", arg);
	return usage_fail(u, RC_USAGE, arg,
			  "illegal virtual server persistent mask specified");
}

int value_rows(const char *arg, uint32_t *rows, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, DRAY_MIN_ROWS, DRAY_MAX_ROWS, &n) ||
	    (n & (n - 1)))
		return usage_fail(u, RC_USAGE, arg,
			"illegal rows `%s' specified: a power of two, %u to %u",
			arg, DRAY_MIN_ROWS, DRAY_MAX_ROWS);
	*rows = n;
	return 0;
}

int value_load_limit(const char *arg, uint32_t *percent, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, 0, 10000, &n) || (n && n < 100))
		return usage_fail(u, RC_USAGE, arg,
			"illegal load-limit `%s' specified: 100 to 10000 "
			"percent, or 0 for none", arg);
	*percent = n;
	return 0;
}

int value_slow_start(const char *arg, uint32_t *seconds, struct usage *u)
{
	long n;

	if (!dray_number_parse(arg, 0, 3600, &n))
		return usage_fail(u, RC_USAGE, arg,
			"illegal slow-start `%s' specified: 0 to 3600 seconds",
			arg);
	*seconds = n;
	return 0;
}

/* The first two flags have names only with the scheduler they belong to. */
static int sched_flag(const char *flag, const char *scheduler, uint32_t *flags,
		      struct usage *u)
{
	static const struct {
		const char *name, *scheduler;
		uint32_t bit;
	} known[] = {
		{ "flag-1", NULL, 1 },	     { "flag-2", NULL, 2 },
		{ "flag-3", NULL, 4 },	     { "sh-fallback", "sh", 1 },
		{ "sh-port", "sh", 2 },	     { "mh-fallback", "mh", 1 },
		{ "mh-port", "mh", 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(flag, known[i].name))
			continue;
		if (known[i].scheduler && strcmp(known[i].scheduler, scheduler))
			return usage_fail(u, RC_USAGE, flag,
				"incompatible scheduler flag `%s'", flag);
		*flags |= known[i].bit;
		return 0;
	}
	return usage_fail(u, RC_USAGE, flag, "invalid scheduler flag `%s'",
			  flag);
}

int value_sched_flags(const char *arg, const char *scheduler, uint32_t *flags,
		      struct usage *u)
{
	char buf[96], *save, *flag;
	int rc = 0;

	snprintf(buf, sizeof(buf), "%s", arg);
	for (flag = strtok_r(buf, ",", &save); flag && !rc;
	     flag = strtok_r(NULL, ",", &save))
		rc = sched_flag(flag, scheduler, flags, u);
	return rc;
}
