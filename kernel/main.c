// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading, for the module and for each network namespace.
 *
 * Loading alone changes nothing: hooks come with the first service.  The
 * netlink family is registered last and unregistered first.
 */
#include <linux/module.h>
#include <net/netns/generic.h>

#include "hook.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"
#include "probe.h"
#include "route.h"
#include "told.h"
#include "txn.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

unsigned int dray_net_id __read_mostly;

struct dray_net *dray_net(const struct net *net)
{
	return net_generic(net, dray_net_id);
}

static void settings_init(const struct net *net,
			  struct dray_settings *settings)
{
	settings->timeout_tcp = 900;
	settings->timeout_tcpfin = 120;
	settings->timeout_udp = 300;
	settings->flow_limit = dray_flows_default_limit(net);
	settings->persist_limit = max(settings->flow_limit / 4,
				      DRAY_FLOW_LIMIT_MIN);
	settings->unassured_limit = settings->flow_limit / 8;
	settings->hook_mode = DRAY_HOOK_MODE_AUTO;
	settings->table_limit = net->user_ns == &init_user_ns ?
				DRAY_TABLE_LIMIT : DRAY_TABLE_LIMIT_USER;
	memcpy(settings->table_key, DRAY_TABLE_PUBLIC_KEY, DRAY_TABLE_KEY_LEN);
}

static int __net_init dray_net_init(struct net *net)
{
	struct dray_net *dn = dray_net(net);
	int err;

	/* Every namespace has one, also those that have no service.  With
	 * lockdep each lock and timer is many times its size.
	 */
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_LOCKDEP) && sizeof(*dn) > SZ_16K);
	dn->net = net;
	mutex_init(&dn->lock);
	hash_init(dn->services);
	hash_init(dn->addrs);
	hash_init(dn->marks);
	hash_init(dn->vips);
	xa_init_flags(&dn->servers, XA_FLAGS_ALLOC1);
	xa_init_flags(&dn->service_ids, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&dn->txns);
	INIT_LIST_HEAD(&dn->pools);
	mutex_init(&dn->pool_make);
	settings_init(net, &dn->settings);
	dray_reach_init(dn);
	dray_sync_init(dn);
	dray_told_init(dn);
	dn->reasons = alloc_percpu(struct dray_reasons);
	if (!dn->reasons)
		return -ENOMEM;
	err = dray_flows_init(dn);
	if (err)
		free_percpu(dn->reasons);
	return err;
}

/* Everything that packets find goes here; the core waits for a grace period
 * between this and dray_net_exit().
 */
static void __net_exit dray_net_pre_exit(struct net *net)
{
	struct dray_net *dn = dray_net(net);

	dray_probe_end(dn);
	dray_txn_drop_all(dn);
	dray_txn_end(dn);
}

static void __net_exit dray_net_exit(struct net *net)
{
	struct dray_net *dn = dray_net(net);

	dray_reach_exit(dn);
	dray_pools_exit(dn);
	dray_sync_exit(dn);
	dray_told_exit(dn);
	dray_flows_exit(dn);
	free_percpu(dn->reasons);
	xa_destroy(&dn->servers);
	xa_destroy(&dn->service_ids);
}

static struct pernet_operations dray_net_ops = {
	.init = dray_net_init,
	.pre_exit = dray_net_pre_exit,
	.exit = dray_net_exit,
	.id = &dray_net_id,
	.size = sizeof(struct dray_net),
};

static int __init dray_init(void)
{
	int err;

	err = dray_flow_module_init();
	if (err)
		return err;
	err = dray_pool_module_init();
	if (err)
		goto exit_flow;
	err = register_pernet_subsys(&dray_net_ops);
	if (err)
		goto exit_pool;
	err = dray_reach_module_init();
	if (err)
		goto exit_net;
	err = dray_nl_init();
	if (err)
		goto exit_reach;
	return 0;

exit_reach:
	dray_reach_module_exit();
exit_net:
	unregister_pernet_subsys(&dray_net_ops);
exit_pool:
	dray_pool_module_exit();
exit_flow:
	dray_flow_module_exit();
	return err;
}

static void __exit dray_exit(void)
{
	dray_nl_exit();
	dray_reach_module_exit();
	unregister_pernet_subsys(&dray_net_ops);
	rcu_barrier();		/* servers, services and routes are freed by RCU */
	dray_pool_module_exit();
	dray_flow_module_exit();
}

module_init(dray_init);
module_exit(dray_exit);

MODULE_DESCRIPTION("Director for load balancing by direct routing");
MODULE_AUTHOR("The dray developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(DRAY_VERSION);
MODULE_SOFTDEP("post: ip_vs_dray");	/* where there is IPVS */
