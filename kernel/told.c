// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other directors count of servers' flows: taking it, letting it fade, and
 * the sums of services.  Packets only read it.
 */
#include <linux/workqueue.h>

#include "net.h"
#include "service.h"
#include "told.h"

#define TOLD_PERIOD	HZ
#define TOLD_SOON	(HZ / 10)
#define TOLD_HALF	(15 * HZ)

static void told_later(struct dray_net *dn, unsigned long delay)
{
	queue_delayed_work(system_power_efficient_wq, &dn->told_work, delay);
}

void dray_told_take(struct dray_net *dn, struct dray_server *server,
		    enum dray_told_kind kind, u32 count)
{
	struct dray_told *told = &server->told[kind];

	WRITE_ONCE(told->at, dray_now());
	if (READ_ONCE(told->count) == count)
		return;
	WRITE_ONCE(told->count, count);
	dray_server_judge_load(server);
	told_later(dn, TOLD_SOON);
}

/* What was told meanwhile stays. */
static u32 told_fade(struct dray_told *told)
{
	u32 count = READ_ONCE(told->count);

	/* It may have been told since this read the clock. */
	if (!count || (s32)(dray_now() - READ_ONCE(told->at)) < TOLD_HALF)
		return count;
	if (cmpxchg(&told->count, count, count / 2) == count)
		WRITE_ONCE(told->at, dray_now());
	return count / 2;
}

/* Return: whether anything is told of the server. */
static bool told_server(const struct dray_service *service,
			struct dray_server *server, u64 *sum)
{
	u32 active = told_fade(&server->told[DRAY_TOLD_ACTIVE]);
	u32 inactive = told_fade(&server->told[DRAY_TOLD_INACTIVE]);

	u32 told = active, own = max(atomic_read(&server->active), 0);

	dray_server_judge_load(server);
	if (service->key.protocol == IPPROTO_UDP) {
		told += inactive;
		own += max(atomic_read(&server->inactive), 0);
	}
	/* As a server's load is the greater of both, so is that of all. */
	if (told > own)
		*sum += told - own;
	return active || inactive;
}

/* Return: whether anything is told of the service. */
static bool told_service(struct dray_service *service)
{
	const struct dray_service_conf *conf = rcu_dereference(service->conf);
	bool any = false;
	u64 sum = 0;
	u32 i;

	for (i = 0; conf && i < conf->n; i++)
		any |= told_server(service, conf->slots[i].server, &sum);
	sum = min_t(u64, sum, DRAY_TOLD_MAX);
	/* It stands in a line that packets read. */
	if (READ_ONCE(service->told) != sum)
		WRITE_ONCE(service->told, sum);
	return any;
}

/* The sums are right a second late at most: they count for who takes over. */
static void told_work(struct work_struct *work)
{
	struct dray_net *dn = container_of(to_delayed_work(work),
					   struct dray_net, told_work);
	struct dray_service *service;
	unsigned long id = 0;
	bool any = false;

	do {
		rcu_read_lock();
		service = xa_find(&dn->service_ids, &id, ULONG_MAX, XA_PRESENT);
		if (service)
			any |= told_service(service);
		rcu_read_unlock();
		cond_resched();
	} while (service && ++id);
	if (any)
		told_later(dn, TOLD_PERIOD);
}

void dray_told_init(struct dray_net *dn)
{
	INIT_DELAYED_WORK(&dn->told_work, told_work);
}

void dray_told_exit(struct dray_net *dn)
{
	cancel_delayed_work_sync(&dn->told_work);
}
