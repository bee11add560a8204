/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would become of a packet: the question, and the kernel's answer. */
#ifndef DRAY_EXPLAIN_H
#define DRAY_EXPLAIN_H

#include "nl.h"

#define DRAY_EXPLAIN_RANKS 16
#define DRAY_EXPLAIN_NOTES 16
#define DRAY_EXPLAIN_PORT 49152	/* of a client that was named without one */

/* the packet that is asked for */
struct dray_explain_request {
	uint8_t protocol;
	bool midstream;
	struct dray_addr client, vip;
	uint16_t client_port, vip_port;
	uint32_t mark, size, ifindex;	/* 0: not said */
};

/* of the flow or of the client; `there` if the kernel has told of one */
struct dray_explain_entry {
	bool there, has_server;
	uint8_t why;
	struct dray_server srv;		/* its name only */
	struct dray_flow flow;		/* state, flags, expires */
	uint32_t age, idle, flows;	/* ms */
};

struct dray_explain_rank {
	uint32_t has;
	uint32_t row, active, limit;
	uint8_t rank, why;
	struct dray_server srv;		/* its name only */
};

struct dray_explain_route {
	uint32_t has;
	uint8_t reach, neighbour;
	uint32_t ifindex, mtu;
	uint8_t mac[DRAY_MACLEN];
	bool direct, fragment;
};

struct dray_explain {
	uint32_t has;
	struct dray_service svc;
	struct dray_server srv, first;
	struct dray_vip vip;
	bool has_srv, has_vip;
	uint32_t ifindex;
	uint8_t hook_mode, hook_point;
	char hook_why[128];
	struct dray_explain_entry flow, persist;
	uint64_t hash;
	uint8_t by;
	bool pressed;
	uint32_t makes;
	struct dray_explain_rank ranks[DRAY_EXPLAIN_RANKS];
	size_t n_ranks;
	char notes[DRAY_EXPLAIN_NOTES][32];
	size_t n_notes;
	char verdict[16], reason[32], doc[128];
	struct dray_explain_route route;
};

int dray_explain_put(struct nl_msg *msg,
		     const struct dray_explain_request *request);
void dray_explain_get(struct nlattr **tb, struct dray_explain *x);
int dray_explain(struct dray_nl *nl, const struct dray_explain_request *request,
		 struct dray_explain *x);

const char *dray_explain_by_name(uint8_t by);
const char *dray_explain_why_name(uint8_t why);
const char *dray_explain_point_name(uint8_t point);
const char *dray_explain_outcome(const struct dray_explain *x);
const char *dray_neighbour_name(uint8_t state);

#endif
