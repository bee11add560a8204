/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket of the dray family: requests with the kernel's own words on
 * refusal, dumps that start over when they were disturbed, transactions.
 */
#ifndef DRAY_NL_H
#define DRAY_NL_H

#include <netlink/msg.h>

#include "model.h"

struct nl_sock;

struct dray_error {
	int err;		/* errno, positive; 0 if all is well */
	char text[200];		/* extack message, may be empty */
	char attr[64];		/* "server.weight", may be empty */
};

struct dray_nl {
	struct nl_sock *sk;
	int family;
	struct dray_error error;	/* of the last request */
	uint32_t generation;		/* of the last reply */
	bool interrupted;
	const struct nlmsghdr *request;
};

/* a reply's top-level attributes, indexed by DRAY_A_*; non-zero stops */
typedef int (*dray_reply_fn)(struct nlattr **tb, void *arg);

struct dray_dump {
	uint8_t cmd;
	int (*fill)(struct nl_msg *msg, void *arg);	/* filter; may be NULL */
	void (*reset)(void *arg);	/* forget the replies so far */
	dray_reply_fn reply;
	void *arg;
};

int dray_nl_open(struct dray_nl *nl);
void dray_nl_close(struct dray_nl *nl);

struct nl_msg *dray_nl_request(struct dray_nl *nl, uint8_t cmd, int flags);
int dray_nl_do(struct dray_nl *nl, struct nl_msg *msg, dray_reply_fn reply,
	       void *arg);
int dray_nl_simple(struct dray_nl *nl, uint8_t cmd);
int dray_nl_dump(struct dray_nl *nl, const struct dray_dump *dump);
int dray_nl_fail(struct dray_nl *nl, int err);
int dray_nl_unsteady(struct dray_nl *nl, int tries);

int dray_txn_begin(struct dray_nl *nl);
int dray_txn_commit(struct dray_nl *nl, uint32_t generation);
void dray_txn_abort(struct dray_nl *nl);

int dray_nl_errno(int nle);

#endif
