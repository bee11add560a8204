// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The logarithms that selection tables score by, against integer arithmetic of
 * another kind than their generator's.  table_log.sh holds them against that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel.h"
#include "../../kernel/table_log.h"

#define STEPS	1024

typedef unsigned __int128 u128;

/*
 * 2^40 * log2(x / 1024) for x in [1024, 2048), rounded down: each squaring gives
 * a bit.  Done with a number below the true one and a number above it; were they
 * not to agree, the bit would not be known.
 */
static uint64_t log2_of(uint64_t x)
{
	uint64_t below = x << 53, above = x << 53, log = 0;
	int i;

	for (i = 0; i < 40; i++) {
		u128 b = (u128)below * below, a = (u128)above * above;
		bool bit = b >> 127;

		if (!bit && a >> 127)
			fail_msg("log2 %d: bit %d not known", (int)x, i);
		below = b >> (bit ? 64 : 63);
		above = (a >> (bit ? 64 : 63)) + !!a;
		log = log << 1 | bit;
	}
	return log;
}

/* Each entry is the nearest integer to 2^31 * (1 - log2(1 + i / 1024)). */
static void test_log(void **state)
{
	uint64_t doubled;
	int i;

	(void)state;
	assert_int_equal(sizeof(minus_log2_steps),
			 (STEPS + 1) * sizeof(minus_log2_steps[0]));
	assert_int_equal(minus_log2_steps[0], 1U << 31);
	assert_int_equal(minus_log2_steps[STEPS], 0);
	for (i = 1; i < STEPS; i++) {
		/* In units of 2^-32, rounded down; no logarithm here is whole. */
		doubled = ((1ULL << 40) - log2_of(STEPS + i) - 1) >> 8;
		assert_int_equal(minus_log2_steps[i], (doubled + 1) / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
