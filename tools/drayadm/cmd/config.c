// SPDX-License-Identifier: GPL-2.0-or-later
/* config: the settings of this network namespace. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit_noun.h"
#include "table_key.h"
#include "text.h"
#include "words.h"

static void print_tables(struct dray_emit *e, const struct dray_config *c)
{
	char text[32];

	dray_emit_text(e, "table-limit      %" PRIu64 "\n", c->table_limit);
	dray_emit_text(e, "table-key        %s%s\n",
		       dray_table_key_text(c, text, sizeof(text)),
		       dray_table_key_note(c));
	dray_emit_text(e, "tables           %u\n", c->tables);
	dray_emit_text(e, "table-bytes      %" PRIu64 "\n", c->table_bytes);
	dray_emit_text(e, "tables-made      %u\n", c->tables_made);
	dray_emit_text(e, "table-version    %u\n", c->table_version);
}

static void print_config(struct dray_emit *e, const struct dray_config *c)
{
	dray_emit_text(e, "hook             %s\n", dray_hook_name(c->hook_mode));
	dray_emit_text(e, "timeout-tcp      %u\n", c->timeout_tcp);
	dray_emit_text(e, "timeout-tcpfin   %u\n", c->timeout_tcpfin);
	dray_emit_text(e, "timeout-udp      %u\n", c->timeout_udp);
	dray_emit_text(e, "flow-limit       %u\n", c->flow_limit);
	dray_emit_text(e, "persist-limit    %u\n", c->persist_limit);
	dray_emit_text(e, "unassured-limit  %u\n", c->unassured_limit);
	print_tables(e, c);
}

static int show_config(struct session *s, bool json)
{
	struct dray_config config;
	struct dray_emit *e;

	if (dray_config_read_all(&s->nl, &config))
		return session_failed(s, "cannot read the settings");
	e = dray_emit_open(stdout, json, "config", DRAY_EMIT_OBJECT);
	dray_emit_generation(e, s->nl.generation);
	print_config(e, &config);
	if (dray_emit_json(e))
		dray_emit_config(e, &config);
	free(config.hooks);
	return dray_emit_close(e) ? RC_FAILED : 0;
}

static void warn_early(const struct session *s)
{
	complain(s, "warning: with --hook early, packets for services pass by "
		 "the INPUT and mangle rules of this host;\nonly the raw table "
		 "still sees them.  --hook auto does so only where there are "
		 "no such rules.");
}

/* The file is judged before anything is changed, and without the module. */
int words_read_key(const struct session *s, struct words *w)
{
	char error[2 * sizeof(w->table_key_file) + 256];

	if (!w->table_key_file[0])
		return 0;
	if (table_key_read(w->table_key_file, w->config.table_key, error,
			   sizeof(error))) {
		complain(s, "%s", error);
		return RC_USAGE;
	}
	w->config.has |= DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY);
	return 0;
}

static int write_config(struct session *s, struct words *w)
{
	int rc = dray_config_write(&s->nl, &w->config);

	explicit_bzero(w->config.table_key, sizeof(w->config.table_key));
	return rc ? session_failed(s, "settings not changed") : 0;
}

int cmd_config(struct session *s, struct words *w)
{
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	rc = words_read_key(s, w);
	if (!rc)
		rc = session_connect(s);
	if (rc)
		return rc;
	if (!w->config.has)
		return show_config(s, classic_has(&w->c, OPT_JSON));
	rc = write_config(s, w);
	if (rc)
		return rc;
	if ((w->config.has & DRAY_BIT(DRAY_A_CONFIG_HOOK_MODE)) &&
	    w->config.hook_mode == DRAY_HOOK_MODE_EARLY)
		warn_early(s);
	return 0;
}
