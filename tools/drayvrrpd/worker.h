/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that sends and receives adverts: real-time priority, locked
 * memory, and nothing in it that could wait for a disk, a name or a script.
 */
#ifndef DRAYVRRPD_WORKER_H
#define DRAYVRRPD_WORKER_H

#include "ka_vrrp.h"
#include "state.h"

struct worker {
	const struct ka_conf *conf;
	const struct ka_conf *before;	/* until this reload; NULL: it is none */
	struct state *state;
	const char *state_path;
	int jobs;			/* to the spawner */
	int control;			/* to the supervisor */
};

/* Between supervisor and worker, one message each. */
enum control {
	CONTROL_READY = 'R',		/* worker: as soon as it may, it acts */
	CONTROL_STOP = 'S',		/* politely */
	CONTROL_HAND_OVER = 'H',	/* a successor waits for the lock */
};

/* A virtual router that the successor does not have: it is to resign. */
struct control_key {
	char interface[IF_NAMESIZE];
	uint8_t family, vrid;
};

#define CONTROL_KEYS STATE_ROUTERS

struct control_message {
	uint8_t what;
	uint16_t n;
	struct control_key keys[CONTROL_KEYS];
};

/* The worker's whole life. */
void worker_main(const struct worker *worker) __attribute__((noreturn));
/* Last words of a supervisor that can start no worker: every master of this
 * host resigns, and its addresses go. */
void worker_resign(const struct worker *worker);

#endif
