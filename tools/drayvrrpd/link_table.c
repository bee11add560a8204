// SPDX-License-Identifier: GPL-2.0-or-later
/* What rtnetlink's messages say, one by one, and all of it by a dump. */
#include "link_table.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "errand.h"
#include "model.h"

#define TRIES 5			/* a dump fails when things change meanwhile */

struct link *link_table_find(const struct link_table *t, int index)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->links[i].index == index)
			return &t->links[i];
	return NULL;
}

static struct link *place(struct link_table *t, int index)
{
	struct link *link = link_table_find(t, index);

	if (link)
		return link;
	link = link_table_find(t, 0);
	if (!link) {
		t->links = dray_grow(t->links, t->n, sizeof(*link));
		link = &t->links[t->n++];
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

static void on_link(struct link_table *t, const struct nlmsghdr *hdr,
		    bool gone)
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
		link = link_table_find(t, info->ifi_index);
		if (link)
			forget(link);
		return;
	}
	link = place(t, info->ifi_index);
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

static void on_addr(struct link_table *t, const struct nlmsghdr *hdr,
		    bool gone)
{
	const struct ifaddrmsg *info = nlmsg_data(hdr);
	struct link *link = link_table_find(t, info->ifa_index);
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

void link_table_take(struct link_table *t, const struct nlmsghdr *hdr)
{
	switch (hdr->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifinfomsg))
			on_link(t, hdr, hdr->nlmsg_type == RTM_DELLINK);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifaddrmsg))
			on_addr(t, hdr, hdr->nlmsg_type == RTM_DELADDR);
		break;
	}
}

void link_table_clear(struct link_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		forget(&t->links[i]);
	free(t->links);
	t->links = NULL;
	t->n = 0;
}

/* --- all of it --- */

struct dump {
	struct link_table *into;
	bool goes_on;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct dump *dump = arg;

	link_table_take(dump->into, nlmsg_hdr(msg));
	return NL_OK;
}

static int on_finish(struct nl_msg *msg, void *arg)
{
	struct dump *dump = arg;

	(void)msg;
	dump->goes_on = false;
	return NL_STOP;
}

static int ask(struct nl_sock *sk, struct dump *dump, int type)
{
	struct rtgenmsg any = { .rtgen_family = AF_UNSPEC };
	int rc = nl_send_simple(sk, type, NLM_F_DUMP, &any, sizeof(any));

	dump->goes_on = true;
	while (rc >= 0 && dump->goes_on)
		rc = nl_recvmsgs_default(sk);
	return rc;
}

/* A socket of its own: what is left of a dump that failed goes with it. */
static int read_once(struct link_table *into)
{
	struct nl_sock *sk = nl_socket_alloc();
	struct dump dump = { .into = into };
	int rc = sk ? nl_connect(sk, NETLINK_ROUTE) : -NLE_NOMEM;

	if (rc >= 0) {
		nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_message,
				    &dump);
		nl_socket_modify_cb(sk, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
				    &dump);
		rc = ask(sk, &dump, RTM_GETLINK);
	}
	if (rc >= 0)
		rc = ask(sk, &dump, RTM_GETADDR);
	nl_socket_free(sk);
	return rc;
}

int link_table_read(struct link_table *t)
{
	int rc = -1, tries;

	for (tries = 0; rc < 0 && tries < TRIES; tries++) {
		link_table_clear(t);
		errand_goes_on();
		rc = read_once(t);
	}
	if (rc < 0)
		link_table_clear(t);
	return rc < 0 ? -EIO : 0;
}
