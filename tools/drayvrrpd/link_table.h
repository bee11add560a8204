/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of interfaces with their addresses, and how messages change it. */
#ifndef DRAYVRRPD_LINK_TABLE_H
#define DRAYVRRPD_LINK_TABLE_H

#include <linux/netlink.h>
#include <stddef.h>

#include "link.h"

struct link_table {
	struct link *links;
	size_t n;
};

/* A message that is about neither changes nothing. */
void link_table_take(struct link_table *table, const struct nlmsghdr *hdr);
struct link *link_table_find(const struct link_table *table, int index);
/* Read from the kernel, which may have to wait for others.  Return: 0, or -EIO with
 * an empty table. */
int link_table_read(struct link_table *table);
void link_table_clear(struct link_table *table);

#endif
