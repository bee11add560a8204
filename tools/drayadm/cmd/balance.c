// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * balance: shares of flows, wanted and had.  Active flows tell of now; conns
 * of all flows since the counters were zeroed, whatever the weights were then.
 */
#include "balance.h"

#include <inttypes.h>
#include <math.h>

#include "emit_noun.h"
#include "text.h"
#include "words.h"

struct sums {
	uint64_t weight, active, conns;
};

/* Of those that a scheduler may give new flows. */
static uint64_t weight_of(const struct dray_server *srv)
{
	return srv->state == DRAY_SERVER_STATE_UP &&
	       dray_reach_is_usable(srv->reach) ? srv->weight : 0;
}

static struct sums sums_of(const struct dray_service *svc)
{
	struct sums sums = { 0 };
	size_t i;

	for (i = 0; i < svc->n_servers; i++) {
		sums.weight += weight_of(&svc->servers[i]);
		sums.active += svc->servers[i].active;
		sums.conns += svc->servers[i].stats.conns;
	}
	return sums;
}

/* Return: percent; NAN of nothing. */
static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : NAN;
}

static void print_share(struct dray_emit *e, double percent, const char *end)
{
	if (isnan(percent))
		dray_emit_text(e, " %8s%s", "-", end);
	else
		dray_emit_text(e, " %6.1f %%%s", percent, end);
}

static void emit_share(struct dray_emit *e, const char *key, uint64_t part,
		       uint64_t whole, const char *end)
{
	double percent = share(part, whole);

	dray_emit_real(e, key, percent);
	print_share(e, percent, end);
}

static void emit_server(struct dray_emit *e, const struct dray_server *srv,
			uint8_t protocol, const struct sums *sums, bool numeric)
{
	char name[DRAY_ADDRTEXT];

	dray_emit_text(e, "  -> %-28s", dray_addrport_text(&srv->addr,
			srv->port, protocol, numeric, name, sizeof(name)));
	dray_emit_object(e, NULL);
	if (dray_emit_json(e))
		dray_emit_server_name(e, srv);
	dray_emit_str(e, "state", " %-5s", dray_state_name(srv->state));
	dray_emit_str(e, "reach", " %-12s", dray_reach_name(srv->reach));
	dray_emit_num(e, "weight", " %6" PRIu64, srv->weight);
	emit_share(e, "expected_percent", weight_of(srv), sums->weight, "");
	dray_emit_num(e, "active", " %10" PRIu64, srv->active);
	emit_share(e, "active_percent", srv->active, sums->active, "");
	dray_emit_num(e, "conns", " %12" PRIu64, srv->stats.conns);
	emit_share(e, "conns_percent", srv->stats.conns, sums->conns, "\n");
	dray_emit_end(e);
}

static void emit_service(struct dray_emit *e, const struct dray_service *svc,
			 bool numeric)
{
	struct sums sums = sums_of(svc);
	char name[DRAY_LINELEN / 2];
	size_t i;

	dray_emit_object(e, NULL);
	if (dray_emit_json(e))
		dray_emit_key(e, &svc->key);
	dray_emit_text(e, "%s", dray_key_text(&svc->key, numeric, name,
					      sizeof(name)));
	dray_emit_str(e, "scheduler", " %s\n", svc->scheduler);
	dray_emit_array(e, "servers");
	for (i = 0; i < svc->n_servers; i++)
		emit_server(e, &svc->servers[i], svc->key.protocol, &sums,
			    numeric);
	dray_emit_end(e);
	dray_emit_end(e);
}

void balance_emit(struct dray_emit *e, const struct dray_table *table,
		  bool numeric)
{
	size_t i;

	dray_emit_generation(e, table->generation);
	dray_emit_text(e, "%-33s %-5s %-12s %6s %8s %10s %8s %12s %8s\n",
		       "Service, server", "State", "Reach", "Weight",
		       "Expected", "Active", "Share", "Conns", "Share");
	for (i = 0; i < table->n_services; i++)
		emit_service(e, &table->services[i], numeric);
}

int cmd_balance(struct session *s, struct words *w)
{
	const struct dray_key *only = words_service(w) ? &w->c.svc.key : NULL;
	struct dray_table table;
	struct dray_emit *e;
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	rc = session_connect(s);
	if (rc)
		return rc;
	dray_table_init(&table);
	if (only ? dray_service_load(&s->nl, only, &table) :
		   dray_services_read(&s->nl, &table)) {
		dray_table_free(&table);
		return session_failed(s, "cannot read the servers");
	}
	dray_table_sort(&table);
	e = dray_emit_open(stdout, classic_has(&w->c, OPT_JSON), "balance",
			   DRAY_EMIT_ARRAY);
	balance_emit(e, &table, classic_has(&w->c, OPT_NUMERIC));
	dray_table_free(&table);
	return dray_emit_close(e) ? RC_FAILED : 0;
}
