/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MD5 of a page, which is what the files of keepalived's users have. */
#ifndef DRAYCHECKD_DIGEST_H
#define DRAYCHECKD_DIGEST_H

#include <nettle/md5.h>

#define DIGEST_LEN MD5_DIGEST_SIZE

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

#endif
