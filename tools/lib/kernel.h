/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sources shared with the kernel find there, for user space.  Only what
 * they use, and only in the meaning that they need.
 */
#ifndef DRAY_KERNEL_H
#define DRAY_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define U32_MAX	UINT32_MAX
#define U64_MAX	UINT64_MAX

/* There is one kind of memory. */
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define kvzalloc(size, flags)		calloc(1, size)
#define kvcalloc(n, size, flags)	calloc(n, size)
#define kvfree(p)			free(p)
#define struct_size(p, member, n) \
	(sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(n))

/* Whoever waits for the processor gets it anyway. */
#define cond_resched()	do { } while (0)

#define sort(base, n, size, compare, swap)	qsort(base, n, size, compare)

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

/* The kernel shifts by anything; sources here want the upper half only. */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
#ifdef __SIZEOF_INT128__
	return (u64)((unsigned __int128)a * b >> shift);
#else
	u64 low = (u64)(u32)a * (u32)b;
	u64 mid = (a >> 32) * (u32)b + (low >> 32);
	u64 mid2 = (u64)(u32)a * (b >> 32) + (u32)mid;

	return shift == 64 ? (a >> 32) * (b >> 32) + (mid >> 32) + (mid2 >> 32)
			   : 0;
#endif
}

static inline u64 get_unaligned_be64(const void *p)
{
	const u8 *byte = p;
	u64 n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n = n << 8 | byte[i];
	return n;
}

static inline u64 get_unaligned_le64(const void *p)
{
	const u8 *byte = p;
	u64 n = 0;
	int i;

	for (i = 7; i >= 0; i--)
		n = n << 8 | byte[i];
	return n;
}

static inline u16 be16_to_cpu(__be16 n)
{
	const u8 *byte = (const u8 *)&n;

	return byte[0] << 8 | byte[1];
}

#endif
