// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers: when one is overloaded, and what becomes of a configured state.
 */
#include "fixture.h"

#include "../told.c"

struct load_step {
	u32 flows;
	bool overloaded;
};

struct load_case {
	const char *name;
	u32 upper;
	u32 lower;
	struct load_step steps[8];
	unsigned int n;
};

static const struct load_case loads[] = {
	{ "no upper threshold, no limit", 0, 0,
	  { {0, false}, {0x7fffffff, false} }, 2 },
	{ "overloaded from the upper one on", 100, 50,
	  { {99, false}, {100, true}, {101, true} }, 3 },
	{ "until it falls below the lower one", 100, 50,
	  { {100, true}, {99, true}, {50, true}, {49, false}, {99, false},
	    {100, true} }, 6 },
	{ "a lower threshold of 1 is a lower threshold", 100, 1,
	  { {100, true}, {1, true}, {0, false} }, 3 },
	{ "no lower one: until below three quarters", 100, 0,
	  { {100, true}, {75, true}, {74, false}, {99, false} }, 4 },
	{ "three quarters of what does not divide by four", 10, 0,
	  { {10, true}, {8, true}, {7, false} }, 3 },
	{ "three quarters of 1", 1, 0, { {1, true}, {0, false} }, 2 },
	{ "both the same", 100, 100,
	  { {100, true}, {99, false}, {100, true} }, 3 },
	{ "the greatest threshold", 0x7fffffff, 0,
	  { {0x7ffffffe, false}, {0x7fffffff, true}, {0x5fffffff, false} }, 3 },
};

static void load_desc(const struct load_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(load, loads, load_desc);

static struct dray_server *make_server(struct kunit *test)
{
	struct dray_server *server;

	server = kunit_kzalloc(test, sizeof(*server), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, server);
	return server;
}

static void server_load(struct kunit *test)
{
	const struct load_case *c = test->param_value;
	struct dray_server *server = make_server(test);
	unsigned int i;

	server->u_threshold = c->upper;
	server->l_threshold = c->lower;
	for (i = 0; i < c->n; i++) {
		atomic_set(&server->active, c->steps[i].flows);
		dray_server_judge_load(server);
		KUNIT_EXPECT_EQ_MSG(test, server->overloaded,
				    c->steps[i].overloaded, "%u flows",
				    c->steps[i].flows);
	}
}

static void server_load_counts_inactive(struct kunit *test)
{
	struct dray_server *server = make_server(test);

	server->u_threshold = 10;
	atomic_set(&server->active, 4);
	atomic_set(&server->inactive, 6);
	dray_server_judge_load(server);
	KUNIT_EXPECT_TRUE(test, server->overloaded);
}

static void server_load_goes_by_what_is_more(struct kunit *test)
{
	struct dray_server *server = make_server(test);

	server->u_threshold = 10;
	server->told[DRAY_TOLD_ACTIVE].count = 4;
	server->told[DRAY_TOLD_INACTIVE].count = 5;
	atomic_set(&server->active, 9);
	dray_server_judge_load(server);
	KUNIT_EXPECT_FALSE(test, server->overloaded);
	server->told[DRAY_TOLD_INACTIVE].count = 6;
	dray_server_judge_load(server);
	KUNIT_EXPECT_TRUE(test, server->overloaded);
}

/* Puts a fixture's server into the configuration of its service. */
static void configure(struct dray_service *service, struct dray_server *server)
{
	struct dray_service_conf *conf = rcu_dereference_raw(service->conf);

	conf->slots[conf->n++].server = server;
}

static void server_told_fades(struct kunit *test)
{
	struct dray_net *dn = fixture_net_create(test);
	struct dray_service *service = fixture_service(test, dn, AF_INET, 0);
	struct dray_server *a = fixture_server(test, service, 1);
	struct dray_server *b = fixture_server(test, service, 2);

	dray_told_init(dn);
	configure(service, a);
	configure(service, b);
	a->u_threshold = 60;
	rcu_read_lock();
	dray_told_take(dn, a, DRAY_TOLD_ACTIVE, 100);
	dray_told_take(dn, b, DRAY_TOLD_ACTIVE, 1);
	dray_told_take(dn, b, DRAY_TOLD_INACTIVE, 7);
	KUNIT_EXPECT_TRUE(test, a->overloaded);
	KUNIT_EXPECT_TRUE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 101);
	/* what is here as well is not counted twice */
	atomic_set(&a->active, 40);
	KUNIT_EXPECT_TRUE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 61);
	atomic_set(&a->active, 0);

	a->told[DRAY_TOLD_ACTIVE].at -= TOLD_HALF + 1;
	KUNIT_EXPECT_TRUE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 51);
	/* above three quarters of the threshold no more after the second time */
	KUNIT_EXPECT_TRUE(test, a->overloaded);
	KUNIT_EXPECT_TRUE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 51);
	a->told[DRAY_TOLD_ACTIVE].at -= TOLD_HALF + 1;
	KUNIT_EXPECT_TRUE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 26);
	KUNIT_EXPECT_FALSE(test, a->overloaded);

	dray_told_take(dn, a, DRAY_TOLD_ACTIVE, 0);
	dray_told_take(dn, b, DRAY_TOLD_ACTIVE, 0);
	KUNIT_EXPECT_TRUE(test, told_service(service));
	b->told[DRAY_TOLD_INACTIVE].at -= TOLD_HALF * 9;
	b->told[DRAY_TOLD_INACTIVE].count = 1;
	KUNIT_EXPECT_FALSE(test, told_service(service));
	KUNIT_EXPECT_EQ(test, service->told, 0);
	rcu_read_unlock();
	dray_told_exit(dn);
	fixture_net_destroy(dn);
}

static void server_load_threshold_taken_away(struct kunit *test)
{
	struct dray_server_params params = { .weight = 1, .u_threshold = 10 };
	struct dray_server *server = make_server(test);

	atomic_set(&server->active, 10);
	dray_server_set_params(server, &params);
	KUNIT_EXPECT_TRUE(test, server->overloaded);
	params.u_threshold = 0;
	dray_server_set_params(server, &params);
	KUNIT_EXPECT_FALSE(test, server->overloaded);
}

struct state_case {
	const char *name;
	u32 weight;
	u8 asked;
	u8 is;
};

static const struct state_case states[] = {
	{ "up is up", 1, DRAY_SERVER_STATE_UP, DRAY_SERVER_STATE_UP },
	{ "weight 0 drains", 0, DRAY_SERVER_STATE_UP, DRAY_SERVER_STATE_DRAIN },
	{ "drain keeps its weight", 9, DRAY_SERVER_STATE_DRAIN,
	  DRAY_SERVER_STATE_DRAIN },
	{ "down is down", 1, DRAY_SERVER_STATE_DOWN, DRAY_SERVER_STATE_DOWN },
	{ "down with weight 0 is down", 0, DRAY_SERVER_STATE_DOWN,
	  DRAY_SERVER_STATE_DOWN },
};

static void state_desc(const struct state_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(state, states, state_desc);

static void server_state(struct kunit *test)
{
	const struct state_case *c = test->param_value;
	const struct dray_server_params params = {
		.weight = c->weight, .state = c->asked,
	};
	struct dray_server *server = make_server(test);

	dray_server_set_params(server, &params);
	KUNIT_EXPECT_EQ(test, server->state, c->is);
}

/* The hold counts from the moment at which it went down, not from the last
 * time that somebody said so.
 */
static void server_down_since(struct kunit *test)
{
	const struct dray_server_params down = {
		.weight = 1, .state = DRAY_SERVER_STATE_DOWN,
	};
	struct dray_server *server = make_server(test);
	unsigned long since = jiffies;

	dray_server_set_params(server, &down);
	KUNIT_EXPECT_TRUE(test, time_after_eq(server->down_since, since));
	server->down_since = since - HZ;
	dray_server_set_params(server, &down);
	KUNIT_EXPECT_EQ(test, server->down_since, since - HZ);
}

/* What has left stays at that until it serves again, whatever else it becomes. */
static void server_left_since(struct kunit *test)
{
	struct dray_server_params params = { .weight = 1 };
	struct dray_server *server = make_server(test);
	unsigned long since;

	dray_server_set_params(server, &params);
	params.state = DRAY_SERVER_STATE_DOWN;
	dray_server_set_params(server, &params);
	KUNIT_EXPECT_EQ(test, server->left_since, 0);
	params.state = DRAY_SERVER_STATE_UP;
	dray_server_set_params(server, &params);
	server->published = true;
	params.state = DRAY_SERVER_STATE_DOWN;
	dray_server_set_params(server, &params);
	since = server->left_since;
	KUNIT_EXPECT_NE(test, since, 0);
	server->left_since = since - HZ;
	params.state = DRAY_SERVER_STATE_DRAIN;
	dray_server_set_params(server, &params);
	KUNIT_EXPECT_EQ(test, server->left_since, since - HZ);
	params.state = DRAY_SERVER_STATE_UP;
	dray_server_set_params(server, &params);
	KUNIT_EXPECT_EQ(test, server->left_since, 0);
}

static void server_found_by_id(struct kunit *test)
{
	struct dray_net *dn = fixture_net_create(test);
	struct dray_service *service = fixture_service(test, dn, AF_INET, 0);
	struct dray_server *a = fixture_server(test, service, 1);
	struct dray_server *b = fixture_server(test, service, 2);
	u32 id = a->id;

	KUNIT_EXPECT_NE(test, id, 0);
	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ(test, dray_server_by_id(dn, id), a);
	KUNIT_EXPECT_PTR_EQ(test, dray_server_by_id(dn, b->id), b);
	rcu_read_unlock();
	mutex_lock(&dn->lock);
	dray_server_destroy(dn, a);
	mutex_unlock(&dn->lock);
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, dray_server_by_id(dn, id));
	rcu_read_unlock();
	/* Ids go round: the next one is new. */
	KUNIT_EXPECT_NE(test, fixture_server(test, service, 1)->id, id);
	fixture_net_destroy(dn);
}

static struct kunit_case server_cases[] = {
	KUNIT_CASE_PARAM(server_load, load_gen_params),
	KUNIT_CASE(server_load_counts_inactive),
	KUNIT_CASE(server_load_goes_by_what_is_more),
	KUNIT_CASE(server_told_fades),
	KUNIT_CASE(server_load_threshold_taken_away),
	KUNIT_CASE_PARAM(server_state, state_gen_params),
	KUNIT_CASE(server_down_since),
	KUNIT_CASE(server_left_since),
	KUNIT_CASE(server_found_by_id),
	{}
};

static struct kunit_suite server_suite = {
	.name = "dray_server",
	.test_cases = server_cases,
};

kunit_test_suite(server_suite);

MODULE_DESCRIPTION("dray: KUnit suite of servers");
MODULE_LICENSE("GPL");
