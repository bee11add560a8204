// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each notification of an address lets all be read again, in a thread: reading
 * waits for whoever changes the host's network.
 */
#include "held.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/socket.h>

#include "job.h"
#include "log.h"
#include "mem.h"
#include "name.h"
#include "task.h"

static struct {
	struct services *services;
	struct nl_sock *sk;		/* NULL: nobody wants to know */
	struct event event;
	struct task task;
	bool busy, again;
	struct dray_addr *list, *read;	/* what is known, what the task reads */
	size_t n, n_read;
	int rc;
} held;

static bool has(const struct dray_addr *addr)
{
	size_t i;

	for (i = 0; i < held.n; i++)
		if (!dray_addr_cmp(&held.list[i], addr))
			return true;
	return false;
}

/* A mark alone is never held, and so never suspended either. */
static bool is_suspended(const struct service *svc)
{
	size_t i;

	if (!svc->conf->ha_suspend || !svc->n_vips || !held.list)
		return false;
	for (i = 0; i < svc->n_vips; i++)
		if (has(&svc->vips[i]))
			return false;
	return true;
}

static void judge(void)
{
	struct service *svc;
	bool suspended;
	size_t i;

	for (i = 0; i < held.services->n; i++) {
		svc = &held.services->list[i];
		suspended = is_suspended(svc);
		if (suspended != svc->suspended)
			log_info("%s the checks of VS %s",
				 suspended ? "Suspending" : "Activating",
				 name_service(svc->conf));
		svc->suspended = suspended;
	}
	jobs_suspend();
}

static void take(struct nl_object *object, void *arg)
{
	struct nl_addr *local =
		rtnl_addr_get_local((struct rtnl_addr *)object);
	struct dray_addr *addr;

	(void)arg;
	if (!local || nl_addr_get_len(local) > sizeof(addr->bytes))
		return;
	held.read = dray_grow(held.read, held.n_read, sizeof(*held.read));
	addr = &held.read[held.n_read++];
	memset(addr, 0, sizeof(*addr));
	addr->family = nl_addr_get_family(local);
	memcpy(addr->bytes, nl_addr_get_binary_addr(local),
	       nl_addr_get_len(local));
}

static void work(struct task *task)
{
	struct nl_sock *sk = nl_socket_alloc();
	struct nl_cache *cache = NULL;

	(void)task;
	held.read = mem_zero(1, sizeof(*held.read));
	held.n_read = 0;
	held.rc = sk ? nl_connect(sk, NETLINK_ROUTE) : -NLE_NOMEM;
	if (!held.rc)
		held.rc = rtnl_addr_alloc_cache(sk, &cache);
	if (!held.rc) {
		nl_cache_foreach(cache, take, NULL);
		nl_cache_free(cache);
	}
	nl_socket_free(sk);
}

static void read_all(void);

static void done(struct task *task)
{
	(void)task;
	held.busy = false;
	if (held.rc) {
		log_error("The addresses of this host cannot be read: %s",
			  nl_geterror(held.rc));
		free(held.read);
	} else {
		free(held.list);
		held.list = held.read;
		held.n = held.n_read;
		judge();
	}
	held.read = NULL;
	if (held.again)
		read_all();
}

static void read_all(void)
{
	held.again = held.busy;
	if (held.busy)
		return;
	held.busy = true;
	held.task = (struct task){ .work = work, .done = done };
	task_start(TASK_KERNEL, &held.task);
}

static int ignore(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_SKIP;
}

/* What was lost for want of room is read as well. */
static void on_change(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (nl_recvmsgs_default(held.sk) >= 0)
		;
	read_all();
}

static int watch(void)
{
	int rc;

	held.sk = nl_socket_alloc();
	if (!held.sk)
		return -NLE_NOMEM;
	nl_socket_disable_seq_check(held.sk);
	nl_socket_modify_cb(held.sk, NL_CB_VALID, NL_CB_CUSTOM, ignore, NULL);
	rc = nl_connect(held.sk, NETLINK_ROUTE);
	if (!rc)
		rc = nl_socket_add_memberships(held.sk, RTNLGRP_IPV4_IFADDR,
					       RTNLGRP_IPV6_IFADDR, 0);
	if (rc)
		return rc;
	nl_socket_set_nonblocking(held.sk);
	event_assign(&held.event, job_base(), nl_socket_get_fd(held.sk),
		     EV_READ | EV_PERSIST, on_change, NULL);
	return event_add(&held.event, NULL);
}

static bool is_wanted(const struct services *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->list[i].conf->ha_suspend)
			return true;
	return false;
}

/* With each file.  Until the addresses are known nothing is suspended. */
void held_setup(struct services *services)
{
	int rc;

	held.services = services;
	if (is_wanted(services) && !held.sk) {
		rc = watch();
		if (rc) {
			log_error("ha_suspend cannot be: %s", nl_geterror(rc));
			nl_socket_free(held.sk);
			held.sk = NULL;
			return;
		}
		read_all();
	}
	judge();
}

void held_close(void)
{
	if (!held.sk)
		return;
	event_del(&held.event);
	nl_socket_free(held.sk);
	held.sk = NULL;
	free(held.list);
	held.list = NULL;
}
