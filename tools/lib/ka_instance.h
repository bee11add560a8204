/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vrrp_instance and a vrrp_sync_group while they are made. */
#ifndef DRAY_KA_INSTANCE_H
#define DRAY_KA_INSTANCE_H

#include "ka_table.h"

struct ka_instance_raw {
	struct ka_instance i;
	uint64_t advert_us;		/* as said */
	struct dray_addr mcast_source;
	bool native_ipv6;
	bool auth_ah, has_auth_pass;
};

struct ka_group_raw {
	struct ka_sync_group g;
	struct ka_node *members;	/* the group block */
};

/* Make what was said complete.  Return: false, and said why, if it cannot be. */
bool ka_instance_complete(struct ka_parser *p, struct ka_raw *raw);

/* smtp_alert of instances and groups that do not say it */
bool ka_vrrp_alert(const struct ka_parser *p);

#endif
