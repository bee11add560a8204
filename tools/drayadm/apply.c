// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what there is, computes the difference and sends it in one
 * transaction that the kernel takes only if nothing has changed since the
 * reading.  Where nothing differs, nothing is sent.
 */
#include "apply.h"

#include <errno.h>
#include <string.h>

#include "classic_run.h"
#include "text.h"

#define TRIES 5

static const char *line_of(const struct dray_change *c, bool old, char *buf,
			   size_t len)
{
	const struct dray_service *svc = old ? c->old_svc : c->svc;
	const struct dray_server *srv = old ? c->old_srv : c->srv;
	const struct dray_config *config = old ? c->old_config : c->config;
	const struct dray_vip *vip = old ? c->old_vip : c->vip;
	struct dray_config shown;

	if (svc)
		return dray_service_line(svc, true, buf, len);
	if (srv)
		return dray_server_line(c->key, srv, true, buf, len);
	if (vip)
		return dray_vip_line(vip, buf, len);
	if (!config)
		return NULL;
	/* only what the file speaks of */
	shown = *config;
	shown.has &= c->config->has;
	return dray_config_line(&shown, buf, len);
}

static void print_change(FILE *out, const struct dray_change *c)
{
	char was[DRAY_LINELEN], is[DRAY_LINELEN];
	const char *old = line_of(c, true, was, sizeof(was));
	const char *new = line_of(c, false, is, sizeof(is));

	if (old && new)
		fprintf(out, "~ %s    # was: %s\n", new, old);
	else
		fprintf(out, "%c %s\n", new ? '+' : '-', new ? new : old);
}

void diff_print(FILE *out, const struct dray_diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++)
		print_change(out, &diff->list[i]);
}

/* ipvsadm's words for what a change does */
static enum classic_cmd command_of(const struct dray_change *c)
{
	switch (c->cmd) {
	case DRAY_CMD_NEW_SERVICE:
		return CMD_ADD_SERVICE;
	case DRAY_CMD_SET_SERVICE:
		return CMD_EDIT_SERVICE;
	case DRAY_CMD_DEL_SERVICE:
		return CMD_DEL_SERVICE;
	case DRAY_CMD_NEW_SERVER:
		return CMD_ADD_SERVER;
	case DRAY_CMD_SET_SERVER:
		return CMD_EDIT_SERVER;
	case DRAY_CMD_DEL_SERVER:
		return CMD_DEL_SERVER;
	default:
		return CMD_NONE;
	}
}

static int refused(struct session *s, const struct dray_change *c)
{
	unsigned int line = s->line;
	int rc;

	if (c)
		s->line = c->line;
	rc = classic_refused(s, c ? command_of(c) : CMD_NONE);
	s->line = line;
	return rc;
}

/* Return: 0, or the exit code with everything said; then nothing is changed. */
int apply_send(struct session *s, const struct apply *a)
{
	const struct dray_change *culprit;
	int rc = dray_diff_send(&s->nl, &a->diff, a->before.generation,
				&culprit);

	return !rc || rc == -ESTALE ? rc : refused(s, culprit);
}

int apply_prepare(struct session *s, struct apply *a)
{
	apply_free(a);
	if (dray_table_read(&s->nl, &a->before))
		return session_failed(s, "cannot read the configuration");
	dray_diff_make(&a->before, a->wanted, a->with_vips, &a->diff);
	return 0;
}

void apply_free(struct apply *a)
{
	dray_diff_free(&a->diff);
	dray_table_free(&a->before);
}

/* Again from the reading on if somebody else was faster. */
int apply_table(struct session *s, const struct dray_table *wanted,
		bool with_vips)
{
	struct apply a = { .wanted = wanted, .with_vips = with_vips };
	int try, rc = -ESTALE;

	for (try = 0; try < TRIES && rc == -ESTALE; try++) {
		rc = apply_prepare(s, &a);
		if (!rc && a.diff.n)
			rc = apply_send(s, &a);
	}
	apply_free(&a);
	return rc == -ESTALE ? classic_refused(s, CMD_NONE) : rc;
}
