// SPDX-License-Identifier: GPL-2.0-or-later
/* See service.h.  Opens nothing, sends nothing. */
#include "service.h"

#include <limits.h>

#include "job.h"
#include "log.h"
#include "mem.h"
#include "name.h"

#define MAX_WEIGHT 65535

/* The kernel's name of a service's i-th address or mark. */
struct dray_key service_key(const struct service *svc, size_t i)
{
	const struct ka_service_key *from = &svc->conf->keys[i];
	struct dray_key key = { .family = from->family };

	if (from->fwmark) {
		key.fwmark = from->fwmark;
		return key;
	}
	key.protocol = svc->conf->protocol;
	key.port = from->port;
	key.addr = from->addr;
	return key;
}

bool real_ran(const struct real *real)
{
	size_t i;

	for (i = 0; i < real->n_jobs; i++)
		if (!real->jobs[i]->check.ran)
			return false;
	return true;
}

/* Alive while none of its checks has failed; until they have run, what it was
 * before, and without a before: as alpha says. */
static bool judge(const struct real *real)
{
	bool alpha = real->conf->alpha;
	size_t i;

	for (i = 0; i < real->n_jobs; i++) {
		const struct job *job = real->jobs[i];

		if (job->check.ran && job->check.verdict == CHECK_DOWN)
			return false;
		alpha |= job->conf->alpha && !job->check.ran;
	}
	if (real_ran(real))
		return true;
	return real->adopted ? real->adopted == ADOPT_UP : !alpha;
}

/* Absolute words first, then what is to be added; never beyond the limits. */
static uint32_t weigh(const struct real *real)
{
	long weight = real->conf->weight;
	size_t i;

	for (i = 0; i < real->n_jobs; i++)
		if (real->jobs[i]->has_weight && !real->jobs[i]->relative)
			weight = real->jobs[i]->weight;
	for (i = 0; i < real->n_jobs; i++)
		if (real->jobs[i]->has_weight && real->jobs[i]->relative)
			weight += real->jobs[i]->weight;
	return weight < 0 ? 0 : weight > MAX_WEIGHT ? MAX_WEIGHT : weight;
}

static unsigned long alive_weight(const struct service *svc)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < svc->n_reals; i++)
		if (svc->reals[i].alive)
			sum += svc->reals[i].weight;
	return sum;
}

static unsigned long whole_weight(const struct ka_virtual_server *vs)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < vs->n_real_servers; i++)
		sum += vs->real_servers[i]->weight;
	return sum;
}

static void add_job(struct real *real, const struct ka_checker *checker,
		    const struct dray_addr *vip)
{
	real->jobs = dray_grow(real->jobs, real->n_jobs, sizeof(*real->jobs));
	real->asked = dray_grow(real->asked, real->n_jobs,
				sizeof(*real->asked));
	real->asked[real->n_jobs] = checker;
	real->jobs[real->n_jobs++] = job_get(checker, vip, real);
}

static void add_jobs(struct real *real, const struct ka_checker *checker)
{
	const struct service *svc = real->service;
	size_t i;

	if (!checker->probe)
		add_job(real, checker, NULL);
	for (i = 0; checker->probe && i < svc->n_vips; i++)
		if (svc->vips[i].family == checker->addr.family)
			add_job(real, checker, &svc->vips[i]);
}

static void create_real(struct service *svc, struct real *real,
			const struct ka_real_server *conf)
{
	size_t i;

	real->service = svc;
	real->conf = conf;
	real->weight = conf->weight;
	for (i = 0; i < conf->n_checkers; i++)
		add_jobs(real, conf->checkers[i]);
}

static int compare_addrs(const void *a, const void *b)
{
	return dray_addr_cmp(a, b);
}

static void find_vips(struct service *svc)
{
	const struct ka_virtual_server *vs = svc->conf;
	size_t i, n = 0;

	svc->vips = mem_zero(vs->n_keys, sizeof(*svc->vips));
	for (i = 0; i < vs->n_keys; i++)
		if (!vs->keys[i].fwmark)
			svc->vips[n++] = vs->keys[i].addr;
	qsort(svc->vips, n, sizeof(*svc->vips), compare_addrs);
	for (i = 0; i < n; i++)
		if (!i || dray_addr_cmp(&svc->vips[i],
					&svc->vips[svc->n_vips - 1]))
			svc->vips[svc->n_vips++] = svc->vips[i];
}

static void create_service(struct service *svc,
			   const struct ka_virtual_server *conf)
{
	size_t i;

	svc->conf = conf;
	svc->n_reals = conf->n_real_servers;
	svc->reals = mem_zero(svc->n_reals, sizeof(*svc->reals));
	find_vips(svc);
	for (i = 0; i < svc->n_reals; i++)
		create_real(svc, &svc->reals[i], conf->real_servers[i]);
	if (!quorum_init(&svc->quorum, conf->quorum, conf->hysteresis,
			 whole_weight(conf)))
		log_warning("Quorum %u with hysteresis %u of VS %s cannot be: "
			    "%u with %u is used", conf->quorum,
			    conf->hysteresis, name_service(conf),
			    svc->quorum.quorum, svc->quorum.hysteresis);
}

/* The jobs that it wants are got, none is started. */
void services_create(struct services *s, const struct ka_conf *conf)
{
	size_t i;

	s->n = conf->n_virtual_servers;
	s->list = mem_zero(s->n, sizeof(*s->list));
	for (i = 0; i < s->n; i++)
		create_service(&s->list[i], conf->virtual_servers[i]);
}

static const struct real *same_real(const struct service *svc,
				    const struct real *real)
{
	size_t i;

	for (i = 0; i < svc->n_reals; i++)
		if (svc->reals[i].conf->port == real->conf->port &&
		    !dray_addr_cmp(&svc->reals[i].conf->addr,
				   &real->conf->addr))
			return &svc->reals[i];
	return NULL;
}

static int compare_first_keys(const void *a, const void *b)
{
	struct dray_key x = service_key(*(struct service *const *)a, 0);
	struct dray_key y = service_key(*(struct service *const *)b, 0);

	return dray_key_cmp(&x, &y);
}

/* The services by their first key, for bsearch(). */
static struct service **sorted(const struct services *s)
{
	struct service **list = mem_zero(s->n, sizeof(*list));
	size_t i;

	for (i = 0; i < s->n; i++)
		list[i] = &s->list[i];
	qsort(list, s->n, sizeof(*list), compare_first_keys);
	return list;
}

static void carry_service(struct service *svc, const struct service *old)
{
	const struct real *before;
	struct real *real;
	size_t i;

	svc->quorum.has = old->quorum.has;
	svc->suspended = svc->conf->ha_suspend && old->suspended;
	for (i = 0; i < svc->n_reals; i++) {
		real = &svc->reals[i];
		before = same_real(old, real);
		if (before)
			real->adopted = before->alive ? ADOPT_UP : ADOPT_DOWN;
		real->alive = before ? before->alive : judge(real);
		real->weight = weigh(real);
	}
}

/* After a reload: what was alive is, until a check of its own says otherwise. */
void services_carry_over(struct services *s, const struct services *old)
{
	struct service **olds = sorted(old), *like, **found;
	size_t i;

	for (i = 0; i < s->n; i++) {
		like = &s->list[i];
		found = bsearch(&like, olds, old->n, sizeof(*olds),
				compare_first_keys);
		if (found) {
			carry_service(&s->list[i], *found);
			continue;
		}
		services_settle(&(struct services){ &s->list[i], 1 });
	}
	free(olds);
}

static void adopt_real(struct real *real, const struct dray_service *kernel,
		       const struct overrides *overrides)
{
	struct dray_server like = { .addr = real->conf->addr,
				    .port = real->conf->port };
	const struct dray_server *srv = dray_service_server(kernel, &like);
	const struct override *hand = override_find(overrides, &kernel->key,
						    &like);

	if (!srv || (hand && hand->what & (OVERRIDE_STATE | OVERRIDE_ADDED)))
		return;
	if (srv->state == DRAY_SERVER_STATE_UP)
		real->adopted = ADOPT_UP;
	else if (srv->state == DRAY_SERVER_STATE_DOWN ||
		 real->conf->inhibit_on_failure)
		real->adopted = ADOPT_DOWN;
}

/*
 * At the start: the states that an earlier run has left in the kernel's table
 * are believed until every check has run, so that a restart moves nobody.
 * A state that was set by hand says nothing of the server's health.
 */
void services_adopt(struct services *s, const struct dray_table *kernel,
		    const struct overrides *overrides)
{
	const struct dray_service *found;
	struct dray_key key;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		key = service_key(&s->list[i], 0);
		found = dray_table_service(kernel, &key);
		for (j = 0; found && j < s->list[i].n_reals; j++)
			adopt_real(&s->list[i].reals[j], found, overrides);
	}
}

/* The first answers, of which nobody is told. */
void services_settle(struct services *s)
{
	struct service *svc;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		svc = &s->list[i];
		for (j = 0; j < svc->n_reals; j++) {
			svc->reals[j].alive = judge(&svc->reals[j]);
			svc->reals[j].weight = weigh(&svc->reals[j]);
		}
		quorum_adopt(&svc->quorum, alive_weight(svc));
	}
}

static void start_real(struct real *real)
{
	static const enum check_verdict verdicts[] = {
		[ADOPT_NOTHING] = CHECK_UNKNOWN,
		[ADOPT_UP] = CHECK_UP,
		[ADOPT_DOWN] = CHECK_DOWN,
	};
	size_t i;

	for (i = 0; i < real->n_jobs; i++)
		job_start(real->jobs[i], verdicts[real->adopted]);
}

void services_start(struct services *s)
{
	size_t i, j;

	for (i = 0; i < s->n; i++)
		for (j = 0; j < s->list[i].n_reals; j++)
			start_real(&s->list[i].reals[j]);
}

void services_destroy(struct services *s)
{
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		for (j = 0; j < s->list[i].n_reals; j++) {
			free(s->list[i].reals[j].jobs);
			free(s->list[i].reals[j].asked);
		}
		free(s->list[i].reals);
		free(s->list[i].vips);
	}
	free(s->list);
	s->list = NULL;
	s->n = 0;
}

/* Its servers, or what is known of them, may be others. */
void service_update(struct service *svc, const struct service_events *events)
{
	enum quorum_change change = quorum_update(&svc->quorum,
						  alive_weight(svc));

	if (change != QUORUM_SAME && events->quorum)
		events->quorum(svc, change == QUORUM_GAINED);
}

/* One of its checks has said something new. */
void real_update(struct real *real, const struct service_events *events)
{
	uint32_t weight = weigh(real), before = real->weight;
	bool alive = judge(real), was = real->alive;

	real->weight = weight;
	real->alive = alive;
	if (weight != before && events->weight)
		events->weight(real, before);
	if (alive != was && events->server)
		events->server(real);
	if (alive != was || weight != before)
		service_update(real->service, events);
}
