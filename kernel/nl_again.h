/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink: requests that are done again, since while the table of one was made
 * somebody else changed its service.
 */
#ifndef _DRAY_NL_AGAIN_H
#define _DRAY_NL_AGAIN_H

#include <linux/sched/signal.h>
#include <net/genetlink.h>

#define DRAY_NL_TRIES	100

/**
 * dray_nl_again() - do a request, from its beginning as often as it takes
 * @doit: does it, or returns -EAGAIN
 * @skb: for @doit
 * @info: for @doit
 *
 * Context: process; may sleep.
 * Return: what @doit returned; -EBUSY after DRAY_NL_TRIES attempts; -EINTR if
 * the caller was killed.
 */
static inline int
dray_nl_again(int (*doit)(struct sk_buff *skb, struct genl_info *info),
	      struct sk_buff *skb, struct genl_info *info)
{
	unsigned int tries;
	int err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < DRAY_NL_TRIES; tries++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = doit(skb, info);
	}
	if (err != -EAGAIN)
		return err;
	NL_SET_ERR_MSG(info->extack, "The service keeps changing; try again");
	return -EBUSY;
}

#endif
