// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: what would become of a packet, told by the kernel's own data path.
 * One packet is told step by step; of many, each gets a line.
 */
#include <errno.h>
#include <string.h>

#include "explain_emit.h"
#include "line.h"
#include "words.h"

static int take_client(const char *text, struct dray_explain_request *request,
		       struct usage *u)
{
	request->client_port = DRAY_EXPLAIN_PORT;
	if (dray_addrport_parse(text, request->protocol, &request->client,
				&request->client_port))
		return 0;
	return usage_fail(u, RC_USAGE, text,
			  "invalid client address[:port] `%s'", text);
}

static int take_vip(const char *text, struct dray_explain_request *request,
		    struct usage *u)
{
	int found = dray_addrport_parse(text, request->protocol, &request->vip,
					&request->vip_port);

	if (!found)
		return usage_fail(u, RC_USAGE, text,
				  "invalid virtual address:port `%s'", text);
	if (!(found & DRAY_HAS_PORT))
		return usage_fail(u, RC_USAGE, text,
				  "the virtual address `%s' needs a port", text);
	return 0;
}

/* Also of a line of a batch. */
static int take_tuple(const char *client, const char *vip,
		      struct dray_explain_request *request, struct usage *u)
{
	int rc = take_client(client, request, u);

	if (!rc)
		rc = take_vip(vip, request, u);
	if (!rc && request->client.family != request->vip.family)
		rc = usage_fail(u, RC_USAGE, client,
				"%s and %s are of different address families",
				client, vip);
	return rc;
}

static int explain_one(struct session *s, struct words *w)
{
	struct usage u = { .program = s->program };
	struct dray_explain x;
	struct dray_emit *e;
	int rc;

	if (w->n_args != 2)
		return words_usage(s, w, "a client and a virtual address with "
				   "its port are needed");
	if (take_tuple(w->args[0], w->args[1], &w->packet, &u))
		return words_usage(s, w, "%s", u.text);
	rc = session_connect(s);
	if (rc)
		return rc;
	if (dray_explain(&s->nl, &w->packet, &x))
		return session_failed(s, w->args[1]);
	e = dray_emit_open(stdout, classic_has(&w->c, OPT_JSON), "explain",
			   DRAY_EMIT_OBJECT);
	dray_emit_generation(e, s->nl.generation);
	explain_emit(e, &w->packet, &x);
	return dray_emit_close(e) ? RC_FAILED : 0;
}

/* What is the matter with this tuple only, in a word; NULL if more is. */
static const char *tuple_failed(int err)
{
	if (err == ESRCH)
		return "no-service";
	return err == ENETUNREACH ? "no-client-route" : NULL;
}

static int batch_line(struct session *s, const struct line *line,
		      const struct dray_explain_request *like, struct usage *u)
{
	struct dray_explain_request request = *like;
	const char *failed = NULL;
	struct dray_explain x;
	int rc;

	if (line->argc < 2)
		return 0;
	if (line->argc != 3)
		return usage_fail(u, RC_USAGE, NULL, "a line is a client and a "
				  "virtual address with its port");
	rc = take_tuple(line->argv[1], line->argv[2], &request, u);
	if (rc)
		return rc;
	if (dray_explain(&s->nl, &request, &x)) {
		failed = tuple_failed(s->nl.error.err);
		if (!failed)
			return session_failed(s, line->argv[2]);
	}
	explain_line(stdout, &request, &x, failed);
	return 0;
}

static int batch_lines(struct session *s, FILE *in,
		       const struct dray_explain_request *like)
{
	struct usage u = { .program = s->program };
	struct line line = { 0 };
	int got, rc = 0;

	while (!rc && (got = line_read(in, &line, s->program, &u))) {
		s->line = line.number;
		u.text[0] = '\0';
		rc = got < 0 ? RC_USAGE : batch_line(s, &line, like, &u);
		if (rc && u.text[0])
			complain(s, "%s", u.text);
	}
	return rc;
}

static int explain_batch(struct session *s, const struct words *w)
{
	bool from_stdin = !strcmp(w->batch, "-");
	FILE *in = from_stdin ? stdin : fopen(w->batch, "r");
	int rc;

	if (!in) {
		complain(s, "%s: %s", w->batch, strerror(errno));
		return RC_USAGE;
	}
	rc = session_connect(s);
	s->file = from_stdin ? NULL : w->batch;
	if (!rc)
		rc = batch_lines(s, in, &w->packet);
	if (!from_stdin)
		fclose(in);
	return rc;
}

int cmd_explain(struct session *s, struct words *w)
{
	if (!w->packet.protocol)
		w->packet.protocol = IPPROTO_TCP;
	if (w->packet.midstream && w->packet.protocol == IPPROTO_UDP)
		return words_usage(s, w, "a datagram has no --ack");
	if (!w->batch[0])
		return explain_one(s, w);
	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s: the lines of "
				   "--batch name the packets", w->args[0]);
	if (classic_has(&w->c, OPT_JSON))
		return words_usage(s, w, "--batch prints lines, not JSON");
	return explain_batch(s, w);
}
