// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -L -c: persistent clients, shown like IPVS's templates with client port 0,
 * and flows.  Rows go out as they come: there may be millions.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "classic_run.h"
#include "emit_noun.h"
#include "text.h"

struct conn_sink {
	struct dray_emit *e;
	const struct list_style *style;
};

struct conn_row {
	const char *protocol;		/* "TCP", or "IP" behind a mark */
	const char *state;
	uint8_t number;
	uint32_t expires;		/* ms */
	struct dray_addr client, vip;
	uint16_t client_port, vip_port;
	const struct dray_server *srv;
};

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	}
	return "IP";
}

static void print_row(struct dray_emit *e, const struct conn_row *row,
		      bool numeric)
{
	char client[DRAY_ADDRTEXT], vip[DRAY_ADDRTEXT], srv[DRAY_ADDRTEXT];
	uint32_t seconds = row->expires / 1000;
	char expires[24];

	snprintf(expires, sizeof(expires), "%02u:%02u", seconds / 60,
		 seconds % 60);
	dray_addrport_text(&row->client, row->client_port, row->number, numeric,
			   client, sizeof(client));
	dray_addrport_text(&row->vip, row->vip_port, row->number, numeric, vip,
			   sizeof(vip));
	dray_addrport_text(&row->srv->addr, row->srv->port, row->number,
			   numeric, srv, sizeof(srv));
	dray_emit_text(e, "%-3s %-6s %-11s %-18s %-18s %s\n", row->protocol,
		       expires, row->state, client, vip, srv);
}

static void emit_row(struct dray_emit *e, const struct dray_flow_row *row,
		     const struct conn_row *conn, const char *kind)
{
	dray_emit_object(e, NULL);
	dray_emit_str(e, "type", NULL, kind);
	dray_emit_str(e, "protocol", NULL, dray_protocol_name(conn->number));
	dray_emit_str(e, "state", NULL, conn->state);
	dray_emit_num(e, "expires_ms", NULL, conn->expires);
	dray_emit_addr(e, "client", &conn->client);
	dray_emit_num(e, "client_port", NULL, conn->client_port);
	if (row->svc.key.fwmark)
		dray_emit_num(e, "fwmark", NULL, row->svc.key.fwmark);
	if (strcmp(conn->protocol, "IP")) {
		dray_emit_addr(e, "vip", &conn->vip);
		dray_emit_num(e, "vip_port", NULL, conn->vip_port);
	}
	dray_emit_addr(e, "server", &row->srv.addr);
	dray_emit_num(e, "server_port", NULL, row->srv.port);
}

static void on_flow(const struct dray_flow_row *row, void *arg)
{
	const struct dray_flow *flow = &row->flow;
	struct conn_sink *sink = arg;
	struct conn_row conn = {
		.protocol = protocol_name(flow->protocol),
		.state = dray_flow_state_name(flow),
		.number = flow->protocol,
		.expires = flow->expires,
		.client = flow->client,
		.vip = flow->vip,
		.client_port = flow->client_port,
		.vip_port = flow->vip_port,
		.srv = &row->srv,
	};

	print_row(sink->e, &conn, sink->style->numeric);
	if (!dray_emit_json(sink->e))
		return;
	emit_row(sink->e, row, &conn, "flow");
	dray_emit_entry_flags(sink->e, flow->flags);
	dray_emit_end(sink->e);
}

/* IPVS shows a mark as the first four bytes of the virtual address. */
static struct dray_addr mark_as_addr(const struct dray_key *key)
{
	struct dray_addr addr = { .family = key->family };

	addr.in.s_addr = htonl(key->fwmark);
	return addr;
}

static void on_persist(const struct dray_flow_row *row, void *arg)
{
	const struct dray_persist *persist = &row->persist;
	const struct dray_key *key = &row->svc.key;
	struct conn_sink *sink = arg;
	struct conn_row conn = {
		.protocol = key->fwmark ? "IP" : protocol_name(key->protocol),
		.state = persist->flags & DRAY_FLOW_FLAGS_ASSURED ? "ASSURED" :
								    "NONE",
		.number = key->protocol,
		.expires = persist->expires,
		.client = persist->client,
		.vip = key->fwmark ? mark_as_addr(key) : key->addr,
		.vip_port = key->port,
		.srv = &row->srv,
	};

	print_row(sink->e, &conn, sink->style->numeric);
	if (!dray_emit_json(sink->e))
		return;
	emit_row(sink->e, row, &conn, "persist");
	dray_emit_num(sink->e, "flows", NULL, persist->flows);
	dray_emit_entry_flags(sink->e, persist->flags);
	dray_emit_end(sink->e);
}

int list_connections(struct session *s, const struct list_style *style,
		     bool pe_columns)
{
	struct conn_sink sink = { .style = style };
	struct dray_filter all = { 0 };
	int rc = session_connect(s);

	if (rc)
		return rc;
	sink.e = dray_emit_open(stdout, style->json, "connections",
				DRAY_EMIT_ARRAY);
	dray_emit_text(sink.e, "IPVS connection entries\n");
	if (pe_columns)
		dray_emit_text(sink.e, "pro expire %-11s %-18s %-18s %-18s %-16s %s\n",
			       "state", "source", "virtual", "destination",
			       "pe name", "pe_data");
	else
		dray_emit_text(sink.e, "pro expire %-11s %-18s %-18s %s\n",
			       "state", "source", "virtual", "destination");
	rc = dray_flows_read(&s->nl, &all, on_flow, &sink);
	if (!rc)
		rc = dray_persists_read(&s->nl, &all, on_persist, &sink);
	dray_emit_generation(sink.e, s->nl.generation);
	if (rc)
		classic_refused(s, CMD_LIST);
	if (dray_emit_close(sink.e) || rc)
		return RC_LIST_FAILED;
	return 0;
}
