// SPDX-License-Identifier: GPL-2.0-only
/*
 * Committing: what is in force afterwards, who is told what, in which order,
 * and that a commit that fails changes nothing.
 */
#include "txn_fixture.h"

struct commit_case {
	const char *name;
	const char *before;	/* in force when the transaction begins */
	const char *steps;	/* of it */
	const char *told;	/* notifications of its commit */
	unsigned int services;	/* in force afterwards */
	unsigned int servers;
	unsigned int vips;
	bool same;		/* the configuration has not changed */
};

static const struct commit_case commits[] = {
	{ "nothing", "S1 R11", "", "", 1, 1, 0, true },
	{ "a service with servers", "", "S1 R11 R12", "S+1 s+11 s+12 ", 1, 2 },
	{ "a server more", "S1 R11", "R12", "s+12 ", 1, 2 },
	{ "a server set to what it is", "S1 R11", "r11", "", 1, 1 },
	{ "a service set to what it is", "S1 R11", "s1", "", 1, 1 },
	{ "a server less", "S1 R11 R12", "e11", "s-11 ", 1, 1 },
	{ "a server made and deleted", "S1 R11", "R12 e12", "", 1, 1 },
	{ "a server deleted and made: gone before it is there", "S1 R11 R12",
	  "e11 R11", "s-11 s+11 ", 1, 2 },
	{ "a service less", "S1 R11 S2", "d1", "S-1 s-11 ", 1, 0 },
	{ "a service made and deleted", "", "S1 R11 d1", "", 0, 0, 0, true },
	{ "a service deleted and made", "S1 R11", "d1 S1 R12",
	  "S-1 s-11 S+1 s+12 ", 1, 1 },
	{ "a service deleted, made and deleted", "S1 R11", "d1 S1 R12 d1",
	  "S-1 s-11 ", 0, 0 },
	{ "all but the middle one", "S1 R11 R12 R13", "e11 e13", "s-11 s-13 ",
	  1, 1 },
	{ "a flush", "S1 R11 S2", "S3 F", "S-1 s-11 S-2 ", 0, 0 },
	{ "a flush and the same again", "S1 R11", "F S1 R11",
	  "S-1 s-11 S+1 s+11 ", 1, 1 },
	{ "both families", "S1 R11", "S6 R62", "S+6 s+62 ", 2, 2 },
	{ "a VIP", "", "V1", "V+1 ", 0, 0, 1 },
	{ "a VIP less", "V1 V2", "w1", "V-1 ", 0, 0, 1 },
	{ "a VIP set to what it is", "V1", "v1", "", 0, 0, 1, true },
	{ "a VIP deleted and made", "V1", "w1 V1", "", 0, 0, 1, true },
	{ "settings", "S1", "C", "C ", 1 },
	{ "settings, VIPs, services in this order", "", "S1 V1 C",
	  "C V+1 S+1 ", 1, 0, 1 },
};

static void commit_desc(const struct commit_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(commit, commits, commit_desc);

static unsigned int count_in_force(struct xarray *xa)
{
	unsigned int n = 0;
	unsigned long id;
	void *entry;

	xa_for_each(xa, id, entry)
		n++;
	return n;
}

static void commit_in_force(struct kunit *test)
{
	const struct commit_case *c = test->param_value;
	struct dray_net *dn = test->priv;
	u32 generation;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, c->before), 0);
	generation = dn->generation;
	fixture_log[0] = '\0';
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, c->steps), 0);
	KUNIT_EXPECT_STREQ(test, fixture_log, "");
	KUNIT_ASSERT_EQ(test, txn_commit(dn, 1), 0);
	KUNIT_EXPECT_STREQ(test, fixture_log, c->told);
	KUNIT_EXPECT_EQ(test, count_in_force(&dn->service_ids), c->services);
	KUNIT_EXPECT_EQ(test, dn->n_services[0] + dn->n_services[1],
			c->services);
	KUNIT_EXPECT_EQ(test, count_in_force(&dn->servers), c->servers);
	KUNIT_EXPECT_EQ(test, dn->n_vips, c->vips);
	KUNIT_EXPECT_EQ(test, dn->generation, generation + !c->same);
	KUNIT_EXPECT_EQ(test, dn->hooks_on[0], !!dn->n_services[0]);
	KUNIT_EXPECT_EQ(test, dn->hooks_on[1], !!dn->n_services[1]);
	KUNIT_EXPECT_EQ(test, dn->n_vips_of[0] + dn->n_vips_of[1], c->vips);
	KUNIT_EXPECT_EQ(test, !!dn->announce_ops[0].priv, !!dn->n_vips_of[0]);
	KUNIT_EXPECT_EQ(test, !!dn->announce_ops[1].priv, !!dn->n_vips_of[1]);
	KUNIT_EXPECT_EQ(test, !!dn->accept_ops[0].priv, !!dn->n_vips_of[0]);
	KUNIT_EXPECT_EQ(test, !!dn->accept_ops[1].priv, !!dn->n_vips_of[1]);
}

static struct dray_service *find_service(struct dray_net *dn, u32 n)
{
	const struct dray_service_key key = txn_service_key(n);
	struct dray_service *service;

	rcu_read_lock();
	service = dray_service_find(dn, &key);
	rcu_read_unlock();
	return service;
}

static struct dray_service_conf *conf_of(struct dray_net *dn, u32 n)
{
	struct dray_service_conf *conf;

	rcu_read_lock();
	conf = rcu_dereference(find_service(dn, n)->conf);
	rcu_read_unlock();
	return conf;
}

static void commit_gcd(struct kunit *test)
{
	static const struct {
		const char *step;
		u32 weight;
		u32 gcd;
	} rows[] = {
		{ "S1", 0, 1 },
		{ "R11", 12, 12 },
		{ "R12", 18, 6 },
		{ "R13", 0, 6 },
		{ "R14", 4, 2 },
		{ "r14", 6, 6 },
		{ "e14", 0, 6 },
		{ "e12", 0, 12 },
		{ "r11", 0x7fffffff, 0x7fffffff },
		{ "e11", 0, 1 },
		{ "e13", 0, 1 },
	};
	struct dray_net *dn = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		step_server.weight = rows[i].weight;
		KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, rows[i].step), 0);
		KUNIT_EXPECT_EQ_MSG(test, conf_of(dn, 1)->gcd, rows[i].gcd,
				    "%s", rows[i].step);
	}
	step_server.weight = 0;
}

/* A change keeps the server, with its id, and the order; a new one does not. */
static void commit_identity(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	struct dray_server *first, *second;
	u32 id;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1 R11 R12"), 0);
	first = conf_of(dn, 1)->slots[0].server;
	second = conf_of(dn, 1)->slots[1].server;
	id = first->id;
	step_server.weight = 3;
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "r11"), 0);
	KUNIT_EXPECT_PTR_EQ(test, conf_of(dn, 1)->slots[0].server, first);
	KUNIT_EXPECT_EQ(test, conf_of(dn, 1)->slots[0].params.weight, 3);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "e11 R11"), 0);
	KUNIT_EXPECT_PTR_EQ(test, conf_of(dn, 1)->slots[0].server, second);
	KUNIT_EXPECT_NE(test, conf_of(dn, 1)->slots[1].server->id, id);
	step_server.weight = 0;
}

/* What somebody else's commit has overtaken is refused, whole. */
static void commit_stale(struct kunit *test)
{
	struct dray_net *dn = test->priv;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1 R11"), 0);
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "R12 S3 e11"), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 2, "d1"), 0);
	fixture_log[0] = '\0';
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, "S4"), -ESTALE);
	KUNIT_EXPECT_EQ(test, txn_commit(dn, 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, txn_commit(dn, 1), -ENOENT);
	KUNIT_EXPECT_STREQ(test, fixture_log, "");
	KUNIT_EXPECT_TRUE(test, xa_empty(&dn->service_ids));
	KUNIT_EXPECT_TRUE(test, xa_empty(&dn->servers));
}

static void commit_expected_generation(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	u32 expected, now;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1"), 0);
	expected = dn->generation - 1;
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S2"), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_commit(dn, 1, &expected, &now, NULL),
			-ESTALE);
	KUNIT_EXPECT_EQ(test, now, expected + 1);
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S2"), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_commit(dn, 1, &now, &expected, NULL), 0);
	KUNIT_EXPECT_EQ(test, expected, now + 1);
}

/* A renewed lease is nobody's change: no news, and nothing becomes stale. */
static void commit_renewal(struct kunit *test)
{
	struct dray_vip_key key = txn_vip_key(1);
	struct dray_net *dn = test->priv;
	struct dray_vip *vip;

	step_vip = (struct dray_vip_params){
		.role = DRAY_ROLE_ACTIVE, .lease_end = 5,
	};
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "V1"), 0);
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1"), 0);
	fixture_log[0] = '\0';
	step_vip.lease_end = 6;
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 2, "v1"), 0);
	KUNIT_EXPECT_STREQ(test, fixture_log, "");
	mutex_lock(&dn->lock);
	vip = dray_vip_lookup(dn, AF_INET, &key.addr);
	KUNIT_EXPECT_EQ(test, vip->params.lease_end, 6);
	mutex_unlock(&dn->lock);
	KUNIT_EXPECT_EQ(test, txn_commit(dn, 1), 0);
	step_vip.role = DRAY_ROLE_STANDBY;
	fixture_log[0] = '\0';
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 2, "v1"), 0);
	KUNIT_EXPECT_STREQ(test, fixture_log, "V+1 ");
	step_vip.flags = DRAY_VIP_FLAGS_NO_ACCEPT;
	fixture_log[0] = '\0';
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 2, "v1"), 0);
	KUNIT_EXPECT_STREQ(test, fixture_log, "V+1 ");
	memset(&step_vip, 0, sizeof(step_vip));
}

/* The hooks of a family, or those of VIPs, cannot be registered. */
static void commit_without_hooks(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	unsigned int i;
	u32 generation;

	for (i = 0; i < ARRAY_SIZE(fixture_hook_error); i++) {
		memset(fixture_hook_error, 0, sizeof(fixture_hook_error));
		fixture_hook_error[i] = -ENOMEM;
		fixture_log[0] = '\0';
		generation = dn->generation;
		KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
		KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1 R11 S6 R62 V1"), 0);
		KUNIT_EXPECT_EQ(test, txn_commit(dn, 1), -ENOMEM);
		KUNIT_EXPECT_STREQ(test, fixture_log, "");
		KUNIT_EXPECT_TRUE(test, xa_empty(&dn->service_ids));
		KUNIT_EXPECT_TRUE(test, xa_empty(&dn->servers));
		KUNIT_EXPECT_EQ(test, dn->n_vips, 0);
		KUNIT_EXPECT_EQ(test, dn->generation, generation);
		KUNIT_EXPECT_FALSE(test, dn->hooks_on[0] || dn->hooks_on[1]);
		KUNIT_EXPECT_PTR_EQ(test, dn->announce_ops[0].priv, NULL);
		KUNIT_EXPECT_PTR_EQ(test, dn->announce_ops[1].priv, NULL);
		KUNIT_EXPECT_PTR_EQ(test, dn->accept_ops[0].priv, NULL);
		KUNIT_EXPECT_PTR_EQ(test, dn->accept_ops[1].priv, NULL);
	}
}

static struct kunit_case commit_cases[] = {
	KUNIT_CASE_PARAM(commit_in_force, commit_gen_params),
	KUNIT_CASE(commit_gcd),
	KUNIT_CASE(commit_identity),
	KUNIT_CASE(commit_stale),
	KUNIT_CASE(commit_expected_generation),
	KUNIT_CASE(commit_renewal),
	KUNIT_CASE(commit_without_hooks),
	{}
};

static struct kunit_suite commit_suite = {
	.name = "dray_commit",
	.init = txn_fixture_init,
	.exit = txn_fixture_exit,
	.test_cases = commit_cases,
};

kunit_test_suite(commit_suite);

MODULE_DESCRIPTION("dray: KUnit suite of committing changes");
MODULE_LICENSE("GPL");
