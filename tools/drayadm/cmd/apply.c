// SPDX-License-Identifier: GPL-2.0-or-later
/* apply FILE and confirm. */
#include <errno.h>
#include <string.h>

#include "apply.h"
#include "classic_run.h"
#include "conf.h"
#include "text.h"
#include "words.h"

#define TRIES 5

/* Reads a file, or the standard input; a mistake in it is said. */
int apply_read(struct session *s, const char *name, struct conf *conf)
{
	FILE *in = strcmp(name, "-") ? fopen(name, "re") : stdin;
	int rc;

	if (!in) {
		complain(s, "%s: %s", name, strerror(errno));
		memset(conf, 0, sizeof(*conf));
		return RC_USAGE;
	}
	rc = conf_read(in, strcmp(name, "-") ? name : "stdin", conf);
	if (!rc && ferror(in)) {
		snprintf(conf->error, sizeof(conf->error), "%s: %s", name,
			 strerror(EIO));
		rc = RC_FAILED;
	}
	if (in != stdin)
		fclose(in);
	if (rc)
		complain(s, "%s", conf->error);
	return rc;
}

/* Return: how many servers that the file has added cannot be reached. */
static unsigned int warn_unreachable(struct session *s, const struct apply *a,
				     bool strict)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < a->diff.n; i++) {
		const struct dray_change *c = &a->diff.list[i];
		struct dray_server now;
		char addr[INET6_ADDRSTRLEN];

		if (c->cmd != DRAY_CMD_NEW_SERVER)
			continue;
		now = *c->srv;
		if (dray_server_read(&s->nl, c->key, &now) ||
		    dray_reach_is_usable(now.reach))
			continue;
		n++;
		s->line = c->line;
		complain(s, "%s: real server %s is not on-link: %s",
			 strict ? "refused" : "warning",
			 dray_addr_text(&c->srv->addr, addr, sizeof(addr)),
			 dray_reach_why(now.reach));
		s->line = 0;
	}
	return n;
}

static int undo(struct session *s, struct apply *a)
{
	dray_diff_rollback_target(&a->before, a->wanted);
	if (apply_table(s, &a->before, a->with_vips))
		complain(s, "and what was done could not be undone");
	return RC_FAILED;
}

/* One try: with the watcher there before the change is. */
static int change(struct session *s, const struct words *w, struct apply *a)
{
	bool strict = classic_has(&w->c, OPT_STRICT);
	int rc, handle = -1;

	if (w->confirm) {
		rc = rollback_arm(s, a, w->confirm, &handle);
		if (rc)
			return rc;
	}
	rc = apply_send(s, a);
	if (!rc && warn_unreachable(s, a, strict) && strict)
		rc = undo(s, a);
	if (!rc && w->confirm)
		return rollback_start(s, a, w->confirm, handle);
	if (w->confirm)
		rollback_disarm(handle);
	return rc;
}

static int run(struct session *s, const struct words *w, const struct conf *conf)
{
	struct apply a = { .wanted = &conf->table, .with_vips = conf->has_vips };
	int try, rc = -ESTALE;

	if (!w->dry_run)
		rc = rollback_pending(s);
	if (rc > 0)
		return rc;
	for (try = 0, rc = -ESTALE; try < TRIES && rc == -ESTALE; try++) {
		rc = apply_prepare(s, &a);
		if (!rc && w->dry_run)
			diff_print(stdout, &a.diff);
		else if (!rc && a.diff.n)
			rc = change(s, w, &a);
		else if (!rc)
			printf("nothing to do\n");
	}
	apply_free(&a);
	return rc == -ESTALE ? classic_refused(s, CMD_NONE) : rc;
}

int cmd_apply(struct session *s, struct words *w)
{
	struct conf conf;
	int rc;

	if (w->n_args != 1)
		return words_usage(s, w, "one file is needed");
	rc = apply_read(s, w->args[0], &conf);
	if (!rc)
		rc = session_connect(s);
	if (!rc) {
		s->file = w->args[0];
		rc = run(s, w, &conf);
	}
	conf_free(&conf);
	return rc;
}

int cmd_confirm(struct session *s, struct words *w)
{
	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	return rollback_confirm(s);
}
