/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: a checker's own packets, sent to a server the way clients' packets
 * go.
 *
 * A checker registers a mark for a pair of VIP and server, gives its socket
 * that mark and connects it to the server's own address.  The server gets the
 * packets with the VIP as destination; its answers, which come from the VIP,
 * reach the socket as if they came from the server's own address.  So a server
 * without the VIP does not answer, though it answers a plain check.
 *
 * All of it lasts as long as the netlink socket that registered it.
 */
#ifndef _DRAY_PROBE_H
#define _DRAY_PROBE_H

#include <linux/netfilter.h>

#include "net.h"

struct netlink_ext_ack;

#define DRAY_PROBES_MAX		16384
#define DRAY_PROBE_FLOWS_MAX	65536
#define DRAY_PROBE_FLOWS_USER	4096	/* in a user namespace */

/**
 * struct dray_probe_params - what a probe is
 * @mark: mark of the packets, not 0
 * @family: AF_INET or AF_INET6, of both addresses
 * @vip: what servers get as the destination
 * @server: the server's own address
 */
struct dray_probe_params {
	u32 mark;
	u8 family;
	union nf_inet_addr vip;
	union nf_inet_addr server;
};

/**
 * dray_probe_set() - register a probe, or change one of the same socket
 * @dn: namespace
 * @portid: of the netlink socket
 * @params: the probe
 * @extack: why not
 *
 * Context: process; takes dray_net.lock.
 * Return: 0, -EBUSY if the mark is another socket's, -ENOSPC, -ENOMEM.
 */
int dray_probe_set(struct dray_net *dn, u32 portid,
		   const struct dray_probe_params *params,
		   struct netlink_ext_ack *extack);

/**
 * dray_probe_del() - take back a probe
 * @dn: namespace
 * @portid: of the netlink socket
 * @mark: of the probe
 * @extack: why not
 *
 * Context: process; takes dray_net.lock.
 * Return: 0, -ENOENT if the socket has no such probe.
 */
int dray_probe_del(struct dray_net *dn, u32 portid, u32 mark,
		   struct netlink_ext_ack *extack);

/**
 * dray_probe_release() - take back all probes of a netlink socket
 * @dn: namespace
 * @portid: of the socket
 *
 * Context: process; takes dray_net.lock.
 */
void dray_probe_release(struct dray_net *dn, u32 portid);

/**
 * dray_probe_end() - take back all probes of a namespace
 * @dn: namespace, on its way out
 *
 * Context: process; takes dray_net.lock.
 */
void dray_probe_end(struct dray_net *dn);

/**
 * dray_probe_next() - read one probe after the other
 * @dn: namespace
 * @mark: of the one before, 0 to begin with
 * @params: where to put the next one
 *
 * Context: process; takes dray_net.lock.
 * Return: false if there are no more.
 */
bool dray_probe_next(struct dray_net *dn, u32 mark,
		     struct dray_probe_params *params);

#endif
