// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading ip_vs_dray.ko, and what IPVS calls in it.
 *
 * IPVS holds the module for each service that has the scheduler, and loads it by
 * its name.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "ipvs.h"
#include "version.h"

static struct ip_vs_scheduler scheduler = {
	.name = "dray",
	.refcnt = ATOMIC_INIT(0),
	.module = THIS_MODULE,
	.n_list = LIST_HEAD_INIT(scheduler.n_list),
	.init_service = dray_vs_service_init,
	.done_service = dray_vs_service_done,
	.add_dest = dray_vs_service_changed,
	.del_dest = dray_vs_service_deleted,
	.upd_dest = dray_vs_service_changed,
	.schedule = dray_vs_schedule,
};

static int __init dray_vs_init(void)
{
	int err;

	err = dray_vs_param_check();
	if (err)
		return err;
	err = dray_vs_service_module_init();
	if (err)
		return err;
	err = dray_vs_show_init();
	if (err)
		goto exit_service;
	err = register_ip_vs_scheduler(&scheduler);
	if (err)
		goto exit_show;
	return 0;

exit_show:
	dray_vs_show_exit();
exit_service:
	dray_vs_service_module_exit();
	return err;
}

static void __exit dray_vs_exit(void)
{
	unregister_ip_vs_scheduler(&scheduler);
	dray_vs_show_exit();
	dray_vs_service_module_exit();
}

module_init(dray_vs_init);
module_exit(dray_vs_exit);

MODULE_DESCRIPTION("The dray selection table as a scheduler of IPVS");
MODULE_AUTHOR("The dray developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(DRAY_VERSION);
