// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's neighbour table, by the address that adverts come from: that is
 * where frames come from as well, also if the adverts have a virtual MAC.  No
 * packet socket looks for it, since every packet of the host would pay.
 */
#include "peer.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#define NUD_KNOWN (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | \
		   NUD_STALE | NUD_DELAY)

static struct nl_sock *sk;

struct answer {
	bool done, known;
	uint8_t *mac;
};

int peer_open(void)
{
	sk = nl_socket_alloc();
	if (!sk)
		return -ENOMEM;
	return nl_connect(sk, NETLINK_ROUTE) < 0 ? -EIO : 0;
}

void peer_close(void)
{
	nl_socket_free(sk);
	sk = NULL;
}

static int on_neighbour(struct nl_msg *msg, void *arg)
{
	const struct ndmsg *info = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *tb[NDA_MAX + 1];
	struct answer *answer = arg;

	if (nlmsg_hdr(msg)->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(*info), tb, NDA_MAX, NULL) < 0)
		return NL_SKIP;
	if ((info->ndm_state & NUD_KNOWN) && tb[NDA_LLADDR] &&
	    nla_len(tb[NDA_LLADDR]) == DRAY_MACLEN) {
		memcpy(answer->mac, nla_data(tb[NDA_LLADDR]), DRAY_MACLEN);
		answer->known = true;
	}
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	(void)from;
	(void)e;
	((struct answer *)arg)->done = true;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct answer *)arg)->done = true;
	return NL_STOP;
}

static void ask(int type, int flags, uint8_t ndm_flags,
		const struct dray_addr *addr, int ifindex,
		struct answer *answer)
{
	struct ndmsg info = { .ndm_family = addr->family,
			      .ndm_ifindex = ifindex, .ndm_flags = ndm_flags };
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_ACK);
	int rc;

	if (!msg)
		return;
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	nla_put(msg, NDA_DST, dray_addr_len(addr), addr->bytes);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_neighbour, answer);
	nl_socket_modify_cb(sk, NL_CB_ACK, NL_CB_CUSTOM, on_ack, answer);
	nl_socket_modify_err_cb(sk, NL_CB_CUSTOM, on_error, answer);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	while (rc >= 0 && !answer->done)
		rc = nl_recvmsgs_default(sk);
}

bool peer_mac(const struct dray_addr *addr, int ifindex,
	      uint8_t mac[DRAY_MACLEN])
{
	struct answer answer = { .mac = mac }, none = { 0 };

	ask(RTM_GETNEIGH, 0, 0, addr, ifindex, &answer);
	ask(RTM_NEWNEIGH, NLM_F_CREATE, NTF_USE, addr, ifindex, &none);
	return answer.known;
}
