// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters: the key of the tables and how many rows they have, both the same
 * for all services and as dray.ko's where the two are to agree.
 *
 * The key is read when the module is loaded and never shown.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "hash.h"
#include "ipvs.h"

static u8 table_key[DRAY_TABLE_KEY_LEN] __nonstring = DRAY_TABLE_PUBLIC_KEY;
static bool key_wrong;
static unsigned int rows = DRAY_TABLE_ROWS_DEFAULT;

/* What is refused here the kernel writes to its log, with its value: a key with
 * a slip in it would stand there.  It is refused by dray_vs_param_check().
 */
static int table_key_set(const char *val, const struct kernel_param *kp)
{
	key_wrong = strlen(val) != 2 * sizeof(table_key) ||
		    hex2bin(table_key, val, sizeof(table_key));
	return 0;
}

/* As drayadm config shows it. */
static int table_key_get(char *buffer, const struct kernel_param *kp)
{
	if (!memcmp(table_key, DRAY_TABLE_PUBLIC_KEY, sizeof(table_key)))
		return sysfs_emit(buffer, "public\n");
	return sysfs_emit(buffer, "fingerprint %016llx\n",
			  dray_key_fingerprint(table_key));
}

static const struct kernel_param_ops table_key_ops = {
	.set = table_key_set,
	.get = table_key_get,
};

module_param_cb(key, &table_key_ops, NULL, 0400);
MODULE_PARM_DESC(key, "key of the tables: 32 hexadecimal digits, as in the file for drayadm config --table-key-file; read back as its fingerprint");
module_param(rows, uint, 0444);
MODULE_PARM_DESC(rows, "rows of each table: a power of two from 4096 to 262144, default 16384");

u32 dray_vs_rows(void)
{
	return rows;
}

const u8 *dray_vs_key(void)
{
	return table_key;
}

int dray_vs_param_check(void)
{
	const struct dray_table_spec spec = { .rows = rows };

	if (key_wrong) {
		pr_err("key: exactly %zu hexadecimal digits (%zu bytes) are wanted\n",
		       2 * sizeof(table_key), sizeof(table_key));
		return -EINVAL;
	}
	if (dray_table_check(&spec) == -EINVAL) {
		pr_err("rows: a power of two from %u to %u is wanted, not %u\n",
		       DRAY_TABLE_ROWS_MIN, DRAY_TABLE_ROWS_MAX, rows);
		return -EINVAL;
	}
	return 0;
}
