// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The logarithms that selection tables score by, against integer arithmetic of
 * another kind than their generator's, which table_log.sh holds them against.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../kernel/table_score.h"

#define STEPS	1024

typedef unsigned __int128 u128;

/*
 * 2^40 * log2(x / 2^63) for x from 2^63 on, rounded down: each squaring gives a
 * bit.  Done with a number below the true one and a number above it; were they
 * not to agree, the bit would not be known.
 */
static u64 log2_of(u64 x)
{
	u64 below = x, above = x, log = 0;
	int i;

	for (i = 0; i < 40; i++) {
		u128 b = (u128)below * below, a = (u128)above * above;
		bool bit = b >> 127;

		if (!bit && a >> 127)
			fail_msg("log2 %llx: bit %d not known",
				 (unsigned long long)x, i);
		below = b >> (bit ? 64 : 63);
		above = (a >> (bit ? 64 : 63)) + !!a;
		log = log << 1 | bit;
	}
	return log;
}

/* Each entry is the nearest integer to 2^31 * (1 - log2(1 + i / 1024)). */
static void test_log(void **state)
{
	u64 doubled, i;

	(void)state;
	assert_int_equal(sizeof(minus_log2_steps),
			 (STEPS + 1) * sizeof(minus_log2_steps[0]));
	assert_int_equal(minus_log2_steps[0], 1U << 31);
	assert_int_equal(minus_log2_steps[STEPS], 0);
	for (i = 1; i < STEPS; i++) {
		/* In units of 2^-32, rounded down; no logarithm here is whole. */
		doubled = ((1ULL << 40) - log2_of((STEPS + i) << 53) - 1) >> 8;
		assert_int_equal(minus_log2_steps[i], (doubled + 1) / 2);
	}
}

/* Numbers that are the same in every run: xorshift64. */
static u64 next(u64 x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

/* The chords are never below the logarithm, nor more than 1/4096 of it above,
 * but for rounding.
 */
static void test_chords(void **state)
{
	u64 hash = 1, exact, chord;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		hash = next(hash) | 1ULL << 63;
		/* In units of 2^-40. */
		exact = (1ULL << 40) - log2_of(hash);
		chord = minus_log2(hash) >> (SCORE_UNIT - 40);
		assert_in_range(chord, exact - 256 - 1,
				exact + exact / 4096 + 256);
	}
}

/* What bars rely on.  @hash stands for the border of two steps or of two powers. */
static void check_falls(u64 hash)
{
	const u64 inverse_3 = inverse_weight(3);
	const u64 inverse_most = inverse_weight(0x7fffffff);
	u64 i;

	for (i = hash - 3; i != hash + 3; i++) {
		assert_true(minus_log2(i) >= minus_log2(i + 1));
		assert_true(score(i, inverse_3) >= score(i + 1, inverse_3));
		assert_true(score(i, inverse_most) >=
			    score(i + 1, inverse_most));
	}
}

static void test_falls(void **state)
{
	u64 step, hash = 1;
	int power, i;

	(void)state;
	for (power = 3; power < 64; power++)
		for (step = 0; step < STEPS; step++)
			check_falls((1ULL << power) +
				    (power < 10 ? 0 : step << (power - 10)));
	for (i = 0; i < 1000000; i++) {
		hash = next(hash);
		assert_true(minus_log2(hash - hash / 9999) >= minus_log2(hash));
	}
	assert_int_equal(minus_log2(0), 1ULL << 63);
	assert_true(minus_log2(UINT64_MAX) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_chords),
		cmocka_unit_test(test_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
