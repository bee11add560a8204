// SPDX-License-Identifier: GPL-2.0-or-later
/* drayvrrpd: options, the configuration, then the supervisor takes over. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ka_vrrp.h"
#include "log.h"
#include "supervisor.h"

#define CONFIG "/etc/dray/dray.conf"
#define RUN_DIR "/run/dray"

struct options {
	struct supervisor_options supervisor;
	struct log_options log;
	const char *pid_file;
	bool foreground, check;
};

enum { OPT_RUN_DIR = 256 };

static const struct option longs[] = {
	{ "use-file", required_argument, NULL, 'f' },
	{ "config-id", required_argument, NULL, 'i' },
	{ "dont-fork", no_argument, NULL, 'n' },
	{ "log-console", no_argument, NULL, 'l' },
	{ "log-detail", no_argument, NULL, 'D' },
	{ "pid", required_argument, NULL, 'p' },
	{ "vrrp", no_argument, NULL, 'P' },
	{ "check", no_argument, NULL, 't' },
	{ "config-test", no_argument, NULL, 't' },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: drayvrrpd [OPTION...]\n"
	"       drayvrrpd --check [OPTION...] [FILE]\n"
	"  -f, --use-file FILE   configuration, default " CONFIG "\n"
	"  -i, --config-id ID    which @ID lines are read, default the host's name\n"
	"  -t, --check           only say what is wrong with it\n"
	"  -n, --dont-fork       stay in the foreground\n"
	"  -l, --log-console     log to stderr instead of syslog\n"
	"  -D, --log-detail      say more\n"
	"  -p, --pid FILE        write the process number there\n"
	"      --run-dir DIR     state and status socket, default " RUN_DIR "\n"
	"  -P, --vrrp            taken for keepalived's sake: it is all we do\n"
	"  -v, --version\n"
	"  -h, --help\n";

static int usage(void)
{
	fputs(help, stderr);
	return 2;
}

/* Return: -1 to go on, or the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "f:i:nlDp:Ptvh", longs, NULL)) >= 0)
		switch (c) {
		case 'f':
			o->supervisor.path = optarg;
			break;
		case 'i':
			o->supervisor.ka.config_id = optarg;
			break;
		case 'n':
			o->foreground = true;
			break;
		case 'l':
			o->log.to_stderr = true;
			break;
		case 'D':
			o->log.detail = true;
			break;
		case 'p':
			o->pid_file = optarg;
			break;
		case 'P':
			break;
		case 't':
			o->check = true;
			break;
		case OPT_RUN_DIR:
			o->supervisor.run_dir = optarg;
			break;
		case 'v':
			puts("drayvrrpd " VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return usage();
		}
	if (o->check && optind + 1 == argc)
		o->supervisor.path = argv[optind++];
	return optind < argc ? usage() : -1;
}

static void write_pid(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f))
		log_say(LOG_WARNING, "cannot write %s: %s", path,
			strerror(errno));
}

int main(int argc, char **argv)
{
	struct options o = { .supervisor = { .path = CONFIG,
					     .run_dir = RUN_DIR } };
	struct ka_conf *conf;
	int rc = read_options(argc, argv, &o);

	if (rc >= 0)
		return rc;
	if (o.check)
		return ka_check(o.supervisor.path, &o.supervisor.ka, stdout);
	conf = ka_read(o.supervisor.path, &o.supervisor.ka);
	if (conf->unreadable) {
		ka_messages_print(conf, KA_WARNING, stderr);
		return KA_EXIT_CANNOT_RUN;
	}
	if (!o.foreground && daemon(0, o.log.to_stderr)) {
		perror("drayvrrpd");
		return KA_EXIT_CANNOT_RUN;
	}
	if (log_start(&o.log))
		perror("drayvrrpd: no process for the log");
	if (o.pid_file)
		write_pid(o.pid_file);
	rc = supervisor_main(&o.supervisor, conf);
	if (o.pid_file)
		unlink(o.pid_file);
	log_stop();
	return rc;
}
