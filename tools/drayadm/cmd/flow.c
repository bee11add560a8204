// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flows and persist: listing with filters that the kernel applies, and
 * deleting.  More than one entry goes only with --all: a filter that matches
 * more than was meant must not empty a table.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "emit_noun.h"
#include "text.h"
#include "words.h"

struct rows {
	struct dray_emit *e;
	bool numeric;
	uint32_t count;
};

static void emit_common(struct rows *r, const struct dray_flow_row *row,
			uint32_t flags, uint32_t expires)
{
	char text[DRAY_LINELEN / 2];

	dray_emit_text(r->e, " -> %-24s", dray_addrport_text(&row->srv.addr,
			row->srv.port, row->svc.key.protocol, r->numeric, text,
			sizeof(text)));
	dray_emit_object(r->e, "service");
	dray_emit_key(r->e, &row->svc.key);
	dray_emit_end(r->e);
	dray_emit_object(r->e, "server");
	dray_emit_server_name(r->e, &row->srv);
	dray_emit_end(r->e);
	dray_emit_entry_flags(r->e, flags);
	dray_emit_num(r->e, "expires_ms", NULL, expires);
	dray_emit_text(r->e, " %5us%s%s", expires / 1000,
		       flags & DRAY_FLOW_FLAGS_ASSURED ? " assured" : "",
		       flags & DRAY_FLOW_FLAGS_DIVERGENT ? " divergent" : "");
}

static void emit_flow(const struct dray_flow_row *row, void *arg)
{
	const struct dray_flow *flow = &row->flow;
	const char *proto = dray_protocol_name(flow->protocol);
	char text[DRAY_ADDRTEXT];
	struct rows *r = arg;

	r->count++;
	dray_emit_object(r->e, NULL);
	dray_emit_str(r->e, "protocol", "%-4s ", proto);
	dray_emit_text(r->e, "%-24s", dray_addrport_text(&flow->client,
			flow->client_port, flow->protocol, r->numeric, text,
			sizeof(text)));
	dray_emit_text(r->e, " %-24s", dray_addrport_text(&flow->vip,
			flow->vip_port, flow->protocol, r->numeric, text,
			sizeof(text)));
	dray_emit_addr(r->e, "client", &flow->client);
	dray_emit_num(r->e, "client_port", NULL, flow->client_port);
	dray_emit_addr(r->e, "vip", &flow->vip);
	dray_emit_num(r->e, "vip_port", NULL, flow->vip_port);
	emit_common(r, row, flow->flags, flow->expires);
	dray_emit_str(r->e, "state", " %s\n", dray_flow_state_name(flow));
	dray_emit_end(r->e);
}

static void emit_persist(const struct dray_flow_row *row, void *arg)
{
	const struct dray_persist *persist = &row->persist;
	char text[DRAY_LINELEN / 2];
	struct rows *r = arg;

	r->count++;
	dray_emit_object(r->e, NULL);
	dray_emit_text(r->e, "%-30s", dray_key_text(&row->svc.key, r->numeric,
						    text, sizeof(text)));
	dray_emit_text(r->e, " %-24s", dray_addr_text(&persist->client, text,
						      sizeof(text)));
	dray_emit_addr(r->e, "client", &persist->client);
	emit_common(r, row, persist->flags, persist->expires);
	dray_emit_num(r->e, "flows", " %" PRIu64 " flows\n", persist->flows);
	dray_emit_end(r->e);
}

static void set_filter(const struct words *w, bool persist,
		       struct dray_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->has_key = words_service(w);
	f->key = w->c.svc.key;
	f->has_server = classic_has(&w->c, OPT_SERVER);
	f->server.addr = w->c.srv.addr;
	f->server.port = w->c.srv.port;
	if (persist) {
		f->persist.client = w->client;
		if (w->client.family)
			f->persist.has = DRAY_BIT(DRAY_A_PERSIST_CLIENT);
		return;
	}
	f->flow.client = w->client;
	f->flow.client_port = w->client_port;
	f->flow.vip = w->on_vip;
	if (w->client.family)
		f->flow.has |= DRAY_BIT(DRAY_A_FLOW_CLIENT);
	if (w->client_port_given)
		f->flow.has |= DRAY_BIT(DRAY_A_FLOW_CLIENT_PORT);
	if (w->on_vip.family)
		f->flow.has |= DRAY_BIT(DRAY_A_FLOW_VIP);
}

static int read_rows(struct session *s, const struct dray_filter *f,
		     bool persist, dray_row_fn fn, struct rows *r)
{
	return persist ? dray_persists_read(&s->nl, f, fn, r) :
			 dray_flows_read(&s->nl, f, fn, r);
}

static int list_rows(struct session *s, const struct words *w,
		     const struct dray_filter *f, bool persist)
{
	struct rows r = { .numeric = classic_has(&w->c, OPT_NUMERIC) };
	int rc;

	r.e = dray_emit_open(stdout, classic_has(&w->c, OPT_JSON),
			     persist ? "persists" : "flows", DRAY_EMIT_ARRAY);
	rc = read_rows(s, f, persist, persist ? emit_persist : emit_flow, &r);
	dray_emit_generation(r.e, s->nl.generation);
	if (rc)
		rc = session_failed(s, "cannot read the entries");
	return dray_emit_close(r.e) ? RC_FAILED : rc;
}

static void count_row(const struct dray_flow_row *row, void *arg)
{
	struct rows *r = arg;

	(void)row;
	r->count++;
}

static int delete_rows(struct session *s, const struct words *w,
		       const struct dray_filter *f, bool persist)
{
	struct rows r = { 0 };
	uint32_t deleted;

	if (!w->all) {
		if (read_rows(s, f, persist, count_row, &r))
			return session_failed(s, "cannot read the entries");
		if (r.count > 1) {
			complain(s, "%u entries match; --all deletes them all",
				 r.count);
			return RC_FAILED;
		}
	}
	if (dray_entries_delete(&s->nl, persist ? DRAY_CMD_DEL_PERSIST :
						  DRAY_CMD_DEL_FLOW,
				f, &deleted)) {
		if (s->nl.error.err != ENOENT)
			return session_failed(s, "nothing deleted");
		complain(s, "no entry matches");
		return RC_FAILED;
	}
	printf("%u deleted\n", deleted);
	return 0;
}

static int run(struct session *s, struct words *w, bool persist)
{
	bool del = w->n_args && !strcmp(w->args[0], "del");
	struct dray_filter f;
	int rc;

	if (w->n_args > 1 || (w->n_args && !del && strcmp(w->args[0], "list")))
		return words_usage(s, w, "unexpected argument %s",
				   w->args[w->n_args - 1]);
	set_filter(w, persist, &f);
	if (del && !w->all && !f.has_key && !f.has_server && !f.flow.has &&
	    !f.persist.has)
		return words_usage(s, w, "say what to delete, or --all");
	rc = session_connect(s);
	if (rc)
		return rc;
	return del ? delete_rows(s, w, &f, persist) :
		     list_rows(s, w, &f, persist);
}

int cmd_flows(struct session *s, struct words *w)
{
	return run(s, w, false);
}

int cmd_persist(struct session *s, struct words *w)
{
	return run(s, w, true);
}
