/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other directors as the state sync knows them, and what comes from them.
 */
#ifndef DRAYVRRPD_SYNC_PEERS_H
#define DRAYVRRPD_SYNC_PEERS_H

#include "sock.h"
#include "sync_session.h"
#include "sync_state.h"

#define SYNC_RECENT_US 3000000ull	/* who is silent for longer is not
					 * waited for */

void sync_peers_open(struct sync_sessions *sessions, const struct sync_key *key,
		     struct sync_show *show);
void sync_peers_receive(const struct received *r, uint64_t now);
/* Ask for what is missing; note how they stand. */
void sync_peers_look(uint64_t now);
/* All of them are asked for everything once more. */
void sync_peers_join_again(void);

/* How many are believed and were heard lately. */
unsigned int sync_peers_n(uint64_t now);
/* Is everything here that these have? */
bool sync_peers_joined(uint64_t now);
/* Datagrams of ours that the slowest of these has not. */
uint64_t sync_peers_behind(uint64_t now);
/* Has anybody been heard who may become one? */
bool sync_peers_heard(void);
/* When a hello is due because of them; UINT64_MAX: not. */
uint64_t sync_peers_hello_due(void);
void sync_peers_hello_sent(uint64_t now);

#endif
