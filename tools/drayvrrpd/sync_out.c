// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram gets its number when it is begun and its authentication when it
 * is ended.  Those of entries are kept open until they are full or flushed, one
 * of flows, one of persistent clients and one of servers.
 */
#include "sync_out.h"

#include <string.h>

#include "sync_link.h"

#define RING SYNC_WINDOW
#define WAITING_MAX (RING / 2)	/* the rest can be asked for again */
#define BURST 64		/* datagrams, however long nothing was sent */
#define AGAIN_MAX 32

enum { OPEN_FLOWS, OPEN_PERSISTS, OPEN_STATES, OPEN_N };

struct slot {
	uint64_t sequence;
	size_t len;
	uint8_t buf[SYNC_MAX];
};

struct range {
	uint64_t next, last;
};

static struct {
	struct sync_sessions *sessions;
	const struct sync_key *key;
	struct sync_show *show;
	struct slot ring[RING];
	uint64_t sent;			/* sequence number of the last sent */
	struct range again[AGAIN_MAX];
	unsigned int n_again;
	struct sync_writer open[OPEN_N];	/* begun if it has a type */
	struct sync_writer single;
	uint64_t tokens_at, tokens;
} out;

void sync_out_open(struct sync_sessions *sessions, const struct sync_key *key,
		   struct sync_show *show)
{
	memset(&out, 0, sizeof(out));
	out.sessions = sessions;
	out.key = key;
	out.show = show;
}

uint64_t sync_out_waiting(void)
{
	return out.sessions->sequence - out.sent;
}

/* The number is given last, so that numbers go out in their order. */
static void store(struct sync_writer *w, uint64_t now)
{
	uint64_t sequence = sync_next(out.sessions, now);
	struct slot *slot = &out.ring[sequence % RING];

	sync_number(w, sequence);
	slot->len = sync_finish(w, out.key);
	slot->sequence = sequence;
	memcpy(slot->buf, w->buf, slot->len);
	w->type = 0;
}

static struct sync_flow flow_of(const struct dray_flow_row *row)
{
	const struct dray_flow *f = &row->flow;

	return (struct sync_flow){
		.protocol = f->protocol,
		.state = f->state,
		.flags = f->flags & DRAY_FLOW_FLAGS_ASSURED ?
				 SYNC_ENTRY_ASSURED : 0,
		.client = f->client,
		.vip = f->vip,
		.server = row->srv.addr,
		.client_port = f->client_port,
		.vip_port = f->vip_port,
		.server_port = row->srv.port,
		.service_port = row->svc.key.port,
		.fwmark = row->svc.key.fwmark,
		.expires_ms = f->expires,
	};
}

static struct sync_persist persist_of(const struct dray_flow_row *row)
{
	const struct dray_persist *p = &row->persist;
	const struct dray_key *key = &row->svc.key;
	struct sync_persist persist = {
		.service = { .protocol = key->protocol, .port = key->port,
			     .fwmark = key->fwmark, .addr = key->addr },
		.client = p->client,
		.server = row->srv.addr,
		.server_port = row->srv.port,
		.flags = p->flags & DRAY_FLOW_FLAGS_ASSURED ?
				 SYNC_ENTRY_ASSURED : 0,
		.expires_ms = p->expires,
	};

	persist.service.addr.family = key->family;
	return persist;
}

static bool put(struct sync_writer *w, const struct sync_entry *entry)
{
	struct sync_persist persist;
	struct sync_flow flow;

	if (entry->persist) {
		persist = persist_of(&entry->row);
		return sync_put_persist(w, &persist);
	}
	flow = flow_of(&entry->row);
	return sync_put_flow(w, &flow);
}

/* What was begun is full, if it was. */
static bool begin(struct sync_writer *w, enum sync_type type, uint64_t now)
{
	if (w->type)
		store(w, now);
	if (sync_out_waiting() >= WAITING_MAX)
		return false;
	sync_begin(w, type, out.sessions->own, 0, 0);
	return true;
}

bool sync_out_entry(const struct sync_entry *entry, uint64_t now)
{
	struct sync_writer *w = &out.open[entry->persist ? OPEN_PERSISTS :
							   OPEN_FLOWS];

	if (w->type && put(w, entry))
		return true;
	return begin(w, entry->persist ? SYNC_PERSIST : SYNC_FLOWS, now) &&
	       put(w, entry);
}

bool sync_out_state(const struct sync_state *state, uint64_t now)
{
	struct sync_writer *w = &out.open[OPEN_STATES];

	if (w->type && sync_put_state(w, state))
		return true;
	return begin(w, SYNC_STATES, now) && sync_put_state(w, state);
}

void sync_out_flush(uint64_t now)
{
	size_t i;

	for (i = 0; i < OPEN_N; i++)
		if (out.open[i].type)
			store(&out.open[i], now);
}

struct sync_writer *sync_out_begin(enum sync_type type, uint64_t to,
				   uint64_t now)
{
	sync_out_flush(now);
	sync_begin(&out.single, type, out.sessions->own, to, 0);
	return &out.single;
}

uint64_t sync_out_end(uint64_t now)
{
	store(&out.single, now);
	return out.sessions->sequence;
}

void sync_out_again(uint64_t first, uint64_t last)
{
	uint64_t oldest = out.sessions->sequence < RING ? 1 :
			  out.sessions->sequence - RING + 1;

	if (first < oldest)
		first = oldest;
	if (last > out.sent)
		last = out.sent;
	if (first > last || out.n_again == AGAIN_MAX)
		return;
	out.again[out.n_again++] = (struct range){ first, last };
}

static bool send_slot(uint64_t sequence)
{
	struct slot *slot = &out.ring[sequence % RING];

	if (slot->sequence != sequence)
		return true;
	if (!sync_link_send(slot->buf, slot->len,
			    &out.show->counts[SYNC_SEND_FAILED]))
		return false;
	out.show->counts[SYNC_SENT]++;
	out.show->counts[SYNC_SENT_BYTES] += slot->len;
	return true;
}

/* What was asked for goes first: somebody waits for it. */
static bool send_next(void)
{
	struct range *r = &out.again[0];

	if (!out.n_again) {
		if (!send_slot(out.sent + 1))
			return false;
		out.sent++;
		return true;
	}
	if (!send_slot(r->next))
		return false;
	out.show->counts[SYNC_SENT_AGAIN]++;
	if (r->next++ == r->last)
		memmove(r, r + 1, --out.n_again * sizeof(*r));
	return true;
}

static void earn(uint64_t now)
{
	uint64_t earned = (now - out.tokens_at) * SYNC_RATE / 1000000;

	if (!earned)
		return;
	out.tokens_at = now;
	out.tokens += earned;
	if (out.tokens > BURST)
		out.tokens = BURST;
}

bool sync_out_pump(uint64_t now)
{
	earn(now);
	while (out.n_again || sync_out_waiting()) {
		if (!out.tokens || !send_next())
			return true;
		out.tokens--;
	}
	return false;
}
