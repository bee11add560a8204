// SPDX-License-Identifier: GPL-2.0-or-later
/* When a master announces its addresses, and how often, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "burst.h"
#include "garp.h"
#include "link.h"

#define S FSM_SECOND

static char wanted[512];		/* SECONDxROUNDS of each wish */
static uint64_t gaps[2];		/* of the last one: IPv4, IPv6 */

void __wrap_garp_want(const struct dray_addr *vip, int ifindex,
		      const uint8_t mac[DRAY_MACLEN], unsigned int flags,
		      unsigned int rounds, uint64_t gap, uint64_t at,
		      uint32_t *count);
const struct link *__wrap_link_by_index(int index);

void __wrap_garp_want(const struct dray_addr *vip, int ifindex,
		      const uint8_t mac[DRAY_MACLEN], unsigned int flags,
		      unsigned int rounds, uint64_t gap, uint64_t at,
		      uint32_t *count)
{
	size_t len = strlen(wanted);

	(void)mac;
	(void)flags;
	assert_int_equal(ifindex, 7);
	assert_non_null(count);
	gaps[vip->family == AF_INET6] = gap;
	snprintf(wanted + len, sizeof(wanted) - len, "%s%llux%u",
		 len ? " " : "", (unsigned long long)(at / S), rounds);
}

const struct link *__wrap_link_by_index(int index)
{
	static const struct link link = { .index = 7, .has_mac = true };

	return index == 7 ? &link : NULL;
}

/* keepalived's defaults but for the refresh */
static const struct ka_garp usual = {
	.delay_us = 5 * S, .repeat = 5, .refresh_us = 60 * S,
	.refresh_repeat = 1, .lower_prio_delay_us = 5 * S,
	.lower_prio_repeat = 5,
};
static struct ka_address vips[2] = {
	{ .addr = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } } },
	{ .addr = { .family = AF_INET6, .bytes = { 0x20, 1, 0xd, 0xb8 } } },
};
static struct hold_address held[2] = {
	{ .conf = &vips[0], .ifindex = 7 }, { .conf = &vips[1], .ifindex = 7 },
};
static struct ka_instance conf = { .name = "VI_1" };
static struct state_router record;
static struct router r;

static void begin(const struct ka_garp *garp)
{
	conf.garp = *garp;
	r = (struct router){ .conf = &conf, .record = &record };
	r.hold.addresses = held;
	r.hold.n = 1;
	alarm_add(&r.announce, announce_again, &r);
	announce_no_more(&r);
	wanted[0] = '\0';
}

static int tear_down(void **state)
{
	(void)state;
	announce_no_more(&r);
	return 0;
}

/* Everything that is due until a second, that one too. */
static void pass(uint64_t second)
{
	while (r.announce.at <= second * S)
		alarms_ring(r.announce.at);
}

static void becomes_master(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.refresh_us = 0;
	begin(&garp);
	pass(10);
	assert_string_equal(wanted, "");
	announce_burst(&r, 10 * S);
	assert_string_equal(wanted, "10x5");
	pass(1000);
	assert_string_equal(wanted, "10x5 15x5");
	assert_true(r.announce.at == ALARM_NEVER);
}

static void no_delay(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.delay_us = 0;
	garp.refresh_us = 0;
	begin(&garp);
	announce_burst(&r, 10 * S);
	pass(1000);
	assert_string_equal(wanted, "10x5");
}

static void refresh(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.refresh_repeat = 2;
	begin(&garp);
	announce_burst(&r, 10 * S);
	pass(200);
	assert_string_equal(wanted, "10x5 15x5 70x2 130x2 190x2");
}

static void contention(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.lower_prio_repeat = 3;
	garp.lower_prio_delay_us = 7 * S;
	begin(&garp);
	announce_burst(&r, 10 * S);
	pass(100);
	wanted[0] = '\0';
	announce_lower(&r, 101 * S);
	pass(200);
	assert_string_equal(wanted, "101x3 108x3 130x1 190x1");
}

/* garp_master_delay 0 and vrrp_min_garp make it 0 as well. */
static void contention_without_delay(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.delay_us = 0;
	garp.lower_prio_delay_us = 0;
	begin(&garp);
	announce_burst(&r, 10 * S);
	announce_lower(&r, 20 * S);
	pass(150);
	assert_string_equal(wanted, "10x5 20x5 70x1 130x1");
}

static void contention_before_the_second_burst(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.refresh_us = 0;
	garp.lower_prio_delay_us = 0;
	begin(&garp);
	announce_burst(&r, 10 * S);
	announce_lower(&r, 12 * S);
	pass(100);
	assert_string_equal(wanted, "10x5 12x5 15x5");
	garp.lower_prio_delay_us = 5 * S;
	begin(&garp);
	announce_burst(&r, 10 * S);
	announce_lower(&r, 12 * S);
	pass(100);
	assert_string_equal(wanted, "10x5 12x5 15x5 17x5");
}

/* The last of several is followed; the refresh is not put off by any. */
static void contention_goes_on(void **state)
{
	uint64_t second;

	(void)state;
	begin(&usual);
	announce_burst(&r, 0);
	pass(55);
	wanted[0] = '\0';
	for (second = 57; second < 62; second++) {
		pass(second);
		announce_lower(&r, second * S);
	}
	pass(100);
	assert_string_equal(wanted, "57x5 58x5 59x5 60x1 60x5 61x5 66x5");
}

/* An address is put back between a contention and what follows it. */
static void put_back(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.delay_us = 0;
	garp.refresh_us = 0;
	begin(&garp);
	announce_lower(&r, 10 * S);
	announce_burst(&r, 12 * S);
	pass(100);
	assert_string_equal(wanted, "10x5 12x5 15x5");
}

/* Due at one time: once, with the rounds of whichever has the most. */
static void at_once(void **state)
{
	(void)state;
	begin(&usual);
	announce_burst(&r, 10 * S);
	pass(60);
	wanted[0] = '\0';
	announce_lower(&r, 65 * S);
	pass(100);
	assert_string_equal(wanted, "65x5 70x5");
}

static void no_master_any_more(void **state)
{
	(void)state;
	begin(&usual);
	announce_burst(&r, 10 * S);
	announce_lower(&r, 11 * S);
	announce_no_more(&r);
	pass(1000);
	assert_string_equal(wanted, "10x5 11x5");
}

static void both_families(void **state)
{
	struct ka_garp garp = usual;

	(void)state;
	garp.interval_us = 1000;
	garp.gna_interval_us = 2000;
	begin(&garp);
	r.hold.n = 2;
	announce_burst(&r, 10 * S);
	announce_lower(&r, 12 * S);
	pass(70);
	assert_string_equal(wanted, "10x5 10x5 12x5 12x5 15x5 15x5 17x5 17x5 "
			    "70x1 70x1");
	assert_int_equal(gaps[0], 1000);
	assert_int_equal(gaps[1], 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_teardown(f, tear_down)
		T(becomes_master),
		T(no_delay),
		T(refresh),
		T(contention),
		T(contention_without_delay),
		T(contention_before_the_second_burst),
		T(contention_goes_on),
		T(put_back),
		T(at_once),
		T(no_master_any_more),
		T(both_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
