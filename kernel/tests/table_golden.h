/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables that are never to change: directors of different versions have to
 * agree.  The same for KUnit and for tools/tests/table_test.c.
 */
#ifndef _DRAY_TESTS_TABLE_GOLDEN_H
#define _DRAY_TESTS_TABLE_GOLDEN_H

enum golden_families { GOLDEN_V4, GOLDEN_V6, GOLDEN_BOTH };
enum golden_weights { GOLDEN_EQUAL, GOLDEN_SKEWED, GOLDEN_EXTREME };

/* A server of a test: the i-th of n. */
static inline struct dray_table_server
golden_server(u32 i, enum golden_families families, enum golden_weights weights)
{
	struct dray_table_server server = { .port = htons(80 + i % 3) };

	if (families == GOLDEN_V4 || (families == GOLDEN_BOTH && i % 2)) {
		server.family = AF_INET;
		server.addr[0] = htonl(0x0a000001 + i);
	} else {
		server.family = AF_INET6;
		server.addr[0] = htonl(0x20010db8);
		server.addr[3] = htonl(1 + i);
	}
	if (weights == GOLDEN_EQUAL)
		server.weight = 10;
	else if (weights == GOLDEN_SKEWED)
		server.weight = 10 << i * 7 % 5;
	else
		server.weight = i % 4 ? i : DRAY_TABLE_WEIGHT_MAX;
	return server;
}

struct golden {
	u32 rows;
	u32 n;
	u32 slack;
	enum golden_families families;
	enum golden_weights weights;
	const char *key;
	u64 fingerprint;
};

#define GOLDEN_KEY	"\x00\x01\x02\x03\x04\x05\x06\x07" \
			"\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"

static const struct golden goldens[] = {
	{ 4096, 1, 20, GOLDEN_V4, GOLDEN_EQUAL, DRAY_TABLE_PUBLIC_KEY,
	  0xc2cc5789853e0b62ULL },
	{ 4096, 3, 20, GOLDEN_V6, GOLDEN_EQUAL, DRAY_TABLE_PUBLIC_KEY,
	  0xa70fa077bbd49e55ULL },
	{ 4096, 256, 20, GOLDEN_BOTH, GOLDEN_SKEWED, GOLDEN_KEY,
	  0x4140ad8827cf1856ULL },
	{ 16384, 10, 20, GOLDEN_V4, GOLDEN_EQUAL, DRAY_TABLE_PUBLIC_KEY,
	  0xe4731d80085d965cULL },
	{ 16384, 10, 20, GOLDEN_V4, GOLDEN_EQUAL, GOLDEN_KEY,
	  0xf14c7cce74864b24ULL },
	{ 16384, 100, 20, GOLDEN_V4, GOLDEN_SKEWED, GOLDEN_KEY,
	  0x54a258fa94f2c492ULL },
	{ 16384, 100, 0, GOLDEN_V6, GOLDEN_EQUAL, GOLDEN_KEY,
	  0x7cf15a8c332f1fbbULL },
	{ 16384, 64, 5, GOLDEN_BOTH, GOLDEN_EXTREME, GOLDEN_KEY,
	  0x857d2c2569fbd28dULL },
	{ 65536, 100, 20, GOLDEN_V4, GOLDEN_EQUAL, GOLDEN_KEY,
	  0x9ebb8517827ce6ebULL },
	{ 65536, 1000, 20, GOLDEN_BOTH, GOLDEN_EQUAL, GOLDEN_KEY,
	  0xffc053b40d53a371ULL },
};

#endif
