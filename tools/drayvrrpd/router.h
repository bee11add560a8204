/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router at work: between its configuration, its state machine and
 * this host.  Everything here runs in the worker.
 */
#ifndef DRAYVRRPD_ROUTER_H
#define DRAYVRRPD_ROUTER_H

#include "alarm.h"
#include "complaint.h"
#include "fsm.h"
#include "hold.h"
#include "ka_vrrp.h"
#include "log.h"
#include "priority.h"
#include "role.h"
#include "sock.h"
#include "state.h"

/* announcements that are to come (burst.h) */
enum burst {
	BURST_SECOND,			/* after becoming master */
	BURST_LOWER,			/* after a contention */
	BURST_REFRESH,
	BURST_N,
};

struct router {
	struct router *next;
	const struct ka_instance *conf;
	struct fsm fsm;
	struct packet_spec spec;
	struct state *state;
	struct state_router *record;	/* in there */

	int ifindex;			/* 0: there is no interface */
	struct sock *sock;		/* NULL: none */
	int vmac;			/* interface on top of it; 0: none */

	int vmac_below;			/* one was asked for on top of this */

	struct hold hold;
	struct priority_track *tracks;
	const struct ka_track **track_conf;
	size_t n_tracks;

	struct role_peers peers;
	uint64_t peers_at;		/* when to look for these again */
	int total;			/* priority before it was clamped */
	uint64_t last_sent;		/* by the earlier worker */
	uint32_t last_interval_us;	/* that it promised */
	struct fsm_past past;		/* what it knew as a backup */
	bool acting;			/* the state file is ours to write */
	bool was_master;		/* before this worker */
	enum fsm_state was;
	bool quiet;			/* that it is what it was is not told */
	bool heard;			/* another director, ever */
	bool cannot_hold;		/* an address could not be put */
	bool goes;			/* a reload takes it away */
	bool owes_burst;		/* to be announced when it is there */
	bool owes_telling;		/* master: told when the addresses are there */
	unsigned int put_back;		/* lately */

	struct alarm timer;		/* the state machine's */
	struct alarm lease;
	struct alarm announce;		/* the earliest of these */
	uint64_t bursts[BURST_N];	/* when each is due, or ALARM_NEVER */
	struct alarm check;		/* what its callbacks could not do */
	struct alarm wait;		/* for its addresses */
	struct complaint rejects[PACKET_N_REJECTS];
	struct complaint notes[FSM_N_NOTES];
	struct log_limit odd[2], send_failed, lower_told, late_said;
};

extern struct router *routers;

/* With everything but sockets.  NULL: no memory, or too many. */
struct router *router_create(const struct ka_instance *conf,
			     struct state *state);
/* Interfaces and addresses have changed, or are looked at for the first time. */
void router_look(struct router *r, uint64_t now);
/* The earlier worker is gone: read what it has left, write from now on. */
void router_take_over(struct router *r);
/* Elect, or go on as the master that this host was. */
void router_start(struct router *r, uint64_t now);
/* Last words of a host that was master and cannot go on. */
void router_renounce(struct router *r, uint64_t now);
/* It has what it is to have (hold.h), or @failed to. */
void router_held(struct router *r, bool failed, uint64_t now);
/* So many addresses were taken away: put back; too often, and it resigns. */
void router_put_back(struct router *r, unsigned int n);
/* The same for what is put back already. */
void router_lost(struct router *r, unsigned int n, uint64_t now);
/* A tracked thing has changed. */
void router_weigh(struct router *r, uint64_t now);
/* Copy to the state file what is not kept there anyway. */
void router_record(struct router *r);

#endif
