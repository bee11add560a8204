// SPDX-License-Identifier: GPL-2.0-or-later
/* A flow's service is that of its VIP and port, or of its mark. */
#include "sync_take.h"

#include "sync_module.h"
#include "sync_told.h"

static void take_flow(const struct sync_flow *f)
{
	struct sync_entry entry = { .row = {
		.svc.key = { .family = f->client.family,
			     .protocol = f->fwmark ? 0 : f->protocol,
			     .port = f->service_port, .fwmark = f->fwmark },
		.srv = { .addr = f->server, .port = f->server_port },
		.flow = { .protocol = f->protocol, .state = f->state,
			  .client = f->client, .vip = f->vip,
			  .client_port = f->client_port,
			  .vip_port = f->vip_port, .expires = f->expires_ms },
	} };
	struct dray_flow *flow = &entry.row.flow;

	if (!f->fwmark)
		entry.row.svc.key.addr = f->vip;
	if (f->flags & SYNC_ENTRY_ASSURED)
		flow->flags = DRAY_FLOW_FLAGS_ASSURED;
	flow->has = DRAY_BIT(DRAY_A_FLOW_PROTOCOL) |
		    DRAY_BIT(DRAY_A_FLOW_CLIENT) |
		    DRAY_BIT(DRAY_A_FLOW_CLIENT_PORT) |
		    DRAY_BIT(DRAY_A_FLOW_VIP) |
		    DRAY_BIT(DRAY_A_FLOW_VIP_PORT) |
		    DRAY_BIT(DRAY_A_FLOW_STATE) | DRAY_BIT(DRAY_A_FLOW_FLAGS) |
		    DRAY_BIT(DRAY_A_FLOW_EXPIRES);
	sync_module_take(&entry);
}

static struct dray_key key_of(const struct sync_service *service)
{
	return (struct dray_key){ .family = service->addr.family,
				  .protocol = service->protocol,
				  .port = service->port,
				  .fwmark = service->fwmark,
				  .addr = service->addr };
}

static void take_persist(const struct sync_persist *p)
{
	struct sync_entry entry = { .persist = true, .row = {
		.svc.key = key_of(&p->service),
		.srv = { .addr = p->server, .port = p->server_port },
		.persist = { .client = p->client, .expires = p->expires_ms },
	} };
	struct dray_persist *persist = &entry.row.persist;

	if (p->flags & SYNC_ENTRY_ASSURED)
		persist->flags = DRAY_FLOW_FLAGS_ASSURED;
	persist->has = DRAY_BIT(DRAY_A_PERSIST_CLIENT) |
		       DRAY_BIT(DRAY_A_PERSIST_FLAGS) |
		       DRAY_BIT(DRAY_A_PERSIST_EXPIRES);
	sync_module_take(&entry);
}

void sync_take_entries(struct sync_reader *r, struct sync_show *show)
{
	struct sync_persist persist;
	struct sync_flow flow;

	if (!sync_module_is_open())
		return;
	while (r->type == SYNC_FLOWS && sync_get_flow(r, &flow)) {
		take_flow(&flow);
		show->counts[SYNC_TAKEN_FLOWS]++;
	}
	while (r->type == SYNC_PERSIST && sync_get_persist(r, &persist)) {
		take_persist(&persist);
		show->counts[SYNC_TAKEN_PERSISTS]++;
	}
}

static void take_state(const struct sync_state *s, uint64_t now)
{
	struct dray_flow_row row = {
		.svc.key = key_of(&s->service),
		.srv = { .addr = s->server, .port = s->server_port,
			 .state = s->state },
	};

	if (s->flags & SYNC_STATE_INACTIVE) {
		row.srv.has = DRAY_BIT(DRAY_A_SERVER_TOLD_INACTIVE);
		row.srv.told_inactive = s->live;
	} else {
		row.srv.has = DRAY_BIT(DRAY_A_SERVER_TOLD_ACTIVE);
		row.srv.told_active = s->live;
		sync_told_take(&row, now);
	}
	if (sync_module_is_open())
		sync_module_told(&row);
}

void sync_take_states(struct sync_reader *r, struct sync_show *show,
		      uint64_t now)
{
	struct sync_state state;

	while (sync_get_state(r, &state)) {
		if (state.flags & ~SYNC_STATE_INACTIVE)
			continue;
		take_state(&state, now);
		show->counts[SYNC_TAKEN_SERVERS]++;
	}
}
