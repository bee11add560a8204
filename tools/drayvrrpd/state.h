/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the process that sends adverts: a file under /run, mapped by
 * the worker that writes it and by the supervisor that shows it.  The next
 * worker, after a crash or a reload, goes on from there.  Of another boot, or
 * of another version of the daemon, it is worth nothing and is made anew.
 *
 * Whoever holds the lock of the file is the worker that acts.
 */
#ifndef DRAYVRRPD_STATE_H
#define DRAYVRRPD_STATE_H

#include <net/if.h>

#include "fsm.h"
#include "sync_state.h"

#define STATE_ROUTERS 512
#define STATE_PEERS 8
#define STATE_HISTORY 16
#define STATE_TRACKS 64
#define STATE_NAME 64
#define STATE_SCRIPTS 256
#define STATE_VIPS 4096

struct state_peer {
	struct dray_addr addr;		/* family 0: unused */
	uint8_t mac[DRAY_MACLEN];
	bool has_mac;
	uint8_t priority, version;
	uint8_t checksum;		/* enum packet_checksum */
	unsigned int notes;		/* PACKET_NOTE_* of the last advert */
	uint64_t heard;			/* us, boot time */
	uint64_t adverts;
};

struct state_move {
	uint64_t at;			/* us, boot time */
	uint8_t from, to;		/* enum fsm_state */
	uint8_t reason;			/* enum fsm_reason */
	uint8_t priority;
};

struct state_router {
	bool used;
	char name[STATE_NAME];
	char interface[IF_NAMESIZE];
	uint8_t family, vrid;
	uint8_t state, reason;
	uint8_t priority;		/* effective */
	int total;			/* before it was clamped */
	unsigned int faults;
	uint64_t since, last_sent, last_heard;
	uint32_t sent_interval_us;	/* with the last advert: peers wait by it */
	struct dray_addr source, master;
	uint8_t master_priority;
	uint32_t master_interval_us;
	uint32_t lease_ms;
	bool heard;			/* another director, ever */
	bool no_accept_said;		/* that it is not acted upon */
	int8_t results[STATE_TRACKS];	/* enum priority_result */
	long values[STATE_TRACKS];	/* of files */
	uint32_t garps;
	uint32_t put_back;		/* addresses that something removed */
	struct counters counters;
	struct state_peer peers[STATE_PEERS];
	struct state_move history[STATE_HISTORY];
	uint32_t moves;			/* ever; the last is at moves - 1 */
};

struct state_script {
	char name[STATE_NAME];
	uint8_t result;			/* enum priority_result */
	int status;			/* of the last run, as wait() has it */
	uint64_t ran;			/* us, boot time */
};

struct state {
	char magic[8];
	uint32_t size;
	char boot_id[40];
	int worker;			/* pid */
	uint64_t started;		/* us, boot time: this worker */
	uint64_t beat;			/* us, boot time: it was alive */
	uint64_t late_max;		/* us, of a timer */
	uint32_t workers;		/* started since boot */
	uint32_t unknown_vrids;
	bool log_unknown_vrids;
	bool module;			/* dray.ko answers */
	bool no_module_said;
	struct sync_show sync;
	struct state_script scripts[STATE_SCRIPTS];
	struct state_router routers[STATE_ROUTERS];
	uint32_t n_vips;		/* addresses that have a role */
	struct dray_addr vips[STATE_VIPS];
};

/* Return: the map, kept by the caller for ever, or NULL and errno. */
struct state *state_open(const char *path);
/* Wait until no other worker acts; held until this process ends, or before:
 * it may take a while until all of its memory is given back. */
int state_lock(const char *path);
void state_unlock(void);

struct state_router *state_find(struct state *state, const char *interface,
				uint8_t family, uint8_t vrid);
struct state_router *state_add(struct state *state, const char *interface,
			       uint8_t family, uint8_t vrid);
struct state_script *state_script(struct state *state, const char *name);

#endif
