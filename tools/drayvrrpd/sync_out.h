/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes out: a ring of datagrams, the newest of which may wait to be sent
 * and the others to be asked for again.  It bounds memory, and what is sent in
 * a time bounds bandwidth.
 */
#ifndef DRAYVRRPD_SYNC_OUT_H
#define DRAYVRRPD_SYNC_OUT_H

#include "sync_module.h"
#include "sync_session.h"
#include "sync_state.h"

#define SYNC_RATE 8000ull	/* datagrams a second, 90 Mbit/s */

void sync_out_open(struct sync_sessions *sessions, const struct sync_key *key,
		   struct sync_show *show);

/* Add an entry to the datagram of its kind.  Return: false if the ring is
 * full of what was not sent yet. */
bool sync_out_entry(const struct sync_entry *entry, uint64_t now);
/* Likewise, of a server. */
bool sync_out_state(const struct sync_state *state, uint64_t now);
/* Datagrams with entries that are begun are finished. */
void sync_out_flush(uint64_t now);
/* A datagram of its own: begin, put, end. */
struct sync_writer *sync_out_begin(enum sync_type type, uint64_t to,
				   uint64_t now);
/* Return: its sequence number. */
uint64_t sync_out_end(uint64_t now);

/* Another director has not got these. */
void sync_out_again(uint64_t first, uint64_t last);
/* Send what is due.  Return: whether there is more. */
bool sync_out_pump(uint64_t now);
/* Datagrams that were not sent yet. */
uint64_t sync_out_waiting(void);

#endif
