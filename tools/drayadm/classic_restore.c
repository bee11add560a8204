// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -R.  Line by line as ipvsadm does it: a line that the kernel refuses, or
 * with an unknown option, is reported and passed over; other mistakes stop.
 * With --atomic the whole input is parsed first and sent in one transaction.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classic_run.h"
#include "line.h"

/* The lines of an atomic restore, which has to know all of them first. */
struct batch {
	char **texts;
	unsigned int *lines;
	size_t n;
};

static int send_vip(struct session *s, const struct statement *st)
{
	uint8_t cmd = !strcmp(st->verb, "add") ? DRAY_CMD_NEW_VIP :
		      !strcmp(st->verb, "set") ? DRAY_CMD_SET_VIP :
						 DRAY_CMD_DEL_VIP;

	return dray_vip_write(&s->nl, cmd, &st->w.vip);
}

static int send_statement(struct session *s, struct statement *st)
{
	switch (st->kind) {
	case STATEMENT_VIP:
		return send_vip(s, st);
	case STATEMENT_CONFIG:
		return dray_config_write(&s->nl, &st->w.config);
	default:
		return classic_send(s, &st->c);
	}
}

static int run_statement(struct session *s, struct statement *st)
{
	int rc;

	if (st->kind == STATEMENT_NONE)
		return 0;
	if (st->kind == STATEMENT_CLASSIC)
		return classic_run(s, &st->c);
	rc = session_connect(s);
	if (rc)
		return rc;
	return send_statement(s, st) ? classic_refused(s, CMD_NONE) : 0;
}

/* ipvsadm stops at these; an unknown option is only passed over */
static bool stops(const struct usage *u)
{
	return u->rc == RC_USAGE || !strncmp(u->text, "Try ", 4);
}

static int restore_lines(struct session *s)
{
	static struct line line;
	static struct statement st;
	struct usage u;
	int got, rc, result = 0;

	line.number = 0;
	while ((got = line_read(stdin, &line, s->program, &u))) {
		s->line = line.number;
		rc = got < 0 ? u.rc : line_parse(&line, &st, &u);
		if (!rc && st.kind == STATEMENT_CLASSIC &&
		    st.c.cmd == CMD_RESTORE)
			rc = usage_tryhelp(&u);
		if (rc) {
			usage_print(&u, line.number);
			if (stops(&u))
				return rc;
		} else {
			rc = run_statement(s, &st);
			if (rc && !s->connected)
				return rc;
		}
		if (rc)
			result = rc;
	}
	return result;
}

static int belongs_into_transaction(const struct statement *st, struct usage *u)
{
	if (st->kind != STATEMENT_CLASSIC)
		return 0;
	switch (st->c.cmd) {
	case CMD_LIST:
	case CMD_SAVE:
	case CMD_RESTORE:
	case CMD_HELP:
	case CMD_VERSION:
		return usage_fail(u, RC_USAGE, NULL,
			"the '%s' command cannot be part of a transaction",
			classic_cmd_name(st->c.cmd));
	default:
		return 0;
	}
}

static void keep(struct batch *batch, const struct line *line)
{
	batch->texts = dray_grow(batch->texts, batch->n, sizeof(char *));
	batch->lines = dray_grow(batch->lines, batch->n, sizeof(*batch->lines));
	batch->texts[batch->n] = strdup(line->text);
	batch->lines[batch->n++] = line->number;
}

static int read_all(struct session *s, struct batch *batch)
{
	static struct line line;
	static struct statement st;
	struct usage u;
	int got, rc;

	line.number = 0;
	while ((got = line_read(stdin, &line, s->program, &u))) {
		rc = got < 0 ? u.rc : line_parse(&line, &st, &u);
		if (!rc)
			rc = belongs_into_transaction(&st, &u);
		if (rc) {
			usage_print(&u, line.number);
			return rc;
		}
		if (st.kind != STATEMENT_NONE)
			keep(batch, &line);
	}
	return 0;
}

static int refused_at(struct session *s, const struct statement *st)
{
	int rc = classic_refused(s, st->kind == STATEMENT_CLASSIC ? st->c.cmd :
								    CMD_NONE);

	dray_txn_abort(&s->nl);
	return rc;
}

/* Parsed once more: a line is short, a parsed one is not. */
static int send_line(struct session *s, const char *text, unsigned int number)
{
	static struct line line;
	static struct statement st;
	struct usage u;

	s->line = number;
	if (!text || strlen(text) >= sizeof(line.text))
		return RC_FAILED;
	strcpy(line.text, text);
	if (line_split(&line, s->program, &u) || line_parse(&line, &st, &u)) {
		usage_print(&u, number);
		dray_txn_abort(&s->nl);
		return u.rc;
	}
	return send_statement(s, &st) ? refused_at(s, &st) : 0;
}

static int send_all(struct session *s, struct batch *batch)
{
	uint32_t generation;
	size_t i;
	int rc = session_connect(s);

	if (rc)
		return rc;
	if (dray_txn_begin(&s->nl))
		return classic_refused(s, CMD_NONE);
	generation = s->nl.generation;
	for (i = 0; !rc && i < batch->n; i++)
		rc = send_line(s, batch->texts[i], batch->lines[i]);
	s->line = 0;
	if (rc)
		return rc;
	if (dray_txn_commit(&s->nl, generation))
		return classic_refused(s, CMD_NONE);
	return 0;
}

int restore_run(struct session *s, bool atomic)
{
	struct batch batch = { 0 };
	size_t i;
	int rc;

	if (!atomic) {
		rc = restore_lines(s);
		s->line = 0;
		return rc;
	}
	rc = read_all(s, &batch);
	if (!rc)
		rc = send_all(s, &batch);
	for (i = 0; i < batch.n; i++)
		free(batch.texts[i]);
	free(batch.texts);
	free(batch.lines);
	return rc;
}
