/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow table to test, with a service and two servers.
 *
 * Time is the jiffies of the kernel; a test makes an entry old by setting
 * dray_flow.last.
 */
#ifndef _DRAY_TESTS_FLOW_FIXTURE_H
#define _DRAY_TESTS_FLOW_FIXTURE_H

#include "fixture.h"

/* Nobody listens. */
void dray_sync_tell(struct dray_net *dn, const struct dray_service_conf *conf,
		    const struct dray_flow *flow)
{
}

void dray_sync_tell_again(struct dray_net *dn,
			  const struct dray_service_conf *conf,
			  struct dray_flow *flow, u32 last, u32 now)
{
}

#include "../flow.c"
#include "../flow_queue.c"
#include "../flow_walk.c"
#include "../persist.c"

/* The sweeper runs when a test says so and never by itself. */
static bool flow_fixture_hurried;

static inline bool flow_fixture_sweep_later(struct workqueue_struct *wq,
					    struct delayed_work *work,
					    unsigned long delay)
{
	flow_fixture_hurried |= !delay;
	return true;
}

#define queue_delayed_work	flow_fixture_sweep_later
#define mod_delayed_work	flow_fixture_sweep_later
#include "../flow_sweep.c"
#undef queue_delayed_work
#undef mod_delayed_work

struct flow_fixture {
	struct dray_net *dn;
	struct dray_service *service;
	struct dray_server *servers[2];
	u8 family;
};

static inline int flow_fixture_suite_init(struct kunit_suite *suite)
{
	return dray_flow_module_init();
}

static inline void flow_fixture_suite_exit(struct kunit_suite *suite)
{
	dray_flow_module_exit();
}

static inline int flow_fixture_create(struct kunit *test, u8 family,
				      u32 persist)
{
	struct flow_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	if (!fx)
		return -ENOMEM;
	fx->dn = fixture_net_create(test);
	if (dray_flows_init(fx->dn))
		return -ENOMEM;
	test->priv = fx;
	flow_fixture_hurried = false;
	fx->family = family;
	fx->service = fixture_service(test, fx->dn, family, persist);
	fx->servers[0] = fixture_server(test, fx->service, 1);
	fx->servers[1] = fixture_server(test, fx->service, 2);
	return 0;
}

static inline int flow_fixture_init4(struct kunit *test)
{
	return flow_fixture_create(test, AF_INET, 0);
}

static inline void flow_fixture_exit(struct kunit *test)
{
	struct flow_fixture *fx = test->priv;

	if (!fx)
		return;
	dray_flows_exit(fx->dn);
	fixture_net_destroy(fx->dn);
}

/* As packets do. */
static inline void path_enter(void)
{
	local_bh_disable();
	rcu_read_lock();
}

static inline void path_leave(void)
{
	rcu_read_unlock();
	local_bh_enable();
}

/* Client 100 + @client / 60000 of the service, by the port. */
static inline struct dray_flow_tuple flow_tuple(const struct flow_fixture *fx,
						u32 client)
{
	union nf_inet_addr caddr = fixture_addr(fx->family,
						100 + client / 60000);
	struct dray_flow_tuple tuple;

	dray_flow_tuple_fill(&tuple, fx->family, IPPROTO_TCP, fx->service->id,
			     &caddr, htons(1024 + client % 60000),
			     &fx->service->key.addr, fx->service->key.port);
	return tuple;
}

static inline struct dray_flow *flow_find(const struct flow_fixture *fx,
					  const struct dray_flow_tuple *tuple)
{
	struct dray_flow *flow;

	path_enter();
	flow = dray_flow_lookup(fx->dn, tuple);
	path_leave();
	return flow;
}

static inline struct dray_flow *flow_insert(const struct flow_fixture *fx,
					    const struct dray_flow_tuple *tuple,
					    u8 state, u16 flags, bool evict,
					    u8 *reason)
{
	struct dray_flow *flow;

	path_enter();
	flow = dray_flow_insert(fx->dn, tuple, fx->servers[0], state, flags,
				evict, reason);
	path_leave();
	return flow;
}

/* A flow that there has to be room for. */
static inline struct dray_flow *flow_make(struct kunit *test, u32 client,
					  u8 state, u16 flags)
{
	const struct flow_fixture *fx = test->priv;
	struct dray_flow_tuple tuple = flow_tuple(fx, client);
	struct dray_flow *flow;
	u8 reason = 0;

	flow = flow_insert(fx, &tuple, state, flags, false, &reason);
	KUNIT_ASSERT_NOT_NULL_MSG(test, flow, "client %u: reason %u", client,
				  reason);
	return flow;
}

static inline bool flow_kill(const struct flow_fixture *fx,
			     struct dray_flow *flow)
{
	bool killed;

	path_enter();
	killed = dray_flow_kill(fx->dn, flow);
	path_leave();
	return killed;
}

static inline void flow_sweep(const struct flow_fixture *fx)
{
	sweep_work(&fx->dn->flows.sweeper.work);
}

#endif
