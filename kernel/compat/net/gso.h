/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DRAY_COMPAT_NET_GSO_H
#define _DRAY_COMPAT_NET_GSO_H

#include <linux/version.h>

/* Before 6.5 its prototypes were in linux/skbuff.h. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/skbuff.h>
#else
#include_next <net/gso.h>
#endif

#endif
