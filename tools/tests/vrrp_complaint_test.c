// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong is said once per state, however many packets come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "complaint.h"
#include "log.h"

#define S 1000000ull
#define START (1000 * S)

static const struct dray_addr one = { .family = AF_INET, .bytes = { 1 } },
			      other = { .family = AF_INET, .bytes = { 2 } };
static struct complaint c;
static unsigned int held;

static unsigned int said(const struct dray_addr *from, uint64_t now)
{
	return complaint_may(&c, from, now, &held);
}

static int set_up(void **state)
{
	(void)state;
	c = (struct complaint){ 0 };
	held = 0;
	return 0;
}

static void a_million_packets(void **state)
{
	unsigned int lines = 0, i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		lines += said(i & 1 ? &one : &other, START + i * 50);
	assert_int_equal(lines, 1);
	complaint_close(&c);
	assert_true(said(&one, START + 60 * S));
	assert_int_equal(held, 999999);
}

static void goes_on_for_days(void **state)
{
	unsigned int lines = 0, i;

	(void)state;
	for (i = 0; i < 100000; i++)
		lines += said(&one, START + i * S);
	assert_int_equal(lines, 1);
}

static void mended_and_broken_again(void **state)
{
	(void)state;
	assert_true(said(&one, START));
	complaint_withdraw(&c, &other);
	assert_false(said(&one, START + 2 * S));
	complaint_withdraw(&c, &one);
	assert_true(said(&one, START + 4 * S));
}

/* Right and wrong in turns, by a hundred thousand a second. */
static void comes_and_goes(void **state)
{
	unsigned int lines = 0, i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		lines += said(&one, START + i * 10);
		complaint_withdraw(&c, &one);
	}
	assert_in_range(lines, 9, 11);
}

static void after_a_while(void **state)
{
	(void)state;
	assert_true(said(&one, START));
	assert_true(said(&one, START + 100 * S));
}

/* What has no sender: a line a second, and how many there were since. */
static void without_sender(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int lines = 0, more = 0, i;
	time_t began = time(NULL);

	(void)state;
	for (i = 0; i < 100000; i++) {
		if (!log_may(&limit, &held))
			continue;
		lines++;
		more += held;
	}
	assert_in_range(lines, 1, time(NULL) - began + 2);
	assert_int_equal(lines + more + limit.held, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name, f) { name, f, set_up, NULL, NULL }
		T("57: a million packets are one line", a_million_packets),
		T("57: one line while it goes on for days", goes_on_for_days),
		T("57: another line once it was right in between",
		  mended_and_broken_again),
		T("57: right and wrong in turns", comes_and_goes),
		T("57: another line after a while", after_a_while),
		T("81: a line a second of one's own delays", without_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
