// SPDX-License-Identifier: GPL-2.0-only
/*
 * VIPs: whose turn it is, leases, peers, and which entry an address has.
 */
#include "fixture.h"

#include "../vip.c"

#define HOUR	(3600LL * NSEC_PER_SEC)

struct turn_case {
	const char *name;
	u8 role;
	s64 lease;		/* from now; 0 is none */
	enum dray_turn turn;
};

static const struct turn_case turns[] = {
	{ "active without a lease", DRAY_ROLE_ACTIVE, 0, DRAY_TURN_YES },
	{ "active with a lease", DRAY_ROLE_ACTIVE, HOUR, DRAY_TURN_YES },
	{ "active, the lease has just run out", DRAY_ROLE_ACTIVE, -1,
	  DRAY_TURN_LEASE },
	{ "active, the lease has run out long ago", DRAY_ROLE_ACTIVE, S64_MIN,
	  DRAY_TURN_LEASE },
	{ "standby without a lease", DRAY_ROLE_STANDBY, 0, DRAY_TURN_STANDBY },
	{ "standby with a lease", DRAY_ROLE_STANDBY, HOUR, DRAY_TURN_STANDBY },
	{ "standby, the lease has run out", DRAY_ROLE_STANDBY, -1,
	  DRAY_TURN_STANDBY },
};

static void turn_desc(const struct turn_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(turn, turns, turn_desc);

static void vip_turn(struct kunit *test)
{
	const struct turn_case *c = test->param_value;
	struct dray_vip vip = { .params.role = c->role };

	if (c->lease == S64_MIN)
		vip.params.lease_end = 1;
	else if (c->lease)
		vip.params.lease_end = ktime_get_boottime_ns() + c->lease;
	KUNIT_EXPECT_EQ(test, dray_vip_turn(&vip), c->turn);
}

static void vip_turn_without_entry(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dray_vip_turn(NULL), DRAY_TURN_YES);
}

static void vip_lease_ends(struct kunit *test)
{
	struct dray_vip vip = {
		.params.role = DRAY_ROLE_ACTIVE,
		.params.lease_end = ktime_get_boottime_ns() + NSEC_PER_SEC,
	};

	KUNIT_EXPECT_EQ(test, dray_vip_turn(&vip), DRAY_TURN_YES);
	while (ktime_get_boottime_ns() < vip.params.lease_end)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, dray_vip_turn(&vip), DRAY_TURN_LEASE);
}

static void vip_peers(struct kunit *test)
{
	static const u8 macs[][ETH_ALEN] __aligned(2) = {
		{ 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 3 },
	};
	static const u8 zero[ETH_ALEN] __aligned(2);
	struct dray_vip *vip = kunit_kzalloc(test, sizeof(*vip), GFP_KERNEL);
	unsigned int n, i;

	KUNIT_ASSERT_NOT_NULL(test, vip);
	memcpy(vip->params.peers, macs, sizeof(macs));
	for (n = 0; n <= ARRAY_SIZE(macs); n++) {
		vip->params.n_peers = n;
		for (i = 0; i < ARRAY_SIZE(macs); i++)
			KUNIT_EXPECT_EQ_MSG(test, i < n,
					    dray_vip_from_peer(vip, macs[i]),
					    "%u of %u", i, n);
		KUNIT_EXPECT_FALSE(test, dray_vip_from_peer(vip, zero));
	}
	/* The last of as many as there may be. */
	vip->params.n_peers = DRAY_VIP_PEERS;
	memcpy(vip->params.peers[DRAY_VIP_PEERS - 1], "\2\0\0\0\0\4", ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, dray_vip_from_peer(vip, "\2\0\0\0\0\4"));
}

static struct dray_vip *find_vip(struct dray_net *dn, u8 family, u32 n)
{
	union nf_inet_addr addr = fixture_addr(family, n);
	struct dray_vip *vip;

	mutex_lock(&dn->lock);
	vip = dray_vip_lookup(dn, family, &addr);
	mutex_unlock(&dn->lock);
	return vip;
}

static struct dray_vip *make_vip(struct kunit *test, u8 family, u32 n)
{
	struct dray_vip *vip = kzalloc(sizeof(*vip), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vip);
	vip->key.family = family;
	vip->key.addr = fixture_addr(family, n);
	return vip;
}

static struct dray_vip *link_vip(struct kunit *test, u8 family, u32 n)
{
	struct dray_net *dn = test->priv;
	struct dray_vip *vip = make_vip(test, family, n);

	mutex_lock(&dn->lock);
	dray_vip_link(dn, vip);
	mutex_unlock(&dn->lock);
	return vip;
}

static int vip_init(struct kunit *test)
{
	test->priv = fixture_net_create(test);
	return 0;
}

static void vip_exit(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	struct hlist_node *next;
	struct dray_vip *vip;
	int bucket;

	if (!dn)
		return;
	mutex_lock(&dn->lock);
	hash_for_each_safe(dn->vips, bucket, next, vip, node)
		dray_vip_unlink(dn, vip);
	mutex_unlock(&dn->lock);
	fixture_net_destroy(dn);
}

/* More than there are chains, of both families. */
static void vip_found(struct kunit *test)
{
	struct dray_vip *vips[200];
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(vips); i++)
		vips[i] = link_vip(test, i % 2 ? AF_INET6 : AF_INET, i / 2);
	for (i = 0; i < ARRAY_SIZE(vips); i++)
		wrong += find_vip(test->priv, i % 2 ? AF_INET6 : AF_INET,
				  i / 2) != vips[i];
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_NULL(test, find_vip(test->priv, AF_INET, i));
}

/* An IPv6 address that begins as an IPv4 one is another address. */
static void vip_of_its_family(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	struct dray_vip *vip = make_vip(test, AF_INET6, 0);

	vip->key.addr = fixture_addr(AF_INET, 1);
	mutex_lock(&dn->lock);
	dray_vip_link(dn, vip);
	mutex_unlock(&dn->lock);
	KUNIT_EXPECT_NULL(test, find_vip(dn, AF_INET, 1));
}

static void vip_replaced(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	struct dray_vip *old = link_vip(test, AF_INET, 1);
	struct dray_vip *new = make_vip(test, AF_INET, 1);

	mutex_lock(&dn->lock);
	dray_vip_replace(old, new);
	mutex_unlock(&dn->lock);
	KUNIT_EXPECT_PTR_EQ(test, find_vip(dn, AF_INET, 1), new);
	KUNIT_EXPECT_EQ(test, dn->n_vips, 1);
}

static void vip_forgotten(struct kunit *test)
{
	struct dray_net *dn = test->priv;
	struct dray_vip *vip = link_vip(test, AF_INET, 1);
	struct dray_vip *other = link_vip(test, AF_INET, 2);

	KUNIT_EXPECT_EQ(test, dn->n_vips, 2);
	mutex_lock(&dn->lock);
	dray_vip_unlink(dn, vip);
	mutex_unlock(&dn->lock);
	KUNIT_EXPECT_NULL(test, find_vip(dn, AF_INET, 1));
	KUNIT_EXPECT_PTR_EQ(test, find_vip(dn, AF_INET, 2), other);
	KUNIT_EXPECT_EQ(test, dn->n_vips, 1);
}

static struct kunit_case vip_cases[] = {
	KUNIT_CASE_PARAM(vip_turn, turn_gen_params),
	KUNIT_CASE(vip_turn_without_entry),
	KUNIT_CASE(vip_lease_ends),
	KUNIT_CASE(vip_peers),
	KUNIT_CASE(vip_found),
	KUNIT_CASE(vip_of_its_family),
	KUNIT_CASE(vip_replaced),
	KUNIT_CASE(vip_forgotten),
	{}
};

static struct kunit_suite vip_suite = {
	.name = "dray_vip",
	.init = vip_init,
	.exit = vip_exit,
	.test_cases = vip_cases,
};

kunit_test_suite(vip_suite);

MODULE_DESCRIPTION("dray: KUnit suite of VIPs");
MODULE_LICENSE("GPL");
