// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show: the one page for three in the morning.  What is in force and where,
 * every server with its state, and a line with "!" for whatever is wrong.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "emit_noun.h"
#include "text.h"
#include "words.h"

static void print_hooks(struct dray_emit *e, const struct dray_config *c)
{
	const struct dray_hook *hook;
	char device[32];
	size_t i;

	dray_emit_text(e, "hook     %s\n", dray_hook_name(c->hook_mode));
	for (i = 0; i < c->n_hooks; i++) {
		hook = &c->hooks[i];
		dray_emit_text(e, "         %-12s %-5s %s%s%s\n",
			       dray_device_name(hook->ifindex, device,
						sizeof(device)),
			       hook->family == AF_INET6 ? "IPv6" : "IPv4",
			       dray_hook_name(hook->mode),
			       hook->why[0] ? ": " : "", hook->why);
	}
}

static void print_tables(struct dray_emit *e, const struct dray_config *c)
{
	char text[32];

	if (!c->tables)
		return;
	dray_emit_text(e, "tables   %u, %" PRIu64 " of %" PRIu64 " KiB\n",
		       c->tables, c->table_bytes / 1024, c->table_limit / 1024);
	dray_emit_text(e, "table key: %s%s\n",
		       dray_table_key_text(c, text, sizeof(text)),
		       dray_table_key_note(c));
}

static void print_config(struct dray_emit *e, const struct dray_config *c)
{
	dray_emit_text(e, "dray     %s\n", c->version);
	print_hooks(e, c);
	dray_emit_text(e, "flows    %u of %u, %" PRIu64 " KiB\n", c->flows,
		       c->flow_limit, c->flow_bytes / 1024);
	dray_emit_text(e, "persist  %u of %u\n", c->persists, c->persist_limit);
	dray_emit_text(e, "unassured %u of %u%s\n", c->unassured,
		       c->unassured_limit,
		       c->unassured && c->unassured >= c->unassured_limit ?
		       "  ! full: new clients go by the fallback" : "");
	print_tables(e, c);
	dray_emit_text(e, "timeouts tcp %u, tcpfin %u, udp %u s\n",
		       c->timeout_tcp, c->timeout_tcpfin, c->timeout_udp);
	if (c->flow_limit && c->flows >= c->flow_limit)
		dray_emit_text(e, "! the flow table is full\n");
}

static void print_vip(struct dray_emit *e, const struct dray_vip *vip)
{
	bool leased = vip->role == DRAY_ROLE_ACTIVE &&
		      (vip->has & DRAY_BIT(DRAY_A_VIP_LEASE_LEFT));
	char text[INET6_ADDRSTRLEN];

	dray_emit_text(e, "vip      %s %s", dray_addr_text(&vip->addr, text,
							   sizeof(text)),
		       dray_role_name(vip->role));
	if (leased && vip->lease_left)
		dray_emit_text(e, ", lease ends in %u ms", vip->lease_left);
	if (vip->flags & DRAY_VIP_FLAGS_NO_ACCEPT)
		dray_emit_text(e, ", not accepted");
	if (leased && !vip->lease_left)
		dray_emit_text(e, "  ! the lease has run out: not served here");
	dray_emit_text(e, "\n");
}

static void print_table(struct dray_emit *e, const struct dray_service *svc)
{
	bool made = svc->has & DRAY_BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT);
	char text[32];

	if (!(svc->has & DRAY_BIT(DRAY_A_SERVICE_ROWS)))
		return;
	dray_emit_text(e, "  table of %u rows, load limit ", svc->rows);
	dray_emit_text(e, svc->load_limit ? "%u %%" : "none", svc->load_limit);
	dray_emit_text(e, ", slow start %u s, fingerprint %s\n",
		       svc->slow_start,
		       made ? dray_fingerprint_text(svc->fingerprint, text,
						    sizeof(text)) : "none");
	if (!made && svc->n_servers)
		dray_emit_text(e, "  ! no server has a weight: no new flows\n");
}

static void print_service(struct dray_emit *e, const struct dray_service *svc)
{
	char text[DRAY_LINELEN / 2];

	dray_emit_text(e, "\n%s %s", dray_key_text(&svc->key, true, text,
						  sizeof(text)),
		       svc->scheduler);
	if (svc->persist_timeout)
		dray_emit_text(e, " persistent %u", svc->persist_timeout);
	dray_emit_text(e, ", %" PRIu64 " flows scheduled\n", svc->stats.conns);
	print_table(e, svc);
	if (!svc->vip_local && !svc->key.fwmark)
		dray_emit_text(e, "  ! the virtual address is not on this host\n");
	if (svc->rules_bypassed)
		dray_emit_text(e, "  ! rules-bypassed: filter rules are not "
			       "honoured, since the address is not local and "
			       "forwarding is off\n");
	if (!svc->n_servers)
		dray_emit_text(e, "  ! no server: clients are refused\n");
}

static void print_server(struct dray_emit *e, const struct dray_key *key,
			 const struct dray_server *srv)
{
	char text[DRAY_ADDRTEXT], device[32];
	bool usable = dray_reach_is_usable(srv->reach);

	dray_emit_text(e, "  %s %-26s %-5s weight %u, %u active, %u inactive, "
		       "%u persistent",
		       usable && srv->state == DRAY_SERVER_STATE_UP &&
		       srv->weight && !srv->overloaded ? " " : "!",
		       dray_addrport_text(&srv->addr, srv->port, key->protocol,
					  true, text, sizeof(text)),
		       dray_state_name(srv->state), srv->weight, srv->active,
		       srv->inactive, srv->persistent);
	if (srv->overloaded)
		dray_emit_text(e, ", overloaded");
	if (!srv->weight)
		dray_emit_text(e, ", weight 0 gets no new flows");
	if (usable)
		dray_emit_text(e, ", %s %s mtu %u\n",
			       dray_reach_why(srv->reach),
			       dray_device_name(srv->ifindex, device,
						sizeof(device)), srv->mtu);
	else
		dray_emit_text(e, "\n    unreachable: %s\n",
			       dray_reach_why(srv->reach));
}

static void emit_service(struct dray_emit *e, const struct dray_service *svc)
{
	size_t i;

	dray_emit_object(e, NULL);
	print_service(e, svc);
	if (dray_emit_json(e))
		dray_emit_service(e, svc);
	dray_emit_array(e, "servers");
	for (i = 0; i < svc->n_servers; i++) {
		dray_emit_object(e, NULL);
		print_server(e, &svc->key, &svc->servers[i]);
		if (dray_emit_json(e))
			dray_emit_server(e, &svc->servers[i]);
		dray_emit_end(e);
	}
	dray_emit_end(e);
	dray_emit_end(e);
}

static int emit_all(struct dray_emit *e, const struct dray_table *table)
{
	size_t i;

	dray_emit_generation(e, table->generation);
	dray_emit_object(e, "config");
	print_config(e, &table->config);
	if (dray_emit_json(e))
		dray_emit_config(e, &table->config);
	dray_emit_end(e);
	dray_emit_array(e, "vips");
	for (i = 0; i < table->n_vips; i++) {
		dray_emit_object(e, NULL);
		print_vip(e, &table->vips[i]);
		if (dray_emit_json(e))
			dray_emit_vip(e, &table->vips[i]);
		dray_emit_end(e);
	}
	dray_emit_end(e);
	dray_emit_array(e, "services");
	for (i = 0; i < table->n_services; i++)
		emit_service(e, &table->services[i]);
	dray_emit_end(e);
	return dray_emit_close(e);
}

int cmd_show(struct session *s, struct words *w)
{
	struct dray_table table;
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	rc = session_connect(s);
	if (rc)
		return rc;
	dray_table_init(&table);
	if (dray_table_read(&s->nl, &table))
		rc = session_failed(s, "cannot read the configuration");
	else if (emit_all(dray_emit_open(stdout, classic_has(&w->c, OPT_JSON),
					 "show", DRAY_EMIT_OBJECT), &table))
		rc = RC_FAILED;
	dray_table_free(&table);
	return rc;
}
