// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's coming and going, and its notifications.  It is loaded by being
 * asked for once, at the start; later only waited for: who unloads it does not
 * want it back at once.
 */
#include <errno.h>
#include <event2/event.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include "listen.h"
#include "log.h"
#include "path.h"
#include "reconcile.h"
#include "round.h"

/* What a task has is left to it until it is done. */
void kernel_forget(struct kernel *k)
{
	if (k->events.sk && !k->joining) {
		event_del(&k->event);
		dray_nl_close(&k->events);
	}
	k->present = false;
	k->known = false;
	paths_close();
	k->gone = k->busy;
	if (k->busy)
		return;
	if (k->nl.sk)
		dray_nl_close(&k->nl);
	dray_table_free(&k->believed);
}

static int on_config(uint8_t cmd, struct nlattr **tb, void *arg)
{
	(void)cmd;
	(void)tb;
	kernel_look(arg);
	return 0;
}

static void on_events(evutil_socket_t fd, short what, void *arg)
{
	struct kernel *k = arg;
	int rc = dray_nl_listen(&k->events, on_config, k);

	(void)fd;
	(void)what;
	/* more came than could be kept */
	if (rc == -ENOBUFS)
		kernel_disturbed(k);
}

/* Listening comes first, so that nothing happens between reading and it. */
static int open_both(struct kernel *k)
{
	int rc = dray_nl_open(&k->events);

	if (!rc)
		rc = dray_nl_join(&k->events, DRAY_MCGRP_CONFIG);
	if (!rc)
		rc = dray_nl_open(&k->nl);
	return rc;
}

static void attend(struct kernel *k)
{
	nl_socket_set_nonblocking(k->events.sk);
	event_assign(&k->event, k->base, nl_socket_get_fd(k->events.sk),
		     EV_READ | EV_PERSIST, on_events, k);
	event_add(&k->event, NULL);
	k->present = true;
	paths_open();
}

static void join_work(struct task *task)
{
	struct kernel *k = kernel_of(task);

	k->rc = open_both(k);
}

static void join_done(struct task *task)
{
	struct kernel *k = kernel_of(task);

	k->joining = false;
	if (kernel_abandoned(k))
		return;
	if (k->rc) {
		log_error("dray.ko is loaded but does not answer: %s",
			  strerror(-k->rc));
		kernel_forget(k);
		return;
	}
	attend(k);
	log_info("dray.ko is loaded: its table is made what it should be");
	kernel_later(k);
}

/* Looking up the family waits for whoever has the kernel's generic netlink. */
void kernel_join(struct kernel *k)
{
	k->joining = true;
	kernel_begin(k, join_work, join_done);
}

static void family_came(struct kernel *k)
{
	kernel_forget(k);
	if (k->busy)
		k->came = true;
	else
		kernel_join(k);
}

static void family_went(struct kernel *k)
{
	k->came = false;
	if (k->joining)
		kernel_forget(k);
	if (!k->present)
		return;
	kernel_forget(k);
	log_warning("dray.ko was unloaded: checks go on, nothing is forwarded");
}

static int on_family(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *hdr = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, CTRL_ATTR_MAX, NULL) < 0 ||
	    !tb[CTRL_ATTR_FAMILY_NAME] ||
	    strcmp(nla_get_string(tb[CTRL_ATTR_FAMILY_NAME]), DRAY_GENL_NAME))
		return NL_OK;
	if (hdr->cmd == CTRL_CMD_NEWFAMILY)
		family_came(arg);
	else if (hdr->cmd == CTRL_CMD_DELFAMILY)
		family_went(arg);
	return NL_OK;
}

static void on_families(evutil_socket_t fd, short what, void *arg)
{
	struct kernel *k = arg;
	int rc;

	(void)fd;
	(void)what;
	do
		rc = nl_recvmsgs_default(k->families.sk);
	while (rc >= 0);
}

static int watch_families(struct kernel *k)
{
	struct nl_sock *sk = nl_socket_alloc();
	int group;

	if (!sk)
		return -ENOMEM;
	k->families.sk = sk;
	if (genl_connect(sk) < 0)
		return -EPROTONOSUPPORT;
	group = genl_ctrl_resolve_grp(sk, "nlctrl", "notify");
	if (group < 0 || nl_socket_add_membership(sk, group) < 0)
		return -EPROTONOSUPPORT;
	nl_socket_disable_seq_check(sk);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_family, k);
	nl_socket_set_nonblocking(sk);
	event_assign(&k->family_event, k->base, nl_socket_get_fd(sk),
		     EV_READ | EV_PERSIST, on_families, k);
	event_add(&k->family_event, NULL);
	return 0;
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	kernel_reconcile(arg);
}

/* Return: 0, with or without the module; -errno without generic netlink. */
int kernel_open(struct kernel *k, struct event_base *base)
{
	int rc;

	k->base = base;
	dray_table_init(&k->believed);
	event_assign(&k->event, base, -1, 0, on_events, k);
	evtimer_assign(&k->later, base, on_later, k);
	evtimer_assign(&k->held, base, on_later, k);
	rc = watch_families(k);
	if (rc)
		return rc;
	rc = open_both(k);
	if (!rc) {
		attend(k);
		return 0;
	}
	kernel_forget(k);
	log_warning("dray.ko is not loaded (%s): the checks run, their "
		    "results go nowhere; modprobe dray is waited for",
		    rc == -EPERM ? "or not to be asked without root" :
		    strerror(-rc));
	return 0;
}

void kernel_close(struct kernel *k)
{
	evtimer_del(&k->later);
	evtimer_del(&k->held);
	kernel_forget(k);
	holds_free(&k->holds);
	if (k->families.sk) {
		event_del(&k->family_event);
		dray_nl_close(&k->families);
	}
	free(k->owned);
	k->owned = NULL;
	k->n_owned = 0;
}
