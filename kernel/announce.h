/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping this host from answering for and announcing VIPs that are not its
 * turn.
 */
#ifndef _DRAY_ANNOUNCE_H
#define _DRAY_ANNOUNCE_H

#include "net.h"

/**
 * dray_announce_register() - begin to watch what a family's VIPs announce
 * @dn: namespace
 * @family: AF_INET for ARP, AF_INET6 for neighbour discovery
 *
 * Context: process, dray_net.lock held.
 * Return: 0 or an error; nothing has changed then.
 */
int dray_announce_register(struct dray_net *dn, u8 family);

/**
 * dray_announce_unregister() - stop to watch, if it was begun
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: process, dray_net.lock held.
 */
void dray_announce_unregister(struct dray_net *dn, u8 family);

#endif
