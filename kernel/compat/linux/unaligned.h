/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DRAY_COMPAT_LINUX_UNALIGNED_H
#define _DRAY_COMPAT_LINUX_UNALIGNED_H

#include <linux/version.h>

/* Before 6.12 it was asm/unaligned.h. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include_next <linux/unaligned.h>
#endif

#endif
