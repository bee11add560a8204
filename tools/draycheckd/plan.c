// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See plan.h.  A server that is not alive stays in the table as `down`, or as
 * `drain` with inhibit_on_failure: so a check that comes and goes moves no
 * other server's clients.  Only a sorry server comes and goes.
 */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_FALLBACK 1u	/* sh-fallback, mh-fallback */
#define FLAG_PORT 2u		/* sh-port, mh-port */

static uint8_t state_of(const struct real *real, bool sorry)
{
	if (real->alive)
		return sorry ? DRAY_SERVER_STATE_DRAIN : DRAY_SERVER_STATE_UP;
	return real->conf->inhibit_on_failure ? DRAY_SERVER_STATE_DRAIN :
						DRAY_SERVER_STATE_DOWN;
}

static void add_server(struct dray_service *svc,
		       const struct ka_real_server *conf, uint32_t weight,
		       uint8_t state)
{
	struct dray_server srv;

	dray_server_defaults(&srv);
	srv.has |= DRAY_BIT(DRAY_A_SERVER_STATE);
	srv.addr = conf->addr;
	srv.port = svc->key.fwmark ? conf->port : svc->key.port;
	srv.weight = weight;
	srv.u_threshold = conf->u_threshold;
	srv.l_threshold = conf->l_threshold;
	srv.state = state;
	dray_service_add_server(svc, &srv);
}

/* It may be one of the real servers as well. */
static void add_sorry(struct dray_service *svc,
		      const struct ka_real_server *conf)
{
	struct dray_server like = { .addr = conf->addr, .port = svc->key.port };
	struct dray_server *real;

	if (svc->key.fwmark)
		like.port = conf->port;
	real = dray_service_server(svc, &like);
	if (real)
		real->state = DRAY_SERVER_STATE_UP;
	else
		add_server(svc, conf, conf->weight, DRAY_SERVER_STATE_UP);
}

static int compare_services(const void *a, const void *b)
{
	const struct dray_service *x = a, *y = b;

	return dray_key_cmp(&x->key, &y->key);
}

static const struct dray_service *kernel_service(const struct dray_table *kernel,
						 const struct dray_key *key)
{
	struct dray_service like = { .key = *key };

	if (!kernel->n_services)
		return NULL;
	return bsearch(&like, kernel->services, kernel->n_services,
		       sizeof(like), compare_services);
}

/* Of what the file says twice the kernel would refuse the second. */
static void drop_doubles(struct dray_service *svc)
{
	size_t i, kept = 0;

	for (i = 0; i < svc->n_servers; i++)
		if (!kept || dray_server_cmp(&svc->servers[kept - 1],
					     &svc->servers[i]))
			svc->servers[kept++] = svc->servers[i];
	svc->n_servers = kept;
}

static uint32_t sched_flags(const struct ka_virtual_server *vs)
{
	return (vs->sh_port || vs->mh_port ? FLAG_PORT : 0) |
	       (vs->sh_fallback || vs->mh_fallback ? FLAG_FALLBACK : 0);
}

/* The value of the file, else the kernel's, which is then not written. */
static void unless_said(bool said, struct dray_service *svc, int attr,
			uint32_t *value, uint32_t file, const uint32_t *kernel)
{
	if (said)
		svc->has |= DRAY_BIT(attr);
	if (said)
		*value = file;
	else if (kernel)
		*value = *kernel;
}

static void set_tuning(struct dray_service *svc,
		       const struct ka_virtual_server *vs,
		       const struct dray_service *kernel)
{
	bool table = dray_service_has_table(svc);

	unless_said(vs->has_down_hold, svc, DRAY_A_SERVICE_DOWN_HOLD,
		    &svc->down_hold, vs->down_hold_ms,
		    kernel ? &kernel->down_hold : NULL);
	/* of another scheduler they would say nothing */
	if (kernel && !dray_service_has_table(kernel))
		kernel = NULL;
	unless_said(table && vs->rows, svc, DRAY_A_SERVICE_ROWS, &svc->rows,
		    vs->rows, kernel ? &kernel->rows : NULL);
	unless_said(table && vs->has_load_limit, svc, DRAY_A_SERVICE_LOAD_LIMIT,
		    &svc->load_limit, vs->load_limit,
		    kernel ? &kernel->load_limit : NULL);
	unless_said(table && vs->slow_start_s, svc, DRAY_A_SERVICE_SLOW_START,
		    &svc->slow_start, vs->slow_start_s,
		    kernel ? &kernel->slow_start : NULL);
}

static void set_service(struct dray_service *svc, const struct dray_key *key,
			const struct ka_virtual_server *vs,
			const struct dray_service *kernel)
{
	dray_service_defaults(svc);
	svc->key = *key;
	snprintf(svc->scheduler, sizeof(svc->scheduler), "%s", vs->scheduler);
	svc->flags = vs->ops ? DRAY_SERVICE_FLAGS_OPS : 0;
	svc->sched_flags = sched_flags(vs);
	svc->persist_timeout = vs->persistent ? vs->persist_timeout_s : 0;
	svc->persist_prefix = vs->persist_prefix ? vs->persist_prefix :
						   dray_addr_bits(key->family);
	svc->load_limit = dray_default_load_limit(svc);
	set_tuning(svc, vs, kernel);
}

static void add_service(const struct service *s, const struct dray_key *key,
			const struct dray_table *kernel,
			struct dray_table *wanted)
{
	bool sorry = s->conf->sorry && !s->quorum.has;
	struct dray_service made, *svc;
	size_t i;

	set_service(&made, key, s->conf, kernel_service(kernel, key));
	svc = dray_table_add_service(wanted, &made);
	for (i = 0; i < s->n_reals; i++)
		add_server(svc, s->reals[i].conf, s->reals[i].weight,
			   state_of(&s->reals[i], sorry));
	if (sorry)
		add_sorry(svc, s->conf->sorry);
}

/*
 * @kernel: sorted.  A service that the kernel has refused is left out, see
 * reconcile.c.
 */
void plan_make(const struct services *services, const struct dray_table *kernel,
	       struct dray_table *wanted)
{
	const struct service *s;
	struct dray_key key;
	size_t i, j;

	dray_table_init(wanted);
	for (i = 0; i < services->n; i++) {
		s = &services->list[i];
		for (j = 0; !s->refused[0] && j < s->conf->n_keys; j++) {
			key = service_key(s, j);
			add_service(s, &key, kernel, wanted);
		}
	}
	dray_table_sort(wanted);
	for (i = 0; i < wanted->n_services; i++)
		drop_doubles(&wanted->services[i]);
}
