// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams between directors as bytes.  Entries have no lengths of their own:
 * their family says how long they are.  An entry that is not understood makes
 * the whole datagram rejected, so that none is acted upon by half.
 */
#include "sync_packet.h"

#include <sodium.h>
#include <string.h>
#include <sys/socket.h>

enum {
	AT_FORMAT = 4,
	AT_TYPE = 5,
	AT_COUNT = 6,
	AT_KEY = 8,
	AT_FROM = 16,
	AT_TO = 24,
	AT_SEQUENCE = 32,

	/* numbers of crypto_kdf subkeys */
	SUBKEY_MAC = 1,
	SUBKEY_NUMBER = 2,

	KNOWN_HELLO = SYNC_HELLO_MASTER | SYNC_HELLO_IN_SYNC |
		      SYNC_HELLO_ASKS,
	KNOWN_ENTRY = SYNC_ENTRY_ASSURED,
};

static const uint8_t magic[4] = { 'D', 'R', 'A', 'Y' };

static void store(uint8_t *p, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		p[bytes] = value & 0xff;
		value >>= 8;
	}
}

static uint64_t load(const uint8_t *p, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

int sync_key_derive(struct sync_key *key, const uint8_t *secret, size_t len)
{
	static const char context[crypto_kdf_CONTEXTBYTES] = {
		'd', 'r', 'a', 'y', 's', 'y', 'n', 'c'
	};
	uint8_t root[crypto_kdf_KEYBYTES], number[crypto_kdf_BYTES_MIN];

	if (sodium_init() < 0)
		return -1;
	crypto_generichash(root, sizeof(root), secret, len, NULL, 0);
	crypto_kdf_derive_from_key(key->mac, sizeof(key->mac), SUBKEY_MAC,
				   context, root);
	crypto_kdf_derive_from_key(number, sizeof(number), SUBKEY_NUMBER,
				   context, root);
	key->number = load(number, 4);
	sodium_memzero(root, sizeof(root));
	return 0;
}

/* Writing: an entry that does not fit sets full, and is taken back. */
struct put {
	struct sync_writer *w;
	size_t start;
	bool full;
};

static struct put put_entry(struct sync_writer *w)
{
	return (struct put){ .w = w, .start = w->len };
}

static bool put_done(struct put *p)
{
	if (p->full)
		p->w->len = p->start;
	else
		p->w->count++;
	return !p->full;
}

static uint8_t *put_room(struct put *p, size_t bytes)
{
	uint8_t *at = p->w->buf + p->w->len;

	if (p->full || p->w->len + bytes + SYNC_MAC > SYNC_MAX) {
		p->full = true;
		return NULL;
	}
	p->w->len += bytes;
	return at;
}

static void put_number(struct put *p, uint64_t value, unsigned int bytes)
{
	uint8_t *at = put_room(p, bytes);

	if (at)
		store(at, value, bytes);
}

static void put_addr(struct put *p, const struct dray_addr *addr,
		     uint8_t family)
{
	uint8_t *at;

	if (addr->family != family) {
		p->full = true;
		return;
	}
	at = put_room(p, dray_addr_len(addr));
	if (at)
		memcpy(at, addr->bytes, dray_addr_len(addr));
}

/* 4 or 6: AF_INET6 is not the same number everywhere. */
static void put_family(struct put *p, uint8_t family)
{
	put_number(p, family == AF_INET6 ? 6 : 4, 1);
}

/* A server may be of another family than its clients. */
static void put_server(struct put *p, const struct dray_addr *addr,
		       uint16_t port)
{
	put_family(p, addr->family);
	put_addr(p, addr, addr->family == AF_INET6 ? AF_INET6 : AF_INET);
	put_number(p, port, 2);
}

static void put_service(struct put *p, const struct sync_service *service)
{
	put_family(p, service->addr.family);
	put_number(p, service->protocol, 1);
	put_number(p, service->port, 2);
	put_number(p, service->fwmark, 4);
	put_addr(p, &service->addr, service->addr.family == AF_INET6 ?
				    AF_INET6 : AF_INET);
}

void sync_begin(struct sync_writer *w, enum sync_type type, uint64_t from,
		uint64_t to, uint64_t sequence)
{
	memset(w->buf, 0, SYNC_HEADER);
	memcpy(w->buf, magic, sizeof(magic));
	w->buf[AT_FORMAT] = SYNC_FORMAT;
	w->buf[AT_TYPE] = type;
	store(w->buf + AT_FROM, from, 8);
	store(w->buf + AT_TO, to, 8);
	store(w->buf + AT_SEQUENCE, sequence, 8);
	w->len = SYNC_HEADER;
	w->count = 0;
	w->type = type;
}

void sync_number(struct sync_writer *w, uint64_t sequence)
{
	store(w->buf + AT_SEQUENCE, sequence, 8);
}

/* What precedes the entries is not counted as one. */
bool sync_put_hello(struct sync_writer *w, const struct sync_hello *hello)
{
	struct put p = put_entry(w);

	put_number(&p, hello->config, 8);
	put_number(&p, hello->generation, 8);
	put_number(&p, hello->flags, 4);
	put_number(&p, hello->tables, 4);
	return !p.full;
}

bool sync_put_heard(struct sync_writer *w, const struct sync_heard *heard)
{
	struct put p = put_entry(w);

	put_number(&p, heard->session, 8);
	put_number(&p, heard->latest, 8);
	put_number(&p, heard->all_until, 8);
	return put_done(&p);
}

bool sync_put_flow(struct sync_writer *w, const struct sync_flow *flow)
{
	uint8_t family = flow->client.family == AF_INET6 ? AF_INET6 : AF_INET;
	struct put p = put_entry(w);

	put_family(&p, family);
	put_number(&p, flow->protocol, 1);
	put_number(&p, flow->state, 1);
	put_number(&p, flow->flags, 1);
	put_number(&p, flow->client_port, 2);
	put_number(&p, flow->vip_port, 2);
	put_number(&p, flow->service_port, 2);
	put_number(&p, flow->fwmark, 4);
	put_number(&p, flow->expires_ms, 4);
	put_addr(&p, &flow->client, family);
	put_addr(&p, &flow->vip, family);
	put_server(&p, &flow->server, flow->server_port);
	return put_done(&p);
}

bool sync_put_persist(struct sync_writer *w, const struct sync_persist *persist)
{
	uint8_t family = persist->service.addr.family;
	struct put p = put_entry(w);

	put_service(&p, &persist->service);
	put_addr(&p, &persist->client, family);
	put_server(&p, &persist->server, persist->server_port);
	put_number(&p, persist->flags, 1);
	put_number(&p, persist->expires_ms, 4);
	return put_done(&p);
}

bool sync_put_state(struct sync_writer *w, const struct sync_state *state)
{
	struct put p = put_entry(w);

	put_service(&p, &state->service);
	put_server(&p, &state->server, state->server_port);
	put_number(&p, (state->state & 0xf) | state->flags << 4, 1);
	put_number(&p, state->live, 4);
	return put_done(&p);
}

bool sync_put_table(struct sync_writer *w, const struct sync_table *table)
{
	struct put p = put_entry(w);

	put_service(&p, &table->service);
	put_number(&p, table->fingerprint, 8);
	return put_done(&p);
}

bool sync_put_gap(struct sync_writer *w, const struct sync_gap *gap)
{
	struct put p = put_entry(w);

	put_number(&p, gap->session, 8);
	put_number(&p, gap->first, 8);
	put_number(&p, gap->last, 8);
	return put_done(&p);
}

bool sync_put_dump(struct sync_writer *w, const struct sync_dump *dump)
{
	struct put p = put_entry(w);

	put_number(&p, dump->number, 8);
	put_number(&p, dump->datagrams, 8);
	return put_done(&p);
}

size_t sync_finish(struct sync_writer *w, const struct sync_key *key)
{
	store(w->buf + AT_COUNT, w->count, 2);
	store(w->buf + AT_KEY, key->number, 4);
	crypto_auth(w->buf + w->len, w->buf, w->len, key->mac);
	w->len += SYNC_MAC;
	return w->len;
}

/* Reading: once failed, everything reads as zero. */
struct get {
	struct sync_reader *r;
	bool failed;
};

static const uint8_t *get_bytes(struct get *g, size_t bytes)
{
	const uint8_t *at = g->r->at;

	if (g->failed || (size_t)(g->r->end - at) < bytes) {
		g->failed = true;
		return NULL;
	}
	g->r->at += bytes;
	return at;
}

static uint64_t get_number(struct get *g, unsigned int bytes)
{
	const uint8_t *at = get_bytes(g, bytes);

	return at ? load(at, bytes) : 0;
}

static void get_addr(struct get *g, struct dray_addr *addr, uint8_t family)
{
	const uint8_t *at;

	*addr = (struct dray_addr){ .family = family };
	at = get_bytes(g, dray_addr_len(addr));
	if (at)
		memcpy(addr->bytes, at, dray_addr_len(addr));
}

static uint8_t get_family(struct get *g)
{
	uint64_t number = get_number(g, 1);

	g->failed |= number != 4 && number != 6;
	return number == 6 ? AF_INET6 : AF_INET;
}

static void get_server(struct get *g, struct dray_addr *addr, uint16_t *port)
{
	get_addr(g, addr, get_family(g));
	*port = get_number(g, 2);
}

static uint8_t get_service(struct get *g, struct sync_service *service)
{
	uint8_t family = get_family(g);

	service->protocol = get_number(g, 1);
	service->port = get_number(g, 2);
	service->fwmark = get_number(g, 4);
	get_addr(g, &service->addr, family);
	return family;
}

bool sync_get_hello(struct sync_reader *r, struct sync_hello *hello)
{
	struct get g = { .r = r };

	hello->config = get_number(&g, 8);
	hello->generation = get_number(&g, 8);
	hello->flags = get_number(&g, 4);
	hello->tables = get_number(&g, 4);
	return !g.failed && !(hello->flags & ~KNOWN_HELLO);
}

bool sync_get_heard(struct sync_reader *r, struct sync_heard *heard)
{
	struct get g = { .r = r };

	heard->session = get_number(&g, 8);
	heard->latest = get_number(&g, 8);
	heard->all_until = get_number(&g, 8);
	return !g.failed;
}

bool sync_get_flow(struct sync_reader *r, struct sync_flow *flow)
{
	struct get g = { .r = r };
	uint8_t family = get_family(&g);

	flow->protocol = get_number(&g, 1);
	flow->state = get_number(&g, 1);
	flow->flags = get_number(&g, 1);
	flow->client_port = get_number(&g, 2);
	flow->vip_port = get_number(&g, 2);
	flow->service_port = get_number(&g, 2);
	flow->fwmark = get_number(&g, 4);
	flow->expires_ms = get_number(&g, 4);
	get_addr(&g, &flow->client, family);
	get_addr(&g, &flow->vip, family);
	get_server(&g, &flow->server, &flow->server_port);
	return !g.failed && !(flow->flags & ~KNOWN_ENTRY);
}

bool sync_get_persist(struct sync_reader *r, struct sync_persist *persist)
{
	struct get g = { .r = r };
	uint8_t family = get_service(&g, &persist->service);

	get_addr(&g, &persist->client, family);
	get_server(&g, &persist->server, &persist->server_port);
	persist->flags = get_number(&g, 1);
	persist->expires_ms = get_number(&g, 4);
	return !g.failed && !(persist->flags & ~KNOWN_ENTRY);
}

bool sync_get_state(struct sync_reader *r, struct sync_state *state)
{
	struct get g = { .r = r };
	uint8_t both;

	get_service(&g, &state->service);
	get_server(&g, &state->server, &state->server_port);
	both = get_number(&g, 1);
	state->state = both & 0xf;
	state->flags = both >> 4;
	state->live = get_number(&g, 4);
	return !g.failed;
}

bool sync_get_table(struct sync_reader *r, struct sync_table *table)
{
	struct get g = { .r = r };

	get_service(&g, &table->service);
	table->fingerprint = get_number(&g, 8);
	return !g.failed;
}

bool sync_get_gap(struct sync_reader *r, struct sync_gap *gap)
{
	struct get g = { .r = r };

	gap->session = get_number(&g, 8);
	gap->first = get_number(&g, 8);
	gap->last = get_number(&g, 8);
	return !g.failed && gap->first <= gap->last;
}

bool sync_get_dump(struct sync_reader *r, struct sync_dump *dump)
{
	struct get g = { .r = r };

	dump->number = get_number(&g, 8);
	dump->datagrams = get_number(&g, 8);
	return !g.failed;
}

union entry {
	struct sync_heard heard;
	struct sync_flow flow;
	struct sync_persist persist;
	struct sync_state state;
	struct sync_table table;
	struct sync_gap gap;
	struct sync_dump dump;
};

static bool skip_entry(struct sync_reader *r)
{
	union entry e;

	switch (r->type) {
	case SYNC_HELLO:
		return sync_get_heard(r, &e.heard);
	case SYNC_FLOWS:
		return sync_get_flow(r, &e.flow);
	case SYNC_PERSIST:
		return sync_get_persist(r, &e.persist);
	case SYNC_STATES:
		return sync_get_state(r, &e.state);
	case SYNC_TABLES:
		return sync_get_table(r, &e.table);
	case SYNC_GAPS:
		return sync_get_gap(r, &e.gap);
	case SYNC_DUMP_BEGIN:
	case SYNC_DUMP_END:
		return sync_get_dump(r, &e.dump);
	default:
		return false;
	}
}

/* As many entries as it says, and not a byte more. */
static bool entries_are_whole(struct sync_reader r)
{
	struct sync_hello hello;
	uint16_t i;

	if (r.type == SYNC_HELLO && !sync_get_hello(&r, &hello))
		return false;
	for (i = 0; i < r.count; i++)
		if (!skip_entry(&r))
			return false;
	if (r.type >= SYNC_DUMP_BEGIN && r.count != 1)
		return false;
	return r.at == r.end;
}

enum sync_reject sync_open(const uint8_t *buf, size_t len,
			   const struct sync_key *key, struct sync_reader *r)
{
	if (len < SYNC_HEADER + SYNC_MAC || len > SYNC_MAX)
		return SYNC_REJECT_LENGTH;
	if (memcmp(buf, magic, sizeof(magic)))
		return SYNC_REJECT_MAGIC;
	if (buf[AT_FORMAT] != SYNC_FORMAT)
		return SYNC_REJECT_FORMAT;
	if (load(buf + AT_KEY, 4) != key->number)
		return SYNC_REJECT_KEY;
	len -= SYNC_MAC;
	if (crypto_auth_verify(buf + len, buf, len, key->mac))
		return SYNC_REJECT_MAC;
	*r = (struct sync_reader){
		.type = buf[AT_TYPE],
		.count = load(buf + AT_COUNT, 2),
		.from = load(buf + AT_FROM, 8),
		.to = load(buf + AT_TO, 8),
		.sequence = load(buf + AT_SEQUENCE, 8),
		.at = buf + SYNC_HEADER,
		.end = buf + len,
	};
	if (!r->type || r->type >= SYNC_N_TYPES)
		return SYNC_REJECT_TYPE;
	return entries_are_whole(*r) ? SYNC_ACCEPTED : SYNC_REJECT_ENTRIES;
}
