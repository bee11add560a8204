// SPDX-License-Identifier: GPL-2.0-or-later
/* Each word has its line; one that is acted upon leaves this file. */
#include "unmet.h"

#include "log.h"

static void say(const struct ka_instance *i, bool said, const char *word,
		const char *instead)
{
	if (said)
		log_say(LOG_WARNING, "(%s) %s is not acted upon: %s", i->name,
			word, instead);
}

static void say_fifo(const struct ka_fifo *fifo)
{
	if (fifo->path && fifo->script)
		log_say(LOG_WARNING, "the script for %s is not started: "
			"start what reads it otherwise", fifo->path);
}

void unmet_say(const struct ka_conf *conf)
{
	size_t n;

	say_fifo(&conf->globals.fifo);
	say_fifo(&conf->globals.vrrp_fifo);
	for (n = 0; n < conf->n_instances; n++) {
		const struct ka_instance *i = conf->instances[n];

		say(i, !i->accept, "no_accept",
		    "the host takes what is sent to the address");
		say(i, i->promote_secondaries, "promote_secondaries",
		    "set the interface's sysctl of that name");
		say(i, i->notify.deleted, "notify_deleted",
		    "a virtual router that is gone is told as STOP");
	}
}
