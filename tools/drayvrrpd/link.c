// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One socket for dumps and notifications.  When the kernel had more to tell
 * than fitted, everything is read anew; nobody sees the table half read.
 */
#include "link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define RECEIVE_BUFFER (4 << 20)
#define TRIES 5			/* a dump fails when things change meanwhile */
#define DRAIN_MAX 100000	/* messages; they may come as fast as they go */

static struct {
	struct nl_sock *sk;
	struct link *links;
	size_t n;
	bool told, dumping;
	bool behind;			/* what was told is lost: read anew */
} table;

static struct link *find(int index)
{
	size_t i;

	for (i = 0; i < table.n; i++)
		if (table.links[i].index == index)
			return &table.links[i];
	return NULL;
}

static struct link *place(int index)
{
	struct link *link = find(index);

	if (link)
		return link;
	link = find(0);
	if (!link) {
		table.links = dray_grow(table.links, table.n, sizeof(*link));
		link = &table.links[table.n++];
	}
	memset(link, 0, sizeof(*link));
	link->index = index;
	return link;
}

static void forget(struct link *link)
{
	free(link->addrs);
	memset(link, 0, sizeof(*link));
}

static void on_link(const struct nlmsghdr *hdr, bool gone)
{
	const struct ifinfomsg *info = nlmsg_data(hdr);
	struct nlattr *tb[IFLA_MAX + 1];
	struct link *link;

	/* a bridge tells of its ports as well, in its own family */
	if (info->ifi_family != AF_UNSPEC ||
	    nlmsg_parse((struct nlmsghdr *)hdr, sizeof(*info), tb, IFLA_MAX,
			NULL) < 0)
		return;
	if (gone) {
		link = find(info->ifi_index);
		if (link)
			forget(link);
		return;
	}
	link = place(info->ifi_index);
	link->flags = info->ifi_flags;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(link->name, tb[IFLA_IFNAME], sizeof(link->name));
	link->has_mac = tb[IFLA_ADDRESS] &&
			nla_len(tb[IFLA_ADDRESS]) == DRAY_MACLEN;
	if (link->has_mac)
		memcpy(link->mac, nla_data(tb[IFLA_ADDRESS]), DRAY_MACLEN);
}

static struct link_addr *addr_place(struct link *link,
				    const struct link_addr *like)
{
	size_t i;

	for (i = 0; i < link->n_addrs; i++)
		if (!dray_addr_cmp(&link->addrs[i].addr, &like->addr) &&
		    link->addrs[i].prefix == like->prefix)
			return &link->addrs[i];
	link->addrs = dray_grow(link->addrs, link->n_addrs,
				sizeof(*link->addrs));
	return &link->addrs[link->n_addrs++];
}

static void addr_forget(struct link *link, const struct link_addr *like)
{
	size_t i;

	for (i = 0; i < link->n_addrs; i++)
		if (!dray_addr_cmp(&link->addrs[i].addr, &like->addr) &&
		    link->addrs[i].prefix == like->prefix)
			break;
	if (i == link->n_addrs)
		return;
	link->n_addrs--;
	/* the order tells which one is the primary address */
	memmove(&link->addrs[i], &link->addrs[i + 1],
		(link->n_addrs - i) * sizeof(*link->addrs));
}

static void on_addr(const struct nlmsghdr *hdr, bool gone)
{
	const struct ifaddrmsg *info = nlmsg_data(hdr);
	struct link *link = find(info->ifa_index);
	struct nlattr *tb[IFA_MAX + 1], *local;
	struct link_addr addr = { .prefix = info->ifa_prefixlen,
					  .scope = info->ifa_scope,
					  .flags = info->ifa_flags };

	if (!link || nlmsg_parse((struct nlmsghdr *)hdr, sizeof(*info), tb,
				 IFA_MAX, NULL) < 0)
		return;
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	addr.addr.family = info->ifa_family;
	if (!local || nla_len(local) != (int)dray_addr_len(&addr.addr))
		return;
	memcpy(addr.addr.bytes, nla_data(local), nla_len(local));
	if (tb[IFA_FLAGS])
		addr.flags = nla_get_u32(tb[IFA_FLAGS]);
	if (tb[IFA_PROTO])
		addr.proto = nla_get_u8(tb[IFA_PROTO]);
	if (gone)
		addr_forget(link, &addr);
	else
		*addr_place(link, &addr) = addr;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *hdr = nlmsg_hdr(msg);

	(void)arg;
	table.told = true;
	switch (hdr->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifinfomsg))
			on_link(hdr, hdr->nlmsg_type == RTM_DELLINK);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifaddrmsg))
			on_addr(hdr, hdr->nlmsg_type == RTM_DELADDR);
		break;
	}
	return NL_OK;
}

static int on_finish(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	table.dumping = false;
	return NL_STOP;
}

static int dump(int type)
{
	struct rtgenmsg any = { .rtgen_family = AF_UNSPEC };
	int rc = nl_send_simple(table.sk, type, NLM_F_DUMP, &any, sizeof(any));

	table.dumping = true;
	while (rc >= 0 && table.dumping)
		rc = nl_recvmsgs_default(table.sk);
	return rc;
}

static void forget_list(struct link *links, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		forget(&links[i]);
	free(links);
}

static void forget_all(void)
{
	forget_list(table.links, table.n);
	table.links = NULL;
	table.n = 0;
}

static int read_once(void)
{
	int rc = dump(RTM_GETLINK);

	return rc < 0 ? rc : dump(RTM_GETADDR);
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

/* What is known stays until all of the new is there. */
static int read_all(void)
{
	struct link *links = table.links;
	size_t n = table.n;
	int rc = -1, tries;

	table.links = NULL;
	table.n = 0;
	for (tries = 0; rc < 0 && tries < TRIES; tries++) {
		drain();
		forget_all();
		rc = read_once();
	}
	table.behind = rc < 0;
	if (rc < 0) {
		forget_all();
		table.links = links;
		table.n = n;
		return -EIO;
	}
	forget_list(links, n);
	return 0;
}

int links_open(void)
{
	table.sk = nl_socket_alloc();
	if (!table.sk)
		return -ENOMEM;
	nl_socket_disable_seq_check(table.sk);
	nl_socket_modify_cb(table.sk, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    NULL);
	nl_socket_modify_cb(table.sk, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
			    NULL);
	if (nl_connect(table.sk, NETLINK_ROUTE) < 0 ||
	    nl_socket_set_buffer_size(table.sk, RECEIVE_BUFFER, 0) < 0 ||
	    nl_socket_add_memberships(table.sk, RTNLGRP_LINK,
				      RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_NONE) < 0 ||
	    nl_socket_set_nonblocking(table.sk) < 0 ||
	    read_all() < 0) {
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
	if (rc != -NLE_AGAIN || table.behind)
		read_all();
}

bool links_changed(void)
{
	bool told = table.told;

	table.told = false;
	return told;
}

void links_close(void)
{
	forget_all();
	nl_socket_free(table.sk);
	memset(&table, 0, sizeof(table));
}

const struct link *link_by_index(int index)
{
	return index ? find(index) : NULL;
}

const struct link *link_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < table.n; i++)
		if (table.links[i].index && !strcmp(table.links[i].name, name))
			return &table.links[i];
	return NULL;
}

const struct link *link_next(const struct link *link)
{
	size_t i = link ? (size_t)(link - table.links) + 1 : 0;

	for (; i < table.n; i++)
		if (table.links[i].index)
			return &table.links[i];
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
