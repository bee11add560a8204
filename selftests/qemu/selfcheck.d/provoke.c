// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does on loading what its parameter says, so that it can be seen
 * whether the laboratory notices: a warning, an oops, a breakpoint, a machine
 * that stands still, memory read after it was freed, or lost. For guests only.
 */

#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

static char *how = "warn";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "warn, oops, int3, stuck, freed or leak");

static void stand_still(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static void read_freed(void)
{
	int *memory = kmalloc(64, GFP_KERNEL);

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(*memory);
}

/* Some, since a stale word somewhere may look like the address of one. */
static void lose(void)
{
	void *memory;
	int i;

	for (i = 0; i < 10; i++) {
		memory = kmalloc(64, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(memory);
	}
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
	else if (!strcmp(how, "freed"))
		read_freed();
	else if (!strcmp(how, "leak"))
		lose();
	return -EINVAL;
}
module_init(provoke_init);

MODULE_DESCRIPTION("provokes what the laboratory has to notice");
MODULE_LICENSE("GPL");
