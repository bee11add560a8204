// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifications come unasked, so they need a socket of their own on which no
 * sequence numbers are checked.  When more came than fitted, the kernel says
 * ENOBUFS: the caller has to read everything anew.
 */
#include "listen.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "codec.h"

#define EVENT_BUFFER (1 << 20)

struct listener {
	struct dray_nl *nl;
	dray_event_fn event;
	void *arg;
	bool stop;
};

int dray_nl_join(struct dray_nl *nl, const char *group)
{
	int id = genl_ctrl_resolve_grp(nl->sk, DRAY_GENL_NAME, group);

	if (id >= 0)
		id = nl_socket_add_membership(nl->sk, id);
	return id < 0 ? dray_nl_fail(nl, dray_nl_errno(id)) : 0;
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[DRAY_A_MAX + 1];
	struct listener *l = arg;
	struct genlmsghdr *hdr = nlmsg_data(nlmsg_hdr(msg));

	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, DRAY_A_MAX, NULL) < 0)
		return NL_SKIP;
	if (tb[DRAY_A_GENERATION])
		l->nl->generation = dray_get_u32(tb[DRAY_A_GENERATION]);
	l->stop = l->event(hdr->cmd, tb, l->arg);
	return l->stop ? NL_STOP : NL_OK;
}

/* Return: 0 when the callback has had enough, -ENOBUFS, or -errno. */
int dray_nl_listen(struct dray_nl *nl, dray_event_fn event, void *arg)
{
	struct listener l = { .nl = nl, .event = event, .arg = arg };
	int rc = 0;

	nl_socket_disable_seq_check(nl->sk);
	nl_socket_set_buffer_size(nl->sk, EVENT_BUFFER, 0);
	nl_socket_modify_cb(nl->sk, NL_CB_VALID, NL_CB_CUSTOM, on_event, &l);
	while (!l.stop && rc >= 0)
		rc = nl_recvmsgs_default(nl->sk);
	if (rc >= 0)
		return 0;
	/* libnl has one code for both; here it can only be the buffer */
	return dray_nl_fail(nl, rc == -NLE_NOMEM ? ENOBUFS : dray_nl_errno(rc));
}
