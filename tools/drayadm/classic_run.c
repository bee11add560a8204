// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carrying out one classic command.  ipvsadm's "edit" replaces, the kernel's
 * "set" merges: so every setting that ipvsadm knows is always sent.
 */
#include "classic_run.h"

#include <errno.h>
#include <string.h>

#include "text.h"

/* Texts that say it all need no reason behind them. */
static bool is_generic(int err)
{
	return err != EEXIST && err != ESRCH && err != EPERM && err != ENOMEM;
}

/* ipvsadm's words first, for scripts; then the kernel's, for people. */
int classic_refused(const struct session *s, enum classic_cmd cmd)
{
	const struct dray_error *error = &s->nl.error;
	bool known = error->err == ENOENT && cmd != CMD_NONE;
	char buf[320];

	complain(s, "%s", errno_text(cmd, error->err));
	if (!known && is_generic(error->err) &&
	    errno_reason(error, buf, sizeof(buf)))
		complain(s, "%s", buf);
	return cmd == CMD_LIST ? RC_LIST_FAILED : RC_FAILED;
}

/* Direct routing changes no port: the server's is the service's. */
static void override_port(const struct session *s, struct classic *c)
{
	const struct dray_key *key = &c->svc.key;

	if (key->fwmark || c->srv.port == key->port)
		return;
	if (c->server_port_given)
		note(s, "real server port %u ignored, direct routing keeps port %u",
		     c->srv.port, key->port);
	c->srv.port = key->port;
}

static int undo_server(struct session *s, const struct dray_key *key,
		       const struct dray_server *srv)
{
	struct dray_server named = { .addr = srv->addr, .port = srv->port };

	if (dray_server_write(&s->nl, DRAY_CMD_DEL_SERVER, key, &named))
		classic_refused(s, CMD_DEL_SERVER);
	return RC_FAILED;
}

/*
 * At boot there may be no route yet, so such a server is taken; but somebody
 * who is looking should know.
 */
int classic_judge_reach(struct session *s, const struct dray_key *key,
			const struct dray_server *srv, bool strict)
{
	struct dray_server now = *srv;
	char addr[INET6_ADDRSTRLEN];

	if (dray_server_read(&s->nl, key, &now) ||
	    dray_reach_is_usable(now.reach))
		return 0;
	complain(s, "%s: real server %s is not on-link: %s",
		 strict ? "refused" : "warning",
		 dray_addr_text(&srv->addr, addr, sizeof(addr)),
		 dray_reach_why(now.reach));
	return strict ? undo_server(s, key, srv) : 0;
}

static void judge_loaded(const struct session *s, const struct dray_service *svc)
{
	uint32_t n, wanted = dray_service_rows_wanted(svc, &n);

	if (wanted > svc->rows)
		complain(s, "warning: %u servers with a weight have %u rows, "
			 "so that shares are coarse; set --rows %u (that "
			 "moves all clients)", n, svc->rows, wanted);
}

/*
 * One question more for each server; the servers themselves are read only
 * where there may be too many.  Not for files: with each line they would be
 * read again.
 */
static void judge_rows(struct session *s, const struct dray_key *key)
{
	struct dray_service svc;
	struct dray_table table;

	if (s->line || dray_service_read(&s->nl, key, &svc) ||
	    !(svc.has & DRAY_BIT(DRAY_A_SERVICE_ROWS)) ||
	    svc.count <= svc.rows / DRAY_ROWS_PER_SERVER)
		return;
	dray_table_init(&table);
	if (!dray_service_load(&s->nl, key, &table))
		judge_loaded(s, &table.services[0]);
	dray_table_free(&table);
}

static int write_server(struct session *s, struct classic *c, uint8_t cmd)
{
	override_port(s, c);
	return dray_server_write(&s->nl, cmd, &c->svc.key, &c->srv);
}

static int set_timeouts(struct session *s, const struct classic *c)
{
	struct dray_config config = {
		.timeout_tcp = c->timeout[0],
		.timeout_tcpfin = c->timeout[1],
		.timeout_udp = c->timeout[2],
	};
	int i;

	/* 0 keeps one */
	for (i = 0; i < 3; i++)
		if (c->timeout[i])
			config.has |= DRAY_BIT(DRAY_A_CONFIG_TIMEOUT_TCP + i);
	return config.has ? dray_config_write(&s->nl, &config) : 0;
}

/* One write, connected or inside a transaction; 0 or -errno. */
int classic_send(struct session *s, struct classic *c)
{
	switch (c->cmd) {
	case CMD_ADD_SERVICE:
		return dray_service_write(&s->nl, DRAY_CMD_NEW_SERVICE, &c->svc);
	case CMD_EDIT_SERVICE:
		return dray_service_write(&s->nl, DRAY_CMD_SET_SERVICE, &c->svc);
	case CMD_DEL_SERVICE:
		return dray_service_key(&s->nl, DRAY_CMD_DEL_SERVICE,
					&c->svc.key);
	case CMD_FLUSH:
		return dray_flush(&s->nl);
	case CMD_ZERO:
		return dray_zero(&s->nl, classic_has(c, OPT_SERVICE) ?
						&c->svc.key : NULL);
	case CMD_ADD_SERVER:
		return write_server(s, c, DRAY_CMD_NEW_SERVER);
	case CMD_EDIT_SERVER:
		return write_server(s, c, DRAY_CMD_SET_SERVER);
	case CMD_DEL_SERVER:
		c->srv.has = 0;
		return write_server(s, c, DRAY_CMD_DEL_SERVER);
	case CMD_SET_TIMEOUT:
		return set_timeouts(s, c);
	default:
		return dray_nl_fail(&s->nl, EINVAL);
	}
}

static int run_write(struct session *s, struct classic *c)
{
	int rc = session_connect(s);

	if (rc)
		return rc;
	if (classic_send(s, c))
		return classic_refused(s, c->cmd);
	if (c->cmd != CMD_ADD_SERVER)
		return 0;
	rc = classic_judge_reach(s, &c->svc.key, &c->srv,
				 classic_has(c, OPT_STRICT));
	if (!rc)
		judge_rows(s, &c->svc.key);
	return rc;
}

int classic_run(struct session *s, struct classic *c)
{
	switch (c->cmd) {
	case CMD_HELP:
		help_print(stdout, s->program);
		return 0;
	case CMD_VERSION:
		version_print(stdout);
		return 0;
	case CMD_LIST:
		return list_run(s, c);
	case CMD_SAVE:
		return save_run(s, classic_has(c, OPT_NUMERIC), false);
	case CMD_RESTORE:
		return restore_run(s, classic_has(c, OPT_ATOMIC));
	default:
		return run_write(s, c);
	}
}

/* Return: the exit code. */
int classic_main(struct session *s, int argc, const char *const *argv)
{
	struct usage u = { .program = s->program };
	struct list_style plain = { 0 };
	struct classic c;
	int rc;

	if (argc < 2)
		return list_services(s, NULL, &plain);
	rc = classic_parse(argc, argv, &c, &u);
	if (rc) {
		usage_print(&u, 0);
		return rc;
	}
	return classic_run(s, &c);
}
