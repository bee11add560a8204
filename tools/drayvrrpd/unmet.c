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

void unmet_say(const struct ka_conf *conf)
{
	size_t n;

	for (n = 0; n < conf->n_instances; n++) {
		const struct ka_instance *i = conf->instances[n];

		say(i, !i->accept, "no_accept",
		    "the host takes what is sent to the address");
	}
}
