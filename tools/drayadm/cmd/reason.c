// SPDX-License-Identifier: GPL-2.0-or-later
/* reasons: what became of packets for virtual addresses, by name. */
#include <inttypes.h>

#include "emit.h"
#include "words.h"

static void emit_reason(const struct dray_reason *reason, void *arg)
{
	struct dray_emit *e = arg;

	dray_emit_object(e, NULL);
	dray_emit_num(e, "packets", "%12" PRIu64, reason->packets);
	dray_emit_str(e, "verdict", "  %-8s", reason->verdict);
	dray_emit_str(e, "name", " %-20s", reason->name);
	dray_emit_str(e, "doc", " %s\n", reason->doc);
	dray_emit_end(e);
}

int cmd_reasons(struct session *s, struct words *w)
{
	struct dray_emit *e;
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	rc = session_connect(s);
	if (rc)
		return rc;
	e = dray_emit_open(stdout, classic_has(&w->c, OPT_JSON), "reasons",
			   DRAY_EMIT_ARRAY);
	dray_emit_text(e, "%12s  %-8s %-20s %s\n", "Packets", "Verdict",
		       "Reason", "Meaning");
	rc = dray_reasons_read(&s->nl, emit_reason, e);
	dray_emit_generation(e, s->nl.generation);
	if (rc)
		rc = session_failed(s, "cannot read the counters");
	return dray_emit_close(e) ? RC_FAILED : rc;
}
