// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows, persist entries and reasons.  A listing of flows is printed as it
 * comes: there may be millions, and it need not be of one moment.  So it is
 * never started over.
 */
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "request.h"

struct row_sink {
	const struct dray_filter *filter;
	dray_row_fn row;
	void *arg;
	bool persist;
};

static int put_filter(struct nl_msg *msg, const struct dray_filter *filter)
{
	int rc = 0;

	if (filter->has_key)
		rc = dray_put_key(msg, &filter->key);
	if (rc >= 0 && filter->has_server)
		rc = dray_put_server(msg, &filter->server);
	if (rc >= 0)
		rc = dray_put_flow(msg, &filter->flow);
	if (rc >= 0)
		rc = dray_put_persist(msg, &filter->persist);
	return rc;
}

static int fill_rows(struct nl_msg *msg, void *arg)
{
	struct row_sink *sink = arg;

	return put_filter(msg, sink->filter);
}

static int reply_row(struct nlattr **tb, void *arg)
{
	struct row_sink *sink = arg;
	struct dray_flow_row row;

	memset(&row, 0, sizeof(row));
	dray_get_service(tb[DRAY_A_SERVICE], &row.svc);
	dray_get_server(tb[DRAY_A_SERVER], &row.srv);
	if (sink->persist)
		dray_get_persist(tb[DRAY_A_PERSIST], &row.persist);
	else
		dray_get_flow(tb[DRAY_A_FLOW], &row.flow);
	sink->row(&row, sink->arg);
	return 0;
}

static int read_rows(struct dray_nl *nl, uint8_t cmd, struct row_sink *sink)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, NLM_F_DUMP);

	if (msg && fill_rows(msg, sink) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(nl, msg, reply_row, sink);
}

int dray_flows_read(struct dray_nl *nl, const struct dray_filter *filter,
		    dray_row_fn row, void *arg)
{
	struct row_sink sink = { .filter = filter, .row = row, .arg = arg };

	return read_rows(nl, DRAY_CMD_GET_FLOW, &sink);
}

int dray_persists_read(struct dray_nl *nl, const struct dray_filter *filter,
		       dray_row_fn row, void *arg)
{
	struct row_sink sink = { .filter = filter, .row = row, .arg = arg,
				 .persist = true };

	return read_rows(nl, DRAY_CMD_GET_PERSIST, &sink);
}

static int reply_deleted(struct nlattr **tb, void *arg)
{
	*(uint32_t *)arg = dray_get_u32(tb[DRAY_A_DELETED]);
	return 0;
}

/* cmd: DRAY_CMD_DEL_FLOW or DRAY_CMD_DEL_PERSIST */
int dray_entries_delete(struct dray_nl *nl, uint8_t cmd,
			const struct dray_filter *filter, uint32_t *deleted)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, 0);

	*deleted = 0;
	if (msg && put_filter(msg, filter) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(nl, msg, reply_deleted, deleted);
}

struct reason_sink {
	struct dray_reason *list;
	size_t n;
};

static void reset_reasons(void *arg)
{
	struct reason_sink *sink = arg;

	free(sink->list);
	memset(sink, 0, sizeof(*sink));
}

static int reply_reason(struct nlattr **tb, void *arg)
{
	struct reason_sink *sink = arg;

	sink->list = dray_grow(sink->list, sink->n, sizeof(*sink->list));
	dray_get_reason(tb[DRAY_A_REASON], &sink->list[sink->n++]);
	return 0;
}

int dray_reasons_read(struct dray_nl *nl, dray_reason_fn fn, void *arg)
{
	struct reason_sink sink = { 0 };
	struct dray_dump dump = {
		.cmd = DRAY_CMD_GET_REASON,
		.reset = reset_reasons,
		.reply = reply_reason,
		.arg = &sink,
	};
	int rc = dray_nl_dump(nl, &dump);
	size_t i;

	for (i = 0; !rc && i < sink.n; i++)
		fn(&sink.list[i], arg);
	free(sink.list);
	return rc;
}
