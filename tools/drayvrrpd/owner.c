// SPDX-License-Identifier: GPL-2.0-or-later
/* A table of all commands; some dozens at most. */
#include "owner.h"

#include <errno.h>

#include "log.h"
#include "model.h"

static struct {
	struct owner *owners;
	size_t n;
} table;

static bool is_refused(const struct ka_conf *conf, struct owner *o, char *why,
		       size_t len)
{
	if (ka_command_owner(conf, o->command, &o->uid, &o->gid, why, len) < 0)
		return true;
	return conf->globals.script_security &&
	       ka_command_check(conf, o->command, why, len) == -EPERM;
}

static void add(const struct ka_conf *conf, const struct ka_command *command)
{
	struct owner o = { .command = command };
	char why[256] = "";

	if (!command)
		return;
	o.refused = is_refused(conf, &o, why, sizeof(why));
	if (o.refused)
		log_say(LOG_ERR, "%s:%u: `%s' is not run: %s",
			command->pos.file, command->pos.line, command->text,
			why);
	table.owners = dray_grow(table.owners, table.n, sizeof(o));
	table.owners[table.n++] = o;
}

static void add_notify(const struct ka_conf *conf, const struct ka_notify *n)
{
	add(conf, n->master);
	add(conf, n->backup);
	add(conf, n->fault);
	add(conf, n->stop);
	add(conf, n->deleted);
	add(conf, n->master_rx_lower_pri);
	add(conf, n->any);
}

void owners_find(const struct ka_conf *conf)
{
	size_t i;

	add(conf, conf->globals.fifo.script);
	add(conf, conf->globals.vrrp_fifo.script);
	for (i = 0; i < conf->n_scripts; i++)
		add(conf, conf->scripts[i]->command);
	for (i = 0; i < conf->n_instances; i++)
		add_notify(conf, &conf->instances[i]->notify);
	for (i = 0; i < conf->n_sync_groups; i++)
		add_notify(conf, &conf->sync_groups[i]->notify);
}

const struct owner *owner_of(const struct ka_command *command)
{
	size_t i;

	for (i = 0; i < table.n; i++)
		if (table.owners[i].command == command)
			return table.owners[i].refused ? NULL :
							 &table.owners[i];
	return NULL;
}
