// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persist entries: finding a flow's, and what flows tell them.
 *
 * A flow has no pointer to its client's entry: it is looked up, once in a
 * second of the flow's life at most and at its beginning and end.
 */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "flow_impl.h"
#include "net.h"
#include "persist.h"

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

/* The entry of a flow's client, or NULL. */
static struct dray_flow *persist_of(struct dray_net *dn,
				    const struct dray_flow *flow)
{
	const struct dray_service_conf *conf;
	struct dray_flow_tuple tuple;
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
	dray_persist_tuple(&tuple, service, conf->params.persist_prefix,
			   &client);
	return dray_flow_lookup(dn, &tuple);
}

void dray_persist_touch(struct dray_net *dn, const struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	if (persist)
		WRITE_ONCE(persist->last, dray_now());
}

void dray_persist_assure(struct dray_net *dn, const struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	if (persist)
		dray_flow_assure(dn, persist);
}

void dray_persist_flow_opened(struct dray_net *dn,
			      const struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	if (persist)
		atomic_inc(&persist->open);
}

void dray_persist_flow_closed(struct dray_net *dn,
			      const struct dray_flow *flow)
{
	struct dray_flow *persist = persist_of(dn, flow);

	/* The entry may have been made after the flow was. */
	if (persist)
		atomic_dec_if_positive(&persist->open);
}
