/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which hook is in force, as a reader of the settings is told.
 */
#ifndef _DRAY_NL_HOOK_H
#define _DRAY_NL_HOOK_H

#include "nl.h"

/**
 * struct dray_nl_hooks - where a dump of the settings is
 * @begun: the settings are told
 * @device: devices that are behind it, as they stand in their list
 */
struct dray_nl_hooks {
	bool begun;
	u32 device;
};

/**
 * dray_nl_hooks_seq() - note what a dump of the settings reads
 * @cb: the dump
 *
 * As dray_nl_dump_seq(); devices that come or go interrupt it too.
 *
 * Context: process; takes dray_net.lock.
 */
void dray_nl_hooks_seq(struct netlink_callback *cb);

/**
 * dray_nl_hooks_room() - what the hooks of all devices take
 * @net: namespace
 *
 * Context: process.
 * Return: bytes, at most.
 */
size_t dray_nl_hooks_room(struct net *net);

/**
 * dray_nl_put_hooks() - put the hooks of as many devices as there is room for
 * @skb: message
 * @dn: namespace
 *
 * Context: process, dray_net.lock held.
 */
void dray_nl_put_hooks(struct sk_buff *skb, struct dray_net *dn);

/**
 * dray_nl_dump_hooks() - go on with a dump of the hooks
 * @skb: chunk
 * @cb: the dump
 * @dn: namespace
 * @at: where the dump is
 *
 * Context: process, dray_net.lock held.
 * Return: 0 at the end, -EMSGSIZE if the chunk is full.
 */
int dray_nl_dump_hooks(struct sk_buff *skb, struct netlink_callback *cb,
		       struct dray_net *dn, struct dray_nl_hooks *at);

#endif
