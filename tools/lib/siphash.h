/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4 of whole 64-bit words, with the kernel's names and results.
 *
 * J.-P. Aumasson, D. J. Bernstein: "SipHash: a fast short-input PRF",
 * INDOCRYPT 2012, section 2.  tests/table_test.c holds it against the vectors
 * of the paper's authors.
 */
#ifndef DRAY_SIPHASH_H
#define DRAY_SIPHASH_H

#include "kernel.h"

typedef struct {
	u64 key[2];
} siphash_key_t;

static inline u64 siphash_rotate(u64 x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void siphash_rounds(u64 v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = siphash_rotate(v[1], 13) ^ v[0];
		v[3] = siphash_rotate(v[3], 16) ^ v[2];
		v[0] = siphash_rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = siphash_rotate(v[1], 17) ^ v[2];
		v[3] = siphash_rotate(v[3], 21) ^ v[0];
		v[2] = siphash_rotate(v[2], 32);
	}
}

static inline u64 siphash_words(const u64 *words, u64 n,
				const siphash_key_t *key)
{
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575ULL,
		key->key[1] ^ 0x646f72616e646f6dULL,
		key->key[0] ^ 0x6c7967656e657261ULL,
		key->key[1] ^ 0x7465646279746573ULL,
	};
	u64 i, word;

	for (i = 0; i <= n; i++) {
		/* The last block is the length in bytes. */
		word = i < n ? words[i] : n * 8 << 56;
		v[3] ^= word;
		siphash_rounds(v, 2);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline u64 siphash_1u64(u64 a, const siphash_key_t *key)
{
	return siphash_words(&a, 1, key);
}

static inline u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key)
{
	const u64 words[] = { a, b, c };

	return siphash_words(words, 3, key);
}

#endif
