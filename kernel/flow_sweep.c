// SPDX-License-Identifier: GPL-2.0-only
/*
 * How entries age, and the sweeper that frees what has expired.
 *
 * The sweeper runs once a second while there are entries.  It looks at a
 * sixteenth of a large table at a time, which costs little and only means that
 * memory comes back a few seconds late: expiry itself is judged at lookup.
 */
#include <linux/slab.h>

#include "flow_impl.h"
#include "net.h"
#include "service.h"

#define SWEEP_PERIOD	HZ
#define SWEEP_AT_LEAST	8192
#define SWEEP_BATCH	256	/* between two chances for others to run */
#define DEAD_MANY	4096	/* do not wait for the next round */

static u32 state_seconds(const struct dray_settings *settings, u8 state)
{
	switch (state) {
	case DRAY_FLOW_STATE_SYN_RECV:
	case DRAY_FLOW_STATE_SCTP_INIT:
		return DRAY_HALF_OPEN;
	case DRAY_FLOW_STATE_ESTABLISHED:
	case DRAY_FLOW_STATE_SCTP_ESTABLISHED:
		return READ_ONCE(settings->timeout_tcp);
	case DRAY_FLOW_STATE_FIN_WAIT:
	case DRAY_FLOW_STATE_SCTP_SHUTDOWN:
		return READ_ONCE(settings->timeout_tcpfin);
	case DRAY_FLOW_STATE_UDP:
		return READ_ONCE(settings->timeout_udp);
	default:
		return 10;
	}
}

/* One second more than asked for: a client's packets touch its entry once in
 * a second only, so that the last touch may be up to a second older than the
 * last packet.
 */
static u32 persist_seconds(const struct dray_service *service, u16 flags)
{
	u32 seconds = rcu_dereference(service->conf)->params.persist_timeout;

	/* Only where there is a handshake to wait for. */
	if (!(flags & FLOW_ASSURED) && (service->key.protocol == IPPROTO_TCP ||
					service->key.protocol == IPPROTO_SCTP))
		seconds = min_t(u32, seconds, DRAY_HALF_OPEN);
	return seconds ? seconds + 1 : 0;
}

unsigned long dray_flow_timeout(struct dray_net *dn,
				const struct dray_flow *flow)
{
	struct dray_service *service;
	union dray_flow_word w;

	service = xa_load(&dn->service_ids, dray_flow_service(flow));
	if (!service)
		return 0;
	w.word = READ_ONCE(flow->w.word);
	if (!(w.flags & FLOW_PERSIST))
		return state_seconds(&dn->settings, w.state) * HZ;
	return persist_seconds(service, w.flags) * HZ;
}

/* Another CPU may have seen a later jiffy than this one. */
static u32 flow_age(const struct dray_flow *flow)
{
	u32 age = dray_now() - READ_ONCE(flow->last);

	return age > U32_MAX - 10 * HZ ? 0 : age;
}

bool dray_flow_expired(struct dray_net *dn, const struct dray_flow *flow)
{
	return flow_age(flow) >= dray_flow_timeout(dn, flow);
}

bool dray_flow_stale(struct dray_net *dn, const struct dray_flow *flow)
{
	u32 age = flow_age(flow);

	return unlikely(age >= HZ) &&
	       age >= state_seconds(&dn->settings, flow->w.state) * HZ;
}

u32 dray_flow_expires(struct dray_net *dn, const struct dray_flow *flow)
{
	unsigned long timeout = dray_flow_timeout(dn, flow);
	u32 age = flow_age(flow);

	return age < timeout ? jiffies_to_msecs(timeout - age) : 0;
}

/* Evicting stops at an eighth of the budget: be well before that. */
static int dead_many(const struct dray_net *dn)
{
	return min_t(u32, DEAD_MANY,
		     READ_ONCE(dn->settings.unassured_limit) / 16);
}

void dray_flow_bury(struct dray_net *dn, struct dray_flow *flow)
{
	llist_add(&flow->dead, &dn->flows.dead);
	if (atomic_inc_return(&dn->flows.n_dead) >= dead_many(dn) &&
	    !test_and_set_bit(0, &dn->flows.sweep_soon))
		mod_delayed_work(system_power_efficient_wq,
				 &dn->flows.sweeper, 0);
}

void dray_flow_sweep_later(struct dray_net *dn)
{
	if (!delayed_work_pending(&dn->flows.sweeper))
		queue_delayed_work(system_power_efficient_wq,
				   &dn->flows.sweeper, SWEEP_PERIOD);
}

static void flow_reap(struct dray_flows *flows)
{
	struct llist_node *list = llist_del_all(&flows->dead);
	struct dray_flow *flow, *next;
	int n = 0;

	if (!list)
		return;
	synchronize_rcu();
	llist_for_each_entry_safe(flow, next, list, dead) {
		dray_flow_free(flow);
		if (!(++n % SWEEP_BATCH))
			cond_resched();
	}
	atomic_sub(n, &flows->n_dead);
}

/* Up to a batch of entries.  False at the end of the table. */
static bool sweep_batch(struct dray_net *dn)
{
	struct dray_flow_walk *walk = &dn->flows.walk;
	struct dray_flow *flow;
	unsigned int n;

	dray_flow_walk_start(walk);
	for (n = 0; n < SWEEP_BATCH; n++) {
		flow = dray_flow_walk_any(walk);
		if (!flow)
			break;
		if (dray_flow_expired(dn, flow))
			dray_flow_kill(dn, flow);
	}
	dray_flow_walk_stop(walk);
	return n == SWEEP_BATCH;
}

static void sweep_table(struct dray_net *dn)
{
	struct dray_flows *flows = &dn->flows;
	int left = max((atomic_read(&flows->count) +
			atomic_read(&flows->persists)) / 16, SWEEP_AT_LEAST);
	bool more;

	if (!flows->walking)
		dray_flow_walk_init(&flows->walk, dn);
	flows->walking = true;
	do {
		more = sweep_batch(dn);
		left -= SWEEP_BATCH;
		cond_resched();
	} while (more && left > 0);
	if (!more) {
		dray_flow_walk_exit(&flows->walk);
		flows->walking = false;
	}
}

static void sweep_work(struct work_struct *work)
{
	struct dray_flows *flows = container_of(to_delayed_work(work),
						struct dray_flows, sweeper);
	struct dray_net *dn = container_of(flows, struct dray_net, flows);

	clear_bit(0, &flows->sweep_soon);
	dray_flow_queue_tidy(dn);
	sweep_table(dn);
	flow_reap(flows);
	if (atomic_read(&flows->count) || atomic_read(&flows->persists) ||
	    READ_ONCE(flows->queue.n_pages) || atomic_read(&flows->n_dead))
		queue_delayed_work(system_power_efficient_wq,
				   &flows->sweeper, SWEEP_PERIOD);
}

void dray_flow_sweep_init(struct dray_net *dn)
{
	INIT_DELAYED_WORK(&dn->flows.sweeper, sweep_work);
}

void dray_flow_sweep_exit(struct dray_net *dn)
{
	struct dray_flows *flows = &dn->flows;

	cancel_delayed_work_sync(&flows->sweeper);
	if (flows->walking)
		dray_flow_walk_exit(&flows->walk);
	flow_reap(flows);
}
