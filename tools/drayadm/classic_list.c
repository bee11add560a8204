// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listings of services, column for column ipvsadm's.  Trailing blanks are
 * real, and so is "(size=4096)": scripts skip the first three lines.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "classic_run.h"
#include "emit_noun.h"
#include "text.h"

#define BANNER "IP Virtual Server version 1.2.1 (size=4096)\n"
#define LOCAL "Prot LocalAddress:Port"
#define REMOTE "  -> RemoteAddress:Port\n"

/* the widths at which ipvsadm cuts IPv4 names, for columns that line up */
#define SERVICE_WIDTH 33
#define SERVER_WIDTH 28

static void print_title(struct dray_emit *e, enum list_mode mode)
{
	static const char *const six = "%-33s %8s %8s %8s %8s %8s\n" REMOTE;

	switch (mode) {
	case LIST_STATS:
	case LIST_RATE:
		if (mode == LIST_STATS)
			dray_emit_text(e, six, LOCAL, "Conns", "InPkts",
				       "OutPkts", "InBytes", "OutBytes");
		else
			dray_emit_text(e, six, LOCAL, "CPS", "InPPS", "OutPPS",
				       "InBPS", "OutBPS");
		break;
	case LIST_THRESHOLDS:
		dray_emit_text(e, "%-33s %-10s %-10s %-10s %-10s\n" REMOTE,
			       LOCAL, "Uthreshold", "Lthreshold", "ActiveConn",
			       "InActConn");
		break;
	case LIST_PERSISTENT:
		dray_emit_text(e, "%-33s %-9s %-11s %-10s %-10s\n" REMOTE,
			       LOCAL, "Weight", "PersistConn", "ActiveConn",
			       "InActConn");
		break;
	default:
		dray_emit_text(e, LOCAL " Scheduler Flags\n"
			       "  -> RemoteAddress:Port           Forward %s"
			       "Weight ActiveConn InActConn\n",
			       mode == LIST_TUNNELS ? "TunnelInfo    " : "");
	}
}

/* Nothing comes back through a direct-routing director: two columns are 0. */
static void print_counts(struct dray_emit *e, const struct list_style *style,
			 uint64_t conns, uint64_t packets, uint64_t bytes)
{
	const uint64_t columns[] = { conns, packets, 0, bytes, 0 };
	char text[32];
	int i;

	for (i = 0; i < 5; i++)
		dray_emit_text(e, "%s", dray_number_text(columns[i],
				style->exact, text, sizeof(text)));
}

static void print_flags(struct dray_emit *e, const struct dray_service *svc)
{
	char text[64];

	dray_emit_text(e, " %s", svc->scheduler);
	if (svc->sched_flags)
		dray_emit_text(e, " (%s)", dray_sched_flags_text(svc, text,
								 sizeof(text)));
	if (svc->persist_timeout) {
		dray_emit_text(e, " persistent %u", svc->persist_timeout);
		if (svc->persist_prefix == dray_addr_bits(svc->key.family))
			;
		else if (svc->key.family == AF_INET6)
			dray_emit_text(e, " mask %u", svc->persist_prefix);
		else
			dray_emit_text(e, " mask %s",
				       dray_mask_text(svc->persist_prefix, text,
						      sizeof(text)));
	}
	if (svc->flags & DRAY_SERVICE_FLAGS_OPS)
		dray_emit_text(e, " ops");
}

static void print_service(struct dray_emit *e, const struct dray_service *svc,
			  const struct list_style *style)
{
	char name[DRAY_LINELEN / 2];

	dray_key_text(&svc->key, style->numeric, name, sizeof(name));
	if (svc->key.family != AF_INET6 && strlen(name) > SERVICE_WIDTH)
		name[SERVICE_WIDTH] = '\0';
	if (style->mode == LIST_STATS || style->mode == LIST_RATE)
		dray_emit_text(e, "%-33s", name);
	else
		dray_emit_text(e, "%s", name);
	if (style->mode == LIST_STATS)
		print_counts(e, style, svc->stats.conns, svc->stats.packets,
			     svc->stats.bytes);
	else if (style->mode == LIST_RATE)
		print_counts(e, style, svc->rates.conns, svc->rates.packets,
			     svc->rates.bytes);
	else
		print_flags(e, svc);
	dray_emit_text(e, "\n");
}

/* Three columns that do not shorten, then two that do: as in ipvsadm. */
static void print_server_rate(struct dray_emit *e, const struct dray_server *srv,
			      const struct list_style *style)
{
	char text[32];

	dray_emit_text(e, " %8" PRIu64 " %8" PRIu64 " %8u", srv->rates.conns,
		       srv->rates.packets, 0);
	dray_emit_text(e, "%s", dray_number_text(srv->rates.bytes, style->exact,
						 text, sizeof(text)));
	dray_emit_text(e, "%s\n", dray_number_text(0, false, text,
						   sizeof(text)));
}

static void print_server(struct dray_emit *e, const struct dray_key *key,
			 const struct dray_server *srv,
			 const struct list_style *style)
{
	const char *forward = srv->reach == DRAY_REACH_LOCAL ? "Local" : "Route";
	char name[DRAY_ADDRTEXT];

	dray_addrport_text(&srv->addr, srv->port, key->protocol, style->numeric,
			   name, sizeof(name));
	if (srv->addr.family != AF_INET6 && strlen(name) > SERVER_WIDTH)
		name[SERVER_WIDTH] = '\0';
	dray_emit_text(e, "  -> %-28s", name);
	switch (style->mode) {
	case LIST_STATS:
		print_counts(e, style, srv->stats.conns, srv->stats.packets,
			     srv->stats.bytes);
		dray_emit_text(e, "\n");
		break;
	case LIST_RATE:
		print_server_rate(e, srv, style);
		break;
	case LIST_THRESHOLDS:
		dray_emit_text(e, " %-10u %-10u %-10u %-10u\n",
			       srv->u_threshold, srv->l_threshold, srv->active,
			       srv->inactive);
		break;
	case LIST_PERSISTENT:
		dray_emit_text(e, " %-9u %-11u %-10u %-10u\n", srv->weight,
			       srv->persistent, srv->active, srv->inactive);
		break;
	default:
		dray_emit_text(e, " %-7s %s%-6u %-10u %-10u\n", forward,
			       style->mode == LIST_TUNNELS ? "n/a           " :
							     "",
			       srv->weight, srv->active, srv->inactive);
	}
}

static void emit_servers(struct dray_emit *e, const struct dray_service *svc,
			 const struct list_style *style)
{
	size_t i;

	dray_emit_array(e, "servers");
	for (i = 0; i < svc->n_servers; i++) {
		print_server(e, &svc->key, &svc->servers[i], style);
		dray_emit_object(e, NULL);
		dray_emit_server(e, &svc->servers[i]);
		if (style->mode == LIST_RATE)
			dray_emit_rates(e, &svc->servers[i].rates);
		dray_emit_end(e);
	}
	dray_emit_end(e);
}

static void emit_table(struct dray_emit *e, const struct dray_table *table,
		       const struct list_style *style)
{
	size_t i;

	print_title(e, style->mode);
	for (i = 0; i < table->n_services; i++) {
		const struct dray_service *svc = &table->services[i];

		print_service(e, svc, style);
		dray_emit_object(e, NULL);
		if (dray_emit_json(e))
			dray_emit_service(e, svc);
		if (style->mode == LIST_RATE)
			dray_emit_rates(e, &svc->rates);
		emit_servers(e, svc, style);
		dray_emit_end(e);
	}
}

static int read_table(struct session *s, const struct dray_key *only,
		      const struct list_style *style, struct dray_table *table)
{
	if (style->mode == LIST_RATE)
		return measure_rates(s, only, table);
	return only ? dray_service_load(&s->nl, only, table) :
		      dray_services_read(&s->nl, table);
}

/* only NULL: all of them, with the banner */
int list_services(struct session *s, const struct dray_key *only,
		  const struct list_style *style)
{
	struct dray_table table;
	struct dray_emit *e;
	int rc = session_connect(s);

	if (rc)
		return rc;
	dray_table_init(&table);
	if (read_table(s, only, style, &table)) {
		dray_table_free(&table);
		return classic_refused(s, CMD_LIST);
	}
	if (!style->nosort)
		dray_table_sort(&table);
	e = dray_emit_open(stdout, style->json, "services", DRAY_EMIT_ARRAY);
	dray_emit_generation(e, table.generation);
	if (!only)
		dray_emit_text(e, BANNER);
	emit_table(e, &table, style);
	dray_table_free(&table);
	return dray_emit_close(e) ? RC_LIST_FAILED : 0;
}

static int list_timeouts(struct session *s, bool json)
{
	struct dray_config config;
	struct dray_emit *e;
	int rc = session_connect(s);

	if (rc)
		return rc;
	if (dray_config_read(&s->nl, &config))
		return classic_refused(s, CMD_LIST);
	e = dray_emit_open(stdout, json, "timeouts", DRAY_EMIT_OBJECT);
	dray_emit_generation(e, s->nl.generation);
	dray_emit_num(e, "tcp", "Timeout (tcp tcpfin udp): %" PRIu64,
		      config.timeout_tcp);
	dray_emit_num(e, "tcpfin", " %" PRIu64, config.timeout_tcpfin);
	dray_emit_num(e, "udp", " %" PRIu64 "\n", config.timeout_udp);
	free(config.hooks);
	return dray_emit_close(e) ? RC_LIST_FAILED : 0;
}

/* There are none to list; but only root is told so, as everything. */
static int list_daemons(struct session *s, bool json)
{
	int rc = session_connect(s);

	if (rc)
		return rc;
	return dray_emit_close(dray_emit_open(stdout, json, "daemons",
					      DRAY_EMIT_ARRAY)) ?
		       RC_LIST_FAILED : 0;
}

static enum list_mode mode_of(const struct classic *c)
{
	static const struct {
		enum classic_opt opt;
		enum list_mode mode;
	} order[] = {
		{ OPT_STATS, LIST_STATS },
		{ OPT_RATE, LIST_RATE },
		{ OPT_THRESHOLDS, LIST_THRESHOLDS },
		{ OPT_PERSISTENT_CONN, LIST_PERSISTENT },
		{ OPT_TUN_INFO, LIST_TUNNELS },
	};
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (classic_has(c, order[i].opt))
			return order[i].mode;
	return LIST_PLAIN;
}

int list_run(struct session *s, const struct classic *c)
{
	struct list_style style = {
		.mode = mode_of(c),
		.numeric = classic_has(c, OPT_NUMERIC),
		.exact = classic_has(c, OPT_EXACT),
		.nosort = classic_has(c, OPT_NOSORT),
		.json = classic_has(c, OPT_JSON),
	};

	if (classic_has(c, OPT_CONNECTION))
		return list_connections(s, &style,
					classic_has(c, OPT_PERSISTENT_CONN));
	if (classic_has(c, OPT_TIMEOUT))
		return list_timeouts(s, style.json);
	if (classic_has(c, OPT_DAEMON))
		return list_daemons(s, style.json);
	return list_services(s, classic_has(c, OPT_SERVICE) ? &c->svc.key : NULL,
			     &style);
}
