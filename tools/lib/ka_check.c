// SPDX-License-Identifier: GPL-2.0-or-later
/* DAEMON --check FILE: the same answer from both daemons. */
#include "ka.h"

int ka_exit_status(const struct ka_conf *conf)
{
	bool nothing = !conf->n_instances && !conf->n_virtual_servers;

	if (conf->unreadable || (conf->n_of[KA_ERROR] && nothing))
		return KA_EXIT_CANNOT_RUN;
	if (conf->n_of[KA_ERROR])
		return KA_EXIT_ERRORS;
	return conf->script_security_violated ? KA_EXIT_SCRIPT : KA_EXIT_OK;
}

static void print_count(FILE *out, size_t n, const char *what, const char *before)
{
	fprintf(out, "%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static void print_summary(const struct ka_conf *conf, FILE *out)
{
	fprintf(out, "%s: ", conf->path);
	print_count(out, conf->n_instances, "vrrp_instance", "");
	print_count(out, conf->n_virtual_servers, "virtual_server", ", ");
	print_count(out, conf->n_of[KA_ERROR], "error", "; ");
	print_count(out, conf->n_of[KA_WARNING], "warning", ", ");
	print_count(out, conf->n_of[KA_NOTE], "note", ", ");
	putc('\n', out);
}

int ka_check(const char *path, const struct ka_options *options, FILE *out)
{
	struct ka_conf *conf = ka_read(path, options);
	int status;

	if (!conf->unreadable)
		ka_lint(conf);
	ka_messages_print(conf, KA_NOTE, out);
	print_summary(conf, out);
	status = ka_exit_status(conf);
	ka_free(conf);
	return status;
}
