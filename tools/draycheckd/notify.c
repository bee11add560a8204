// SPDX-License-Identifier: GPL-2.0-or-later
/* See notify.h.  Nothing here waits: what takes time is only begun. */
#include "notify.h"

#include <stdio.h>

#include "fifo.h"
#include "log.h"
#include "mail.h"
#include "name.h"
#include "script.h"

static const struct ka_conf *conf;

/* keepalived has words of its own for the success of the commonest check. */
void notify_job(struct job *job)
{
	const char *place = name_checker(job->conf);
	double took = job->took / 1000.0;

	bool diagnosis = job->vip_missing != job->told_missing;

	job->told_missing = job->vip_missing;
	if (job->check.verdict == CHECK_DOWN && job->told == CHECK_DOWN &&
	    diagnosis)
		log_info("%s on service %s still fails. why=\"%s\"",
			 job->ops->name, place, job->why);
	if (job->check.verdict == job->told)
		return;
	job->told = job->check.verdict;
	if (job->check.verdict == CHECK_UP && job->conf->type == KA_TCP_CHECK)
		log_info("TCP connection to %s success. took=%.3f", place, took);
	else if (job->check.verdict == CHECK_UP)
		log_info("%s on service %s success. took=%.3f", job->ops->name,
			 place, took);
	else if (job->check.retried)
		log_info("%s on service %s failed after %u retries. why=\"%s\"",
			 job->ops->name, place, job->check.retried, job->why);
	else
		log_info("%s on service %s failed. why=\"%s\"", job->ops->name,
			 place, job->why);
}

static void log_server(const struct real *real)
{
	const struct ka_virtual_server *vs = real->service->conf;
	const char *server = name_server(vs, real->conf);

	if (real->conf->inhibit_on_failure)
		log_info("%s service %s %s VS %s",
			 real->alive ? "Enabling" : "Disabling", server,
			 real->alive ? "in" : "from", name_service(vs));
	else
		log_info("%s service %s %s VS %s",
			 real->alive ? "Adding" : "Removing", server,
			 real->alive ? "to" : "from", name_service(vs));
}

/* The check that a server is down for, or NULL. */
static const struct job *culprit(const struct real *real)
{
	const struct job *job;
	size_t i;

	for (i = 0; i < real->n_jobs; i++) {
		job = real->jobs[i];
		if (job->check.ran && job->check.verdict != CHECK_UP)
			return job;
	}
	return NULL;
}

/* Why a server is down, for the mail. */
static const char *reason(const struct real *real, char *buf, size_t len)
{
	const struct job *job = culprit(real);

	if (job)
		snprintf(buf, len, "=> %s failed on service: %s <=",
			 job->ops->name, job->why);
	else
		snprintf(buf, len, "=> CHECK succeed on service <=");
	return buf;
}

static void mail_server(const struct real *real)
{
	const struct ka_virtual_server *vs = real->service->conf;
	char subject[300], body[400];

	if (!real->conf->smtp_alert)
		return;
	snprintf(subject, sizeof(subject),
		 "Realserver %s of virtual server %s - %s",
		 name_server(vs, real->conf), name_service(vs),
		 real->alive ? "UP" : "DOWN");
	mail_send(conf, subject, reason(real, body, sizeof(body)));
}

static void on_server(const struct real *real)
{
	const struct ka_virtual_server *vs = real->service->conf;
	const struct job *job = culprit(real);

	log_server(real);
	fifo_line("RS %s %s %s\n", name_server(vs, real->conf),
		  name_service(vs), real->alive ? "UP" : "DOWN");
	script_notify(conf, real->alive ? real->conf->notify_up :
					  real->conf->notify_down, real->conf,
		      job ? job->why : NULL);
	mail_server(real);
}

static void log_quorum(const struct service *svc, bool has)
{
	const struct quorum *q = &svc->quorum;
	const struct ka_virtual_server *vs = svc->conf;

	if (has)
		log_info("Gained quorum %u+%u=%u <= %lu for VS %s", q->quorum,
			 q->hysteresis, q->quorum + q->hysteresis, q->weight,
			 name_service(vs));
	else
		log_info("Lost quorum %u-%u=%u > %lu for VS %s", q->quorum,
			 q->hysteresis, q->quorum - q->hysteresis, q->weight,
			 name_service(vs));
	if (vs->sorry)
		log_info("%s sorry server %s %s VS %s",
			 has ? "Removing" : "Adding",
			 name_server(vs, vs->sorry), has ? "from" : "to",
			 name_service(vs));
}

static void mail_quorum(const struct service *svc, bool has)
{
	char subject[200];

	if (!svc->conf->smtp_alert)
		return;
	snprintf(subject, sizeof(subject), "Virtualserver %s - %s",
		 name_service(svc->conf), has ? "UP" : "DOWN");
	mail_send(conf, subject, has ? "=> Quorum gained <=" :
				       "=> Quorum lost <=");
}

static void tell_quorum(const struct service *svc, bool has)
{
	fifo_line("VS %s %s\n", name_service(svc->conf), has ? "UP" : "DOWN");
	script_notify(conf, has ? svc->conf->quorum_up : svc->conf->quorum_down,
		      svc->conf, NULL);
	mail_quorum(svc, has);
}

static void on_quorum(const struct service *svc, bool has)
{
	log_quorum(svc, has);
	tell_quorum(svc, has);
}

static void on_weight(const struct real *real, uint32_t before)
{
	const struct ka_virtual_server *vs = real->service->conf;

	log_info("Changing weight from %u to %u for service %s of VS %s",
		 before, real->weight, name_server(vs, real->conf),
		 name_service(vs));
}

const struct service_events notify_events = {
	.server = on_server,
	.quorum = on_quorum,
	.weight = on_weight,
};

/* At the start and after each reload. */
void notify_setup(const struct ka_conf *now)
{
	conf = now;
	fifo_setup(now);
}

/* omega: what depends on a service is told that it goes. */
void notify_stop(const struct services *services)
{
	const struct service *svc;
	size_t i, j;

	for (i = 0; i < services->n; i++) {
		svc = &services->list[i];
		if (!svc->conf->omega)
			continue;
		for (j = 0; j < svc->n_reals; j++)
			if (svc->reals[j].alive)
				script_notify(conf,
					      svc->reals[j].conf->notify_down,
					      svc->reals[j].conf, NULL);
		if (svc->quorum.has)
			tell_quorum(svc, false);
	}
	fifo_setup(NULL);
}
