// SPDX-License-Identifier: GPL-2.0-or-later
/* When a weight that a check gives may be written, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hold.h"

/* Services on ports 80, 81 ..., each with two servers of these weights. */
static void make(struct dray_table *t, const char *scheduler, size_t n,
		 uint32_t first, uint32_t second)
{
	uint32_t weights[] = { first, second };
	struct dray_service made, *svc;
	struct dray_server srv;
	size_t i, j;

	dray_table_init(t);
	for (i = 0; i < n; i++) {
		dray_service_defaults(&made);
		made.key.family = AF_INET;
		made.key.protocol = IPPROTO_TCP;
		made.key.port = 80 + i;
		dray_addr_parse("10.0.0.200", &made.key.addr);
		snprintf(made.scheduler, sizeof(made.scheduler), "%s",
			 scheduler);
		svc = dray_table_add_service(t, &made);
		for (j = 0; j < 2; j++) {
			dray_server_defaults(&srv);
			dray_addr_parse(j ? "10.0.0.2" : "10.0.0.1", &srv.addr);
			srv.port = made.key.port;
			srv.weight = weights[j];
			dray_service_add_server(svc, &srv);
		}
	}
	dray_table_sort(t);
}

struct world {
	struct holds holds;
	struct dray_table kernel;
	unsigned int written;	/* transactions with something in them */
};

static void setup(struct world *w, const char *scheduler)
{
	memset(w, 0, sizeof(*w));
	make(&w->kernel, scheduler, 1, 1, 1);
}

/* As the daemon does.  Return: when it has to ask again. */
static uint64_t ask(struct world *w, const char *scheduler, uint32_t first,
		    uint32_t second, uint64_t now)
{
	const struct dray_server *is = w->kernel.services[0].servers, *want;
	struct dray_table wanted;
	uint64_t due;

	make(&wanted, scheduler, 1, first, second);
	due = holds_apply(&w->holds, &w->kernel, &wanted, now);
	want = wanted.services[0].servers;
	w->written += want[0].weight != is[0].weight ||
		      want[1].weight != is[1].weight;
	holds_written(&w->holds, &w->kernel, &wanted, now);
	dray_table_free(&w->kernel);
	w->kernel = wanted;
	return due;
}

static void teardown(struct world *w)
{
	holds_free(&w->holds);
	dray_table_free(&w->kernel);
}

#define assert_weights(w, first, second) do {				\
	const struct dray_server *is = (w)->kernel.services[0].servers;	\
	assert_int_equal(is[0].weight, first);				\
	assert_int_equal(is[1].weight, second);				\
} while (0)

static void test_first_at_once(void **state)
{
	struct world w;

	(void)state;
	setup(&w, "dray");
	assert_int_equal(ask(&w, "dray", 5, 1, 10000), 0);
	assert_weights(&w, 5, 1);
	teardown(&w);
}

/* The others of that second go together, when it is over. */
static void test_rest_together(void **state)
{
	struct world w;

	(void)state;
	setup(&w, "dray");
	ask(&w, "dray", 5, 1, 10000);
	assert_int_equal(ask(&w, "dray", 6, 1, 10010), 11000);
	assert_int_equal(ask(&w, "dray", 6, 7, 10999), 11000);
	assert_weights(&w, 5, 1);
	assert_int_equal(w.written, 1);
	assert_int_equal(ask(&w, "dray", 6, 7, 11000), 0);
	assert_weights(&w, 6, 7);
	assert_int_equal(w.written, 2);
	/* and the next second begins */
	assert_int_equal(ask(&w, "dray", 8, 7, 11001), 12000);
	teardown(&w);
}

/* A weight that is back before its time is not written at all. */
static void test_back_again(void **state)
{
	struct world w;

	(void)state;
	setup(&w, "dray");
	ask(&w, "dray", 5, 1, 10000);
	assert_int_equal(ask(&w, "dray", 9, 1, 10100), 11000);
	assert_int_equal(ask(&w, "dray", 5, 1, 10200), 0);
	assert_int_equal(w.written, 1);
	teardown(&w);
}

static void test_ten_minutes(void **state)
{
	struct world w;
	uint64_t now;

	(void)state;
	setup(&w, "mh");
	for (now = 1000; now < 601000; now += 10)
		ask(&w, "mh", now, now + 1, now);
	assert_int_equal(w.written, 600);
	teardown(&w);
}

/* Whose scheduler makes no table loses nothing by it. */
static void test_no_table(void **state)
{
	struct world w;

	(void)state;
	setup(&w, "wrr");
	ask(&w, "wrr", 5, 1, 10000);
	assert_int_equal(ask(&w, "wrr", 6, 1, 10010), 0);
	assert_weights(&w, 6, 1);
	teardown(&w);
}

/* States and servers that come or go are not held, and weights go with them. */
static void test_others_go(void **state)
{
	struct dray_table wanted;
	struct world w;

	(void)state;
	setup(&w, "dray");
	ask(&w, "dray", 5, 1, 10000);
	make(&wanted, "dray", 1, 6, 1);
	wanted.services[0].servers[0].state = DRAY_SERVER_STATE_DOWN;
	assert_int_equal(holds_apply(&w.holds, &w.kernel, &wanted, 10010), 11000);
	assert_int_equal(wanted.services[0].servers[0].state,
			 DRAY_SERVER_STATE_DOWN);
	assert_int_equal(wanted.services[0].servers[0].weight, 5);
	dray_table_free(&wanted);
	make(&wanted, "dray", 1, 6, 1);
	wanted.services[0].n_servers = 1;
	assert_int_equal(holds_apply(&w.holds, &w.kernel, &wanted, 10010), 0);
	assert_int_equal(wanted.services[0].servers[0].weight, 6);
	dray_table_free(&wanted);
	teardown(&w);
}

/* One service's second is not another's. */
static void test_each_alone(void **state)
{
	struct holds holds = { NULL, 0 };
	struct dray_table was, now, wanted;

	(void)state;
	make(&was, "dray", 3, 1, 1);
	make(&now, "dray", 3, 1, 1);
	now.services[1].servers[0].weight = 5;
	holds_written(&holds, &was, &now, 10000);
	make(&wanted, "dray", 3, 2, 2);
	assert_int_equal(holds_apply(&holds, &now, &wanted, 10500), 11000);
	assert_int_equal(wanted.services[0].servers[0].weight, 2);
	assert_int_equal(wanted.services[1].servers[0].weight, 5);
	assert_int_equal(wanted.services[2].servers[0].weight, 2);
	holds_free(&holds);
	dray_table_free(&was);
	dray_table_free(&now);
	dray_table_free(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_at_once),
		cmocka_unit_test(test_rest_together),
		cmocka_unit_test(test_back_again),
		cmocka_unit_test(test_ten_minutes),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_others_go),
		cmocka_unit_test(test_each_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
