// SPDX-License-Identifier: GPL-2.0-or-later
/* Names in this document do not change; new ones may come. */
#include "status.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emit.h"
#include "priority.h"
#include "sock.h"
#include "sync_report.h"

static struct {
	int fd;
	char path[108];
	struct event *event;
	struct event_base *base;
	struct state *state;
	struct ka_conf **conf;
} status = { .fd = -1 };

static void emit_addr(struct dray_emit *e, const char *key,
		      const struct dray_addr *a)
{
	char text[INET6_ADDRSTRLEN];

	if (a->family)
		dray_emit_str(e, key, NULL,
			      dray_addr_text(a, text, sizeof(text)));
}

/* Seconds ago; nothing if never. */
static void emit_ago(struct dray_emit *e, const char *key, uint64_t at)
{
	uint64_t now = now_us();

	if (at)
		dray_emit_real(e, key, now > at ? (now - at) / 1e6 : 0);
}

static const char *result_name(int result)
{
	return result == PRIORITY_UP ? "up" :
	       result == PRIORITY_DOWN ? "down" : "unknown";
}

static void emit_faults(struct dray_emit *e, unsigned int faults)
{
	unsigned int bit;

	dray_emit_array(e, "faults");
	for (bit = 1; bit <= faults; bit <<= 1)
		if (faults & bit)
			dray_emit_str(e, NULL, NULL, fsm_fault_text(bit));
	dray_emit_end(e);
}

static struct priority_track track_of(const struct ka_instance *c,
				      const struct ka_track *t,
				      const struct state_router *r, size_t i)
{
	bool weight = !c->group || c->group->tracking_weight ||
		      t->kind == KA_TRACK_INTERFACE;

	return (struct priority_track){
		.kind = t->kind == KA_TRACK_FILE ? PRIORITY_FILE :
						   PRIORITY_SWITCH,
		.weight = weight ? t->weight : 0,
		.reverse = t->reverse,
		.result = i < STATE_TRACKS ? r->results[i] : PRIORITY_UNKNOWN,
		.value = i < STATE_TRACKS ? r->values[i] : 0,
	};
}

static void emit_track(struct dray_emit *e, const struct ka_instance *c,
		       const struct ka_track *t, const struct state_router *r,
		       size_t i)
{
	static const char *const kinds[] = { "interface", "script", "file",
					     "process" };
	struct priority_track p = track_of(c, t, r, i);
	int adds = priority_contribution(&p);

	dray_emit_object(e, NULL);
	dray_emit_str(e, "kind", NULL, kinds[t->kind]);
	dray_emit_str(e, "name", NULL, t->name);
	dray_emit_real(e, "weight", p.weight);
	if (t->kind == KA_TRACK_FILE)
		dray_emit_real(e, "value", p.value);
	else
		dray_emit_str(e, "result", NULL, result_name(p.result));
	if (adds == PRIORITY_FAULT)
		dray_emit_bool(e, "fault", NULL, true);
	else
		dray_emit_real(e, "adds", adds);
	dray_emit_end(e);
}

static void emit_priority(struct dray_emit *e, const struct ka_instance *c,
			  const struct state_router *r)
{
	size_t i, n = 0;

	dray_emit_object(e, "priority");
	dray_emit_num(e, "effective", NULL, r->priority);
	dray_emit_num(e, "configured", NULL, c->priority);
	dray_emit_array(e, "tracks");
	for (i = 0; i < c->n_tracks; i++)
		emit_track(e, c, &c->tracks[i], r, n++);
	for (i = 0; c->group && i < c->group->n_tracks; i++)
		emit_track(e, c, &c->group->tracks[i], r, n++);
	dray_emit_end(e);
	dray_emit_end(e);
}

static void emit_peers(struct dray_emit *e, const struct state_router *r)
{
	const struct state_peer *p;
	char text[20];

	dray_emit_array(e, "peers");
	for (p = r->peers; p < r->peers + STATE_PEERS; p++) {
		if (!p->addr.family)
			continue;
		dray_emit_object(e, NULL);
		emit_addr(e, "address", &p->addr);
		if (p->has_mac)
			dray_emit_str(e, "mac", NULL,
				      dray_mac_text(p->mac, text,
						    sizeof(text)));
		dray_emit_num(e, "priority", NULL, p->priority);
		dray_emit_num(e, "version", NULL, p->version);
		dray_emit_num(e, "adverts", NULL, p->adverts);
		emit_ago(e, "heard_ago", p->heard);
		if (p->version == 3 && p->addr.family == AF_INET)
			dray_emit_str(e, "checksum", NULL,
				      packet_checksum_name(p->checksum));
		dray_emit_bool(e, "interval_differs", NULL,
			       p->notes & PACKET_NOTE_INTERVAL);
		dray_emit_bool(e, "addresses_differ", NULL,
			       p->notes & PACKET_NOTE_ADDRS);
		dray_emit_end(e);
	}
	dray_emit_end(e);
}

static void emit_history(struct dray_emit *e, const struct state_router *r)
{
	uint32_t i = r->moves > STATE_HISTORY ? r->moves - STATE_HISTORY : 0;
	const struct state_move *m;

	dray_emit_array(e, "transitions");
	for (; i < r->moves; i++) {
		m = &r->history[i % STATE_HISTORY];
		dray_emit_object(e, NULL);
		emit_ago(e, "ago", m->at);
		dray_emit_str(e, "from", NULL, fsm_state_name(m->from));
		dray_emit_str(e, "to", NULL, fsm_state_name(m->to));
		dray_emit_str(e, "reason", NULL, fsm_reason_text(m->reason));
		dray_emit_num(e, "priority", NULL, m->priority);
		dray_emit_end(e);
	}
	dray_emit_end(e);
}

static void emit_counters(struct dray_emit *e, const struct counters *c)
{
	int i;

	dray_emit_object(e, "counters");
	for (i = 0; i < N_COUNTERS; i++)
		dray_emit_num(e, counter_name(i), NULL, c->n[i]);
	dray_emit_end(e);
	dray_emit_object(e, "rejected");
	for (i = PACKET_ACCEPTED + 1; i < PACKET_N_REJECTS; i++)
		dray_emit_num(e, packet_reject_name(i), NULL, c->rejected[i]);
	dray_emit_end(e);
}

static void emit_addresses(struct dray_emit *e, const struct ka_instance *c)
{
	size_t i;

	dray_emit_array(e, "addresses");
	for (i = 0; i < c->n_addresses; i++)
		emit_addr(e, NULL, &c->addresses[i].addr);
	for (i = 0; i < c->n_excluded; i++)
		emit_addr(e, NULL, &c->excluded[i].addr);
	dray_emit_end(e);
}

static void emit_router(struct dray_emit *e, const struct ka_instance *c,
			const struct state_router *r)
{
	dray_emit_object(e, NULL);
	dray_emit_str(e, "name", NULL, c->name);
	dray_emit_str(e, "interface", NULL, r->interface);
	dray_emit_str(e, "family", NULL, c->family == AF_INET6 ? "ipv6" :
								 "ipv4");
	dray_emit_num(e, "version", NULL, c->version);
	dray_emit_num(e, "vrid", NULL, c->vrid);
	dray_emit_num(e, "advert_ms", NULL, c->advert_us / 1000);
	dray_emit_str(e, "state", NULL, fsm_state_name(r->state));
	dray_emit_str(e, "reason", NULL, fsm_reason_text(r->reason));
	emit_ago(e, "since_ago", r->since);
	emit_faults(e, r->faults);
	emit_priority(e, c, r);
	emit_addr(e, "source", &r->source);
	if (r->state == FSM_BACKUP && r->master.family) {
		emit_addr(e, "master", &r->master);
		dray_emit_num(e, "master_priority", NULL, r->master_priority);
	}
	if (c->group)
		dray_emit_str(e, "sync_group", NULL, c->group->name);
	dray_emit_num(e, "lease_ms", NULL, r->lease_ms);
	dray_emit_num(e, "gratuitous", NULL, r->garps);
	dray_emit_num(e, "put_back", NULL, r->put_back);
	emit_addresses(e, c);
	emit_peers(e, r);
	emit_history(e, r);
	emit_counters(e, &r->counters);
	dray_emit_end(e);
}

static void emit_scripts(struct dray_emit *e, const struct ka_conf *conf)
{
	const struct state_script *s;
	size_t i;

	dray_emit_array(e, "scripts");
	for (i = 0; i < conf->n_scripts; i++) {
		s = state_script(status.state, conf->scripts[i]->name);
		if (!s)
			continue;
		dray_emit_object(e, NULL);
		dray_emit_str(e, "name", NULL, conf->scripts[i]->name);
		dray_emit_str(e, "result", NULL, result_name(s->result));
		if (s->ran && s->status >= 0 && WIFEXITED(s->status))
			dray_emit_num(e, "status", NULL,
				      WEXITSTATUS(s->status));
		emit_ago(e, "ran_ago", s->ran);
		dray_emit_end(e);
	}
	dray_emit_end(e);
}

static void emit_all(struct dray_emit *e, const struct ka_conf *conf)
{
	const struct state *s = status.state;
	struct state_router *r;
	size_t i;

	dray_emit_str(e, "version", NULL, VERSION);
	dray_emit_num(e, "worker", NULL, s->worker);
	dray_emit_num(e, "workers_started", NULL, s->workers);
	emit_ago(e, "started_ago", s->started);
	emit_ago(e, "beat_ago", s->beat);
	dray_emit_bool(e, "module", NULL, s->module);
	dray_emit_num(e, "late_max_us", NULL, s->late_max);
	dray_emit_num(e, "unknown_vrids", NULL, s->unknown_vrids);
	dray_emit_array(e, "instances");
	for (i = 0; i < conf->n_instances; i++) {
		const struct ka_instance *c = conf->instances[i];

		r = state_find(status.state, c->interface ? c->interface : "",
			       c->family, c->vrid);
		if (r)
			emit_router(e, c, r);
	}
	dray_emit_end(e);
	emit_scripts(e, conf);
	sync_emit(e, &s->sync, now_us());
}

static char *document(size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	struct dray_emit *e;

	if (!f)
		return NULL;
	e = dray_emit_open(f, true, "vrrp", DRAY_EMIT_OBJECT);
	emit_all(e, *status.conf);
	dray_emit_close(e);
	fclose(f);
	return text;
}

static void on_sent(struct bufferevent *client, void *arg)
{
	(void)arg;
	/* a child that was forked meanwhile has the descriptor as well */
	shutdown(bufferevent_getfd(client), SHUT_RDWR);
	bufferevent_free(client);
}

static void on_gone(struct bufferevent *client, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(client);
}

static void on_client(evutil_socket_t listener, short what, void *arg)
{
	struct timeval limit = { .tv_sec = 5 };
	struct bufferevent *client;
	size_t len = 0;
	char *text;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	(void)arg;
	if (fd < 0)
		return;
	client = bufferevent_socket_new(status.base, fd, BEV_OPT_CLOSE_ON_FREE);
	text = client ? document(&len) : NULL;
	if (!text) {
		if (client)
			bufferevent_free(client);
		else
			close(fd);
		return;
	}
	bufferevent_setcb(client, NULL, on_sent, on_gone, NULL);
	bufferevent_set_timeouts(client, NULL, &limit);
	bufferevent_write(client, text, len);
	free(text);
}

int status_open(struct event_base *base, const char *run_dir,
		struct state *state, struct ka_conf **conf)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	status.base = base;
	status.state = state;
	status.conf = conf;
	if (snprintf(status.path, sizeof(status.path), "%s/vrrp.sock",
		     run_dir) >= (int)sizeof(status.path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, status.path, sizeof(name.sun_path));
	unlink(status.path);
	status.fd = socket(AF_UNIX,
			   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (status.fd < 0 ||
	    bind(status.fd, (struct sockaddr *)&name, sizeof(name)) ||
	    chmod(status.path, 0600) || listen(status.fd, 16))
		return -errno;
	status.event = event_new(base, status.fd, EV_READ | EV_PERSIST,
				 on_client, NULL);
	return status.event && !event_add(status.event, NULL) ? 0 : -ENOMEM;
}

void status_close(void)
{
	unlink(status.path);
	close(status.fd);
}
