// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One request at a time on one socket.  libnl 3.7 does not read extended
 * acknowledgements, so both places where they come are read here: the error
 * message, and the end of a dump.
 */
#include "nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec.h"

#define DUMP_TRIES 10
#define RECEIVE_BUFFER 65536

/* Everything one exchange needs in the callbacks. */
struct exchange {
	struct dray_nl *nl;
	dray_reply_fn reply;
	void *arg;
	bool done;
};

/* libnl's own codes, where there is an errno that says the same. */
int dray_nl_errno(int nle)
{
	switch (nle < 0 ? -nle : nle) {
	case 0:
		return 0;
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return EPERM;
	case NLE_OBJ_NOTFOUND:
		return ENOENT;
	case NLE_EXIST:
		return EEXIST;
	case NLE_AGAIN:
	case NLE_DUMP_INTR:
		return EAGAIN;
	case NLE_BUSY:
		return EBUSY;
	case NLE_INTR:
		return EINTR;
	case NLE_RANGE:
		return ERANGE;
	case NLE_MSGSIZE:
	case NLE_MSG_TOOSHORT:
	case NLE_MSG_TRUNC:
	case NLE_MSG_OVERFLOW:
		return EMSGSIZE;
	case NLE_OPNOTSUPP:
	case NLE_PROTO_MISMATCH:
	case NLE_AF_NOSUPPORT:
		return EOPNOTSUPP;
	case NLE_BAD_SOCK:
		return EBADF;
	case NLE_NODEV:
		return ENODEV;
	case NLE_NOADDR:
		return EADDRNOTAVAIL;
	}
	return EINVAL;
}

int dray_nl_fail(struct dray_nl *nl, int err)
{
	memset(&nl->error, 0, sizeof(nl->error));
	nl->error.err = err;
	return -err;
}

static void read_extack(struct dray_nl *nl, struct nlattr *head, int len)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };

	if (len <= 0 || nla_parse(tb, NLMSGERR_ATTR_MAX, head, len, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(nl->error.text, tb[NLMSGERR_ATTR_MSG],
			    sizeof(nl->error.text));
	if (tb[NLMSGERR_ATTR_OFFS] && nl->request &&
	    nla_len(tb[NLMSGERR_ATTR_OFFS]) >= 4)
		dray_attr_path(nl->request, nla_get_u32(tb[NLMSGERR_ATTR_OFFS]),
			       nl->error.attr, sizeof(nl->error.attr));
}

/* nlmsgerr, then the refused request (its header only if capped), then TLVs */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)e - 1;
	struct exchange *x = arg;
	int skip = sizeof(*e);

	(void)from;
	x->done = true;
	dray_nl_fail(x->nl, -e->error);
	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return NL_STOP;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if (skip < nlmsg_datalen(hdr))
		read_extack(x->nl, (struct nlattr *)((char *)e + skip),
			    nlmsg_datalen(hdr) - skip);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = true;
	return NL_STOP;
}

/* A dump that failed half way says so in its last message. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct exchange *x = arg;
	int err, skip = NLMSG_ALIGN(sizeof(err));

	x->done = true;
	if (nlmsg_datalen(hdr) < (int)sizeof(err))
		return NL_STOP;
	memcpy(&err, nlmsg_data(hdr), sizeof(err));
	if (err >= 0)
		return NL_STOP;
	dray_nl_fail(x->nl, -err);
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
		read_extack(x->nl,
			    (struct nlattr *)((char *)nlmsg_data(hdr) + skip),
			    nlmsg_datalen(hdr) - skip);
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->nl->interrupted = true;
	return NL_OK;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[DRAY_A_MAX + 1];
	struct exchange *x = arg;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, DRAY_A_MAX, NULL) < 0)
		return NL_SKIP;
	if (tb[DRAY_A_GENERATION])
		x->nl->generation = dray_get_u32(tb[DRAY_A_GENERATION]);
	if (x->reply && x->reply(tb, x->arg))
		dray_nl_fail(x->nl, ECANCELED);
	return NL_OK;
}

static int receive(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = 0;

	if (!cb)
		return dray_nl_fail(x->nl, ENOMEM);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	while (!x->done && rc >= 0)
		rc = nl_recvmsgs(x->nl->sk, cb);
	nl_cb_put(cb);
	if (rc < 0 && !x->done)
		dray_nl_fail(x->nl, dray_nl_errno(rc));
	return -x->nl->error.err;
}

struct nl_msg *dray_nl_request(struct dray_nl *nl, uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		return NULL;
	if (genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags,
			cmd, DRAY_GENL_VERSION))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/*
 * Sends msg, which is freed, and waits for its acknowledgement.
 * Return: 0 or -errno, with nl->error filled in.
 */
int dray_nl_do(struct dray_nl *nl, struct nl_msg *msg, dray_reply_fn reply,
	       void *arg)
{
	struct exchange x = { .nl = nl, .reply = reply, .arg = arg };
	int rc;

	dray_nl_fail(nl, 0);
	nl->interrupted = false;
	if (!msg)
		return dray_nl_fail(nl, ENOMEM);
	rc = nl_send_auto(nl->sk, msg);
	if (rc < 0) {
		nlmsg_free(msg);
		return dray_nl_fail(nl, dray_nl_errno(rc));
	}
	nl->request = nlmsg_hdr(msg);
	rc = receive(&x);
	nl->request = NULL;
	nlmsg_free(msg);
	return rc;
}

int dray_nl_simple(struct dray_nl *nl, uint8_t cmd)
{
	return dray_nl_do(nl, dray_nl_request(nl, cmd, 0), NULL, NULL);
}

static int dump_once(struct dray_nl *nl, const struct dray_dump *dump)
{
	struct nl_msg *msg = dray_nl_request(nl, dump->cmd, NLM_F_DUMP);

	if (msg && dump->fill && dump->fill(msg, dump->arg) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(nl, msg, dump->reply, dump->arg);
}

/* Others change faster than we read. */
int dray_nl_unsteady(struct dray_nl *nl, int tries)
{
	dray_nl_fail(nl, EAGAIN);
	snprintf(nl->error.text, sizeof(nl->error.text),
		 "the list changed during each of %d readings", tries);
	return -EAGAIN;
}

/* Again from the start while the kernel says that the list has moved. */
int dray_nl_dump(struct dray_nl *nl, const struct dray_dump *dump)
{
	int try, rc;

	for (try = 0; try < DUMP_TRIES; try++) {
		if (dump->reset)
			dump->reset(dump->arg);
		rc = dump_once(nl, dump);
		if (rc || !nl->interrupted)
			return rc;
		usleep(10000 << (try < 4 ? try : 4));
	}
	return dray_nl_unsteady(nl, DUMP_TRIES);
}

int dray_txn_begin(struct dray_nl *nl)
{
	return dray_nl_simple(nl, DRAY_CMD_BEGIN);
}

/* Only if the configuration is still of that generation. */
int dray_txn_commit(struct dray_nl *nl, uint32_t generation)
{
	struct nl_msg *msg = dray_nl_request(nl, DRAY_CMD_COMMIT, 0);

	if (msg && nla_put_u32(msg, DRAY_A_GENERATION, generation) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(nl, msg, NULL, NULL);
}

/* Keeps nl->error, which says why. */
void dray_txn_abort(struct dray_nl *nl)
{
	struct dray_error error = nl->error;

	dray_nl_simple(nl, DRAY_CMD_ABORT);
	nl->error = error;
}

static void set_options(struct nl_sock *sk)
{
	int on = 1;

	/* without it the kernel sends no reasons; every error stays valid */
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	nl_socket_set_msg_buf_size(sk, RECEIVE_BUFFER);
}

/*
 * Return: 0 or -errno; -ENOENT when the kernel has no family "dray".
 * Asking for the family makes the kernel load a module with its alias.
 */
int dray_nl_open(struct dray_nl *nl)
{
	int rc;

	memset(nl, 0, sizeof(*nl));
	nl->sk = nl_socket_alloc();
	if (!nl->sk)
		return dray_nl_fail(nl, ENOMEM);
	rc = genl_connect(nl->sk);
	if (rc >= 0) {
		set_options(nl->sk);
		rc = genl_ctrl_resolve(nl->sk, DRAY_GENL_NAME);
	}
	if (rc >= 0) {
		nl->family = rc;
		return 0;
	}
	dray_nl_close(nl);
	return dray_nl_fail(nl, dray_nl_errno(rc));
}

void dray_nl_close(struct dray_nl *nl)
{
	nl_socket_free(nl->sk);
	nl->sk = NULL;
}
