/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration made by hand: one service with servers and a TCP check each. */
#ifndef CHECK_FIXTURE_H
#define CHECK_FIXTURE_H

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "ka_lvs.h"
#include "override.h"
#include "plan.h"
#include "service.h"
#include "text.h"

#define MAX_REALS 8

struct fixture {
	struct ka_conf conf;
	struct ka_virtual_server vs, *list;
	struct ka_service_key key;
	struct ka_real_server reals[MAX_REALS], sorry, *real_list[MAX_REALS];
	struct ka_checker checkers[MAX_REALS], *checker_list[MAX_REALS];
	struct services services;
	struct overrides overrides;
	struct dray_table kernel;
};

static inline void fixture_addr(const char *text, struct dray_addr *addr)
{
	if (!dray_addr_parse(text, addr))
		abort();
}

static inline void fixture_real(struct fixture *f, size_t i)
{
	struct ka_real_server *real = &f->reals[i];
	struct ka_checker *checker = &f->checkers[i];
	char addr[32];

	snprintf(addr, sizeof(addr), "10.0.0.%zu", i + 1);
	fixture_addr(addr, &real->addr);
	real->port = 80;
	real->weight = 1;
	checker->type = KA_TCP_CHECK;
	checker->addr = real->addr;
	checker->port = 80;
	checker->delay_loop_us = 1000000;
	f->checker_list[i] = checker;
	real->checkers = &f->checker_list[i];
	real->n_checkers = 1;
	f->real_list[i] = real;
}

static inline void fixture_init(struct fixture *f, size_t n)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	fixture_addr("10.0.0.200", &f->key.addr);
	f->key.family = AF_INET;
	f->key.port = 80;
	f->vs.keys = &f->key;
	f->vs.n_keys = 1;
	f->vs.protocol = IPPROTO_TCP;
	f->vs.scheduler = "rr";
	f->vs.quorum = 1;
	f->vs.real_servers = f->real_list;
	f->vs.n_real_servers = n;
	for (i = 0; i < n; i++)
		fixture_real(f, i);
	fixture_addr("10.0.0.99", &f->sorry.addr);
	f->sorry.port = 80;
	f->sorry.weight = 1;
	f->list = &f->vs;
	f->conf.virtual_servers = &f->list;
	f->conf.n_virtual_servers = 1;
	if (!jobs.base)
		jobs.base = event_base_new();
}

/* After what the test has said of it. */
static inline void fixture_create(struct fixture *f)
{
	jobs_reload_begin();
	services_create(&f->services, &f->conf);
	jobs_reload_end();
	services_adopt(&f->services, &f->kernel, &f->overrides);
	services_settle(&f->services);
	services_start(&f->services);
}

static inline void fixture_free(struct fixture *f)
{
	services_destroy(&f->services);
	overrides_free(&f->overrides);
	dray_table_free(&f->kernel);
	jobs_free();
}

/* The i-th server's check has a result that is at once a verdict. */
static inline void fixture_result(struct fixture *f, size_t i, bool ok,
				  const struct service_events *events)
{
	struct real *real = &f->services.list[0].reals[i];

	check_result(&real->jobs[0]->check, ok, now_ms());
	real_update(real, events);
}

/* The wanted table, a line for each thing. */
static inline const char *fixture_plan(struct fixture *f, char *buf, size_t len)
{
	char line[INET6_ADDRSTRLEN];
	struct dray_table wanted;
	struct dray_service *svc;
	size_t i, j;

	buf[0] = 0;
	plan_make(&f->services, &f->kernel, &wanted);
	override_apply(&f->overrides, &wanted);
	dray_table_sort(&wanted);
	for (i = 0; i < wanted.n_services; i++) {
		svc = &wanted.services[i];
		for (j = 0; j < svc->n_servers; j++) {
			dray_addr_text(&svc->servers[j].addr, line,
				       sizeof(line));
			snprintf(buf + strlen(buf), len - strlen(buf),
				 "%s%s %s %u", j || i ? ", " : "", line + 7,
				 dray_state_name(svc->servers[j].state),
				 svc->servers[j].weight);
		}
	}
	dray_table_free(&f->kernel);
	f->kernel = wanted;
	return buf;
}

#endif
