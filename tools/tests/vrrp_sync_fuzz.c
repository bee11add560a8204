// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what reads datagrams of other directors.  The first byte says whether
 * header and authentication are made right, or next to nothing would get past
 * them.  What was accepted and read must be the same bytes when written again.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "sync_session.h"

static struct sync_key key;
static struct sync_sessions sessions;

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void make_right(uint8_t *buf, size_t len)
{
	if (len < SYNC_HEADER + SYNC_MAC)
		return;
	memcpy(buf, "DRAY", 4);
	buf[4] = SYNC_FORMAT;
	buf[8] = key.number >> 24;
	buf[9] = key.number >> 16;
	buf[10] = key.number >> 8;
	buf[11] = key.number;
	memset(buf + 12, 0, 4);
	len -= SYNC_MAC;
	crypto_auth(buf + len, buf, len, key.mac);
}

/* Return: false at the end. */
static bool copy_entry(struct sync_reader *r, struct sync_writer *w)
{
	union {
		struct sync_heard heard;
		struct sync_flow flow;
		struct sync_persist persist;
		struct sync_state state;
		struct sync_table table;
		struct sync_gap gap;
		struct sync_dump dump;
	} e;

	switch (r->type) {
	case SYNC_HELLO:
		return sync_get_heard(r, &e.heard) && sync_put_heard(w, &e.heard);
	case SYNC_FLOWS:
		return sync_get_flow(r, &e.flow) && sync_put_flow(w, &e.flow);
	case SYNC_PERSIST:
		return sync_get_persist(r, &e.persist) &&
		       sync_put_persist(w, &e.persist);
	case SYNC_STATES:
		return sync_get_state(r, &e.state) && sync_put_state(w, &e.state);
	case SYNC_TABLES:
		return sync_get_table(r, &e.table) && sync_put_table(w, &e.table);
	case SYNC_GAPS:
		return sync_get_gap(r, &e.gap) && sync_put_gap(w, &e.gap);
	default:
		return sync_get_dump(r, &e.dump) && sync_put_dump(w, &e.dump);
	}
}

static void check_round_trip(struct sync_reader r, const uint8_t *buf,
			     size_t len)
{
	static struct sync_writer w;
	struct sync_hello hello;

	sync_begin(&w, r.type, r.from, r.to, r.sequence);
	if (r.type == SYNC_HELLO)
		must(sync_get_hello(&r, &hello) && sync_put_hello(&w, &hello));
	while (copy_entry(&r, &w))
		;
	must(r.at == r.end && w.count == r.count);
	must(sync_finish(&w, &key) == len && !memcmp(w.buf, buf, len));
}

static void check_gaps(void)
{
	const struct sync_session *p;
	struct sync_gap gap;
	uint64_t after;

	for (p = sessions.peers; p < sessions.peers + SYNC_SESSIONS; p++)
		for (after = 0; p->believed && sync_session_gap(p, after, &gap);
		     after = gap.last)
			must(gap.first > after && gap.last >= gap.first &&
			     gap.last < p->latest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t now;
	struct sync_reader r;
	enum sync_reject verdict;
	uint8_t *buf;

	if (!size)
		return 0;
	if (!sessions.own) {
		sync_key_derive(&key, (const uint8_t *)"key", 3);
		sync_sessions_init(&sessions, 1);
	}
	buf = malloc(size);
	memcpy(buf, data + 1, --size);
	if (data[0] & 1)
		make_right(buf, size);
	verdict = sync_open(buf, size, &key, &r);
	if (verdict == SYNC_ACCEPTED)
		check_round_trip(r, buf, size);
	now += (data[0] >> 1) * 100000ULL;
	sync_next(&sessions, now);
	sync_judge(&sessions, verdict, &r, now);
	check_gaps();
	free(buf);
	return 0;
}
