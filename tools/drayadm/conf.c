// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A configuration file says what there is to be, so of all commands only -A,
 * -a, "vip add" and "config" make sense in it; -C may stand there, as it does
 * in old files.  The first mistake is named with line, column and a caret.
 */
#include "conf.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *name;
	struct line line;
	struct statement st;
	struct usage u;
	struct conf *conf;
};

static void show(struct reader *r)
{
	int i, column = line_column(&r->line, r->u.word);
	char *to = r->conf->error, *newline;
	size_t size = sizeof(r->conf->error), used;

	newline = strchr(r->line.text, '\n');
	if (newline)
		*newline = '\0';
	if (!column) {
		snprintf(to, size, "%s:%u: %s\n  %s", r->name, r->line.number,
			 r->u.text, r->line.text);
		return;
	}
	snprintf(to, size, "%s:%u:%d: %s\n  %s\n  ", r->name, r->line.number,
		 column, r->u.text, r->line.text);
	/* tabs stay tabs, so that the caret stands under the word */
	used = strlen(to);
	for (i = 0; i < column - 1 && used < size - 2; i++)
		to[used++] = r->line.text[i] == '\t' ? '\t' : ' ';
	to[used++] = '^';
	to[used] = '\0';
}

static int wrong(struct reader *r, const char *word, const char *text)
{
	return usage_fail(&r->u, RC_USAGE, word, "%s", text);
}

static int add_service(struct reader *r)
{
	struct dray_service *svc = &r->st.c.svc, *old;

	old = dray_table_service(&r->conf->table, &svc->key);
	if (old)
		return usage_fail(&r->u, RC_USAGE, NULL,
				  "Service already exists, from line %u",
				  old->line);
	svc->has |= DRAY_BIT(DRAY_A_SERVICE_DOWN_HOLD);
	if (!(svc->has & DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT)))
		svc->load_limit = dray_default_load_limit(svc);
	if (dray_service_has_table(svc))
		svc->has |= DRAY_BIT(DRAY_A_SERVICE_ROWS) |
			    DRAY_BIT(DRAY_A_SERVICE_LOAD_LIMIT) |
			    DRAY_BIT(DRAY_A_SERVICE_SLOW_START);
	svc->line = r->line.number;
	dray_table_add_service(&r->conf->table, svc);
	return 0;
}

/* Servers mostly stand behind their service. */
static struct dray_service *service_of(const struct dray_table *table,
				       const struct dray_key *key)
{
	struct dray_service *last;

	if (!table->n_services)
		return NULL;
	last = &table->services[table->n_services - 1];
	return dray_key_cmp(&last->key, key) ? dray_table_service(table, key) :
					       last;
}

static int add_server(struct reader *r)
{
	struct dray_server *srv = &r->st.c.srv;
	struct dray_service *svc;

	svc = service_of(&r->conf->table, &r->st.c.svc.key);
	if (!svc)
		return wrong(r, NULL, "Service not defined");
	/* direct routing changes no port */
	if (!svc->key.fwmark)
		srv->port = svc->key.port;
	srv->line = r->line.number;
	dray_service_add_server(svc, srv);
	return 0;
}

static int add_vip(struct reader *r)
{
	struct dray_vip *vip = &r->st.w.vip;

	r->conf->has_vips = true;
	if (strcmp(r->st.verb, "add"))
		return wrong(r, r->st.verb, "only \"vip add\" says what there is");
	if (dray_table_vip(&r->conf->table, &vip->addr))
		return wrong(r, r->st.w.args[1],
			     "virtual address already has a role");
	vip->line = r->line.number;
	dray_table_add_vip(&r->conf->table, vip);
	return 0;
}

static int set_config(struct reader *r)
{
	struct dray_config *to = &r->conf->table.config;

	if (to->has)
		return wrong(r, NULL, "a second config line");
	*to = r->st.w.config;
	to->line = r->line.number;
	return 0;
}

static int take_classic(struct reader *r)
{
	switch (r->st.c.cmd) {
	case CMD_ADD_SERVICE:
		return add_service(r);
	case CMD_ADD_SERVER:
		return add_server(r);
	case CMD_FLUSH:
		return r->conf->table.n_services ?
			wrong(r, NULL, "-C behind services") : 0;
	default:
		return usage_fail(&r->u, RC_USAGE, r->line.argv[1],
			"the '%s' command does not say what there is to be; "
			"only -A, -a, vip and config lines do",
			classic_cmd_name(r->st.c.cmd));
	}
}

static int take(struct reader *r)
{
	switch (r->st.kind) {
	case STATEMENT_CLASSIC:
		return take_classic(r);
	case STATEMENT_VIP:
		return add_vip(r);
	case STATEMENT_CONFIG:
		return set_config(r);
	default:
		return 0;
	}
}

static int read_lines(FILE *in, struct reader *r)
{
	int got, rc;

	while ((got = line_read(in, &r->line, "drayadm", &r->u))) {
		rc = got < 0 ? r->u.rc : line_parse(&r->line, &r->st, &r->u);
		if (!rc)
			rc = take(r);
		if (rc) {
			show(r);
			return rc;
		}
	}
	return 0;
}

/* Found when the servers are sorted: a pool may have tens of thousands. */
static int check_repeated(const struct dray_service *svc, const char *name,
			  struct conf *conf)
{
	unsigned int one, two;
	size_t i;

	for (i = 1; i < svc->n_servers; i++) {
		if (dray_server_cmp(&svc->servers[i - 1], &svc->servers[i]))
			continue;
		one = svc->servers[i - 1].line;
		two = svc->servers[i].line;
		snprintf(conf->error, sizeof(conf->error),
			 "%s:%u: Destination already exists, from line %u",
			 name, one > two ? one : two, one > two ? two : one);
		return RC_USAGE;
	}
	return 0;
}

/* Return: 0 and the table sorted, or the exit code with conf->error. */
int conf_read(FILE *in, const char *name, struct conf *conf)
{
	struct reader *r = calloc(1, sizeof(*r));
	size_t i;
	int rc;

	memset(conf, 0, sizeof(*conf));
	if (!r)
		return RC_FAILED;
	r->name = name;
	r->conf = conf;
	rc = read_lines(in, r);
	free(r);
	dray_table_sort(&conf->table);
	for (i = 0; !rc && i < conf->table.n_services; i++)
		rc = check_repeated(&conf->table.services[i], name, conf);
	return rc;
}

void conf_free(struct conf *conf)
{
	dray_table_free(&conf->table);
}
