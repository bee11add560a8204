/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, as the rest of the module sees it.
 */
#ifndef _DRAY_NETLINK_H
#define _DRAY_NETLINK_H

#include "server.h"
#include "service.h"
#include "vip.h"

struct dray_flow;
struct dray_net;

/* Notifications.  They never fail: a listener that misses one for want of
 * memory is told so by netlink (ENOBUFS) and reads again.  Context of all:
 * process, dray_net.lock held.  @cmd is the enum of the notification.
 */
void dray_nl_notify_config(struct dray_net *dn);
void dray_nl_notify_service(struct dray_net *dn, u8 cmd,
			    const struct dray_service *service,
			    const struct dray_service_conf *conf);
void dray_nl_notify_server(struct dray_net *dn, u8 cmd,
			   const struct dray_service *service,
			   const struct dray_service_slot *slot);
void dray_nl_notify_vip(struct dray_net *dn, u8 cmd,
			const struct dray_vip *vip);

/**
 * dray_nl_notify_server_state() - tell that a server has changed by itself
 * @dn: namespace
 * @server: the server, published
 *
 * Context: process, dray_net.lock held.
 */
void dray_nl_notify_server_state(struct dray_net *dn,
				 const struct dray_server *server);

/**
 * dray_nl_sync_listening() - whether anybody listens to the group sync
 * @dn: namespace
 *
 * Context: any.
 */
bool dray_nl_sync_listening(struct dray_net *dn);

/**
 * dray_nl_sync_send() - tell of entries
 * @dn: namespace
 * @entries: copies of them
 * @n: how many
 *
 * Context: process.
 */
void dray_nl_sync_send(struct dray_net *dn, const struct dray_flow *entries,
		       u32 n);

/**
 * dray_nl_sync_lost() - tell that something was not told
 * @dn: namespace
 *
 * Context: process.
 */
void dray_nl_sync_lost(struct dray_net *dn);

/**
 * dray_nl_sync_wait() - ask to be told when all was carried on
 * @dn: namespace
 * @wait: number of the wait
 *
 * Context: process.
 */
void dray_nl_sync_wait(struct dray_net *dn, u32 wait);

/**
 * dray_nl_init() - register the family
 *
 * Context: process; last step of loading the module.
 * Return: 0 or an error.
 */
int dray_nl_init(void);

/**
 * dray_nl_exit() - unregister the family
 *
 * Waits for running operations.
 *
 * Context: process; first step of unloading the module.
 */
void dray_nl_exit(void);

#endif
