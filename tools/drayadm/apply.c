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

static const char *line_of(const struct change *c, bool old, char *buf,
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

static void print_change(FILE *out, const struct change *c)
{
	char was[DRAY_LINELEN], is[DRAY_LINELEN];
	const char *old = line_of(c, true, was, sizeof(was));
	const char *new = line_of(c, false, is, sizeof(is));

	if (old && new)
		fprintf(out, "~ %s    # was: %s\n", new, old);
	else
		fprintf(out, "%c %s\n", new ? '+' : '-', new ? new : old);
}

void diff_print(FILE *out, const struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++)
		print_change(out, &diff->list[i]);
}

static int send_change(struct dray_nl *nl, const struct change *c)
{
	switch (c->cmd) {
	case DRAY_CMD_SET_CONFIG:
		return dray_config_write(nl, c->config);
	case DRAY_CMD_NEW_SERVICE:
	case DRAY_CMD_SET_SERVICE:
		return dray_service_write(nl, c->cmd, c->svc);
	case DRAY_CMD_DEL_SERVICE:
		return dray_service_key(nl, c->cmd, &c->old_svc->key);
	case DRAY_CMD_NEW_SERVER:
	case DRAY_CMD_SET_SERVER:
		return dray_server_write(nl, c->cmd, c->key, c->srv);
	case DRAY_CMD_DEL_SERVER: {
		struct dray_server key = *c->old_srv;

		key.has = 0;
		return dray_server_write(nl, c->cmd, c->key, &key);
	}
	case DRAY_CMD_DEL_VIP: {
		struct dray_vip key = { .addr = c->old_vip->addr };

		return dray_vip_write(nl, c->cmd, &key);
	}
	default:
		return dray_vip_write(nl, c->cmd, c->vip);
	}
}

/* ipvsadm's words for what a change does */
static enum classic_cmd command_of(const struct change *c)
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

static int refused(struct session *s, const struct change *c)
{
	unsigned int line = s->line;
	int rc;

	s->line = c->line;
	rc = classic_refused(s, command_of(c));
	s->line = line;
	dray_txn_abort(&s->nl);
	return rc;
}

/* Return: 0, or the exit code with everything said; then nothing is changed. */
int apply_send(struct session *s, const struct apply *a)
{
	size_t i;

	if (dray_txn_begin(&s->nl))
		return classic_refused(s, CMD_NONE);
	for (i = 0; i < a->diff.n; i++)
		if (send_change(&s->nl, &a->diff.list[i]))
			return refused(s, &a->diff.list[i]);
	if (!dray_txn_commit(&s->nl, a->before.generation))
		return 0;
	return s->nl.error.err == ESTALE ? -ESTALE :
					   classic_refused(s, CMD_NONE);
}

int apply_prepare(struct session *s, struct apply *a)
{
	apply_free(a);
	if (dray_table_read(&s->nl, &a->before))
		return session_failed(s, "cannot read the configuration");
	diff_make(&a->before, a->wanted, a->with_vips, &a->diff);
	return 0;
}

void apply_free(struct apply *a)
{
	diff_free(&a->diff);
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
