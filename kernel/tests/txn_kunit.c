// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: steps see each other, errors leave nothing, and what is dropped is
 * gone.  What a commit does is in commit_kunit.c.
 */
#include "txn_fixture.h"

struct step_case {
	const char *name;
	const char *before;	/* in force when the transaction begins */
	const char *steps;	/* that succeed */
	const char *last;	/* that does not */
	int err;
};

static const struct step_case steps[] = {
	{ "a service once", "", "S1", "S1", -EEXIST },
	{ "a service in force", "S1", "", "S1", -EEXIST },
	{ "no such service to set", "", "", "s1", -ESRCH },
	{ "no such service to delete", "S2", "", "d1", -ESRCH },
	{ "no such service for a server", "", "", "R11", -ESRCH },
	{ "no such service for a server to set", "", "", "r11", -ESRCH },
	{ "no such service for a server to delete", "", "", "e11", -ESRCH },
	{ "a service that is staged to go", "S1", "d1", "s1", -ESRCH },
	{ "a service made and deleted", "", "S1 R11 d1", "d1", -ESRCH },
	{ "no server in a service to go", "S1 R11", "d1", "e11", -ESRCH },
	{ "a server once", "", "S1 R11", "R11", -EEXIST },
	{ "a server in force", "S1 R11", "", "R11", -EEXIST },
	{ "no such server to set", "S1 R11", "", "r12", -ENOENT },
	{ "no such server to delete", "S1 R11", "", "e12", -ENOENT },
	{ "a server deleted", "S1 R11", "e11", "r11", -ENOENT },
	{ "a server made and deleted", "S1", "R11 e11", "e11", -ENOENT },
	{ "a server of another service", "S1 R11 S2", "", "e21", -ENOENT },
	{ "a service deleted and made has no servers", "S1 R11", "d1 S1",
	  "e11", -ENOENT },
	{ "after a flush there is nothing", "S1 S2 R11", "S3 F", "s1", -ESRCH },
	{ "nor what was staged", "S1", "S3 F", "s3", -ESRCH },
	{ "after a flush all can be made", "S1 R11", "F S1 R11", "R11",
	  -EEXIST },
	{ "IPv6", "S6 R61", "S7 R71 e61", "e61", -ENOENT },
	{ "a VIP once", "", "V1", "V1", -EEXIST },
	{ "a VIP in force", "V1", "v1", "V1", -EEXIST },
	{ "no such VIP to set", "", "", "v1", -ESRCH },
	{ "no such VIP to delete", "V1", "w1", "w1", -ESRCH },
	{ "a VIP deleted and made", "V1", "w1 V1", "V1", -EEXIST },
};

static void step_desc(const struct step_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(step, steps, step_desc);

/* What there is, reserved or in force. */
struct census {
	unsigned int services, servers, vips, generation;
};

static unsigned int count_ids(struct xarray *xa)
{
	XA_STATE(xas, xa, 0);
	unsigned int n = 0;
	void *entry;

	/* Unlike xa_for_each() this sees what is only reserved. */
	xas_lock(&xas);
	xas_for_each(&xas, entry, ULONG_MAX)
		n++;
	xas_unlock(&xas);
	return n;
}

static struct census take_census(struct dray_net *dn)
{
	struct census census = {
		.services = count_ids(&dn->service_ids),
		.servers = count_ids(&dn->servers),
		.vips = dn->n_vips,
		.generation = dn->generation,
	};

	return census;
}

/* Nothing of a transaction that is dropped is left, nor did anybody see it. */
static void txn_refuses(struct kunit *test)
{
	const struct step_case *c = test->param_value;
	struct dray_net *dn = test->priv;
	struct census before, after;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, c->before), 0);
	before = take_census(dn);
	fixture_log[0] = '\0';
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, c->steps), 0);
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, c->last), c->err);
	KUNIT_EXPECT_EQ(test, dray_txn_abort(dn, 1), 0);
	after = take_census(dn);
	KUNIT_EXPECT_MEMEQ(test, &after, &before, sizeof(after));
	KUNIT_EXPECT_STREQ(test, fixture_log, "");
	KUNIT_EXPECT_TRUE(test, list_empty(&dn->txns));
}

/* The same by itself, each step a transaction. */
static void txn_refuses_single_steps(struct kunit *test)
{
	const struct step_case *c = test->param_value;
	struct dray_net *dn = test->priv;
	struct census before, after;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, c->before), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, c->steps), 0);
	before = take_census(dn);
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, c->last), c->err);
	after = take_census(dn);
	KUNIT_EXPECT_MEMEQ(test, &after, &before, sizeof(after));
}

static void txn_steps_are_read_back(struct kunit *test)
{
	const struct dray_service_key service = txn_service_key(1);
	const struct dray_server_key key = txn_server_key(1);
	struct dray_service_params params = {};
	struct dray_server_params server = {};
	struct dray_net *dn = test->priv;
	struct dray_txn *txn;
	int err;

	step_service.persist_timeout = 7;
	step_server.weight = 8;
	KUNIT_ASSERT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1 R11"), 0);
	step_service.persist_timeout = 0;
	step_server.weight = 0;
	txn = dray_txn_enter(dn, 1, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(txn));
	err = dray_txn_service_params(txn, &service, &params, NULL) ?:
	      dray_txn_server_params(txn, &service, &key, &server, NULL);
	dray_txn_leave(txn, err, NULL);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, params.persist_timeout, 7);
	KUNIT_EXPECT_EQ(test, server.weight, 8);
}

static void txn_thresholds(struct kunit *test)
{
	struct dray_net *dn = test->priv;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1"), 0);
	step_server.u_threshold = 5;
	step_server.l_threshold = 6;
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, "R11"), -ERANGE);
	step_server.l_threshold = 5;
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, "R11"), 0);
	step_server.u_threshold = 4;
	KUNIT_EXPECT_EQ(test, txn_steps(dn, 1, "r11"), -ERANGE);
	memset(&step_server, 0, sizeof(step_server));
}

static void txn_one_per_socket(struct kunit *test)
{
	struct dray_net *dn = test->priv;

	KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, 1, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_abort(dn, 1), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_abort(dn, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, txn_commit(dn, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, txn_commit(dn, 2), 0);
}

static void txn_open_ones_are_limited(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	u32 i;

	for (i = 1; i <= TXNS_MAX; i++)
		KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, i, NULL), 0);
	KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, i, NULL), -EBUSY);
	dray_txn_abort(dn, 1);
	KUNIT_EXPECT_EQ(test, dray_txn_begin(dn, i, NULL), 0);
}

static void txn_servers_are_limited(struct kunit *test)
{
	struct dray_service_key service = txn_service_key(1);
	struct dray_server_key key = txn_server_key(0);
	struct dray_net *dn = test->priv;
	struct dray_txn *txn;
	u32 i;
	int err = 0;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1"), 0);
	txn = dray_txn_enter(dn, 1, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(txn));
	for (i = 0; !err && i <= DRAY_SERVERS_MAX; i++) {
		key.addr.ip = htonl(i);
		err = dray_txn_new_server(txn, &service, &key, &step_server,
					  NULL);
	}
	dray_txn_leave(txn, err, NULL);
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, i, DRAY_SERVERS_MAX + 1);
	KUNIT_EXPECT_EQ(test, take_census(dn).servers, 0);
}

/* As if there were many more services in force than the one. */
static void txn_services_are_limited(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	u32 before = DRAY_SERVICES_MAX - 1;
	int full, replaced, one;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "S1"), 0);
	dn->n_services[0] += before;
	full = txn_steps(dn, 1, "S2");
	dray_txn_begin(dn, 1, NULL);
	replaced = txn_steps(dn, 1, "d1 S1");
	dray_txn_abort(dn, 1);
	one = txn_steps(dn, 1, "d1") ?: txn_steps(dn, 1, "S1");
	dn->n_services[0] -= before;
	KUNIT_EXPECT_EQ(test, full, -ENOSPC);
	KUNIT_EXPECT_EQ(test, one, 0);
	KUNIT_EXPECT_EQ_MSG(test, replaced, 0,
			    "one that goes makes room for one that comes");
}

static void txn_vips_are_limited(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	u32 before = DRAY_VIPS_MAX - 1;
	int full, replaced;

	KUNIT_ASSERT_EQ(test, txn_steps(dn, 1, "V1"), 0);
	dn->n_vips += before;
	full = txn_steps(dn, 1, "V2");
	dray_txn_begin(dn, 1, NULL);
	replaced = txn_steps(dn, 1, "w1 V1");
	dray_txn_abort(dn, 1);
	dn->n_vips -= before;
	KUNIT_EXPECT_EQ(test, full, -ENOSPC);
	KUNIT_EXPECT_EQ_MSG(test, replaced, 0,
			    "one that goes makes room for one that comes");
}

static struct kunit_case txn_cases[] = {
	KUNIT_CASE_PARAM(txn_refuses, step_gen_params),
	KUNIT_CASE_PARAM(txn_refuses_single_steps, step_gen_params),
	KUNIT_CASE(txn_steps_are_read_back),
	KUNIT_CASE(txn_thresholds),
	KUNIT_CASE(txn_one_per_socket),
	KUNIT_CASE(txn_open_ones_are_limited),
	KUNIT_CASE(txn_servers_are_limited),
	KUNIT_CASE(txn_services_are_limited),
	KUNIT_CASE(txn_vips_are_limited),
	{}
};

static struct kunit_suite txn_suite = {
	.name = "dray_txn",
	.init = txn_fixture_init,
	.exit = txn_fixture_exit,
	.test_cases = txn_cases,
};

kunit_test_suite(txn_suite);

MODULE_DESCRIPTION("dray: KUnit suite of staging changes");
MODULE_LICENSE("GPL");
