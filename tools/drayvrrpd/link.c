// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A socket for notifications.  When the kernel had more to tell than fitted,
 * everything is read anew, in the thread of the errands: a dump waits for whoever
 * changes the kernel's network.  Until it is there the table stays what it was, and
 * goes on with what is told; that is kept as well, and told to the new table again.
 * Of what is said twice the last word counts, which is later than any dump.
 */
#include "link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "errand.h"
#include "link_table.h"
#include "sock.h"

#define RECEIVE_BUFFER (4 << 20)
#define KEPT_MAX RECEIVE_BUFFER	/* bytes of messages during a dump */
#define AGAIN_US 100000ull	/* after a dump that was of no use */
#define DRAIN_MAX 100000	/* messages; they may come as fast as they go */

static struct {
	struct nl_sock *sk;
	struct link_table now;
	bool told;
	bool behind;			/* what was told is lost: read anew */
} table;

/* a dump on its way */
static struct {
	struct errand errand;
	bool asked;			/* until it is judged */
	uint64_t again_at;
	/* the thread's, until the errand is done */
	struct link_table fresh;
	int rc;
	/* what was told since it was asked for */
	char *kept;
	size_t kept_len;
	bool too_much;
} anew;

static void keep(const struct nlmsghdr *hdr)
{
	size_t len = NLMSG_ALIGN(hdr->nlmsg_len);
	char *kept;

	if (anew.kept_len + len > KEPT_MAX) {
		anew.too_much = true;
		return;
	}
	kept = realloc(anew.kept, anew.kept_len + len);
	if (!kept) {
		anew.too_much = true;
		return;
	}
	memset(kept + anew.kept_len, 0, len);
	memcpy(kept + anew.kept_len, hdr, hdr->nlmsg_len);
	anew.kept = kept;
	anew.kept_len += len;
}

static void tell_again(struct link_table *t)
{
	const struct nlmsghdr *hdr;
	size_t at;

	for (at = 0; at < anew.kept_len; at += NLMSG_ALIGN(hdr->nlmsg_len)) {
		hdr = (const struct nlmsghdr *)(anew.kept + at);
		link_table_take(t, hdr);
	}
}

static int on_message(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *hdr = nlmsg_hdr(msg);

	(void)arg;
	table.told = true;
	link_table_take(&table.now, hdr);
	if (anew.asked)
		keep(hdr);
	return NL_OK;
}

/* --- all of it anew --- */

/* In the thread. */
static void run(void *arg)
{
	(void)arg;
	anew.rc = link_table_read(&anew.fresh);
}

/* What is known stays until all of the new is there. */
static void done(void *arg)
{
	(void)arg;
	table.behind = anew.rc < 0 || anew.too_much;
	anew.again_at = table.behind ? now_us() + AGAIN_US : 0;
	if (anew.rc >= 0) {
		tell_again(&anew.fresh);
		link_table_clear(&table.now);
		table.now = anew.fresh;
		anew.fresh = (struct link_table){ 0 };
		table.told = true;
	}
	free(anew.kept);
	anew.kept = NULL;
	anew.kept_len = 0;
	anew.too_much = false;
	anew.asked = false;
}

static void read_anew(void)
{
	if (anew.asked) {
		/* more was lost since */
		anew.too_much = true;
		return;
	}
	anew.asked = true;
	anew.errand.run = run;
	anew.errand.done = done;
	if (errands_have_thread()) {
		errand_give(&anew.errand);
		return;
	}
	run(NULL);
	done(NULL);
	anew.again_at = 0;
}

/* What is still queued is older than a dump, and while it is there the kernel
 * tells no more of what it loses.
 */
static void drain(void)
{
	int rc, n = DRAIN_MAX;

	do
		rc = nl_recvmsgs_default(table.sk);
	while ((rc >= 0 || rc == -NLE_NOMEM) && n--);
}

int links_open(void)
{
	table.sk = nl_socket_alloc();
	if (!table.sk)
		return -ENOMEM;
	nl_socket_disable_seq_check(table.sk);
	nl_socket_modify_cb(table.sk, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    NULL);
	if (nl_connect(table.sk, NETLINK_ROUTE) < 0 ||
	    nl_socket_set_buffer_size(table.sk, RECEIVE_BUFFER, 0) < 0 ||
	    nl_socket_add_memberships(table.sk, RTNLGRP_LINK,
				      RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_NONE) < 0 ||
	    nl_socket_set_nonblocking(table.sk) < 0 ||
	    link_table_read(&table.now) < 0) {
		links_close();
		return -EIO;
	}
	return nl_socket_get_fd(table.sk);
}

void links_read(void)
{
	int rc;

	do
		rc = nl_recvmsgs_default(table.sk);
	while (rc >= 0);
	/* ENOBUFS: something was told, and lost */
	if (rc != -NLE_AGAIN) {
		drain();
		read_anew();
	} else if (table.behind && !anew.asked && now_us() >= anew.again_at) {
		read_anew();
	}
}

bool links_changed(void)
{
	bool told = table.told;

	table.told = false;
	return told;
}

void links_close(void)
{
	link_table_clear(&table.now);
	nl_socket_free(table.sk);
	memset(&table, 0, sizeof(table));
}

const struct link *link_by_index(int index)
{
	return index ? link_table_find(&table.now, index) : NULL;
}

const struct link *link_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < table.now.n; i++)
		if (table.now.links[i].index && !strcmp(table.now.links[i].name, name))
			return &table.now.links[i];
	return NULL;
}

const struct link *link_next(const struct link *link)
{
	size_t i = link ? (size_t)(link - table.now.links) + 1 : 0;

	for (; i < table.now.n; i++)
		if (table.now.links[i].index)
			return &table.now.links[i];
	return NULL;
}

const struct link_addr *link_has(const struct link *link,
				 const struct dray_addr *addr)
{
	size_t i;

	for (i = 0; i < link->n_addrs; i++)
		if (!dray_addr_cmp(&link->addrs[i].addr, addr))
			return &link->addrs[i];
	return NULL;
}

bool link_is_up(const struct link *link)
{
	return link && (link->flags & IFF_UP) && (link->flags & IFF_RUNNING);
}

static bool is_source(const struct link_addr *a, uint8_t family)
{
	if (a->addr.family != family || a->proto == VRRP_RTPROT)
		return false;
	if (family == AF_INET)
		return !(a->flags & IFA_F_SECONDARY) && a->scope < RT_SCOPE_LINK;
	return a->scope == RT_SCOPE_LINK && !(a->flags & IFA_F_DADFAILED) &&
	       (!(a->flags & IFA_F_TENTATIVE) || (a->flags & IFA_F_OPTIMISTIC));
}

bool link_source(const struct link *link, uint8_t family,
		 struct dray_addr *source)
{
	size_t i;

	for (i = 0; i < link->n_addrs; i++)
		if (is_source(&link->addrs[i], family)) {
			*source = link->addrs[i].addr;
			return true;
		}
	return false;
}

bool link_is_own(const struct dray_addr *addr)
{
	const struct link *link = NULL;

	while ((link = link_next(link)))
		if (link_has(link, addr))
			return true;
	return false;
}
