// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does on loading what its parameter says, so that it can be seen
 * whether the laboratory notices: a warning, an oops, a breakpoint, or a machine
 * that stands still. For guests only.
 */

#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>

static char *how = "warn";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "warn, oops, int3 or stuck");

static void stand_still(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static int __init provoke_init(void)
{
	int *nowhere = (int *)8;

	if (!strcmp(how, "warn"))
		WARN(1, "asked for\n");
	else if (!strcmp(how, "oops"))
		WRITE_ONCE(*nowhere, 1);
	else if (!strcmp(how, "int3"))
		asm volatile("int3");
	else if (!strcmp(how, "stuck"))
		on_each_cpu(stand_still, NULL, 0);
	return -EINVAL;
}
module_init(provoke_init);

MODULE_DESCRIPTION("provokes a warning, an oops or a hanging machine");
MODULE_LICENSE("GPL");
