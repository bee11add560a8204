/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What directors tell each other about flows, persistent clients and servers:
 * datagrams as bytes, authenticated as a whole.  Full tuples and addresses, no
 * index of any host.  Pure: no socket, no clock.  Who is believed is decided
 * by sync_session.h, what is done with it elsewhere.
 *
 *	 0  "DRAY", format, type, number of entries (2)
 *	 8  key number (4), zero (4)
 *	16  session of the sender (8), of whom it is for or 0 (8)
 *	32  sequence number (8)
 *	40  entries
 *	-32 HMAC-SHA-512-256 of all before it
 *
 * All numbers are in network order.
 */
#ifndef DRAYVRRPD_SYNC_PACKET_H
#define DRAYVRRPD_SYNC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define SYNC_FORMAT 2
#define SYNC_HEADER 40
#define SYNC_MAC 32
#define SYNC_MAX 1400		/* of a datagram: no fragments */
#define SYNC_EVERYTHING 0	/* sync_gap.last: a dump is asked for */

enum sync_type {
	SYNC_HELLO = 1,		/* one sync_hello, then sync_heard */
	SYNC_FLOWS,
	SYNC_PERSIST,
	SYNC_STATES,
	SYNC_TABLES,
	SYNC_GAPS,		/* a request */
	SYNC_DUMP_BEGIN,	/* one sync_dump */
	SYNC_DUMP_END,
	SYNC_N_TYPES,
};

/* Why a datagram is not looked at, in the order of the checks. */
enum sync_reject {
	SYNC_ACCEPTED,
	SYNC_REJECT_LENGTH,
	SYNC_REJECT_MAGIC,
	SYNC_REJECT_FORMAT,	/* of a later dray */
	SYNC_REJECT_KEY,	/* of another cluster */
	SYNC_REJECT_MAC,	/* forged, or changed under way */
	SYNC_REJECT_TYPE,
	SYNC_REJECT_ENTRIES,
	SYNC_REJECT_OWN,	/* from here; sync_session.h from here on */
	SYNC_REJECT_SESSION,	/* it has not proved that it is alive */
	SYNC_REJECT_REPLAYED,
	SYNC_REJECT_OLD,	/* before the window */
	SYNC_N_REJECTS,
};

enum {
	SYNC_HELLO_MASTER = 1,	/* of a virtual router at least */
	SYNC_HELLO_IN_SYNC = 2,	/* has all that the others had */
	SYNC_HELLO_ASKS = 4,	/* waits for a receipt: to be answered at once */
};

enum {
	SYNC_ENTRY_ASSURED = 1,	/* its client has been seen to exist */
};

struct sync_hello {
	uint64_t config;	/* fingerprint: two that differ must say so */
	uint64_t generation;
	uint32_t flags;		/* SYNC_HELLO_* */
	uint32_t tables;	/* version of the module's; 0: not known yet */
};

/* That a session was heard: a receipt, and proof that the sender is alive. */
struct sync_heard {
	uint64_t session;
	uint64_t latest;	/* sequence number */
	uint64_t all_until;	/* the last before the first gap */
};

struct sync_service {
	uint8_t protocol;	/* 0: by mark */
	uint16_t port;
	uint32_t fwmark;
	struct dray_addr addr;	/* by mark: of its family, and zero */
};

/* All addresses of an entry are of one family, but for the server's. */
struct sync_flow {
	uint8_t protocol, state, flags;
	struct dray_addr client, vip, server;
	uint16_t client_port, vip_port, server_port;
	uint16_t service_port;	/* 0: the service has all ports */
	uint32_t fwmark;	/* 0: the service is that of VIP and port */
	uint32_t expires_ms;
};

struct sync_persist {
	struct sync_service service;
	struct dray_addr client, server;
	uint16_t server_port;
	uint8_t flags;
	uint32_t expires_ms;
};

enum {
	SYNC_STATE_INACTIVE = 1,	/* it is those that are counted */
};

/* Flags are the high four bits of the state's byte: what does not know them
 * reads a state that there is not.  A reader passes over an entry with others. */
struct sync_state {
	struct sync_service service;
	struct dray_addr server;
	uint16_t server_port;
	uint8_t state, flags;
	uint32_t live;		/* flows that are active, or inactive */
};

struct sync_table {
	struct sync_service service;
	uint64_t fingerprint;
};

struct sync_gap {
	uint64_t session;	/* whose datagrams are missed */
	uint64_t first, last;
};

struct sync_dump {
	uint64_t number;
	uint64_t datagrams;	/* between begin and end; known at the end */
};

struct sync_key {
	uint8_t mac[32];
	uint32_t number;	/* tells keys apart, and nothing about them */
};

struct sync_writer {
	uint8_t buf[SYNC_MAX];
	size_t len;
	uint16_t count;
	enum sync_type type;
};

/* A verified datagram; borrows the received buffer. */
struct sync_reader {
	enum sync_type type;
	uint16_t count;
	uint64_t from, to, sequence;
	const uint8_t *at, *end;
};

/**
 * sync_key_derive() - the key of all datagrams from the key file's bytes
 * @key: receives it
 * @secret: the file's bytes
 * @len: how many
 *
 * Return: 0, or -1 if libsodium cannot be used.
 */
int sync_key_derive(struct sync_key *key, const uint8_t *secret, size_t len);

/**
 * sync_begin() - start a datagram
 * @w: to be written
 * @type: of its entries
 * @from: session of this host
 * @to: session that it is for, 0: all
 * @sequence: its number, one more than that of the datagram before
 */
void sync_begin(struct sync_writer *w, enum sync_type type, uint64_t from,
		uint64_t to, uint64_t sequence);

/* Give it another number than it was begun with. */
void sync_number(struct sync_writer *w, uint64_t sequence);

/*
 * Add an entry of the datagram's type.  Return: false if there is no room for
 * it, or it is of two families: it is left out as a whole.
 */
bool sync_put_hello(struct sync_writer *w, const struct sync_hello *hello);
bool sync_put_heard(struct sync_writer *w, const struct sync_heard *heard);
bool sync_put_flow(struct sync_writer *w, const struct sync_flow *flow);
bool sync_put_persist(struct sync_writer *w, const struct sync_persist *persist);
bool sync_put_state(struct sync_writer *w, const struct sync_state *state);
bool sync_put_table(struct sync_writer *w, const struct sync_table *table);
bool sync_put_gap(struct sync_writer *w, const struct sync_gap *gap);
bool sync_put_dump(struct sync_writer *w, const struct sync_dump *dump);

/**
 * sync_finish() - authenticate a datagram; nothing can be added after it
 * @w: written
 * @key: of the cluster
 *
 * Return: its length; the bytes are in w->buf.
 */
size_t sync_finish(struct sync_writer *w, const struct sync_key *key);

/**
 * sync_open() - verify a datagram, and that all of its entries can be read
 * @buf: received
 * @len: how much
 * @key: of the cluster
 * @r: receives what it says
 *
 * Return: SYNC_ACCEPTED, or the first check that failed.
 */
enum sync_reject sync_open(const uint8_t *buf, size_t len,
			   const struct sync_key *key, struct sync_reader *r);

/* Take the next entry.  Return: false at the end. */
bool sync_get_hello(struct sync_reader *r, struct sync_hello *hello);
bool sync_get_heard(struct sync_reader *r, struct sync_heard *heard);
bool sync_get_flow(struct sync_reader *r, struct sync_flow *flow);
bool sync_get_persist(struct sync_reader *r, struct sync_persist *persist);
bool sync_get_state(struct sync_reader *r, struct sync_state *state);
bool sync_get_table(struct sync_reader *r, struct sync_table *table);
bool sync_get_gap(struct sync_reader *r, struct sync_gap *gap);
bool sync_get_dump(struct sync_reader *r, struct sync_dump *dump);

/* A word for counters, and what an operator reads. */
const char *sync_reject_name(enum sync_reject reject);
const char *sync_reject_text(enum sync_reject reject);

#endif
