// SPDX-License-Identifier: GPL-2.0-or-later
/* monitor: one line, or one JSON document on one line, for each change. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "codec.h"
#include "emit_noun.h"
#include "listen.h"
#include "text.h"
#include "words.h"

struct monitor {
	struct dray_nl nl;
	bool json;
};

static const char *event_name(uint8_t cmd)
{
	switch (cmd) {
	case DRAY_CMD_CONFIG_NTF:
		return "config";
	case DRAY_CMD_SERVICE_NTF:
		return "service";
	case DRAY_CMD_SERVICE_DEL_NTF:
		return "service-del";
	case DRAY_CMD_SERVER_NTF:
		return "server";
	case DRAY_CMD_SERVER_DEL_NTF:
		return "server-del";
	case DRAY_CMD_VIP_NTF:
		return "vip";
	case DRAY_CMD_VIP_DEL_NTF:
		return "vip-del";
	case DRAY_CMD_SERVER_STATE_NTF:
		return "server-state";
	}
	return "unknown";
}

static void emit_key(struct dray_emit *e, const struct dray_key *key)
{
	char text[DRAY_LINELEN / 2];

	dray_emit_text(e, " %s", dray_key_text(key, true, text, sizeof(text)));
	if (!dray_emit_json(e))
		return;
	dray_emit_object(e, "service");
	dray_emit_key(e, key);
	dray_emit_end(e);
}

/* What only a reading has (counters) is not in a notification. */
static void emit_service(struct dray_emit *e, const struct dray_service *svc,
			 bool whole)
{
	char text[DRAY_LINELEN];

	if (whole)
		dray_emit_text(e, " %s", dray_service_line(svc, true, text,
							   sizeof(text)));
	else
		dray_emit_text(e, " %s", dray_key_text(&svc->key, true, text,
						       sizeof(text)));
	if (!dray_emit_json(e))
		return;
	dray_emit_object(e, "service");
	if (whole)
		dray_emit_service(e, svc);
	else
		dray_emit_key(e, &svc->key);
	dray_emit_end(e);
}

static void emit_server(struct dray_emit *e, const struct dray_key *key,
			const struct dray_server *srv, bool whole)
{
	char text[DRAY_ADDRTEXT];

	emit_key(e, key);
	dray_emit_text(e, " -> %s", dray_addrport_text(&srv->addr, srv->port,
						       0, true, text,
						       sizeof(text)));
	if (whole)
		dray_emit_text(e, " weight %u %s %s%s", srv->weight,
			       dray_state_name(srv->state),
			       dray_reach_name(srv->reach),
			       srv->overloaded ? " overloaded" : "");
	if (!dray_emit_json(e))
		return;
	dray_emit_object(e, "server");
	if (whole)
		dray_emit_server(e, srv);
	else
		dray_emit_server_name(e, srv);
	dray_emit_end(e);
}

static void emit_vip(struct dray_emit *e, struct nlattr *nest, bool whole)
{
	char text[INET6_ADDRSTRLEN];
	struct dray_vip vip;

	dray_get_vip(nest, &vip);
	dray_emit_text(e, " %s %s", dray_addr_text(&vip.addr, text,
						   sizeof(text)),
		       whole ? dray_role_name(vip.role) : "");
	if (vip.flags & DRAY_VIP_FLAGS_NO_ACCEPT && whole)
		dray_emit_text(e, ", not accepted");
	dray_emit_object(e, "vip");
	if (dray_emit_json(e))
		dray_emit_vip(e, &vip);
	dray_emit_end(e);
}

static void emit_config(struct dray_emit *e, struct nlattr *nest)
{
	struct dray_config config;
	char text[DRAY_LINELEN];

	dray_get_config(nest, &config);
	dray_emit_text(e, " %s", dray_config_line(&config, text, sizeof(text)));
	dray_emit_text(e, ", table key %s",
		       dray_table_key_text(&config, text, sizeof(text)));
	dray_emit_object(e, "config");
	if (dray_emit_json(e))
		dray_emit_config(e, &config);
	dray_emit_end(e);
	free(config.hooks);
}

static void emit_body(struct dray_emit *e, uint8_t cmd, struct nlattr **tb)
{
	struct dray_service svc;
	struct dray_server srv;
	bool whole = cmd != DRAY_CMD_SERVICE_DEL_NTF &&
		     cmd != DRAY_CMD_SERVER_DEL_NTF &&
		     cmd != DRAY_CMD_VIP_DEL_NTF;

	dray_get_service(tb[DRAY_A_SERVICE], &svc);
	if (tb[DRAY_A_CONFIG]) {
		emit_config(e, tb[DRAY_A_CONFIG]);
	} else if (tb[DRAY_A_VIP]) {
		emit_vip(e, tb[DRAY_A_VIP], whole);
	} else if (tb[DRAY_A_SERVER]) {
		dray_get_server(tb[DRAY_A_SERVER], &srv);
		emit_server(e, &svc.key, &srv, whole);
	} else if (tb[DRAY_A_SERVICE]) {
		emit_service(e, &svc, whole);
	}
}

static struct dray_emit *begin(const struct monitor *m, const char *event)
{
	struct dray_emit *e = dray_emit_open(stdout, m->json, "event",
					     DRAY_EMIT_OBJECT);

	dray_emit_line(e);
	dray_emit_generation(e, m->nl.generation);
	dray_emit_text(e, "%u ", m->nl.generation);
	dray_emit_str(e, "event", "%s", event);
	return e;
}

static int on_event(uint8_t cmd, struct nlattr **tb, void *arg)
{
	struct dray_emit *e = begin(arg, event_name(cmd));

	emit_body(e, cmd, tb);
	dray_emit_text(e, "\n");
	return dray_emit_close(e);
}

static int join(struct session *s, struct monitor *m)
{
	int rc = dray_nl_open(&m->nl);

	if (!rc)
		rc = dray_nl_join(&m->nl, DRAY_MCGRP_CONFIG);
	if (!rc)
		rc = dray_nl_join(&m->nl, DRAY_MCGRP_SERVERS);
	if (!rc)
		return 0;
	complain(s, "cannot listen: %s", errno_text(CMD_NONE, -rc));
	return RC_FAILED;
}

int cmd_monitor(struct session *s, struct words *w)
{
	struct monitor m = { .json = classic_has(&w->c, OPT_JSON) };
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	rc = session_connect(s);
	if (!rc)
		rc = join(s, &m);
	if (rc)
		return rc;
	m.nl.generation = s->nl.generation;
	do {
		rc = dray_nl_listen(&m.nl, on_event, &m);
		if (rc == -ENOBUFS) {
			struct dray_emit *e = begin(&m, "lost");

			dray_emit_text(e, " (more happened than could be read)\n");
			dray_emit_close(e);
		}
	} while (rc == -ENOBUFS);
	dray_nl_close(&m.nl);
	return rc ? RC_FAILED : 0;
}
