// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One write per address and renewal.  A module that goes away is looked for
 * again, and then told everything by the next renewals.
 */
#include "role.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "request.h"

#define LOOK_SECONDS 3

static struct {
	struct dray_nl nl;
	bool open;
	time_t look_at;
} module;

bool role_open(bool *said)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (module.open || now.tv_sec < module.look_at)
		return module.open;
	module.look_at = now.tv_sec + LOOK_SECONDS;
	module.open = !dray_nl_open(&module.nl);
	if (module.open && *said)
		log_say(LOG_NOTICE, "dray.ko is there now: roles are kept");
	if (!module.open && !*said)
		log_say(LOG_WARNING, "dray.ko is not loaded: virtual addresses "
			"and VRRP only, no roles, no leases");
	*said = !module.open;
	return module.open;
}

bool role_is_open(void)
{
	return module.open;
}

static void failed(const struct dray_vip *vip)
{
	static struct log_limit limit;
	char text[INET6_ADDRSTRLEN];
	unsigned int held;
	int err = module.nl.error.err;

	if (err == EOPNOTSUPP || err == EBADF || err == ENOENT) {
		dray_nl_close(&module.nl);
		module.open = false;
	}
	if (log_may(&limit, &held))
		log_say(LOG_WARNING, "the role of %s cannot be told to "
			"dray.ko: %s%s%s (%u more)",
			dray_addr_text(&vip->addr, text, sizeof(text)),
			strerror(err), module.nl.error.text[0] ? ": " : "",
			module.nl.error.text, held);
}

static void write_vip(const struct dray_vip *vip)
{
	int rc;

	if (!module.open)
		return;
	rc = dray_vip_write(&module.nl, DRAY_CMD_SET_VIP, vip);
	if (rc == -ENOENT)
		rc = dray_vip_write(&module.nl, DRAY_CMD_NEW_VIP, vip);
	if (rc)
		failed(vip);
}

static struct dray_vip vip_of(const struct dray_addr *addr, uint8_t role,
			      const struct role_peers *peers)
{
	struct dray_vip vip = { .addr = *addr, .role = role };

	vip.has = DRAY_BIT(DRAY_A_VIP_ROLE) | DRAY_BIT(DRAY_A_VIP_LEASE);
	vip.n_peers = peers->n;
	memcpy(vip.peers, peers->macs, sizeof(vip.peers));
	return vip;
}

void role_active(const struct dray_addr *addr, uint32_t lease_ms,
		 const struct role_peers *peers)
{
	struct dray_vip vip = vip_of(addr, DRAY_ROLE_ACTIVE, peers);

	vip.lease = lease_ms;
	write_vip(&vip);
}

void role_standby(const struct dray_addr *addr, const struct role_peers *peers)
{
	struct dray_vip vip = vip_of(addr, DRAY_ROLE_STANDBY, peers);

	vip.has &= ~DRAY_BIT(DRAY_A_VIP_LEASE);
	write_vip(&vip);
}

void role_remove(const struct dray_addr *addr)
{
	struct dray_vip vip = { .addr = *addr };

	if (module.open)
		dray_vip_write(&module.nl, DRAY_CMD_DEL_VIP, &vip);
}
