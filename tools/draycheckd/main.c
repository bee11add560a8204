// SPDX-License-Identifier: GPL-2.0-or-later
/* draycheckd: keeps the module's servers equal to configuration and health. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "ka.h"
#include "log.h"
#include "options.h"

static int failed(const char *what)
{
	log_error("draycheckd cannot run: %s", what);
	return KA_EXIT_CANNOT_RUN;
}

int main(int argc, char **argv)
{
	struct daemon *d = &daemon_state;
	int rc = options_parse(argc, argv, &d->options);

	if (rc >= 0)
		return rc;
	if (d->options.check)
		return ka_check(d->options.file, &d->options.ka, stdout);
	log_open(d->options.console, d->options.detail);
	rc = daemon_load(d);
	if (rc)
		return rc;
	if (!d->options.foreground && daemon(0, d->options.console))
		return failed("it cannot go to the background");
	return daemon_run(d) ? failed("see the lines above") : 0;
}
