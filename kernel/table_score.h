/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rows and servers think of each other.  Pure.
 *
 * For u uniform in (0, 1) -log2(u) / weight is exponential, at a rate in
 * proportion to the weight: the least of several is each one's as often as its
 * weight says, whatever the others are.
 */
#ifndef _DRAY_TABLE_SCORE_H
#define _DRAY_TABLE_SCORE_H

#include "table_env.h"
#include "table_log.h"

#define SCORE_UNIT	57	/* -log2(u) is in units of 2^-57, up to 2^63 */

#define LOG_STEP_BITS	10	/* bits behind the leading one that name a step */
#define LOG_REST_BITS	26	/* bits that go on from there */

/* A row, a server and its score, the lower the better. */
struct pair {
	u64 score;
	u32 row;
	u16 server;
};

/* -log2(hash / 2^64), along the chords between the steps.  That is up to 1/4096
 * of it too much, and just that for all where many servers compete.  It never
 * rises with the hash.
 */
static inline u64 minus_log2(u64 hash)
{
	unsigned int zeros = __builtin_clzll(hash | 1);
	u64 fraction = (hash | 1) << zeros << 1;
	u32 step = fraction >> (64 - LOG_STEP_BITS);
	u64 rest = fraction << LOG_STEP_BITS >> (64 - LOG_REST_BITS);
	u64 high = minus_log2_steps[step];
	u64 low = minus_log2_steps[step + 1];

	return ((u64)zeros << SCORE_UNIT) + (high << LOG_REST_BITS) -
	       (high - low) * rest;
}

/* 1 / weight in units of 2^-64.  At least 32 bits of it count. */
static inline u64 inverse_weight(u32 weight)
{
	return div64_u64(U64_MAX, weight);
}

static inline u64 score(u64 hash, u64 inverse)
{
	return mul_u64_u64_shr(minus_log2(hash), inverse, 64);
}

/* The strict order that rows and servers rank by. */
static inline bool better(const struct pair *a, const struct pair *b)
{
	if (a->score != b->score)
		return a->score < b->score;
	if (a->row != b->row)
		return a->row < b->row;
	return a->server < b->server;
}

#endif
