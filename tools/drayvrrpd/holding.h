/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a master holds: addresses, routes and rules, put into the kernel with
 * the protocol number of VRRP, and taken out again.  One at a time; what of it
 * a virtual router is to have is router.c's business.
 */
#ifndef DRAYVRRPD_HOLDING_H
#define DRAYVRRPD_HOLDING_H

#include "ka_vrrp.h"

struct nl_msg;

int holding_open(void);
void holding_close(void);
/* Any request of rtnetlink; takes the message.  Return: 0, or -errno. */
int holding_ask(struct nl_msg *msg);

/* All of these: 0, or -errno.  What is there already, or is gone already, is
 * no error, but where -EEXIST is said. */
int address_put(const struct ka_address *address, int ifindex);
int address_take(const struct ka_address *address, int ifindex);
/* One that is no longer in the configuration. */
int address_take_stale(const struct dray_addr *addr, uint8_t prefix,
		       int ifindex);
/* Another one for the same destination makes place for it. */
int route_put(const struct ka_route *route);
/* -EEXIST: there is one for the same destination. */
int route_add(const struct ka_route *route);
int route_take(const struct ka_route *route);
/* As the kernel has it where none is said, too. */
uint32_t route_metric(const struct ka_route *route);
/* -EEXIST: it is there. */
int rule_put(const struct ka_rule *rule);
int rule_take(const struct ka_rule *rule);
/* For the kernel. */
bool route_same(const struct ka_route *a, const struct ka_route *b);
bool rule_same(const struct ka_rule *a, const struct ka_rule *b);

#endif
