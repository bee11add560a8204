// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering the hooks, and what they have to know of others' then.
 */
#include <linux/netfilter_ipv4.h>

#include "hook_impl.h"

/* PRE_ROUTING -290: after raw, so that "-t raw -j MARK" is seen, and before
 * connection tracking.  LOCAL_IN 97: after the filter, just before IPVS at 98
 * and 99.  FORWARD 97: the same for a VIP that is not local.
 */
static const struct {
	unsigned int hooknum;
	int priority;
} dray_hook_points[DRAY_N_HOOKS] = {
	{ NF_INET_PRE_ROUTING, NF_IP_PRI_RAW + 10 },
	{ NF_INET_LOCAL_IN, NF_IP_PRI_NAT_SRC - 3 },
	{ NF_INET_FORWARD, NF_IP_PRI_NAT_SRC - 3 },
};

/* A security module has a hook at the very front of POST_ROUTING in every
 * namespace (AppArmor in a stock Debian kernel).  It looks at packets with a
 * secmark only, so those are the ones that have to meet it.
 */
static nf_hookfn *postrouting_lsm(const struct nf_hook_entries *e)
{
	struct nf_hook_ops **ops;

	if (!e || e->num_hook_entries != 1)
		return NULL;
	ops = nf_hook_entries_get_hook_ops(e);
	if (ops[0]->priority != NF_IP_PRI_SELINUX_FIRST ||
	    ops[0]->hook_ops_type != NF_HOOK_OP_UNDEFINED)
		return NULL;
	return ops[0]->hook;
}

static void hooks_find_lsm(struct dray_net *dn, u8 family)
{
	rcu_read_lock();
	dn->lsm_hook[dray_family_index(family)] =
		postrouting_lsm(dray_hook_entries(dn, family, NF_INET_POST_ROUTING));
	rcu_read_unlock();
}

int dray_hooks_register(struct dray_net *dn, u8 family)
{
	unsigned int index = dray_family_index(family);
	struct nf_hook_ops *ops = dn->hook_ops[index];
	unsigned int i;
	int err;

	lockdep_assert_held(&dn->lock);
	if (dn->hooks_on[index])
		return 0;
	hooks_find_lsm(dn, family);
	for (i = 0; i < DRAY_N_HOOKS; i++) {
		ops[i] = (struct nf_hook_ops) {
			.hook = index ? dray_hook6 : dray_hook4,
			.pf = index ? NFPROTO_IPV6 : NFPROTO_IPV4,
			.hooknum = dray_hook_points[i].hooknum,
			.priority = dray_hook_points[i].priority,
			.priv = dn,
		};
	}
	err = nf_register_net_hooks(dn->net, ops, DRAY_N_HOOKS);
	if (!err)
		dn->hooks_on[index] = true;
	return err;
}

void dray_hooks_unregister(struct dray_net *dn, u8 family)
{
	unsigned int index = dray_family_index(family);

	lockdep_assert_held(&dn->lock);
	if (!dn->hooks_on[index])
		return;
	nf_unregister_net_hooks(dn->net, dn->hook_ops[index], DRAY_N_HOOKS);
	dn->hooks_on[index] = false;
}

int dray_hook_register_one(struct dray_net *dn, struct nf_hook_ops *ops,
			   const struct nf_hook_ops *template)
{
	int err;

	lockdep_assert_held(&dn->lock);
	if (ops->hook || !template->hook)
		return 0;
	*ops = *template;
	ops->priv = dn;
	err = nf_register_net_hook(dn->net, ops);
	if (err)
		ops->hook = NULL;
	return err;
}

void dray_hook_unregister_one(struct dray_net *dn, struct nf_hook_ops *ops)
{
	lockdep_assert_held(&dn->lock);
	if (!ops->hook)
		return;
	nf_unregister_net_hook(dn->net, ops);
	ops->hook = NULL;
}
