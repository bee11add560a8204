/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sync process shows of itself: a part of the state file, which it
 * writes and the supervisor and the worker read.
 */
#ifndef DRAYVRRPD_SYNC_STATE_H
#define DRAYVRRPD_SYNC_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "sync_packet.h"

#define SYNC_PEERS 16		/* directors, and who claims to be one */

enum sync_status {
	SYNC_OFF,			/* no key file: nothing is synced */
	SYNC_NO_KEY,			/* the file cannot be used */
	SYNC_NO_SOCKET,
	SYNC_NO_MODULE,
	SYNC_JOINING,			/* it has not yet what the others have */
	SYNC_ALONE,			/* no other director is heard */
	SYNC_IN_SYNC,
	SYNC_N_STATUS,
};

enum sync_count {
	SYNC_TOLD_FLOWS,		/* by the module, and sent */
	SYNC_TOLD_PERSISTS,
	SYNC_TOLD_SERVERS,		/* their states and counts */
	SYNC_NOT_OURS,			/* by the module, of a standby address */
	SYNC_SENT,			/* datagrams */
	SYNC_SENT_BYTES,
	SYNC_SEND_FAILED,
	SYNC_RECEIVED,			/* datagrams that were believed */
	SYNC_TAKEN_FLOWS,		/* given to the module */
	SYNC_TAKEN_PERSISTS,
	SYNC_TAKEN_SERVERS,
	SYNC_REFUSED,			/* by the module, of these */
	SYNC_ASKED_AGAIN,		/* gaps of others */
	SYNC_SENT_AGAIN,		/* datagrams, for gaps of ours */
	SYNC_GIVEN_UP,			/* gaps that nobody filled */
	SYNC_OVERRUNS,			/* the module told more than was read */
	SYNC_DROPPED,			/* entries: more than may be sent */
	SYNC_DUMPS_SENT,
	SYNC_DUMPS_ASKED,
	SYNC_DUMPS_TAKEN,
	SYNC_WAITS,			/* table changes that waited for us */
	SYNC_WAITS_LATE,		/* others had it too late, or never */
	SYNC_N_COUNTS,
};

struct sync_peer_state {
	uint64_t session;		/* 0: unused */
	struct dray_addr addr;
	bool believed;
	bool joined;			/* its dump is here */
	bool master, in_sync;		/* as it says */
	uint64_t heard;			/* us, boot time */
	uint64_t behind;		/* datagrams of ours that it has not */
	bool differs;			/* it would answer otherwise than we */
};

struct sync_show {
	int pid;
	uint8_t status;			/* enum sync_status */
	uint32_t key;			/* its number; 0: it has none */
	uint64_t hold_until;		/* us, boot time: nobody is preempted */
	uint64_t counts[SYNC_N_COUNTS];
	uint64_t rejected[SYNC_N_REJECTS];
	struct sync_peer_state peers[SYNC_PEERS];
};

const char *sync_status_text(enum sync_status status);
const char *sync_count_name(enum sync_count count);

#endif
