// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persist entries: finding a flow's, and what flows tell them.
 *
 * A flow has no pointer to its client's entry: it is looked up, once in a
 * second of the flow's life at most and at its beginning and end.  Whether the
 * entry counts a flow as open is a flag of the flow (FLOW_COUNTED), since the
 * entry may be younger than the flow.
 */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "flow_impl.h"
#include "net.h"
#include "persist.h"
#include "server.h"

void dray_persist_mask(u8 family, u8 prefix, const union nf_inet_addr *client,
		       union nf_inet_addr *masked)
{
	if (family == AF_INET)
		masked->ip = client->ip & inet_make_mask(prefix);
	else
		ipv6_addr_prefix(&masked->in6, &client->in6, prefix);
}

void dray_persist_tuple(struct dray_flow_tuple *tuple,
			const struct dray_service *service, u8 prefix,
			const union nf_inet_addr *client)
{
	static const union nf_inet_addr any;
	union nf_inet_addr masked;

	dray_persist_mask(service->key.family, prefix, client, &masked);
	dray_flow_tuple_fill(tuple, service->key.family, 0, service->id,
			     &masked, 0, &any, 0);
}

/* What the entry of a flow's client is found by, and the configuration of its
 * service; NULL if that has no persistence.
 */
static const struct dray_service_conf *
persist_tuple_of(struct dray_net *dn, const struct dray_flow *flow,
		 struct dray_flow_tuple *tuple)
{
	const struct dray_service_conf *conf;
	struct dray_service *service;
	union nf_inet_addr client;

	service = xa_load(&dn->service_ids, dray_flow_service(flow));
	if (!service)
		return NULL;
	conf = rcu_dereference(service->conf);
	if (!conf->params.persist_timeout)
		return NULL;
	if (dray_flow_family(flow) == AF_INET)
		client.ip = flow->key4.caddr;
	else
		client.in6 = flow->key6.caddr;
	dray_persist_tuple(tuple, service, conf->params.persist_prefix,
			   &client);
	return conf;
}

/* The entry of a flow's client, or NULL. */
static struct dray_flow *persist_of(struct dray_net *dn,
				    const struct dray_flow *flow)
{
	struct dray_flow_tuple tuple;

	if (!persist_tuple_of(dn, flow, &tuple))
		return NULL;
	return dray_flow_lookup(dn, &tuple);
}

/* A flow that goes on after its client's entry has ended begins a new one: the
 * client's last packet is now.
 */
static void persist_again(struct dray_net *dn,
			  const struct dray_service_conf *conf,
			  struct dray_flow *flow,
			  const struct dray_flow_tuple *tuple)
{
	u16 flags = READ_ONCE(flow->w.flags) & (FLOW_ASSURED | FLOW_DIVERGENT);
	struct dray_flow *persist;
	struct dray_server *server;
	u8 reason;

	server = dray_server_by_id(dn, READ_ONCE(flow->w.server));
	if (!server)
		return;
	persist = dray_flow_insert(dn, tuple, server, 0, FLOW_PERSIST | flags,
				   false, &reason);
	if (!persist)
		return;
	if (flags & FLOW_ASSURED)
		dray_sync_tell(dn, conf, persist);
	if (dray_flow_open(READ_ONCE(flow->w.state)))
		dray_persist_flow_opened(dn, flow);
}

void dray_persist_touch(struct dray_net *dn, struct dray_flow *flow)
{
	const struct dray_service_conf *conf;
	struct dray_flow_tuple tuple;
	struct dray_flow *persist;
	u32 now = dray_now(), last;

	conf = persist_tuple_of(dn, flow, &tuple);
	if (!conf)
		return;
	persist = dray_flow_lookup(dn, &tuple);
	if (persist && !dray_flow_expired(dn, persist)) {
		last = READ_ONCE(persist->last);
		WRITE_ONCE(persist->last, now);
		if (READ_ONCE(persist->w.flags) & FLOW_ASSURED)
			dray_sync_tell_again(dn, conf, persist, last, now);
		return;
	}
	if (persist)
		dray_flow_kill(dn, persist);
	dray_flow_set_flags(flow, 0, FLOW_COUNTED);
	persist_again(dn, conf, flow, &tuple);
}

void dray_persist_assure(struct dray_net *dn, const struct dray_flow *flow)
{
	const struct dray_service_conf *conf;
	struct dray_flow_tuple tuple;
	struct dray_flow *persist;

	conf = persist_tuple_of(dn, flow, &tuple);
	persist = conf ? dray_flow_lookup(dn, &tuple) : NULL;
	if (persist && dray_flow_assure(dn, persist))
		dray_sync_tell(dn, conf, persist);
}

void dray_persist_flow_opened(struct dray_net *dn, struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	if (persist &&
	    !(dray_flow_set_flags(flow, FLOW_COUNTED, 0).flags & FLOW_COUNTED))
		atomic_inc(&persist->open);
}

void dray_persist_flow_closed(struct dray_net *dn,
			      const struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	/* It may be another entry than the one that counted the flow. */
	if (persist)
		atomic_dec_if_positive(&persist->open);
}
