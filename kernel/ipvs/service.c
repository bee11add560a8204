// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services: which choice is in force, and which is on its way there.
 *
 * IPVS calls under its mutex, which all of its configuration waits for: nothing
 * is done there but to list the servers and to queue a work.  The work makes
 * the table and puts it in force, and takes the service's own lock only.  What
 * changes meanwhile waits as one list, the newest, however often it changes.
 *
 * The locks are taken in this order: IPVS's mutex, services_lock, the lock of a
 * service.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "ipvs.h"

/* Guards the list. */
static DEFINE_MUTEX(services_lock);
static LIST_HEAD(services);
static struct workqueue_struct *queue;

void dray_vs_service_name(const struct ip_vs_service *svc, char *buf,
			  size_t len)
{
	const char *option = svc->protocol == IPPROTO_TCP ? "-t" :
			     svc->protocol == IPPROTO_UDP ? "-u" : "--sctp-service";

	if (svc->fwmark)
		snprintf(buf, len, "-f %u%s", svc->fwmark,
			 svc->af == AF_INET6 ? " -6" : "");
	else if (svc->af == AF_INET6)
		snprintf(buf, len, "%s [%pI6c]:%u", option, &svc->addr.in6,
			 ntohs(svc->port));
	else
		snprintf(buf, len, "%s %pI4:%u", option, &svc->addr.ip,
			 ntohs(svc->port));
}

const char *dray_vs_error(int err)
{
	switch (err) {
	case -ENOMEM:
		return "out of memory";
	case -ENOSPC:
		return "too many servers for so few rows: 16 rows for each at least";
	case -E2BIG:
		return "more than 4096 servers";
	default:
		return "the table cannot be made";
	}
}

/* The newest list of servers will not be in force. */
static void service_fail(struct dray_vs_service *service, int err)
{
	char name[DRAY_VS_NAME];

	lockdep_assert_held(&service->lock);
	service->err = err;
	dray_vs_service_name(service->svc, name, sizeof(name));
	pr_warn_ratelimited("%s: %s; %s until its servers change\n", name,
			    dray_vs_error(err),
			    rcu_access_pointer(service->choice) ?
			    "the table before stays in force" :
			    "there is no table");
}

static void choice_work(struct work_struct *work)
{
	dray_vs_choice_destroy(container_of(to_rcu_work(work),
					    struct dray_vs_choice, work));
}

/* Packets read the one before for a while. */
static void service_publish(struct dray_vs_service *service,
			    struct dray_vs_choice *choice)
{
	struct dray_vs_choice *old;

	old = rcu_replace_pointer(service->choice, choice,
				  lockdep_is_held(&service->lock));
	if (!old)
		return;
	dray_vs_choice_release(old);
	INIT_RCU_WORK(&old->work, choice_work);
	queue_rcu_work(queue, &old->work);
}

static void service_free(struct work_struct *work)
{
	struct dray_vs_service *service = container_of(to_rcu_work(work),
						       struct dray_vs_service,
						       free);

	dray_vs_choice_destroy(rcu_access_pointer(service->choice));
	mutex_destroy(&service->lock);
	kfree(service);
}

static void service_put(struct dray_vs_service *service)
{
	if (!refcount_dec_and_test(&service->refs))
		return;
	INIT_RCU_WORK(&service->free, service_free);
	queue_rcu_work(queue, &service->free);
}

/* A service that is done has let go of the servers by itself. */
static void service_made(struct dray_vs_service *service, int err)
{
	struct dray_vs_choice *choice = service->making;

	lockdep_assert_held(&service->lock);
	service->making = NULL;
	if (!err && !service->done) {
		service_publish(service, choice);
		return;
	}
	if (!service->done) {
		dray_vs_choice_release(choice);
		/* What has come meanwhile may do better. */
		if (!service->next)
			service_fail(service, err);
	}
	dray_vs_choice_destroy(choice);
}

static void service_work(struct work_struct *work)
{
	struct dray_vs_service *service = container_of(work,
						       struct dray_vs_service,
						       work);
	int err = 0;

	mutex_lock(&service->lock);
	service->making = service->next;
	service->next = NULL;
	mutex_unlock(&service->lock);
	if (service->making) {
		err = dray_vs_choice_make(service->making, &service->done);
		mutex_lock(&service->lock);
		service_made(service, err);
		mutex_unlock(&service->lock);
	}
	service_put(service);
}

static struct dray_vs_choice *
service_choice(const struct dray_vs_service *service)
{
	return rcu_dereference_protected(service->choice,
					 lockdep_is_held(&service->lock));
}

/* The servers are these now, from as soon on as they have a table. */
static void service_set(struct dray_vs_service *service,
			struct dray_vs_choice *choice)
{
	const struct dray_vs_choice *newest = service->next ?:
					      service->making ?:
					      service_choice(service);
	struct dray_vs_choice *unwanted = service->next;

	lockdep_assert_held(&service->lock);
	if (newest && !service->err && dray_vs_choice_same(newest, choice)) {
		unwanted = choice;
	} else {
		service->err = 0;
		service->next = choice;
		refcount_inc(&service->refs);
		if (!queue_work(queue, &service->work))
			service_put(service);
	}
	dray_vs_choice_release(unwanted);
	dray_vs_choice_destroy(unwanted);
}

static int service_list(struct dray_vs_service *service)
{
	struct dray_vs_choice *choice = dray_vs_choice_create(service->svc);

	mutex_lock(&service->lock);
	if (choice)
		service_set(service, choice);
	else
		service_fail(service, -ENOMEM);
	mutex_unlock(&service->lock);
	return choice ? 0 : -ENOMEM;
}

int dray_vs_service_init(struct ip_vs_service *svc)
{
	struct dray_vs_service *service;

	service = kzalloc(sizeof(*service), GFP_KERNEL);
	if (!service)
		return -ENOMEM;
	service->svc = svc;
	mutex_init(&service->lock);
	refcount_set(&service->refs, 1);
	INIT_WORK(&service->work, service_work);
	if (!list_empty(&svc->destinations) && service_list(service)) {
		mutex_destroy(&service->lock);
		kfree(service);
		return -ENOMEM;
	}
	mutex_lock(&services_lock);
	list_add_tail(&service->node, &services);
	mutex_unlock(&services_lock);
	svc->sched_data = service;
	return 0;
}

/* References of servers must not outlast this: IPVS may free them next. */
void dray_vs_service_done(struct ip_vs_service *svc)
{
	struct dray_vs_service *service = svc->sched_data;

	mutex_lock(&services_lock);
	list_del(&service->node);
	mutex_unlock(&services_lock);

	mutex_lock(&service->lock);
	WRITE_ONCE(service->done, true);
	dray_vs_choice_release(service_choice(service));
	dray_vs_choice_release(service->making);
	dray_vs_choice_release(service->next);
	dray_vs_choice_destroy(service->next);
	service->next = NULL;
	mutex_unlock(&service->lock);
	service_put(service);
}

int dray_vs_service_changed(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	service_list(svc->sched_data);
	return 0;
}

int dray_vs_service_deleted(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct dray_vs_service *service = svc->sched_data;

	mutex_lock(&service->lock);
	dray_vs_choice_forget(service_choice(service), dest);
	dray_vs_choice_forget(service->making, dest);
	dray_vs_choice_forget(service->next, dest);
	mutex_unlock(&service->lock);
	service_list(service);
	return 0;
}

void dray_vs_service_each(const struct net *net,
			  void (*call)(struct dray_vs_service *service,
				       void *arg),
			  void *arg)
{
	struct dray_vs_service *service;

	mutex_lock(&services_lock);
	list_for_each_entry(service, &services, node) {
		if (service->svc->ipvs->net != net)
			continue;
		mutex_lock(&service->lock);
		call(service, arg);
		mutex_unlock(&service->lock);
	}
	mutex_unlock(&services_lock);
}

int dray_vs_service_module_init(void)
{
	queue = alloc_ordered_workqueue("ip_vs_dray", 0);
	return queue ? 0 : -ENOMEM;
}

/* A work that makes a table may leave something to be freed by RCU, and that is
 * freed by the queue in turn.  Each service that packets ever found is freed so:
 * when that is over, no packet is in this module any more.
 */
void dray_vs_service_module_exit(void)
{
	flush_workqueue(queue);
	rcu_barrier();
	destroy_workqueue(queue);
}
