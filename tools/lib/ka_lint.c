// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the grammar allows and what still cannot work, over the whole of a file
 * and on this machine.  Elections: ka_lint_election.c; services: ka_lint_service.c.
 */
#include "ka_lint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ka_lint_say(struct ka_conf *conf, enum ka_severity severity,
		 const struct ka_pos *pos, const char *done, const char *format,
		 ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	ka_message_add(conf, severity, pos,
		       ka_strdup(conf->memory, text ? text : format), done);
	free(text);
}

/* what was found out about commands already: the same is told once */
struct commands {
	struct ka_conf *conf;
	struct ka_memory *scratch;
	const struct ka_command **seen;
	size_t n_seen;
	bool root_told;
};

static bool same_word(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool seen(struct commands *c, const struct ka_command *cmd)
{
	size_t i;

	for (i = 0; i < c->n_seen; i++)
		if (same_word(c->seen[i]->user, cmd->user) &&
		    same_word(c->seen[i]->group, cmd->group) &&
		    !strcmp(c->seen[i]->shell ? c->seen[i]->text :
						c->seen[i]->argv[0],
			    cmd->shell ? cmd->text : cmd->argv[0]))
			return true;
	c->seen = ka_grow(c->scratch, c->seen, c->n_seen, sizeof(*c->seen));
	c->seen[c->n_seen++] = cmd;
	return false;
}

static void tell_root(struct commands *c, const struct ka_command *cmd)
{
	uid_t uid;
	gid_t gid;
	char why[64];

	if (c->root_told || cmd->user || c->conf->globals.script_user ||
	    ka_command_owner(c->conf, cmd, &uid, &gid, why, sizeof(why)) || uid)
		return;
	c->root_told = true;
	ka_lint_say(c->conf, KA_NOTE, &cmd->pos, "root runs the scripts",
		    "no script_user, and no user keepalived_script on this machine");
}

static void lint_command(struct commands *c, const struct ka_command *cmd)
{
	struct ka_conf *conf = c->conf;
	char why[1024];
	int rc;

	if (!cmd || seen(c, cmd))
		return;
	tell_root(c, cmd);
	rc = ka_command_check(conf, cmd, why, sizeof(why));
	if (rc == -EACCES)
		ka_lint_say(conf, KA_ERROR, &cmd->pos, NULL,
			    "this cannot be run: %s", why);
	if (rc == -EPERM && !conf->globals.script_security)
		ka_lint_say(conf, KA_WARNING, &cmd->pos, NULL, "%s", why);
	if (rc == -EPERM && conf->globals.script_security) {
		conf->script_security_violated = true;
		ka_lint_say(conf, KA_WARNING, &cmd->pos,
			    "enable_script_security: it is not run", "%s", why);
		if (conf->n_messages)
			conf->messages[conf->n_messages - 1].script_security =
				true;
	}
}

static void lint_notify(struct commands *c, const struct ka_notify *n)
{
	lint_command(c, n->master);
	lint_command(c, n->backup);
	lint_command(c, n->fault);
	lint_command(c, n->stop);
	lint_command(c, n->deleted);
	lint_command(c, n->master_rx_lower_pri);
	lint_command(c, n->any);
}

static void lint_service_commands(struct commands *c,
				  const struct ka_virtual_server *v)
{
	const struct ka_real_server *s;
	size_t r, k;

	lint_command(c, v->quorum_up);
	lint_command(c, v->quorum_down);
	for (r = 0; r < v->n_real_servers; r++) {
		s = v->real_servers[r];
		lint_command(c, s->notify_up);
		lint_command(c, s->notify_down);
		for (k = 0; k < s->n_checkers; k++)
			if (s->checkers[k]->type == KA_MISC_CHECK)
				lint_command(c, s->checkers[k]->misc.command);
	}
}

void ka_lint_commands(struct ka_conf *conf)
{
	struct commands c = { .conf = conf, .scratch = ka_memory_create() };
	const struct ka_globals *g = &conf->globals;
	size_t i;

	lint_command(&c, g->fifo.script);
	lint_command(&c, g->vrrp_fifo.script);
	lint_command(&c, g->lvs_fifo.script);
	for (i = 0; i < conf->n_scripts; i++)
		lint_command(&c, conf->scripts[i]->command);
	for (i = 0; i < conf->n_instances; i++)
		lint_notify(&c, &conf->instances[i]->notify);
	for (i = 0; i < conf->n_sync_groups; i++)
		lint_notify(&c, &conf->sync_groups[i]->notify);
	for (i = 0; i < conf->n_virtual_servers; i++)
		lint_service_commands(&c, conf->virtual_servers[i]);
	ka_memory_destroy(c.scratch);
}

static void lint_mail(struct ka_conf *conf)
{
	const struct ka_globals *g = &conf->globals;

	if (g->n_mail_to && !g->smtp_server)
		ka_lint_say(conf, KA_WARNING, &g->pos, "no mail is sent",
			    "notification_email without smtp_server");
}

void ka_lint(struct ka_conf *conf)
{
	lint_mail(conf);
	ka_lint_commands(conf);
	ka_lint_elections(conf);
	ka_lint_services(conf);
}
