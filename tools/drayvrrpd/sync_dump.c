// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows, then persistent clients, between two datagrams that say so.  Of a
 * service with a table only what diverges counts; which those are is read when
 * a dump begins.
 */
#include "sync_dump.h"

#include <errno.h>
#include <stdlib.h>

#include "codec.h"
#include "sync_out.h"

struct services {
	struct dray_key *tables;	/* sorted */
	size_t n;
};

static struct {
	struct sync_show *show;
	enum { DUMP_IDLE, DUMP_FLOWS, DUMP_PERSISTS } at;
	bool wanted;
	uint64_t number, begin;
	struct services services;
} dump;

void sync_dump_open(struct sync_show *show)
{
	dump.show = show;
}

void sync_dump_want(void)
{
	dump.wanted = true;
}

bool sync_dump_runs(void)
{
	return dump.wanted || dump.at != DUMP_IDLE;
}

void sync_dump_stop(void)
{
	dump.at = DUMP_IDLE;
}

static int compare(const void *a, const void *b)
{
	return dray_key_cmp(a, b);
}

static void reset_services(void *arg)
{
	struct services *s = arg;

	free(s->tables);
	*s = (struct services){ 0 };
}

static int add_service(struct nlattr **tb, void *arg)
{
	struct services *s = arg;
	struct dray_service svc;

	dray_get_service(tb[DRAY_A_SERVICE], &svc);
	if (!dray_service_has_table(&svc))
		return 0;
	s->tables = dray_grow(s->tables, s->n, sizeof(*s->tables));
	s->tables[s->n++] = svc.key;
	return 0;
}

static int read_services(void)
{
	struct dray_dump ask = { .cmd = DRAY_CMD_GET_SERVICE,
				 .reset = reset_services, .reply = add_service,
				 .arg = &dump.services };
	int rc = dray_nl_dump(sync_module_ask(), &ask);

	if (!rc && dump.services.n)
		qsort(dump.services.tables, dump.services.n,
		      sizeof(*dump.services.tables), compare);
	return rc;
}

static bool is_half_open(const struct dray_flow *flow)
{
	return flow->state == DRAY_FLOW_STATE_SYN_RECV ||
	       flow->state == DRAY_FLOW_STATE_SCTP_INIT;
}

bool sync_dump_counts(const struct sync_entry *entry)
{
	const struct dray_flow_row *row = &entry->row;
	uint32_t flags = entry->persist ? row->persist.flags : row->flow.flags;

	if (entry->persist ? !(flags & DRAY_FLOW_FLAGS_ASSURED) :
			     is_half_open(&row->flow))
		return false;
	return flags & DRAY_FLOW_FLAGS_DIVERGENT ||
	       !dump.services.n ||
	       !bsearch(&row->svc.key, dump.services.tables, dump.services.n,
			sizeof(*dump.services.tables), compare);
}

static void say(enum sync_type type, uint64_t now)
{
	struct sync_dump d = { .number = dump.number };
	struct sync_writer *w = sync_out_begin(type, 0, now);

	sync_put_dump(w, &d);
	sync_out_end(now);
}

static int begin(uint64_t now)
{
	int rc = read_services();

	if (!rc)
		rc = sync_module_dump(false);
	if (rc)
		return rc;
	dump.wanted = false;
	dump.at = DUMP_FLOWS;
	dump.number++;
	say(SYNC_DUMP_BEGIN, now);
	return 0;
}

static int next(uint64_t now)
{
	if (dump.at == DUMP_FLOWS) {
		dump.at = DUMP_PERSISTS;
		return sync_module_dump(true);
	}
	say(SYNC_DUMP_END, now);
	dump.show->counts[SYNC_DUMPS_SENT]++;
	dump.at = DUMP_IDLE;
	return 0;
}

int sync_dump_pump(bool room, uint64_t now)
{
	int rc;

	if (!room)
		return 0;
	if (dump.at == DUMP_IDLE)
		return dump.wanted ? begin(now) : 0;
	rc = sync_module_dump_piece();
	return rc > 0 ? next(now) : rc;
}
