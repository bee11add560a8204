// SPDX-License-Identifier: GPL-2.0-or-later
/* From configuration, health and changes by hand to the wanted table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check_fixture.h"
#include "diff.h"
#include "key_json.h"
#include "told.h"

static char told[512], plan[512];

static void tell(const char *format, ...)
{
	va_list args;
	size_t used = strlen(told);

	va_start(args, format);
	vsnprintf(told + used, sizeof(told) - used, format, args);
	va_end(args);
}

static void on_server(const struct real *real)
{
	tell("%d %s;", real->conf->addr.bytes[3], real->alive ? "up" : "down");
}

static void on_quorum(const struct service *svc, bool has)
{
	(void)svc;
	tell("quorum %s;", has ? "up" : "down");
}

static void on_weight(const struct real *real, uint32_t before)
{
	tell("%d weight %u->%u;", real->conf->addr.bytes[3], before,
	     real->weight);
}

static const struct service_events events = { on_server, on_quorum, on_weight };

static void result(struct fixture *f, size_t i, bool ok)
{
	fixture_result(f, i, ok, &events);
}

#define assert_plan(f, text) \
	assert_string_equal(fixture_plan(f, plan, sizeof(plan)), text)

#define assert_told(text) do {			\
	assert_string_equal(told, text);	\
	told[0] = 0;				\
} while (0)

static size_t n_believed;

static void count(struct real *real)
{
	(void)real;
	n_believed++;
}

/* The file as another director's words make it. */
static size_t believe(struct fixture *f, const char *down, const char *boot_id,
		      uint64_t at, uint64_t now)
{
	struct dray_key key = service_key(&f->services.list[0], 0);
	json_t *root = json_pack("{s:s, s:I, s:[{s:o, s:s, s:i}]}",
				 "boot_id", boot_id, "at", (json_int_t)at,
				 "down", "service", dray_key_pack(&key),
				 "address", down, "port", 80);

	n_believed = 0;
	told_apply(&f->services, root, "boot", now, count);
	json_decref(root);
	services_settle(&f->services);
	return n_believed;
}

/* What another director has down is down until the first result of its own. */
static void test_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 3);
	fixture_create(&f);
	assert_int_equal(believe(&f, "10.0.0.1", "boot", 5, 10000005), 0);
	assert_int_equal(believe(&f, "10.0.0.1", "boot", 9, 5), 0);
	assert_int_equal(believe(&f, "10.0.0.1", "before", 5, 9), 0);
	assert_int_equal(believe(&f, "10.0.0.7", "boot", 5, 9), 0);
	assert_plan(&f, "1 up 1, 2 up 1, 3 up 1");
	f.vs.ha_suspend = true;
	assert_int_equal(believe(&f, "10.0.0.1", "boot", 5, 9), 0);
	f.vs.ha_suspend = false;
	assert_int_equal(believe(&f, "10.0.0.1", "boot", 5, 10000004), 1);
	assert_int_equal(believe(&f, "10.0.0.1", "boot", 5, 9), 0);
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	result(&f, 1, true);
	assert_int_equal(believe(&f, "10.0.0.2", "boot", 5, 9), 0);
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	result(&f, 0, true);
	assert_told("1 up;");
	assert_plan(&f, "1 up 1, 2 up 1, 3 up 1");
	f.services.list[0].reals[2].adopted = ADOPT_UP;
	assert_int_equal(believe(&f, "10.0.0.3", "boot", 5, 9), 0);
	told_apply(&f.services, NULL, "boot", 9, count);
	assert_plan(&f, "1 up 1, 2 up 1, 3 up 1");
	fixture_free(&f);
}

/* Without alpha all servers are in before they are checked. */
static void test_start(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	assert_plan(&f, "1 up 1, 2 up 1");
	result(&f, 0, false);
	assert_told("1 down;");
	assert_plan(&f, "1 down 1, 2 up 1");
	result(&f, 0, true);
	assert_told("1 up;");
	assert_plan(&f, "1 up 1, 2 up 1");
	fixture_free(&f);
}

static void test_alpha(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	f.reals[0].alpha = true;
	f.checkers[1].alpha = true;
	fixture_create(&f);
	assert_plan(&f, "1 down 1, 2 down 1");
	result(&f, 0, true);
	assert_told("1 up;quorum up;");
	assert_plan(&f, "1 up 1, 2 down 1");
	fixture_free(&f);
}

static void test_inhibit(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	f.reals[0].inhibit_on_failure = true;
	fixture_create(&f);
	result(&f, 0, false);
	assert_plan(&f, "1 drain 1, 2 up 1");
	fixture_free(&f);
	told[0] = 0;
}

static void test_sorry_server(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 3);
	f.vs.sorry = &f.sorry;
	f.vs.quorum = 2;
	fixture_create(&f);
	result(&f, 0, false);
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	result(&f, 1, false);
	assert_told("1 down;2 down;quorum down;");
	/* who is alive keeps the flows it has */
	assert_plan(&f, "1 down 1, 2 down 1, 3 drain 1, 99 up 1");
	result(&f, 1, true);
	assert_told("2 up;quorum up;");
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	fixture_free(&f);
}

static void test_lost_without_sorry(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 3);
	f.vs.quorum = 3;
	fixture_create(&f);
	result(&f, 0, false);
	assert_told("1 down;quorum down;");
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	fixture_free(&f);
}

/* The sorry server is one of the real ones. */
static void test_sorry_is_real(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	f.vs.sorry = &f.reals[1];
	f.vs.quorum = 2;
	fixture_create(&f);
	result(&f, 0, false);
	told[0] = 0;
	assert_plan(&f, "1 down 1, 2 up 1");
	fixture_free(&f);
}

static void test_weights(void **state)
{
	struct fixture f;
	struct job *job;

	(void)state;
	fixture_init(&f, 1);
	f.reals[0].weight = 5;
	fixture_create(&f);
	job = f.services.list[0].reals[0].jobs[0];
	job->has_weight = true;
	job->weight = 40;
	result(&f, 0, true);
	assert_told("1 weight 5->40;");
	/* an absolute weight leaves nothing behind */
	job->weight = 7;
	result(&f, 0, true);
	assert_told("1 weight 40->7;");
	job->relative = true;
	job->weight = -2;
	result(&f, 0, true);
	assert_told("1 weight 7->3;");
	assert_plan(&f, "1 up 3");
	job->weight = -200;
	result(&f, 0, true);
	assert_plan(&f, "1 up 0");
	job->has_weight = false;
	result(&f, 0, true);
	assert_plan(&f, "1 up 5");
	told[0] = 0;
	fixture_free(&f);
}

/* One check for three servers, as they ask the same of the same. */
static void test_shared_check(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	fixture_init(&f, 3);
	for (i = 1; i < 3; i++)
		f.checkers[i] = f.checkers[0];
	fixture_create(&f);
	assert_int_equal(jobs.n, 1);
	assert_int_equal(jobs.list[0]->n_users, 3);
	f.checkers[2].connect_timeout_us = 1;
	fixture_free(&f);
	fixture_create(&f);
	assert_int_equal(jobs.n, 2);
	fixture_free(&f);
}

/* A new run believes what the last one has left behind until it knows. */
static void test_adoption(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	result(&f, 0, false);
	assert_plan(&f, "1 down 1, 2 up 1");
	services_destroy(&f.services);
	jobs_free();
	told[0] = 0;
	fixture_create(&f);
	assert_plan(&f, "1 down 1, 2 up 1");
	/* the second is up: its first failure is not yet a verdict */
	f.services.list[0].reals[1].jobs[0]->check.timing.retry = 1;
	result(&f, 1, false);
	assert_told("");
	assert_plan(&f, "1 down 1, 2 up 1");
	result(&f, 0, true);
	assert_told("1 up;");
	fixture_free(&f);
}

static void test_reload(void **state)
{
	struct services old;
	struct fixture f;

	(void)state;
	fixture_init(&f, 3);
	f.vs.n_real_servers = 2;
	fixture_create(&f);
	result(&f, 0, false);
	told[0] = 0;
	old = f.services;
	/* the first server's check is another now, a third server is new */
	f.checkers[0].connect_timeout_us = 9;
	f.vs.n_real_servers = 3;
	jobs_reload_begin();
	services_create(&f.services, &f.conf);
	services_carry_over(&f.services, &old);
	jobs_reload_end();
	services_start(&f.services);
	services_destroy(&old);
	assert_plan(&f, "1 down 1, 2 up 1, 3 up 1");
	assert_true(f.services.list[0].reals[1].jobs[0]->started);
	assert_int_equal(jobs.n, 3);
	fixture_free(&f);
}

/* What somebody else writes between two looks. */
static void by_hand(struct fixture *f, void (*change)(struct dray_service *))
{
	struct overrides none = { 0 };
	struct dray_table now, planned;
	struct dray_service *svc;

	plan_make(&f->services, &f->kernel, &now);
	override_apply(&f->overrides, &now);
	dray_table_sort(&now);
	svc = &now.services[0];
	change(svc);
	plan_make(&f->services, &f->kernel, &planned);
	override_apply(&none, &planned);
	override_detect(&f->overrides, &f->kernel, &now, &planned, NULL);
	dray_table_free(&planned);
	dray_table_free(&f->kernel);
	f->kernel = now;
}

static void drain_first(struct dray_service *svc)
{
	svc->servers[0].state = DRAY_SERVER_STATE_DRAIN;
}

static void up_first(struct dray_service *svc)
{
	svc->servers[0].state = DRAY_SERVER_STATE_UP;
}

static void weigh_first(struct dray_service *svc)
{
	svc->servers[0].weight = 9;
}

static void weigh_as_configured(struct dray_service *svc)
{
	svc->servers[0].weight = 1;
}

static void delete_first(struct dray_service *svc)
{
	svc->n_servers--;
	memmove(svc->servers, svc->servers + 1,
		svc->n_servers * sizeof(*svc->servers));
}

static void add_fifty(struct dray_service *svc)
{
	struct dray_server srv;

	dray_server_defaults(&srv);
	fixture_addr("10.0.0.50", &srv.addr);
	srv.port = 80;
	dray_service_add_server(svc, &srv);
}

static void delete_last(struct dray_service *svc)
{
	svc->n_servers--;
}

static void test_drain_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	assert_plan(&f, "1 up 1, 2 up 1");
	by_hand(&f, drain_first);
	assert_int_equal(f.overrides.n, 1);
	assert_plan(&f, "1 drain 1, 2 up 1");
	/* whatever its checks say */
	result(&f, 0, false);
	assert_plan(&f, "1 drain 1, 2 up 1");
	result(&f, 0, true);
	assert_plan(&f, "1 drain 1, 2 up 1");
	/* back to what would be without it: lifted */
	by_hand(&f, up_first);
	assert_int_equal(f.overrides.n, 0);
	assert_plan(&f, "1 up 1, 2 up 1");
	result(&f, 0, false);
	assert_plan(&f, "1 down 1, 2 up 1");
	told[0] = 0;
	fixture_free(&f);
}

static void test_up_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	result(&f, 0, false);
	assert_plan(&f, "1 down 1, 2 up 1");
	by_hand(&f, up_first);
	assert_int_equal(f.overrides.n, 1);
	assert_plan(&f, "1 up 1, 2 up 1");
	assert_int_equal(override_lift(&f.overrides, &f.kernel.services[0].key,
				       NULL), 1);
	assert_plan(&f, "1 down 1, 2 up 1");
	told[0] = 0;
	fixture_free(&f);
}

static void test_weight_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	assert_plan(&f, "1 up 1, 2 up 1");
	by_hand(&f, weigh_first);
	by_hand(&f, drain_first);
	assert_plan(&f, "1 drain 9, 2 up 1");
	by_hand(&f, up_first);
	assert_plan(&f, "1 up 9, 2 up 1");
	by_hand(&f, weigh_as_configured);
	assert_int_equal(f.overrides.n, 0);
	fixture_free(&f);
}

static void test_deleted_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	assert_plan(&f, "1 up 1, 2 up 1");
	by_hand(&f, delete_first);
	assert_plan(&f, "2 up 1");
	override_lift(&f.overrides, &f.kernel.services[0].key, NULL);
	assert_plan(&f, "1 up 1, 2 up 1");
	fixture_free(&f);
}

static void test_added_by_hand(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 2);
	fixture_create(&f);
	assert_plan(&f, "1 up 1, 2 up 1");
	by_hand(&f, add_fifty);
	assert_plan(&f, "1 up 1, 2 up 1, 50 up 1");
	by_hand(&f, delete_last);
	assert_int_equal(f.overrides.n, 0);
	assert_plan(&f, "1 up 1, 2 up 1");
	fixture_free(&f);
}

/* Nothing has changed: nothing is to be written. */
static void test_nothing_to_write(void **state)
{
	struct dray_table wanted;
	struct dray_diff diff;
	struct fixture f;

	(void)state;
	fixture_init(&f, 3);
	f.vs.scheduler = "dray";
	f.vs.persistent = true;
	f.vs.persist_timeout_s = 5;
	fixture_create(&f);
	fixture_plan(&f, plan, sizeof(plan));
	/* somebody has tuned what the file does not speak of */
	f.kernel.services[0].rows = 65536;
	f.kernel.services[0].slow_start = 30;
	f.kernel.services[0].down_hold = 1;
	plan_make(&f.services, &f.kernel, &wanted);
	dray_diff_make(&f.kernel, &wanted, false, &diff);
	assert_int_equal(diff.n, 0);
	dray_diff_free(&diff);
	dray_table_free(&wanted);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_inhibit),
		cmocka_unit_test(test_sorry_server),
		cmocka_unit_test(test_lost_without_sorry),
		cmocka_unit_test(test_sorry_is_real),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_shared_check),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_drain_by_hand),
		cmocka_unit_test(test_up_by_hand),
		cmocka_unit_test(test_weight_by_hand),
		cmocka_unit_test(test_deleted_by_hand),
		cmocka_unit_test(test_added_by_hand),
		cmocka_unit_test(test_nothing_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
