// SPDX-License-Identifier: GPL-2.0-or-later
/* See options.h. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>

#define DEFAULT_FILE "/etc/dray/dray.conf"
#define DEFAULT_SOCKET "/run/dray/check.sock"
#define DEFAULT_STATE "/var/lib/dray/check.json"
#define DEFAULT_TOLD "/run/dray/sync.json"

#define EXIT_USAGE 2

static const struct option longs[] = {
	{ "use-file", required_argument, NULL, 'f' },
	{ "dont-fork", no_argument, NULL, 'n' },
	{ "log-console", no_argument, NULL, 'l' },
	{ "log-detail", no_argument, NULL, 'D' },
	{ "config-test", no_argument, NULL, 't' },
	{ "check", optional_argument, NULL, 'c' },
	{ "config-id", required_argument, NULL, 'i' },
	{ "pid", required_argument, NULL, 'p' },
	{ "socket", required_argument, NULL, 's' },
	{ "state", required_argument, NULL, 'S' },
	{ "told", required_argument, NULL, 'T' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int help(FILE *out)
{
	fputs("Usage: draycheckd [-nlD] [-f FILE] [-i ID] [-p FILE]\n"
	      "                  [--socket PATH] [--state FILE] [--told FILE]\n"
	      "       draycheckd --check FILE\n"
	      "\n"
	      "Keeps the servers of dray's services equal to configuration and "
	      "health.\n"
	      "\n"
	      "  -f, --use-file FILE    the configuration ("
	      DEFAULT_FILE ")\n"
	      "  -t, --check [FILE]     judge the configuration, do nothing\n"
	      "  -n, --dont-fork        stay in the foreground\n"
	      "  -l, --log-console      log to the standard error\n"
	      "  -D, --log-detail       log more\n"
	      "  -i, --config-id ID     what @ID lines are for this host\n"
	      "  -p, --pid FILE         write the process id there\n"
	      "      --socket PATH      where drayadm health asks ("
	      DEFAULT_SOCKET ")\n"
	      "      --state FILE       changes by hand are kept there ("
	      DEFAULT_STATE ")\n"
	      "      --told FILE        what another director has down ("
	      DEFAULT_TOLD ")\n"
	      "  -v, --version          print the version\n"
	      "  -h, --help             print this\n",
	      out);
	return out == stdout ? 0 : EXIT_USAGE;
}

static int take(int option, struct options *o)
{
	switch (option) {
	case 'f':
		o->file = optarg;
		return -1;
	case 'n':
		o->foreground = true;
		return -1;
	case 'l':
		o->console = true;
		return -1;
	case 'D':
		o->detail = true;
		return -1;
	case 'c':
		if (optarg)
			o->file = optarg;
		o->check = true;
		return -1;
	case 't':
		o->check = true;
		return -1;
	case 'i':
		o->ka.config_id = optarg;
		return -1;
	case 'p':
		o->pid_file = optarg;
		return -1;
	case 's':
		o->socket = optarg;
		return -1;
	case 'S':
		o->state = optarg;
		return -1;
	case 'T':
		o->told = optarg;
		return -1;
	case 'v':
		puts("draycheckd " VERSION);
		return 0;
	case 'h':
		return help(stdout);
	}
	return help(stderr);
}

int options_parse(int argc, char **argv, struct options *o)
{
	int option, rc = -1;

	o->file = DEFAULT_FILE;
	o->socket = DEFAULT_SOCKET;
	o->state = DEFAULT_STATE;
	o->told = DEFAULT_TOLD;
	while (rc < 0 && (option = getopt_long(argc, argv, "f:nlDti:p:vh",
					       longs, NULL)) != -1)
		rc = take(option, o);
	if (rc >= 0)
		return rc;
	/* --check FILE, as well as --check=FILE */
	if (o->check && optind == argc - 1)
		o->file = argv[optind++];
	if (optind == argc)
		return -1;
	fprintf(stderr, "draycheckd: unexpected argument %s\n", argv[optind]);
	return EXIT_USAGE;
}
