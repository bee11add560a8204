/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping from the local stack what it is not to accept of a VIP.
 */
#ifndef _DRAY_ACCEPT_H
#define _DRAY_ACCEPT_H

#include "net.h"

/**
 * dray_accept_register() - begin to watch what the local stack gets of VIPs
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: process, dray_net.lock held.
 * Return: 0 or an error; nothing has changed then.
 */
int dray_accept_register(struct dray_net *dn, u8 family);

/**
 * dray_accept_unregister() - stop to watch, if it was begun
 * @dn: namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: process, dray_net.lock held.
 */
void dray_accept_unregister(struct dray_net *dn, u8 family);

#endif
