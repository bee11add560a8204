/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a keyword stands in a table: name, tier, and, where it is stored, in which
 * member of which structure.  Times of the limits are in seconds.
 */
#ifndef DRAY_KA_TABLE_H
#define DRAY_KA_TABLE_H

#include <stddef.h>

#include "ka_parse.h"

#define K_IN(s, m) .offset = offsetof(struct s, m), \
	.size = sizeof(((struct s *)0)->m)
#define K_BOOL(n, t, s, m) \
	{ .name = n, .tier = t, .type = KA_BOOL, K_IN(s, m) }
#define K_OFF(n, t, s, m) \
	{ .name = n, .tier = t, .type = KA_OFF, K_IN(s, m) }
#define K_INT(n, t, s, m, lo, hi) \
	{ .name = n, .tier = t, .type = KA_INT, K_IN(s, m), .min = lo, .max = hi }
#define K_TIME(n, t, s, m, lo, hi) \
	{ .name = n, .tier = t, .type = KA_TIME, K_IN(s, m), \
	  .min = (int64_t)((lo) * 1000000.0), .max = (int64_t)((hi) * 1000000.0) }
#define K_STRING(n, t, s, m) \
	{ .name = n, .tier = t, .type = KA_STRING, K_IN(s, m) }
#define K_ADDR(n, t, s, m) \
	{ .name = n, .tier = t, .type = KA_ADDR, K_IN(s, m) }
#define K_COMMAND(n, t, s, m) \
	{ .name = n, .tier = t, .type = KA_COMMAND, K_IN(s, m) }
/* from @lo to @hi words, said as @needs when there are fewer */
#define K_LINE(n, t, s, m, f, lo, hi, needs) \
	{ .name = n, .tier = t, .type = KA_LINE, K_IN(s, m), .fn = f, \
	  .min = lo, .max = hi, .say = needs }
#define K_LINES(n, t, s, m, f, lo, hi, needs) \
	{ .name = n, .tier = t, .type = KA_LINE, K_IN(s, m), .fn = f, \
	  .min = lo, .max = hi, .say = needs, .many = true }
#define K_BLOCK(n, t, s, m, f) \
	{ .name = n, .tier = t, .type = KA_BLOCK, K_IN(s, m), .fn = f }
#define K_BLOCKS(n, t, s, m, f) \
	{ .name = n, .tier = t, .type = KA_BLOCK, K_IN(s, m), .fn = f, \
	  .many = true }
#define K_IGNORED(n, t, how, why) \
	{ .name = n, .tier = t, .type = KA_IGNORED, .severity = how, .say = why }
#define K_UNUSED(n) K_IGNORED(n, 3, KA_NOTE, "means nothing to dray")
#define K_NEWER(n) K_IGNORED(n, 3, KA_NOTE, "is of a keepalived newer than 2.2.7")

#define K_TABLE(of, list) \
	{ .name = of, .keywords = list, .n = KA_COUNT(list) }

#define KA_A_DAY 86400
#define KA_A_MONTH (31 * KA_A_DAY)

#endif
