/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DRAY_COMPAT_NET_GENETLINK_H
#define _DRAY_COMPAT_NET_GENETLINK_H

#include <linux/version.h>

#include_next <net/genetlink.h>

/**
 * dray_genl_dump_attrs() - attributes of the request that began a dump
 * @cb: the dump
 *
 * 6.6 moved them into a struct genl_info.
 *
 * Context: dumpit and done of an operation.
 * Return: the attributes by type.
 */
static inline struct nlattr **dray_genl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_dumpit_info(cb)->info.attrs;
#endif
}

#endif
