/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks that turn a probe's packets; each family has them while it has
 * probes.
 */
#ifndef _DRAY_PROBE_HOOK_H
#define _DRAY_PROBE_HOOK_H

#include <linux/netfilter.h>
#include <linux/xarray.h>

#include "probe.h"
#include "probe_flow.h"

#define DRAY_PROBE_POINTS	2	/* hooks of each family */

/**
 * struct dray_probe - a registered probe
 * @params: constant
 * @portid: netlink socket that registered it
 * @rcu: frees it once no packet reads it
 */
struct dray_probe {
	struct dray_probe_params params;
	u32 portid;
	struct rcu_head rcu;
};

/**
 * struct dray_probes - the probes of a namespace, while there are any
 * @dn: namespace
 * @by_mark: probes by mark; RCU, written under dray_net.lock
 * @n: number of them, of each family; under dray_net.lock
 * @ops: hooks of each family; those of a family that has probes are registered
 * @flows: what has been asked
 */
struct dray_probes {
	struct dray_net *dn;
	struct xarray by_mark;
	u32 n[2];
	struct nf_hook_ops ops[2][DRAY_PROBE_POINTS];
	struct dray_probe_flows flows;
};

/**
 * dray_probe_hooks_register() - begin to turn packets of a family
 * @probes: of the namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: process; dray_net.lock held.
 * Return: 0 or a negative errno.
 */
int dray_probe_hooks_register(struct dray_probes *probes, u8 family);

/**
 * dray_probe_hooks_unregister() - turn none of them any more
 * @probes: of the namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: process; dray_net.lock held.
 */
void dray_probe_hooks_unregister(struct dray_probes *probes, u8 family);

#endif
