/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What flow and persist entries are found by.
 */
#ifndef _DRAY_FLOW_KEY_H
#define _DRAY_FLOW_KEY_H

#include <linux/in6.h>
#include <linux/netfilter.h>
#include <linux/socket.h>
#include <linux/types.h>

/**
 * struct dray_flow_key4 - what an IPv4 entry is found by
 * @caddr: client, masked for a persist entry
 * @vaddr: VIP, zero for a persist entry
 * @cport: client's port, zero for a persist entry
 * @vport: port of the VIP, zero for a persist entry
 * @service: id of the service
 */
struct dray_flow_key4 {
	__be32 caddr;
	__be32 vaddr;
	__be16 cport;
	__be16 vport;
	u32 service;
};

/**
 * struct dray_flow_key6 - what an IPv6 entry is found by
 * @caddr: client, masked for a persist entry
 * @vaddr: VIP, zero for a persist entry
 * @cport: client's port, zero for a persist entry
 * @vport: port of the VIP, zero for a persist entry
 * @service: id of the service
 */
struct dray_flow_key6 {
	struct in6_addr caddr;
	struct in6_addr vaddr;
	__be16 cport;
	__be16 vport;
	u32 service;
};

/**
 * struct dray_flow_tuple - what a packet looks an entry up by
 * @family: AF_INET or AF_INET6
 * @protocol: of the transport header; 0 for a persist entry
 * @key4: key for AF_INET
 * @key6: key for AF_INET6
 */
struct dray_flow_tuple {
	u8 family;
	u8 protocol;
	union {
		struct dray_flow_key4 key4;
		struct dray_flow_key6 key6;
	};
};

/**
 * dray_flow_tuple_fill() - a packet's tuple
 * @tuple: where to put it
 * @family: AF_INET or AF_INET6
 * @protocol: of the transport header
 * @service: id of the service
 * @caddr: client
 * @cport: its port
 * @vaddr: VIP
 * @vport: its port
 *
 * Context: any.
 */
static inline void dray_flow_tuple_fill(struct dray_flow_tuple *tuple,
					u8 family, u8 protocol, u32 service,
					const union nf_inet_addr *caddr,
					__be16 cport,
					const union nf_inet_addr *vaddr,
					__be16 vport)
{
	tuple->family = family;
	tuple->protocol = protocol;
	if (family == AF_INET) {
		tuple->key4.caddr = caddr->ip;
		tuple->key4.vaddr = vaddr->ip;
		tuple->key4.cport = cport;
		tuple->key4.vport = vport;
		tuple->key4.service = service;
	} else {
		tuple->key6.caddr = caddr->in6;
		tuple->key6.vaddr = vaddr->in6;
		tuple->key6.cport = cport;
		tuple->key6.vport = vport;
		tuple->key6.service = service;
	}
}

#endif
