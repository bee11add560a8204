// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which clients another configuration would move.  Tables of the one in force
 * are made again here, so that a table that is not the kernel's is noticed.
 */
#include "simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit_noun.h"
#include "table_key.h"
#include "text.h"

/* One service before and after; NULL: it is not there. */
struct pair {
	const struct dray_service *now, *wanted;
	struct sim_table *from, *to;
};

static const struct dray_service *with_table(const struct dray_service *svc)
{
	return svc && dray_service_has_table(svc) ? svc : NULL;
}

static struct sim_server convert(const struct dray_server *srv)
{
	struct sim_server to = {
		.family = srv->addr.family,
		.port = srv->port,
		.weight = srv->weight,
	};

	memcpy(to.addr, srv->addr.bytes, dray_addr_len(&srv->addr));
	return to;
}

static int make(const struct dray_service *svc, const uint8_t *key,
		struct sim_table **table)
{
	struct sim_server *servers;
	size_t i;
	int err;

	*table = NULL;
	if (!svc)
		return 0;
	servers = calloc(svc->n_servers + 1, sizeof(*servers));
	if (!servers)
		return -ENOMEM;
	for (i = 0; i < svc->n_servers; i++)
		servers[i] = convert(&svc->servers[i]);
	err = sim_table_create(table, servers, svc->n_servers, svc->rows, key);
	free(servers);
	return err;
}

/* Servers without a weight are in no table. */
static const struct dray_server *next_member(const struct dray_service *svc,
					     size_t *i)
{
	while (svc && *i < svc->n_servers)
		if (svc->servers[(*i)++].weight)
			return &svc->servers[*i - 1];
	return NULL;
}

static bool same_table(const struct dray_service *a,
		       const struct dray_service *b)
{
	size_t i = 0, j = 0;
	const struct dray_server *x = next_member(a, &i);
	const struct dray_server *y = next_member(b, &j);

	if (x && y && a->rows != b->rows)
		return false;
	while (x && y && x->weight == y->weight && !dray_server_cmp(x, y)) {
		x = next_member(a, &i);
		y = next_member(b, &j);
	}
	return !x && !y;
}

static void emit_percent(struct dray_emit *e, const char *key,
			 const char *before, int width, double percent)
{
	dray_emit_real(e, key, percent);
	dray_emit_text(e, "%s%*.2f %%", before, width, percent);
}

static void emit_moves(struct dray_emit *e, const struct sim_moved *moved)
{
	emit_percent(e, "moved_percent", ": ", 0, moved->rows);
	emit_percent(e, "needless_percent", " of the clients move, ", 0,
		     moved->needless);
	dray_emit_text(e, " needlessly");
}

static int emit_change(struct dray_emit *e, const struct pair *p)
{
	struct sim_moved moved = { 0 };
	int err = 0;

	if (p->from && p->to) {
		err = sim_table_moved(p->from, p->to, &moved);
		emit_moves(e, &moved);
	} else {
		dray_emit_str(e, "moved_percent", NULL, NULL);
		dray_emit_str(e, "needless_percent", NULL, NULL);
		dray_emit_text(e, p->to ? ": a new table" :
					  ": no table any more");
	}
	if (p->from && p->to && p->now->rows != p->wanted->rows)
		dray_emit_text(e, ", with %u rows instead of %u",
			       p->wanted->rows, p->now->rows);
	dray_emit_text(e, "\n");
	return err;
}

static void emit_server(struct dray_emit *e, const struct pair *p,
			const struct dray_server *srv, uint32_t before,
			uint32_t after)
{
	const struct sim_server server = convert(srv);
	char name[DRAY_ADDRTEXT];

	dray_emit_text(e, "  -> %-28s", dray_addrport_text(&srv->addr,
			srv->port, 0, true, name, sizeof(name)));
	dray_emit_object(e, NULL);
	if (dray_emit_json(e))
		dray_emit_server_name(e, srv);
	dray_emit_num(e, "weight_before", " weight %6" PRIu64, before);
	dray_emit_num(e, "weight_after", " -> %-6" PRIu64, after);
	emit_percent(e, "share_before_percent", " share ", 6,
		     sim_table_share(p->from, &server));
	emit_percent(e, "share_after_percent", " -> ", 6,
		     sim_table_share(p->to, &server));
	dray_emit_text(e, "\n");
	dray_emit_end(e);
}

/* Those before and those after, merged. */
static void emit_servers(struct dray_emit *e, const struct pair *p)
{
	size_t i = 0, j = 0;
	const struct dray_server *a = next_member(p->now, &i);
	const struct dray_server *b = next_member(p->wanted, &j);
	int order;

	dray_emit_array(e, "servers");
	while (a || b) {
		order = !a ? 1 : !b ? -1 : dray_server_cmp(a, b);
		emit_server(e, p, order <= 0 ? a : b, order <= 0 ? a->weight : 0,
			    order >= 0 ? b->weight : 0);
		if (order <= 0)
			a = next_member(p->now, &i);
		if (order >= 0)
			b = next_member(p->wanted, &j);
	}
	dray_emit_end(e);
}

static int emit_pair(struct dray_emit *e, const struct pair *p)
{
	const struct dray_service *svc = p->wanted ? p->wanted : p->now;
	char name[DRAY_LINELEN / 2];
	int err;

	dray_emit_object(e, NULL);
	if (dray_emit_json(e))
		dray_emit_key(e, &svc->key);
	dray_emit_text(e, "%s", dray_key_text(&svc->key, true, name,
					      sizeof(name)));
	dray_emit_str(e, "scheduler", " %s", svc->scheduler);
	if (p->from)
		dray_emit_num(e, "rows_before", NULL, p->now->rows);
	if (p->to)
		dray_emit_num(e, "rows_after", NULL, p->wanted->rows);
	err = emit_change(e, p);
	emit_servers(e, p);
	dray_emit_end(e);
	return err;
}

static int explain(const struct dray_service *svc, int err, char *error,
		   size_t size)
{
	char name[DRAY_LINELEN / 2];

	snprintf(error, size, "%s: no table can be made: %s",
		 dray_key_text(&svc->key, true, name, sizeof(name)),
		 err == -ENOSPC ?
		 "too many servers for so few rows: 16 rows for each at least" :
		 strerror(-err));
	return -1;
}

/* The kernel told its table's fingerprint, and the key is the same. */
static bool is_kernels(const struct pair *p)
{
	return !p->from || !(p->now->has &
			     DRAY_BIT(DRAY_A_SERVICE_TABLE_FINGERPRINT)) ||
	       sim_table_fingerprint(p->from) == p->now->fingerprint;
}

static int simulate(struct dray_emit *e, struct pair *p, const uint8_t *key,
		    bool in_force, char *error, size_t size)
{
	const struct dray_service *at = p->now;
	int err = make(p->now, key, &p->from);

	if (!err) {
		at = p->wanted;
		err = make(p->wanted, key, &p->to);
	}
	if (!err && in_force && !is_kernels(p)) {
		snprintf(error, size, "the table made here is not the "
			 "kernel's: this program is of another version");
		err = 1;
	}
	if (!err)
		err = emit_pair(e, p);
	sim_table_destroy(p->from);
	sim_table_destroy(p->to);
	return err < 0 ? explain(at ? at : p->now, err, error, size) :
			 err ? -1 : 0;
}

/* The kernel tells no key, but whether it is this one. */
bool simulate_in_force(const struct dray_config *c, const uint8_t *key)
{
	uint8_t public[DRAY_KEYLEN];

	if (c->has & DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT))
		return c->key_fingerprint == sim_key_fingerprint(key);
	table_key_public(public);
	return !memcmp(public, key, sizeof(public));
}

int simulate_emit(struct dray_emit *e, const struct dray_table *now,
		  const struct dray_table *wanted, const uint8_t *key,
		  char *error, size_t size)
{
	bool in_force = simulate_in_force(&now->config, key);
	const struct dray_service *a, *b;
	size_t i = 0, j = 0;
	unsigned int n = 0;
	int order, rc = 0;

	while (!rc && (i < now->n_services || j < wanted->n_services)) {
		struct pair p = { 0 };

		a = i < now->n_services ? &now->services[i] : NULL;
		b = j < wanted->n_services ? &wanted->services[j] : NULL;
		order = !a ? 1 : !b ? -1 : dray_key_cmp(&a->key, &b->key);
		i += order <= 0;
		j += order >= 0;
		p.now = with_table(order <= 0 ? a : NULL);
		p.wanted = with_table(order >= 0 ? b : NULL);
		if (same_table(p.now, p.wanted))
			continue;
		n++;
		rc = simulate(e, &p, key, in_force, error, size);
	}
	if (!rc && !n)
		dray_emit_text(e, "no table would change\n");
	return rc;
}
