// SPDX-License-Identifier: GPL-2.0-or-later
/* simulate FILE: which clients "apply FILE" would move, before it does. */
#include "simulate.h"

#include <string.h>

#include "apply.h"
#include "conf.h"
#include "text.h"
#include "words.h"

static int run(struct session *s, const struct words *w,
	       const struct dray_table *now, const struct dray_table *wanted)
{
	char error[DRAY_LINELEN];
	struct dray_emit *e;
	int rc;

	if (!simulate_in_force(&now->config, w->config.table_key))
		note(s, "the tables are made with another key than that in "
		     "force; see --table-key-file");
	e = dray_emit_open(stdout, classic_has(&w->c, OPT_JSON), "simulate",
			   DRAY_EMIT_ARRAY);
	dray_emit_generation(e, now->generation);
	rc = simulate_emit(e, now, wanted, w->config.table_key, error,
			   sizeof(error));
	if (dray_emit_close(e))
		return RC_FAILED;
	if (rc)
		complain(s, "%s", error);
	return rc ? RC_FAILED : 0;
}

static int read_and_run(struct session *s, const struct words *w,
			const struct dray_table *wanted)
{
	struct dray_table now;
	int rc = session_connect(s);

	if (rc)
		return rc;
	dray_table_init(&now);
	if (dray_table_read(&s->nl, &now))
		rc = session_failed(s, "cannot read the configuration");
	else
		rc = run(s, w, &now, wanted);
	dray_table_free(&now);
	return rc;
}

int cmd_simulate(struct session *s, struct words *w)
{
	struct conf conf;
	int rc;

	if (w->n_args != 1)
		return words_usage(s, w, "one file is needed");
	if (!w->table_key_file[0])
		strcpy(w->table_key_file, "none");
	rc = words_read_key(s, w);
	if (rc)
		return rc;
	rc = apply_read(s, w->args[0], &conf);
	if (!rc)
		rc = read_and_run(s, w, &conf.table);
	conf_free(&conf);
	explicit_bzero(w->config.table_key, sizeof(w->config.table_key));
	return rc;
}
