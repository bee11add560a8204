// SPDX-License-Identifier: GPL-2.0-only
/*
 * Schedulers: whom they choose, as rows of a table.  Servers are called A, B,
 * C, D, in the order in which they are looked at: A was added last.  "-" is
 * nobody.  Nothing changes between the choices of a row but what the scheduler
 * itself remembers.
 */
#include <kunit/test.h>

#include "../schedule.c"

#define MOST	0x7fffffff	/* weight */

enum out { IN, DOWN, DRAIN, UNREACHABLE, OVERLOADED };

struct server_row {
	u32 weight;
	u32 active;
	u32 inactive;
	enum out out;
};

struct choice_case {
	const char *name;
	const char *sched;
	struct server_row servers[4];	/* those with weight ~0 are not there */
	const char *chosen;
};

#define NONE	{ ~0U }

static const struct choice_case choices[] = {
	{ "rr goes round", "rr", { {1}, {1}, {1}, NONE }, "ABCABC" },
	{ "rr looks at no weight and no load", "rr",
	  { {1, 99}, {9}, NONE }, "ABAB" },
	{ "rr gives the one behind a gap one turn", "rr",
	  { {1}, {1, 0, 0, DOWN}, {1}, NONE }, "ACACAC" },
	{ "rr gives the one behind two gaps one turn", "rr",
	  { {1}, {1, 0, 0, DOWN}, {0}, {1} }, "ADADAD" },
	{ "rr begins behind a gap", "rr",
	  { {1, 0, 0, DOWN}, {1}, {1}, NONE }, "BCBC" },
	{ "wrr interleaves 1:2:3", "wrr",
	  { {1}, {2}, {3}, NONE }, "CBCABCCBCABC" },
	{ "wrr falls by the common divisor", "wrr",
	  { {2}, {4}, NONE }, "BABBAB" },
	{ "wrr of equals is rr", "wrr", { {7}, {7}, NONE }, "ABABAB" },
	{ "wrr without its heaviest", "wrr",
	  { {1}, {2}, {100000, 0, 0, DOWN}, NONE }, "BABBAB" },
	{ "wrr skips weight 0", "wrr", { {0}, {1}, {1}, NONE }, "BCBC" },
	{ "wrr of the greatest weights", "wrr",
	  { {MOST}, {MOST}, NONE }, "ABABAB" },
	{ "wrr of the greatest and the least", "wrr",
	  { {1}, {MOST}, NONE }, "BBBBBB" },
	{ "lc takes the least", "lc", { {1, 2}, {1, 1}, {1, 3}, NONE }, "BB" },
	{ "lc takes the first of equals", "lc", { {1, 2}, {1, 2}, NONE }, "A" },
	{ "lc: an active flow is more than 255 inactive", "lc",
	  { {1, 1}, {1, 0, 255}, NONE }, "B" },
	{ "lc: an active flow is less than 257 inactive", "lc",
	  { {1, 1}, {1, 0, 257}, NONE }, "A" },
	{ "lc skips the idle one that is out", "lc",
	  { {1, 5}, {1, 0, 0, UNREACHABLE}, NONE }, "A" },
	{ "lc of as many flows as there may be", "lc",
	  { {1, 1 << 28}, {1, (1 << 28) - 1}, NONE }, "B" },
	{ "wlc divides by the weight", "wlc",
	  { {1, 1}, {3, 2}, NONE }, "B" },
	{ "wlc takes the first of equals", "wlc",
	  { {1, 1}, {3, 3}, NONE }, "A" },
	{ "wlc counts inactive flows", "wlc",
	  { {1, 1, 1}, {1, 1}, NONE }, "B" },
	{ "wlc of the greatest weights", "wlc",
	  { {MOST, 2}, {MOST, 1}, NONE }, "B" },
	{ "wlc of the greatest and the least weight", "wlc",
	  { {1, 1}, {MOST, 1 << 24}, NONE }, "B" },
	{ "wlc of the greatest weights, as many flows as there may be", "wlc",
	  { {MOST, 1 << 28}, {MOST, 1 << 27}, NONE }, "B" },
	{ "sed counts the flow to come", "sed",
	  { {1}, {3, 1}, NONE }, "B" },
	{ "sed of the greatest weights", "sed",
	  { {MOST, 1 << 28}, {MOST, (1 << 28) - 1}, NONE }, "B" },
	{ "nq prefers the idle one", "nq", { {99, 1}, {1}, NONE }, "B" },
	{ "nq is sed if none is idle", "nq", { {1, 1}, {3, 2}, NONE }, "B" },
	{ "fo takes the heaviest", "fo", { {1}, {3}, {2}, NONE }, "BB" },
	{ "fo takes the next if the heaviest is out", "fo",
	  { {1}, {3, 0, 0, DOWN}, {2}, NONE }, "C" },
	{ "fo of the greatest weights", "fo",
	  { {MOST - 1}, {MOST}, NONE }, "B" },
	{ "ovf: as many flows as weight still fit", "ovf",
	  { {1}, {3, 3}, NONE }, "B" },
	{ "ovf: one more does not", "ovf", { {1}, {3, 4}, NONE }, "A" },
	{ "ovf counts no inactive flows", "ovf",
	  { {1}, {3, 0, 99}, NONE }, "B" },
	{ "ovf with all full has nobody", "ovf", { {1, 2}, {3, 4}, NONE }, "-" },
	{ "ovf of the greatest weights", "ovf",
	  { {MOST - 1}, {MOST, 1 << 28}, NONE }, "B" },
};

static void choice_desc(const struct choice_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(choice, choices, choice_desc);

static void scheduler_desc(const struct dray_scheduler *sched, char *desc)
{
	strscpy(desc, sched->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(scheduler, dray_schedulers, scheduler_desc);

static struct dray_service *make_service(struct kunit *test)
{
	struct dray_service *service;

	service = kunit_kzalloc(test, sizeof(*service), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, service);
	spin_lock_init(&service->wrr_lock);
	return service;
}

static struct dray_service_conf *make_conf(struct kunit *test,
					   const struct server_row *rows)
{
	struct dray_service_conf *conf;
	struct dray_service_slot *slot;
	struct dray_server *server;
	u32 i;

	conf = kunit_kzalloc(test, struct_size(conf, slots, 4), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, conf);
	conf->cap = 4;
	while (conf->n < 4 && rows[conf->n].weight != ~0U)
		conf->n++;
	for (i = 0; i < conf->n; i++) {
		server = kunit_kzalloc(test, sizeof(*server), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, server);
		server->id = 'A' + i;
		atomic_set(&server->active, rows[i].active);
		atomic_set(&server->inactive, rows[i].inactive);
		server->overloaded = rows[i].out == OVERLOADED;
		if (rows[i].out == UNREACHABLE)
			server->reach = DRAY_REACH_NO_NEIGHBOUR;
		slot = &conf->slots[conf->n - 1 - i];
		slot->server = server;
		slot->params.weight = rows[i].weight;
		if (rows[i].out == DOWN)
			slot->params.state = DRAY_SERVER_STATE_DOWN;
		if (rows[i].out == DRAIN)
			slot->params.state = DRAY_SERVER_STATE_DRAIN;
		conf->gcd = gcd(conf->gcd, rows[i].weight);
	}
	conf->gcd = max(conf->gcd, 1U);
	return conf;
}

/* A probe before it, and one before that, say the same and take no turn. */
static char choose(struct kunit *test, const char *name,
		   struct dray_service *service,
		   const struct dray_service_conf *conf)
{
	const struct dray_scheduler *sched = dray_scheduler_find(name);
	struct dray_server *probed = sched->select(service, conf, true);
	struct dray_server *again = sched->select(service, conf, true);
	struct dray_server *server = sched->select(service, conf, false);

	/* It draws. */
	if (strcmp(name, "twos")) {
		KUNIT_EXPECT_PTR_EQ(test, probed, server);
		KUNIT_EXPECT_PTR_EQ(test, again, server);
	}
	return server ? server->id : '-';
}

static void schedule_chooses(struct kunit *test)
{
	const struct choice_case *c = test->param_value;
	struct dray_service *service = make_service(test);
	const struct dray_service_conf *conf = make_conf(test, c->servers);
	char chosen[16] = {};
	unsigned int i;

	for (i = 0; c->chosen[i]; i++)
		chosen[i] = choose(test, c->sched, service, conf);
	KUNIT_EXPECT_STREQ(test, chosen, c->chosen);
}

/* Weight 0 and every way to be out, one after the other and all at once. */
static void schedule_nobody(struct kunit *test)
{
	static const struct server_row rows[][4] = {
		{ NONE },
		{ {0}, NONE },
		{ {1, 0, 0, DOWN}, NONE },
		{ {1, 0, 0, DRAIN}, NONE },
		{ {1, 0, 0, UNREACHABLE}, NONE },
		{ {1, 0, 0, OVERLOADED}, NONE },
		{ {0}, {1, 0, 0, DOWN}, {2, 0, 0, UNREACHABLE}, {3, 0, 0, DRAIN} },
	};
	const struct dray_scheduler *sched = test->param_value;
	struct dray_service *service = make_service(test);
	unsigned int i;

	if (sched->key != DRAY_KEY_NONE)
		kunit_skip(test, "goes by a table");
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ(test, '-', choose(test, sched->name, service,
						  make_conf(test, rows[i])));
}

static void schedule_only_one(struct kunit *test)
{
	static const struct server_row rows[4] = {
		{0}, {5, 0, 0, DOWN}, {1}, {MOST, 0, 0, OVERLOADED},
	};
	const struct dray_scheduler *sched = test->param_value;
	struct dray_service *service = make_service(test);
	unsigned int i;

	if (sched->key != DRAY_KEY_NONE)
		kunit_skip(test, "goes by a table");
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, 'C', choose(test, sched->name, service,
						  make_conf(test, rows)));
}

/* How often A is chosen. */
static unsigned int count_a(struct kunit *test, const char *sched,
			    const struct server_row *rows, unsigned int times)
{
	const struct dray_service_conf *conf = make_conf(test, rows);
	struct dray_service *service = make_service(test);
	unsigned int n = 0;

	while (times--)
		n += choose(test, sched, service, conf) == 'A';
	return n;
}

static void schedule_wrr_proportion(struct kunit *test)
{
	static const struct server_row rows[4] = { {1}, {100000}, NONE };

	KUNIT_EXPECT_EQ(test, count_a(test, "wrr", rows, 100001), 1);
}

/* What wrr remembers is of a configuration that is gone. */
static void schedule_wrr_reconfigured(struct kunit *test)
{
	static const struct server_row before[4] = { {1}, {2}, {100000}, {3} };
	static const struct server_row after[4] = { {2}, {4}, NONE };
	struct dray_service *service = make_service(test);
	const struct dray_service_conf *conf = make_conf(test, before);
	unsigned int i, a = 0;

	for (i = 0; i < 3; i++)
		choose(test, "wrr", service, conf);
	conf = make_conf(test, after);
	for (i = 0; i < 300; i++)
		a += choose(test, "wrr", service, conf) == 'A';
	KUNIT_EXPECT_GE(test, a, 99);
	KUNIT_EXPECT_LE(test, a, 101);
}

/* 20000 draws; the bounds are six standard deviations. */
static void schedule_twos_by_weight(struct kunit *test)
{
	static const struct server_row rows[4] = { {1}, {3}, NONE };
	unsigned int a = count_a(test, "twos", rows, 20000);

	KUNIT_EXPECT_GT(test, a, 5000 - 370);
	KUNIT_EXPECT_LT(test, a, 5000 + 370);
}

/* The loaded one only if both draws hit it: 1 in 16. */
static void schedule_twos_by_load(struct kunit *test)
{
	static const struct server_row rows[4] = { {1, 100}, {3}, NONE };
	unsigned int a = count_a(test, "twos", rows, 20000);

	KUNIT_EXPECT_GT(test, a, 1250 - 210);
	KUNIT_EXPECT_LT(test, a, 1250 + 210);
}

static void schedule_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, dray_scheduler_find("wrr")->name, "wrr");
	KUNIT_EXPECT_NULL(test, dray_scheduler_find("wr"));
	KUNIT_EXPECT_NULL(test, dray_scheduler_find(""));
}

static struct kunit_case schedule_cases[] = {
	KUNIT_CASE_PARAM(schedule_chooses, choice_gen_params),
	KUNIT_CASE_PARAM(schedule_nobody, scheduler_gen_params),
	KUNIT_CASE_PARAM(schedule_only_one, scheduler_gen_params),
	KUNIT_CASE(schedule_wrr_proportion),
	KUNIT_CASE(schedule_wrr_reconfigured),
	KUNIT_CASE(schedule_twos_by_weight),
	KUNIT_CASE(schedule_twos_by_load),
	KUNIT_CASE(schedule_names),
	{}
};

static struct kunit_suite schedule_suite = {
	.name = "dray_schedule",
	.test_cases = schedule_cases,
};

kunit_test_suite(schedule_suite);

MODULE_DESCRIPTION("dray: KUnit suite of the schedulers");
MODULE_LICENSE("GPL");
