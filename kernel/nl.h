/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the generic netlink family share, and nobody else sees.
 *
 * A request is checked in three steps: the family's policy has judged type,
 * length and range of every attribute, nested ones included, before an
 * operation is called.  dray_nl_request() and dray_nl_nest() refuse what the
 * operation does not take.  What is left depends on more than one attribute,
 * or on what is configured, and is judged by the file of the noun.
 */
#ifndef _DRAY_NL_H
#define _DRAY_NL_H

#include <linux/netfilter.h>
#include <net/genetlink.h>

#include "net.h"
#include "server.h"
#include "service.h"
#include "vip.h"

extern struct genl_family dray_nl_family;

/* Among the attributes that a nest takes: one that may be there many times. */
#define DRAY_NL_MANY(type)	(BIT_ULL(type) | BIT_ULL(32 + (type)))

/**
 * dray_nl_request() - judge the top level of a request
 * @nlh: message
 * @attrs: its attributes by type
 * @takes: bits of the attributes that the operation takes
 * @needs: bits of those that have to be there
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_request(const struct nlmsghdr *nlh, struct nlattr **attrs,
		    u64 takes, u32 needs, struct netlink_ext_ack *extack);

/**
 * dray_nl_nest() - parse a nest
 * @tb: where to put its attributes by type
 * @max: highest type
 * @nest: the nest
 * @policy: of the nest
 * @takes: bits of the attributes that the operation takes, or DRAY_NL_MANY()
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or an error.
 */
int dray_nl_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		 const struct nla_policy *policy, u64 takes,
		 struct netlink_ext_ack *extack);

/**
 * dray_nl_need() - refuse a nest without an attribute
 * @tb: attributes of the nest by type
 * @nest: the nest
 * @type: type of the attribute
 * @msg: what to say without it; outlives the request
 * @extack: why not, not NULL
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_need(struct nlattr **tb, const struct nlattr *nest, u16 type,
		 const char *msg, struct netlink_ext_ack *extack);

/**
 * dray_nl_af() - read an address family
 * @attr: the attribute
 * @family: where to put AF_INET or AF_INET6
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EAFNOSUPPORT.
 */
int dray_nl_af(const struct nlattr *attr, u8 *family,
	       struct netlink_ext_ack *extack);

/**
 * dray_nl_addr() - read an address
 * @attr: the attribute
 * @family: family that it has to be of
 * @addr: where to put it; zeroed before
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_addr(const struct nlattr *attr, u8 family,
		 union nf_inet_addr *addr, struct netlink_ext_ack *extack);

/**
 * dray_nl_host() - read an address that one host can have
 * @attr: the attribute
 * @family: family that it has to be of
 * @addr: where to put it; zeroed before
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_host(const struct nlattr *attr, u8 family,
		 union nf_inet_addr *addr, struct netlink_ext_ack *extack);

static inline int dray_nl_put_addr(struct sk_buff *skb, int type, u8 family,
				   const union nf_inet_addr *addr)
{
	return nla_put(skb, type, family == AF_INET ? sizeof(addr->in) :
						      sizeof(addr->in6), addr);
}

/**
 * dray_nl_reply() - begin the reply to a request
 * @info: request
 * @size: room for attributes, in bytes
 * @hdr: where to put what dray_nl_reply_send() wants
 *
 * A write makes it before it writes, so that want of memory cannot hide that
 * it has succeeded.
 *
 * Context: process.
 * Return: the message or an error.
 */
struct sk_buff *dray_nl_reply(struct genl_info *info, size_t size, void **hdr);

/**
 * dray_nl_reply_send() - send the reply to a request, or drop it
 * @info: request
 * @msg: from dray_nl_reply(), gone afterwards
 * @hdr: from dray_nl_reply()
 * @err: what filling it has returned
 *
 * A socket whose receive buffer is full is told so by netlink itself.
 *
 * Context: process.
 * Return: @err.
 */
int dray_nl_reply_send(struct genl_info *info, struct sk_buff *msg, void *hdr,
		       int err);

/**
 * dray_nl_dump_request() - judge the top level of a request for a dump
 * @cb: the dump
 * @takes: bits of the attributes that it takes
 *
 * To be called by the first dumpit of a dump, whose netlink_callback.ctx is
 * all zero: 6.1 has no extack for start.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int dray_nl_dump_request(struct netlink_callback *cb, u32 takes);

/**
 * dray_nl_dump_net() - namespace of a dump
 * @cb: the dump
 *
 * Context: any.
 */
struct dray_net *dray_nl_dump_net(const struct netlink_callback *cb);

/**
 * dray_nl_dump_seq() - note the generation that a dump reads
 * @cb: the dump
 *
 * To be called before and after each chunk.  It waits for the end of a commit,
 * so no commit that changes what the chunk has read goes unnoticed.
 *
 * Context: process; takes dray_net.lock.
 * Return: the generation.
 */
u32 dray_nl_dump_seq(struct netlink_callback *cb);

/**
 * struct dray_nl_ids - where a dump by ids is
 * @from: id that was to be given out next when the dump began
 * @last: id that was met last
 * @wrapped: whether the end of all ids is behind it
 *
 * Ids are given out in a circle.  A dump goes once round, the oldest first,
 * from the id that is to be given out next: so it meets exactly once whatever
 * is there all the time, and what is added meanwhile is not in front of it and
 * cannot keep it from ending.
 */
struct dray_nl_ids {
	u32 from;
	u32 last;
	bool wrapped;
};

/**
 * dray_nl_ids_init() - begin to go by ids
 * @ids: position
 * @next: id that is to be given out next
 *
 * Context: any.
 */
void dray_nl_ids_init(struct dray_nl_ids *ids, u32 next);

/**
 * dray_nl_ids_next() - what has the next id
 * @ids: position
 * @xa: what there is by id
 *
 * Context: RCU read side.
 * Return: what has the id, NULL at the end.
 */
void *dray_nl_ids_next(struct dray_nl_ids *ids, struct xarray *xa);

/**
 * dray_nl_dump_put() - begin a message of a dump
 * @skb: chunk
 * @cb: the dump
 * @cmd: command
 *
 * Context: any.
 * Return: what genlmsg_end() wants, or NULL if it does not fit.
 */
void *dray_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
		       u8 cmd);

/**
 * dray_nl_dump_end() - end a message of a dump, or cancel it
 * @skb: chunk
 * @hdr: from dray_nl_dump_put()
 * @err: what filling it has returned
 *
 * Context: any.
 * Return: @err.
 */
int dray_nl_dump_end(struct sk_buff *skb, void *hdr, int err);

/**
 * dray_nl_listening() - whether anybody listens to a group
 * @dn: namespace
 * @group: group
 *
 * Context: any.
 * Return: false, too, while the module is unloaded.
 */
bool dray_nl_listening(struct dray_net *dn, unsigned int group);

/**
 * dray_nl_notify_lost() - tell listeners that they missed something
 * @dn: namespace
 * @group: of the listeners
 *
 * Context: any.
 */
void dray_nl_notify_lost(struct dray_net *dn, unsigned int group);

/**
 * dray_nl_notify() - begin a notification
 * @dn: namespace
 * @group: of the listeners
 * @cmd: command
 * @size: room for attributes, in bytes
 * @hdr: where to put what dray_nl_notify_send() wants
 *
 * Context: process, dray_net.lock held.
 * Return: the message, NULL if nobody listens or there is no memory.
 */
struct sk_buff *dray_nl_notify(struct dray_net *dn, unsigned int group, u8 cmd,
			       size_t size, void **hdr);

/**
 * dray_nl_notify_send() - send a notification
 * @dn: namespace
 * @group: of the listeners
 * @msg: from dray_nl_notify(), gone afterwards
 * @hdr: from dray_nl_notify()
 * @err: what filling it has returned
 *
 * Context: process, dray_net.lock held.
 */
void dray_nl_notify_send(struct dray_net *dn, unsigned int group,
			 struct sk_buff *msg, void *hdr, int err);

/**
 * dray_nl_service_key() - read the key of a service
 * @nest: nest of the service; nothing but the key may be in it
 * @key: where to put it
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or an error.
 */
int dray_nl_service_key(const struct nlattr *nest,
			struct dray_service_key *key,
			struct netlink_ext_ack *extack);

/**
 * dray_nl_service_get() - the service that a request names
 * @dn: namespace
 * @key: identity
 * @extack: why not
 *
 * Context: dray_net.lock held or RCU read side.
 * Return: the service or -ESRCH.
 */
struct dray_service *dray_nl_service_get(struct dray_net *dn,
					 const struct dray_service_key *key,
					 struct netlink_ext_ack *extack);

/**
 * dray_nl_put_service_key() - put the key of a service
 * @skb: message
 * @service: the service
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_service_key(struct sk_buff *skb,
			    const struct dray_service *service);

/**
 * dray_nl_server_filter() - read which server entries have to be of
 * @nest: nest of the server
 * @key: where to put it
 * @any_port: where to put whether the port is left open
 * @extack: why not
 *
 * Context: any.
 * Return: 0 or an error.
 */
int dray_nl_server_filter(const struct nlattr *nest,
			  struct dray_server_key *key, bool *any_port,
			  struct netlink_ext_ack *extack);

/**
 * dray_nl_put_service() - put a service as listings have it
 * @skb: message
 * @service: the service
 * @conf: its configuration
 *
 * Context: RCU read side.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_service(struct sk_buff *skb, const struct dray_service *service,
			const struct dray_service_conf *conf);

/**
 * dray_nl_put_server() - put a server as listings have it
 * @skb: message
 * @slot: its slot
 *
 * Context: RCU read side.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_server(struct sk_buff *skb,
		       const struct dray_service_slot *slot);

/**
 * dray_nl_put_vip() - put an address with its role
 * @skb: message
 * @vip: the address
 *
 * Context: RCU read side.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_vip(struct sk_buff *skb, const struct dray_vip *vip);

/**
 * dray_nl_put_server_key() - put the key of a server
 * @skb: message
 * @type: type of the nest
 * @server: the server
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_server_key(struct sk_buff *skb, int type,
			   const struct dray_server *server);

/**
 * dray_nl_put_stats() - put traffic counters
 * @skb: message
 * @type: type of the nest
 * @stats: counters
 * @zero: their zero point
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int dray_nl_put_stats(struct sk_buff *skb, int type,
		      struct dray_stats __percpu *stats,
		      const struct dray_stats_sum *zero);

#endif
