/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes: how a server is reached, and whether it is.
 *
 * Each server has one cached route.  It is looked up with
 * FLOWI_FLAG_KNOWN_NH: the packet's destination is the VIP, so the route
 * itself has to name the server as the next hop, or the neighbour looked up
 * would be the VIP.
 */
#ifndef _DRAY_ROUTE_H
#define _DRAY_ROUTE_H

#include <net/dst.h>

#include "server.h"

struct dray_net;

/**
 * struct dray_route - a cached route
 * @dst: route, held; NULL if there is none
 * @cookie: for dst_check()
 * @mtu: of the route; a change of the device's MTU drops the cache
 * @reach: enum dray_reach
 * @rcu: frees it once no packet reads it
 */
struct dray_route {
	struct dst_entry *dst;
	u32 cookie;
	u32 mtu;
	u8 reach;
	struct rcu_head rcu;
};

/**
 * dray_route_get() - the route to a server
 * @dn: namespace
 * @server: server
 *
 * Looks it up again if the cached one no longer holds.
 *
 * Context: softirq, RCU read side.
 * Return: the route, valid until the end of the read side, its dst NULL if the
 * server is local or out of reach; NULL if there is no memory.
 */
const struct dray_route *dray_route_get(struct dray_net *dn,
					struct dray_server *server);

/**
 * dray_route_probe() - the route that dray_route_get() would return
 * @dn: namespace
 * @server: server
 * @made: where to put it if it had to be looked up, or NULL
 *
 * The cached route stays as it is.
 *
 * Context: softirqs off, RCU read side.
 * Return: the route, valid until dray_route_probe_end(); NULL if there is no
 * memory.
 */
const struct dray_route *dray_route_probe(struct dray_net *dn,
					  struct dray_server *server,
					  struct dray_route **made);

/**
 * dray_route_probe_end() - forget a route that was looked up
 * @made: from dray_route_probe()
 *
 * Context: any.
 */
void dray_route_probe_end(struct dray_route *made);

/**
 * dray_route_find() - look up how an address is reached, as a server is
 * @net: namespace
 * @family: AF_INET or AF_INET6
 * @addr: address
 * @route: where to put it, zero before; its dst is held, and NULL unless reach
 *	is DRAY_REACH_OK
 *
 * Context: any.
 * Return: 0 or -ENOBUFS.
 */
int dray_route_find(struct net *net, u8 family, const union nf_inet_addr *addr,
		    struct dray_route *route);

/**
 * dray_route_drop() - forget the route to a server
 * @server: server
 *
 * Context: any.
 */
void dray_route_drop(struct dray_server *server);

/**
 * dray_route_free() - free the route to a server
 * @server: server that no packet can find any more
 *
 * Context: any.
 */
void dray_route_free(struct dray_server *server);

/**
 * dray_route_info() - device and MTU of the route to a server
 * @server: server
 * @ifindex: where to put the device
 * @mtu: where to put the MTU
 *
 * Context: RCU read side.
 * Return: false if there is no route.
 */
bool dray_route_info(struct dray_server *server, int *ifindex, u32 *mtu);

/**
 * dray_route_expires() - whether the route to a server is a temporary one
 * @server: server
 *
 * As after a "fragmentation needed" that named it.
 *
 * Context: any.
 */
bool dray_route_expires(struct dray_server *server);

/**
 * dray_reach_judge() - judge again whether servers can be reached
 * @dn: namespace
 *
 * Soon and in process context: routes or devices have changed.
 *
 * Context: any.
 */
void dray_reach_judge(struct dray_net *dn);

/**
 * dray_reach_server() - judge one server at once
 * @dn: namespace
 * @server: new server
 *
 * Context: process.
 */
void dray_reach_server(struct dray_net *dn, struct dray_server *server);

/**
 * dray_reach_init() - begin judging in a namespace
 * @dn: namespace
 *
 * Context: process.
 */
void dray_reach_init(struct dray_net *dn);

/**
 * dray_reach_exit() - stop judging in a namespace
 * @dn: namespace, without servers
 *
 * Context: process.
 */
void dray_reach_exit(struct dray_net *dn);

/**
 * dray_reach_module_init() - listen to routes, devices and neighbours
 *
 * Context: process.
 * Return: 0 or an error.
 */
int dray_reach_module_init(void);

/**
 * dray_reach_module_exit() - undo dray_reach_module_init()
 *
 * Context: process.
 */
void dray_reach_module_exit(void);

#endif
