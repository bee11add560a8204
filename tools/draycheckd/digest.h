/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MD5 of a page, which is what the files of keepalived's users have.  Without
 * the library a check that wants one fails and says so.
 */
#ifndef DRAYCHECKD_DIGEST_H
#define DRAYCHECKD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN 16

#ifdef HAVE_NETTLE
#include <nettle/md5.h>

#define DIGEST_KNOWN true

static inline void digest_begin(struct md5_ctx *ctx)
{
	md5_init(ctx);
}

static inline void digest_add(struct md5_ctx *ctx, const void *data, size_t n)
{
	md5_update(ctx, n, data);
}

static inline void digest_end(struct md5_ctx *ctx, uint8_t digest[DIGEST_LEN])
{
	md5_digest(ctx, DIGEST_LEN, digest);
}
#else
#include <string.h>

#define DIGEST_KNOWN false

struct md5_ctx {
	char none;
};

static inline void digest_begin(struct md5_ctx *ctx)
{
	ctx->none = 0;
}

static inline void digest_add(struct md5_ctx *ctx, const void *data, size_t n)
{
	(void)ctx;
	(void)data;
	(void)n;
}

static inline void digest_end(struct md5_ctx *ctx, uint8_t digest[DIGEST_LEN])
{
	(void)ctx;
	memset(digest, 0, DIGEST_LEN);
}
#endif

#endif
