/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entries are found by: the hash of their keys, and when two are the same.
 *
 * For flow.c only: the hash tables' functions inline it.
 */
#ifndef _DRAY_FLOW_HASH_H
#define _DRAY_FLOW_HASH_H

#include <linux/siphash.h>

#include "flow.h"

/* Keyed, so that nobody outside can aim at one chain. */
static hsiphash_key_t flow_hash_key __read_mostly;

/* The service implies the VIP, but for a firewall mark's. */
static u32 flow_hash4(const struct dray_flow_key4 *key, u8 protocol, u32 seed)
{
	return hsiphash_3u32((__force u32)key->caddr,
			     (__force u32)key->cport << 16 |
			     (__force u32)key->vport,
			     key->service ^ (__force u32)key->vaddr ^
			     (u32)protocol << 24 ^ seed, &flow_hash_key);
}

static u32 flow_hash6(const struct dray_flow_key6 *key, u8 protocol, u32 seed)
{
	u32 addrs = hsiphash(key, offsetof(struct dray_flow_key6, cport),
			     &flow_hash_key);

	return hsiphash_3u32(addrs,
			     (__force u32)key->cport << 16 |
			     (__force u32)key->vport,
			     key->service ^ (u32)protocol << 24 ^ seed,
			     &flow_hash_key);
}

static u32 flow_tuple_hash4(const void *data, u32 len, u32 seed)
{
	const struct dray_flow_tuple *tuple = data;

	return flow_hash4(&tuple->key4, tuple->protocol, seed);
}

static u32 flow_obj_hash4(const void *data, u32 len, u32 seed)
{
	const struct dray_flow *flow = data;

	return flow_hash4(&flow->key4, flow->w.protocol, seed);
}

static int flow_cmp4(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dray_flow_tuple *tuple = arg->key;
	const struct dray_flow *flow = obj;

	return memcmp(&flow->key4, &tuple->key4, sizeof(flow->key4)) ||
	       flow->w.protocol != tuple->protocol;
}

static u32 flow_tuple_hash6(const void *data, u32 len, u32 seed)
{
	const struct dray_flow_tuple *tuple = data;

	return flow_hash6(&tuple->key6, tuple->protocol, seed);
}

static u32 flow_obj_hash6(const void *data, u32 len, u32 seed)
{
	const struct dray_flow *flow = data;

	return flow_hash6(&flow->key6, flow->w.protocol, seed);
}

static int flow_cmp6(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dray_flow_tuple *tuple = arg->key;
	const struct dray_flow *flow = obj;

	return memcmp(&flow->key6, &tuple->key6, sizeof(flow->key6)) ||
	       flow->w.protocol != tuple->protocol;
}

static const struct rhashtable_params flow_params4 = {
	.head_offset = offsetof(struct dray_flow, node),
	.hashfn = flow_tuple_hash4,
	.obj_hashfn = flow_obj_hash4,
	.obj_cmpfn = flow_cmp4,
	.automatic_shrinking = true,
};

static const struct rhashtable_params flow_params6 = {
	.head_offset = offsetof(struct dray_flow, node),
	.hashfn = flow_tuple_hash6,
	.obj_hashfn = flow_obj_hash6,
	.obj_cmpfn = flow_cmp6,
	.automatic_shrinking = true,
};

#endif
