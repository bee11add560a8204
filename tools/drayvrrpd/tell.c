// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nothing of it happens here: words are put together and handed to the spawner,
 * which keeps the order of all that goes by the same name.
 */
#include "tell.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mail.h"
#include "owner.h"
#include "spawner.h"

#define NOTIFY_TIMEOUT_MS 60000

static struct {
	const struct ka_conf *conf;
	int jobs;
	char host[256];
} tell;

void tell_open(const struct ka_conf *conf, int jobs)
{
	tell.conf = conf;
	tell.jobs = jobs;
	if (gethostname(tell.host, sizeof(tell.host) - 1))
		strcpy(tell.host, "localhost");
}

static void lost(const char *what, int rc)
{
	if (rc)
		log_say(LOG_ERR, "%s is lost: %s", what, strerror(-rc));
}

static void give(struct job *job, const char *name,
		 const struct ka_command *command, const char *const *more,
		 size_t n_more)
{
	const struct owner *owner = owner_of(command);
	const char *words[JOB_WORDS];
	size_t n = 0, i;

	if (!owner)
		return;
	if (command->argc + n_more + 1 > JOB_WORDS) {
		log_say(LOG_ERR, "(%s) too many words: %s", name,
			command->text);
		return;
	}
	job->uid = owner->uid;
	job->gid = owner->gid;
	words[n++] = name;
	for (i = 0; i < command->argc; i++)
		words[n++] = command->argv[i];
	for (i = 0; i < n_more; i++)
		words[n++] = more[i];
	lost(command->text, job_send(tell.jobs, job, words, n));
}

static void run(const char *name, const struct ka_command *command,
		const char *const *more, size_t n_more)
{
	struct job job = { .kind = JOB_NOTIFY,
			   .timeout_ms = NOTIFY_TIMEOUT_MS };

	give(&job, name, command, more, n_more);
}

static void start_reader(const struct ka_fifo *fifo)
{
	struct job job = { .kind = JOB_READER };

	if (fifo->path && fifo->script)
		give(&job, fifo->path, fifo->script, (const char **)&fifo->path,
		     1);
}

static void mark_readers(const char *word)
{
	struct job job = { .kind = JOB_READERS };

	lost("a reader", job_send(tell.jobs, &job, &word, 1));
}

void tell_readers(void)
{
	mark_readers("begin");
	/* where draycheckd has work to do, it starts the one of both */
	if (!tell.conf->n_virtual_servers)
		start_reader(&tell.conf->globals.fifo);
	start_reader(&tell.conf->globals.vrrp_fifo);
	mark_readers("end");
}

static void write_fifo(const struct ka_fifo *fifo, const char *line)
{
	struct job job = { .kind = JOB_FIFO };
	const char *words[] = { fifo->path, line };

	if (fifo->path)
		lost("a line of a FIFO", job_send(tell.jobs, &job, words, 2));
}

static void write_fifos(const char *kind, const char *name, const char *state,
			unsigned int priority)
{
	char line[256];

	snprintf(line, sizeof(line), "%s \"%s\" %s %u\n", kind, name, state,
		 priority);
	write_fifo(&tell.conf->globals.fifo, line);
	write_fifo(&tell.conf->globals.vrrp_fifo, line);
}

static const struct ka_command *command_for(const struct ka_notify *n,
					    const char *state)
{
	return !strcmp(state, "MASTER") ? n->master :
	       !strcmp(state, "BACKUP") ? n->backup :
	       !strcmp(state, "DELETED") ? n->deleted :
	       !strcmp(state, "FAULT") ? n->fault : n->stop;
}

static void notify(const char *kind, const char *name,
		   const struct ka_notify *n, const char *state,
		   unsigned int priority)
{
	char number[8];
	const char *more[] = { kind, name, state, number };

	snprintf(number, sizeof(number), "%u", priority);
	run(name, command_for(n, state), NULL, 0);
	run(name, n->any, more, 4);
	write_fifos(kind, name, state, priority);
}

static void mail(const char *kind, const char *name, const char *state)
{
	const struct ka_globals *g = &tell.conf->globals;
	const char *id = g->router_id ? g->router_id : tell.host;
	char url[512], ms[32], from[320], subject[320], body[160];
	const char *words[JOB_WORDS] = { url, ms, from, subject, body };
	struct job job = { .kind = JOB_MAIL };
	size_t n = MAIL_TO, i;

	if (!g->n_mail_to || !g->smtp_server ||
	    (g->no_email_faults && !strcmp(state, "FAULT")))
		return;
	snprintf(url, sizeof(url), "smtp://%s:%u/%s", g->smtp_server,
		 g->smtp_port, g->smtp_helo_name ? g->smtp_helo_name :
						   tell.host);
	snprintf(ms, sizeof(ms), "%llu", (unsigned long long)
		 g->smtp_connect_timeout_us / 1000);
	if (g->mail_from)
		snprintf(from, sizeof(from), "%s", g->mail_from);
	else
		snprintf(from, sizeof(from), "root@%s", tell.host);
	snprintf(subject, sizeof(subject), "[%s] VRRP %s %s - Entering %s "
		 "state", id, kind, name, state);
	snprintf(body, sizeof(body), "=> VRRP %s is %s <=", kind,
		 !strcmp(state, "MASTER") ? "now owning VRRP VIPs" :
		 !strcmp(state, "FAULT") ? "in FAULT, and owns no VRRP VIPs" :
					   "no longer owning VRRP VIPs");
	for (i = 0; i < g->n_mail_to && n < JOB_WORDS; i++)
		words[n++] = g->mail_to[i];
	lost("a mail", job_send(tell.jobs, &job, words, n));
}

static const char *state_word(enum fsm_state to)
{
	return to == FSM_INIT ? "STOP" : fsm_state_name(to);
}

/* As keepalived has it, whose words alerts look for. */
static const char *entering(enum fsm_state from, enum fsm_state to)
{
	if (from == FSM_INIT && to == FSM_FAULT)
		return "(%s) entering %s state (%s) priority=%u";
	if (from == FSM_INIT && to == FSM_BACKUP)
		return "(%s) Entering %s STATE (init) (%s) priority=%u";
	return "(%s) Entering %s STATE (%s) priority=%u";
}

/* Two were masters: who the other one is. */
static void say_better(const struct router *r, enum fsm_reason reason)
{
	const char *name = r->conf->name;
	char text[INET6_ADDRSTRLEN];

	dray_addr_text(&r->fsm.master, text, sizeof(text));
	if (reason == FSM_REASON_HIGHER_PRIORITY)
		log_say(LOG_NOTICE, "(%s) Master received advert from %s with "
			"higher priority %u, ours %u", name, text,
			r->fsm.master_priority, r->fsm.priority);
	if (reason == FSM_REASON_HIGHER_ADDRESS)
		log_say(LOG_NOTICE, "(%s) Master received advert from %s with "
			"same priority %u but higher IP address than ours", name,
			text, r->fsm.master_priority);
}

bool tell_instance(struct router *r, enum fsm_state from, enum fsm_state to,
		   enum fsm_reason reason)
{
	const char *name = r->conf->name, *state = state_word(to);

	if (reason == FSM_REASON_RESIGNED)
		log_say(LOG_NOTICE, "(%s) Backup received priority 0 "
			"advertisement", name);
	if (reason == FSM_REASON_SILENCE || reason == FSM_REASON_RESIGNED)
		log_say(LOG_NOTICE, "(%s) Receive advertisement timeout", name);
	say_better(r, reason);
	log_say(LOG_NOTICE, entering(from, to), name, state,
		fsm_reason_text(reason), r->fsm.priority);
	/* nobody else saw that the process is another one */
	return reason != FSM_REASON_ADOPTED && !(r->quiet && to == r->was);
}

void tell_scripts(struct router *r, enum fsm_state to)
{
	const char *name = r->conf->name, *state = state_word(to);

	/* else a virtual router that a reload takes away has stopped */
	if (to == FSM_INIT && r->goes && r->conf->notify.deleted)
		state = "DELETED";

	notify("INSTANCE", name, &r->conf->notify, state, r->fsm.priority);
	if (r->conf->smtp_alert)
		mail("Instance", name, state);
}

void tell_group(const struct ka_sync_group *group, enum fsm_state to)
{
	const char *state = state_word(to);

	log_say(LOG_NOTICE, "VRRP_Group(%s) Syncing instances to %s state",
		group->name, state);
	notify("GROUP", group->name, &group->notify, state, 0);
	if (group->smtp_alert)
		mail("Group", group->name, state);
}

/* Each advert may be one: while a script runs for it, none is added. */
void tell_lower_priority(struct router *r)
{
	struct job job = { .kind = JOB_NOTIFY, .only_one = true,
			   .timeout_ms = NOTIFY_TIMEOUT_MS };

	give(&job, r->conf->name, r->conf->notify.master_rx_lower_pri, NULL,
	     0);
	write_fifos("INSTANCE", r->conf->name, "MASTER_RX_LOWER_PRI",
		    r->fsm.priority);
}

void tell_priority(struct router *r)
{
	const char *more[] = { "INSTANCE", r->conf->name, NULL, NULL };
	bool master = r->fsm.state == FSM_MASTER;
	char number[8];

	if (!r->conf->notify.priority_changes ||
	    (!master && r->fsm.state != FSM_BACKUP))
		return;
	snprintf(number, sizeof(number), "%u", r->fsm.priority);
	more[2] = master ? "MASTER_PRIORITY" : "BACKUP_PRIORITY";
	more[3] = number;
	run(r->conf->name, r->conf->notify.any, more, 4);
	write_fifos("INSTANCE", r->conf->name, more[2], r->fsm.priority);
}
