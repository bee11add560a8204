// SPDX-License-Identifier: GPL-2.0-or-later
/* Read while the sync process writes: each number is of some moment. */
#include "sync_report.h"

static double ago(uint64_t at, uint64_t now)
{
	return now > at ? (now - at) / 1e6 : 0;
}

static void emit_peer(struct dray_emit *e, const struct sync_peer_state *p,
		      uint64_t now)
{
	char text[INET6_ADDRSTRLEN];

	dray_emit_object(e, NULL);
	dray_emit_str(e, "address", NULL,
		      dray_addr_text(&p->addr, text, sizeof(text)));
	dray_emit_real(e, "heard_ago", ago(p->heard, now));
	dray_emit_bool(e, "master", NULL, p->master);
	dray_emit_bool(e, "in_sync", NULL, p->in_sync);
	dray_emit_bool(e, "joined", NULL, p->joined);
	dray_emit_bool(e, "differs", NULL, p->differs);
	dray_emit_num(e, "behind", NULL, p->behind);
	dray_emit_end(e);
}

static void emit_counts(struct dray_emit *e, const struct sync_show *show)
{
	int i;

	dray_emit_object(e, "counters");
	for (i = 0; i < SYNC_N_COUNTS; i++)
		dray_emit_num(e, sync_count_name(i), NULL, show->counts[i]);
	dray_emit_end(e);
	dray_emit_object(e, "rejected");
	for (i = SYNC_ACCEPTED + 1; i < SYNC_N_REJECTS; i++)
		dray_emit_num(e, sync_reject_name(i), NULL, show->rejected[i]);
	dray_emit_end(e);
}

void sync_emit(struct dray_emit *e, const struct sync_show *show, uint64_t now)
{
	const struct sync_peer_state *p;

	dray_emit_object(e, "sync");
	dray_emit_str(e, "status", NULL, sync_status_text(show->status));
	if (show->hold_until > now)
		dray_emit_real(e, "hold_left", (show->hold_until - now) / 1e6);
	dray_emit_array(e, "directors");
	for (p = show->peers; p < show->peers + SYNC_PEERS; p++)
		if (p->session && p->addr.family)
			emit_peer(e, p, now);
	dray_emit_end(e);
	emit_counts(e, show);
	dray_emit_end(e);
}
