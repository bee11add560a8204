// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's servers are read piece by piece, and no further in a second than
 * may be told in it; so many servers are told one after the other.
 */
#include "sync_servers.h"

#include <netinet/in.h>

#include "sync_module.h"
#include "sync_out.h"
#include "sync_owns.h"

#define SECOND_US 1000000ull
#define MOST 2048		/* entries in a second: some 60 datagrams */
#define COUNT_MAX 0xfffffffu	/* that the module takes */

static struct {
	struct sync_show *show;
	bool runs;
	uint64_t begun, second;
	unsigned int told;	/* in this second */
} servers;

void sync_servers_open(struct sync_show *show)
{
	servers.show = show;
}

void sync_servers_stop(void)
{
	servers.runs = false;
}

static void tell(struct sync_state *state, uint32_t live, uint64_t now)
{
	state->live = live < COUNT_MAX ? live : COUNT_MAX;
	servers.told++;
	servers.show->counts[sync_out_state(state, now) ? SYNC_TOLD_SERVERS :
							  SYNC_DROPPED]++;
}

/* Inactive flows count for thresholds, and where none is ever active. */
void sync_servers_tell(const struct dray_flow_row *row, uint64_t now)
{
	const struct dray_key *key = &row->svc.key;
	const struct dray_server *srv = &row->srv;
	struct sync_state state = {
		.service = { .protocol = key->protocol, .port = key->port,
			     .fwmark = key->fwmark, .addr = key->addr },
		.server = srv->addr,
		.server_port = srv->port,
		.state = srv->state,
	};

	if (!(key->fwmark ? sync_owns_any(now) : sync_owns(&key->addr, now)))
		return;
	state.service.addr.family = key->family;
	tell(&state, srv->active, now);
	if (!srv->u_threshold && key->protocol != IPPROTO_UDP)
		return;
	state.flags = SYNC_STATE_INACTIVE;
	tell(&state, srv->inactive, now);
}

static int begin(uint64_t now)
{
	int rc = sync_module_servers();

	servers.runs = !rc;
	servers.begun = now;
	return rc;
}

int sync_servers_pump(bool room, uint64_t now)
{
	int rc;

	if (now - servers.second >= SECOND_US) {
		servers.second = now;
		servers.told = 0;
	}
	if (!room || servers.told >= MOST)
		return 0;
	if (!servers.runs)
		return now - servers.begun < SECOND_US ? 0 : begin(now);
	rc = sync_module_servers_piece();
	servers.runs = !rc;
	if (rc > 0)
		sync_out_flush(now);
	return rc < 0 ? rc : 0;
}
