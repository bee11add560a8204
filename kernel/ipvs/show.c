// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/ip_vs_dray: the tables of a namespace's services, and whether they
 * are those of the newest servers.  What ipvsadm cannot know.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/net_namespace.h>

#include "ipvs.h"

#define NAME	"ip_vs_dray"

static void show_service(struct dray_vs_service *service, void *arg)
{
	const struct dray_vs_choice *choice;
	struct seq_file *seq = arg;
	char name[DRAY_VS_NAME];

	choice = rcu_dereference_protected(service->choice,
					   lockdep_is_held(&service->lock));
	dray_vs_service_name(service->svc, name, sizeof(name));
	seq_printf(seq, "%s servers %u rows %u fingerprint ", name,
		   choice ? choice->n : 0, dray_vs_rows());
	if (choice && choice->table)
		seq_printf(seq, "%016llx", choice->table->table->fingerprint);
	else
		seq_puts(seq, "none");
	if (service->next || service->making)
		seq_puts(seq, " (a newer one is being made)");
	else if (service->err)
		seq_printf(seq, " (not of the newest servers: %s)",
			   dray_vs_error(service->err));
	seq_putc(seq, '\n');
}

static int show(struct seq_file *seq, void *v)
{
	dray_vs_service_each(seq_file_single_net(seq), show_service, seq);
	return 0;
}

static int __net_init show_net_init(struct net *net)
{
	if (!proc_create_net_single(NAME, 0400, net->proc_net, show, NULL))
		return -ENOMEM;
	return 0;
}

static void __net_exit show_net_exit(struct net *net)
{
	remove_proc_entry(NAME, net->proc_net);
}

static struct pernet_operations show_net_ops = {
	.init = show_net_init,
	.exit = show_net_exit,
};

int dray_vs_show_init(void)
{
	return register_pernet_subsys(&show_net_ops);
}

void dray_vs_show_exit(void)
{
	unregister_pernet_subsys(&show_net_ops);
}
