// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Five sockets: of the group, of two kinds of dumps, of what is written, of
 * questions.
 * Messages are read by our own recv(), since libnl reads a dump as a whole;
 * entries are written many in one call and without acknowledgements, so that
 * the kernel answers for those only that it refuses.
 */
#include "sync_module.h"

#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

#include "codec.h"
#include "listen.h"

#define GROUP_BUFFER (8 << 20)
#define PIECE 65536			/* bytes of one read */
#define BATCH 32768			/* bytes of one write */
#define HEAR_MAX 256			/* reads in one turn */

static struct {
	bool open;
	const struct sync_module_ops *ops;
	struct dray_nl group, dump, servers, write, ask;
	_Alignas(struct nlmsghdr) char batch[BATCH];
	size_t len;
} module;

static struct dray_nl *const sockets[] = {
	&module.group, &module.dump, &module.servers, &module.write, &module.ask
};

/* Sequence numbers of what is written: whose refusal it is. */
enum { SEQ_ENTRY, SEQ_TOLD };

static int fd_of(const struct dray_nl *nl)
{
	return nl_socket_get_fd(nl->sk);
}

static void enlarge(const struct dray_nl *nl)
{
	int bytes = GROUP_BUFFER;

	setsockopt(fd_of(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
}

int sync_module_open(const struct sync_module_ops *ops)
{
	size_t i;
	int rc;

	module.ops = ops;
	module.len = 0;
	for (i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		rc = dray_nl_open(sockets[i]);
		if (rc)
			goto fail;
	}
	enlarge(&module.group);
	rc = dray_nl_join(&module.group, DRAY_MCGRP_SYNC);
	if (rc)
		goto fail;
	module.open = true;
	return 0;
fail:
	sync_module_close();
	return rc;
}

void sync_module_close(void)
{
	size_t i;

	for (i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (sockets[i]->sk)
			dray_nl_close(sockets[i]);
	module.open = false;
}

bool sync_module_is_open(void)
{
	return module.open;
}

int sync_module_fd(void)
{
	return fd_of(&module.group);
}

int sync_module_dump_fd(void)
{
	return fd_of(&module.dump);
}

struct dray_nl *sync_module_ask(void)
{
	return &module.ask;
}

/* --- what it tells --- */

static void read_entry(struct nlattr **tb, bool persist, bool dumped)
{
	struct sync_entry entry = { .persist = persist };

	/* a dump gives the entries of a removed server too: they are nobody's */
	if (!tb[DRAY_A_SERVICE] || !tb[DRAY_A_SERVER])
		return;
	dray_get_service(tb[DRAY_A_SERVICE], &entry.row.svc);
	dray_get_server(tb[DRAY_A_SERVER], &entry.row.srv);
	if (persist)
		dray_get_persist(tb[DRAY_A_PERSIST], &entry.row.persist);
	else
		dray_get_flow(tb[DRAY_A_FLOW], &entry.row.flow);
	module.ops->entry(&entry, dumped);
}

static void read_server(struct nlattr **tb)
{
	struct dray_flow_row row = { 0 };

	if (!tb[DRAY_A_SERVICE] || !tb[DRAY_A_SERVER])
		return;
	dray_get_service(tb[DRAY_A_SERVICE], &row.svc);
	dray_get_server(tb[DRAY_A_SERVER], &row.srv);
	module.ops->server(&row);
}

static void read_message(struct nlmsghdr *h)
{
	struct nlattr *tb[DRAY_A_MAX + 1];
	struct genlmsghdr *g = nlmsg_data(h);

	if (genlmsg_parse(h, 0, tb, DRAY_A_MAX, NULL) < 0)
		return;
	switch (g->cmd) {
	case DRAY_CMD_FLOW_NTF:
	case DRAY_CMD_PERSIST_NTF:
		read_entry(tb, g->cmd == DRAY_CMD_PERSIST_NTF, false);
		break;
	case DRAY_CMD_GET_FLOW:
	case DRAY_CMD_GET_PERSIST:
		read_entry(tb, g->cmd == DRAY_CMD_GET_PERSIST, true);
		break;
	case DRAY_CMD_GET_SERVER:
		read_server(tb);
		break;
	case DRAY_CMD_SYNC_WAIT_NTF:
		module.ops->wait(dray_get_u32(tb[DRAY_A_WAIT]));
		break;
	}
}

/* Return: 1 at the end of a dump, 0, or -errno that the kernel has sent. */
static int read_messages(const struct dray_nl *nl, char *buf, int len)
{
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	int rc;

	for (; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			rc = ((struct nlmsgerr *)nlmsg_data(h))->error;
			if (rc)
				return rc;
		} else if (h->nlmsg_type == nl->family) {
			read_message(h);
		}
	}
	return 0;
}

static int read_piece(const struct dray_nl *nl, char *buf)
{
	ssize_t n = recv(fd_of(nl), buf, PIECE, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return n;
}

/* What was lost is told in its place: a wait that is read behind it is not over
 * with what was read.
 */
int sync_module_hear(void)
{
	static _Alignas(struct nlmsghdr) char buf[PIECE];
	int n, turns;

	for (turns = 0; turns < HEAR_MAX; turns++) {
		n = read_piece(&module.group, buf);
		if (n == -ENOBUFS)
			module.ops->lost();
		else if (n == -EAGAIN)
			return 0;
		else if (n < 0)
			return n;
		else
			read_messages(&module.group, buf, n);
	}
	return 0;
}

static int begin_dump(struct dray_nl *nl, uint8_t cmd)
{
	struct nl_msg *msg = dray_nl_request(nl, cmd, NLM_F_DUMP);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = nl_send_auto(nl->sk, msg);
	nlmsg_free(msg);
	return rc < 0 ? -dray_nl_errno(rc) : 0;
}

static int dump_piece(const struct dray_nl *nl)
{
	static _Alignas(struct nlmsghdr) char buf[PIECE];
	int n = read_piece(nl, buf);

	if (n < 0)
		return n == -EAGAIN ? 0 : n;
	return read_messages(nl, buf, n);
}

int sync_module_dump(bool persist)
{
	return begin_dump(&module.dump, persist ? DRAY_CMD_GET_PERSIST :
						  DRAY_CMD_GET_FLOW);
}

int sync_module_dump_piece(void)
{
	return dump_piece(&module.dump);
}

int sync_module_servers(void)
{
	return begin_dump(&module.servers, DRAY_CMD_GET_SERVER);
}

int sync_module_servers_piece(void)
{
	return dump_piece(&module.servers);
}

/* --- what it is told --- */

static void read_refusals(char *buf, int len)
{
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	struct nlmsgerr *e;

	for (; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
		e = nlmsg_data(h);
		if (h->nlmsg_type == NLMSG_ERROR && e->error &&
		    e->msg.nlmsg_seq == SEQ_ENTRY)
			module.ops->refused(-e->error);
	}
}

void sync_module_flush(void)
{
	static _Alignas(struct nlmsghdr) char buf[PIECE];
	ssize_t n;

	if (!module.len || !module.open)
		return;
	while ((n = send(fd_of(&module.write), module.batch, module.len, 0)) <
	       0 && errno == EINTR)
		;
	module.len = 0;
	if (n < 0)
		module.ops->refused(errno);
	while ((n = read_piece(&module.write, buf)) > 0 || n == -ENOBUFS)
		if (n > 0)
			read_refusals(buf, n);
}

static int fill(struct nl_msg *msg, const struct sync_entry *entry)
{
	int rc = dray_put_key(msg, &entry->row.svc.key);

	if (rc >= 0)
		rc = dray_put_server(msg, &entry->row.srv);
	if (rc >= 0)
		rc = entry->persist ?
			     dray_put_persist(msg, &entry->row.persist) :
			     dray_put_flow(msg, &entry->row.flow);
	return rc;
}

static void add(struct nl_msg *msg, uint32_t seq)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);

	h->nlmsg_flags |= NLM_F_REQUEST;
	h->nlmsg_pid = 0;
	h->nlmsg_seq = seq;
	if (module.len + NLMSG_ALIGN(h->nlmsg_len) > sizeof(module.batch))
		sync_module_flush();
	memcpy(module.batch + module.len, h, h->nlmsg_len);
	module.len += NLMSG_ALIGN(h->nlmsg_len);
	nlmsg_free(msg);
}

void sync_module_take(const struct sync_entry *entry)
{
	struct nl_msg *msg = dray_nl_request(&module.write,
		entry->persist ? DRAY_CMD_SET_PERSIST : DRAY_CMD_SET_FLOW, 0);

	if (msg && fill(msg, entry) >= 0) {
		add(msg, SEQ_ENTRY);
		return;
	}
	nlmsg_free(msg);
	module.ops->refused(ENOMEM);
}

void sync_module_told(const struct dray_flow_row *row)
{
	struct nl_msg *msg = dray_nl_request(&module.write, DRAY_CMD_SET_TOLD,
					     0);

	if (msg && dray_put_key(msg, &row->svc.key) >= 0 &&
	    dray_put_told(msg, &row->srv) >= 0)
		add(msg, SEQ_TOLD);
	else
		nlmsg_free(msg);
}

int sync_module_done(uint32_t wait)
{
	struct nl_msg *msg = dray_nl_request(&module.ask, DRAY_CMD_SYNC_DONE,
					     0);

	if (msg && nla_put_u32(msg, DRAY_A_WAIT, wait) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return dray_nl_do(&module.ask, msg, NULL, NULL);
}
