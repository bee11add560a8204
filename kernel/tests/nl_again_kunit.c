// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that are overtaken: done again, and given up in the end.
 */
#include <kunit/test.h>

#include "../nl_again.h"

static unsigned int again_calls, again_failing;
static int again_result;

static int again_doit(struct sk_buff *skb, struct genl_info *info)
{
	return again_calls++ < again_failing ? -EAGAIN : again_result;
}

static int again_do(unsigned int failing, int result,
		    struct netlink_ext_ack *extack)
{
	struct genl_info info = { .extack = extack };

	again_calls = 0;
	again_failing = failing;
	again_result = result;
	return dray_nl_again(again_doit, NULL, &info);
}

static void again_until_done(struct kunit *test)
{
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, again_do(0, 0, &extack), 0);
	KUNIT_EXPECT_EQ(test, again_calls, 1);
	KUNIT_EXPECT_EQ(test, again_do(DRAY_NL_TRIES - 1, 0, &extack), 0);
	KUNIT_EXPECT_EQ(test, again_calls, DRAY_NL_TRIES);
	KUNIT_EXPECT_NULL(test, extack._msg);
}

static void again_other_errors(struct kunit *test)
{
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, again_do(3, -ENOSPC, &extack), -ENOSPC);
	KUNIT_EXPECT_EQ(test, again_calls, 4);
	KUNIT_EXPECT_NULL(test, extack._msg);
}

static void again_given_up(struct kunit *test)
{
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, again_do(UINT_MAX, 0, &extack), -EBUSY);
	KUNIT_EXPECT_EQ(test, again_calls, DRAY_NL_TRIES);
	KUNIT_ASSERT_NOT_NULL(test, extack._msg);
	KUNIT_EXPECT_STREQ(test, extack._msg,
			   "The service keeps changing; try again");
}

static struct kunit_case again_cases[] = {
	KUNIT_CASE(again_until_done),
	KUNIT_CASE(again_other_errors),
	KUNIT_CASE(again_given_up),
	{}
};

static struct kunit_suite again_suite = {
	.name = "dray_nl_again",
	.test_cases = again_cases,
};

kunit_test_suite(again_suite);

MODULE_DESCRIPTION("dray: KUnit tests of requests that are done again");
MODULE_LICENSE("GPL");
