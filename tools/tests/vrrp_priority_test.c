// SPDX-License-Identifier: GPL-2.0-or-later
/* Weights, rise and fall: the tables of keepalived 2.2.7's behaviour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "priority.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void switches(void **state)
{
	static const struct {
		int weight;
		bool reverse;
		int up, down;
	} cases[] = {
		{ 0, false, 0, PRIORITY_FAULT },
		{ 20, false, 20, 0 },
		{ -2, false, 0, -2 },
		{ 20, true, -20, 0 },
		{ -2, true, 0, 2 },
		{ 0, true, PRIORITY_FAULT, 0 },
	};
	struct priority_track track = { .kind = PRIORITY_SWITCH };
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		track.weight = cases[i].weight;
		track.reverse = cases[i].reverse;
		track.result = PRIORITY_UP;
		assert_int_equal(priority_contribution(&track), cases[i].up);
		track.result = PRIORITY_DOWN;
		assert_int_equal(priority_contribution(&track), cases[i].down);
		track.result = PRIORITY_UNKNOWN;
		assert_int_equal(priority_contribution(&track), 0);
	}
}

static void files(void **state)
{
	static const struct {
		long value;
		int weight;
		bool reverse;
		int sum;
	} cases[] = {
		{ 5, 1, false, 5 },
		{ 5, -3, false, -15 },
		{ 5, 3, true, -15 },
		{ -5, 3, true, 15 },
		{ 300, 1, false, 253 },
		{ -253, 1, false, -253 },
		{ -254, 1, false, PRIORITY_FAULT },
		{ -100, 3, false, PRIORITY_FAULT },
		{ 100000000000L, 2, false, 253 },
		{ -100000000000L, 2, false, PRIORITY_FAULT },
		{ 0, 0, false, 0 },
		{ 1, 0, false, PRIORITY_FAULT },
		{ 0, 0, true, PRIORITY_FAULT },
		{ 1, 0, true, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct priority_track track = {
			.kind = PRIORITY_FILE,
			.weight = cases[i].weight,
			.reverse = cases[i].reverse,
			.value = cases[i].value,
		};

		assert_int_equal(priority_contribution(&track), cases[i].sum);
	}
}

static struct priority_track failed(int weight)
{
	return (struct priority_track){
		.weight = weight,
		.result = PRIORITY_DOWN,
	};
}

static void sums(void **state)
{
	struct priority_track tracks[] = { failed(-2), failed(-300) };
	struct priority_sum sum;

	(void)state;
	sum = priority_sum(100, tracks, 1);
	assert_int_equal(sum.effective, 98);
	assert_false(sum.fault || sum.pending);
	sum = priority_sum(100, tracks, 2);
	assert_int_equal(sum.effective, 1);
	assert_int_equal(sum.total, 100 - 302);
	tracks[1].weight = 300;
	tracks[1].result = PRIORITY_UP;
	sum = priority_sum(100, tracks, 2);
	assert_int_equal(sum.effective, 254);
	sum = priority_sum(255, tracks, 2);
	assert_int_equal(sum.effective, 255);
}

static void faults(void **state)
{
	struct priority_track tracks[] = { failed(0), failed(-2) };
	struct priority_sum sum;

	(void)state;
	sum = priority_sum(100, tracks, 2);
	assert_true(sum.fault);
	assert_int_equal(sum.effective, 98);
	assert_true(priority_sum(255, tracks, 2).fault);
	tracks[0].result = PRIORITY_UNKNOWN;
	sum = priority_sum(100, tracks, 2);
	assert_false(sum.fault);
	assert_true(sum.pending);
	tracks[0].weight = 5;
	assert_false(priority_sum(100, tracks, 2).pending);
}

/* Runs the results, + or -, and compares what the script is after each. */
static void run(struct priority_script *script, const char *runs,
		const char *after)
{
	enum priority_result before;
	bool changed;

	for (; *runs; runs++, after++) {
		before = script->result;
		changed = priority_script_ran(script, *runs == '+');
		assert_int_equal(script->result, *after == 'U' ? PRIORITY_UP :
							       PRIORITY_DOWN);
		assert_int_equal(changed, script->result != before);
		assert_in_range(script->counter, 0,
				script->rise + script->fall - 1);
	}
}

static void rise_and_fall(void **state)
{
	struct priority_script s;

	(void)state;
	/* the first result decides alone */
	priority_script_init(&s, 3, 2, false);
	run(&s, "+", "U");
	priority_script_init(&s, 3, 2, false);
	run(&s, "-++-+++", "DDDDDDU");
	/* one failure less than fall is forgotten by successes */
	run(&s, "-+-+--", "UUUUUD");
	priority_script_init(&s, 1, 1, false);
	run(&s, "+-+-", "UDUD");
}

static void assumed_failed(void **state)
{
	struct priority_script s;

	(void)state;
	priority_script_init(&s, 2, 1, true);
	assert_int_equal(s.result, PRIORITY_DOWN);
	run(&s, "++-", "DUD");
}

static void kept_over_a_reload(void **state)
{
	struct priority_script s;

	(void)state;
	priority_script_init(&s, 2, 3, false);
	priority_script_keep(&s, PRIORITY_UP);
	run(&s, "---", "UUD");
	priority_script_init(&s, 2, 3, false);
	priority_script_keep(&s, PRIORITY_DOWN);
	run(&s, "++", "DU");
	priority_script_init(&s, 2, 3, false);
	priority_script_keep(&s, PRIORITY_UNKNOWN);
	assert_int_equal(s.result, PRIORITY_UNKNOWN);
}

#define T(name, f) { name, f, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("scripts, interfaces and processes", switches),
		T("files", files),
		T("12: sums stay within 1 and 254, the owner's is 255", sums),
		T("weight 0: fault, or waited for", faults),
		T("rise and fall", rise_and_fall),
		T("init_fail", assumed_failed),
		T("results are kept over a reload", kept_over_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
