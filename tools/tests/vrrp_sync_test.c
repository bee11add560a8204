// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams between directors, whom they are believed from, and what is missed. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "sync_compare.h"
#include "sync_session.h"

#define S 1000000ULL

static struct sync_key key;

static struct dray_addr ip(const char *text)
{
	struct dray_addr addr = { 0 };

	assert_true(dray_addr_parse(text, &addr));
	return addr;
}

static int make_key(void **state)
{
	static const uint8_t secret[16] = "0123456789abcdef";

	(void)state;
	return sync_key_derive(&key, secret, sizeof(secret));
}

static struct sync_flow some_flow(void)
{
	return (struct sync_flow){
		.protocol = 6,
		.state = 3,
		.flags = SYNC_ENTRY_ASSURED,
		.client = ip("203.0.113.7"),
		.vip = ip("192.168.0.200"),
		.server = ip("192.168.0.121"),
		.client_port = 40000,
		.vip_port = 80,
		.server_port = 80,
		.service_port = 80,
		.expires_ms = 900000,
	};
}

static struct sync_service some_service(void)
{
	return (struct sync_service){
		.protocol = 6,
		.port = 443,
		.addr = ip("2001:db8::200"),
	};
}

static struct sync_writer some_datagram(void)
{
	struct sync_flow flow = some_flow();
	struct sync_writer w;

	sync_begin(&w, SYNC_FLOWS, 11, 0, 1);
	assert_true(sync_put_flow(&w, &flow));
	sync_finish(&w, &key);
	return w;
}

static void keys(void **state)
{
	struct sync_key again, other;

	(void)state;
	sync_key_derive(&again, (const uint8_t *)"0123456789abcdef", 16);
	sync_key_derive(&other, (const uint8_t *)"0123456789abcdeg", 16);
	assert_memory_equal(key.mac, again.mac, sizeof(key.mac));
	assert_int_equal(key.number, again.number);
	assert_memory_not_equal(key.mac, other.mac, sizeof(key.mac));
	assert_int_not_equal(key.number, other.number);
}

/* The bytes are the same on every machine: two versions must agree. */
static void layout(void **state)
{
	static const uint8_t entry[] = {
		4, 6, 3, 1, 0x9c, 0x40, 0, 80, 0, 80, 0, 0, 0, 0,
		0, 0x0d, 0xbb, 0xa0, 203, 0, 113, 7, 192, 168, 0, 200,
		4, 192, 168, 0, 121, 0, 80,
	};
	struct sync_writer w = some_datagram();

	(void)state;
	assert_int_equal(w.len, SYNC_HEADER + sizeof(entry) + SYNC_MAC);
	assert_memory_equal(w.buf, "DRAY\2\2\0\1", 8);
	assert_int_equal(w.buf[23], 11);
	assert_int_equal(w.buf[39], 1);
	assert_memory_equal(w.buf + SYNC_HEADER, entry, sizeof(entry));
}

static void flows_are_read_back(void **state)
{
	struct sync_writer w = some_datagram(), again;
	struct sync_flow in = some_flow(), out;
	struct sync_reader r;

	(void)state;
	assert_int_equal(sync_open(w.buf, w.len, &key, &r), SYNC_ACCEPTED);
	assert_int_equal(r.type, SYNC_FLOWS);
	assert_int_equal(r.from, 11);
	assert_int_equal(r.sequence, 1);
	assert_true(sync_get_flow(&r, &out));
	assert_int_equal(dray_addr_cmp(&out.server, &in.server), 0);
	assert_int_equal(out.expires_ms, in.expires_ms);
	sync_begin(&again, SYNC_FLOWS, 11, 0, 1);
	assert_true(sync_put_flow(&again, &out));
	assert_int_equal(sync_finish(&again, &key), w.len);
	assert_memory_equal(again.buf, w.buf, w.len);
	assert_false(sync_get_flow(&r, &out));
}

static void persist_is_read_back(void **state)
{
	struct sync_persist out, in = {
		.service = some_service(),
		.client = ip("2001:db8:1::"),
		.server = ip("2001:db8::121"),
		.server_port = 443,
		.expires_ms = 5000,
	};
	struct sync_writer w;
	struct sync_reader r;

	(void)state;
	sync_begin(&w, SYNC_PERSIST, 11, 22, 7);
	assert_true(sync_put_persist(&w, &in));
	in.client = ip("10.0.0.1");		/* of the other family */
	assert_false(sync_put_persist(&w, &in));
	in.client = ip("2001:db8:2::");
	assert_true(sync_put_persist(&w, &in));
	sync_finish(&w, &key);
	assert_int_equal(sync_open(w.buf, w.len, &key, &r), SYNC_ACCEPTED);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.to, 22);
	assert_true(sync_get_persist(&r, &out));
	assert_true(sync_get_persist(&r, &out));
	assert_int_equal(dray_addr_cmp(&out.client, &in.client), 0);
	assert_int_equal(out.service.port, 443);
	assert_int_equal(out.expires_ms, 5000);
}

static void states_and_tables_are_read_back(void **state)
{
	struct sync_state state_out, state_in = {
		.service = { .fwmark = 7, .addr.family = AF_INET },
		.server = ip("192.168.0.121"),
		.server_port = 80,
		.state = 2,
		.flags = SYNC_STATE_INACTIVE,
		.live = 100000,
	};
	/* one who knows no flags reads a state, and as much of it */
	static const uint8_t entry[] = {
		4, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0,
		4, 192, 168, 0, 121, 0, 80, 0x12, 0, 1, 0x86, 0xa0,
	};
	struct sync_table table_out, table_in = {
		.service = some_service(),
		.fingerprint = 0x0123456789abcdefULL,
	};
	struct sync_writer w;
	struct sync_reader r;

	(void)state;
	sync_begin(&w, SYNC_STATES, 11, 0, 7);
	assert_true(sync_put_state(&w, &state_in));
	assert_int_equal(w.len, SYNC_HEADER + sizeof(entry));
	assert_memory_equal(w.buf + SYNC_HEADER, entry, sizeof(entry));
	sync_finish(&w, &key);
	assert_int_equal(sync_open(w.buf, w.len, &key, &r), SYNC_ACCEPTED);
	assert_true(sync_get_state(&r, &state_out));
	assert_int_equal(state_out.service.fwmark, 7);
	assert_int_equal(state_out.live, 100000);
	assert_int_equal(state_out.state, 2);
	assert_int_equal(state_out.flags, SYNC_STATE_INACTIVE);

	sync_begin(&w, SYNC_TABLES, 11, 0, 7);
	assert_true(sync_put_table(&w, &table_in));
	sync_finish(&w, &key);
	assert_int_equal(sync_open(w.buf, w.len, &key, &r), SYNC_ACCEPTED);
	assert_true(sync_get_table(&r, &table_out));
	assert_int_equal(table_out.fingerprint, table_in.fingerprint);
}

static void a_datagram_is_bounded(void **state)
{
	struct sync_flow flow = some_flow();
	struct sync_writer w;
	struct sync_reader r;
	unsigned int n = 0;

	(void)state;
	sync_begin(&w, SYNC_FLOWS, 11, 0, 1);
	while (sync_put_flow(&w, &flow))
		n++;
	assert_int_equal(n, (SYNC_MAX - SYNC_HEADER - SYNC_MAC) / 33);
	assert_true(sync_finish(&w, &key) <= SYNC_MAX);
	assert_int_equal(sync_open(w.buf, w.len, &key, &r), SYNC_ACCEPTED);
	assert_int_equal(r.count, n);
}

static void every_byte_counts(void **state)
{
	struct sync_writer w = some_datagram();
	struct sync_reader r;
	size_t i;

	(void)state;
	for (i = 0; i < w.len; i++) {
		w.buf[i] ^= 0x40;
		assert_int_equal(sync_open(w.buf, w.len, &key, &r),
				 i < 4 ? SYNC_REJECT_MAGIC :
				 i == 4 ? SYNC_REJECT_FORMAT :
				 i >= 8 && i < 12 ? SYNC_REJECT_KEY :
				 SYNC_REJECT_MAC);
		w.buf[i] ^= 0x40;
	}
	for (i = 0; i < w.len; i++)
		assert_int_not_equal(sync_open(w.buf, i, &key, &r),
				     SYNC_ACCEPTED);
	assert_int_equal(sync_open(w.buf, SYNC_MAX + 1, &key, &r),
			 SYNC_REJECT_LENGTH);
}

static void other_clusters(void **state)
{
	struct sync_writer w = some_datagram();
	struct sync_key other;
	struct sync_reader r;

	(void)state;
	sync_key_derive(&other, (const uint8_t *)"another", 7);
	assert_int_equal(sync_open(w.buf, w.len, &other, &r), SYNC_REJECT_KEY);
	other.number = key.number;
	assert_int_equal(sync_open(w.buf, w.len, &other, &r), SYNC_REJECT_MAC);
}

/* Well authenticated, and nonsense all the same. */
static void entries_that_make_no_sense(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum sync_reject verdict;
	} cases[] = {
		{ 5, 0, SYNC_REJECT_TYPE },
		{ 5, SYNC_N_TYPES, SYNC_REJECT_TYPE },
		{ 5, SYNC_HELLO, SYNC_REJECT_ENTRIES },
		{ 5, SYNC_DUMP_END, SYNC_REJECT_ENTRIES },
		{ SYNC_HEADER, 5, SYNC_REJECT_ENTRIES },	/* family */
		{ SYNC_HEADER, 6, SYNC_REJECT_ENTRIES },
		{ SYNC_HEADER + 3, 2, SYNC_REJECT_ENTRIES },	/* flag */
		{ SYNC_HEADER + 3, 0, SYNC_ACCEPTED },
	};
	struct sync_writer w;
	struct sync_reader r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w = some_datagram();
		w.len -= SYNC_MAC;
		w.buf[cases[i].at] = cases[i].value;
		sync_finish(&w, &key);
		assert_int_equal(sync_open(w.buf, w.len, &key, &r),
				 cases[i].verdict);
	}
	w = some_datagram();
	w.len -= SYNC_MAC;
	w.count = 2;
	sync_finish(&w, &key);
	assert_int_equal(sync_open(w.buf, w.len, &key, &r),
			 SYNC_REJECT_ENTRIES);
}

/* Two directors that speak to each other in virtual time. */
struct pair {
	struct sync_sessions a, b;
	uint64_t now;
};

static struct sync_writer hello(struct sync_sessions *s, uint64_t now)
{
	const struct sync_hello content = { .config = s->own };
	struct sync_writer w;

	sync_begin(&w, SYNC_HELLO, s->own, 0, sync_next(s, now));
	sync_put_hello(&w, &content);
	sync_put_receipts(s, &w);
	sync_finish(&w, &key);
	return w;
}

static struct sync_writer flows(struct sync_sessions *s, uint64_t now)
{
	struct sync_flow flow = some_flow();
	struct sync_writer w;

	sync_begin(&w, SYNC_FLOWS, s->own, 0, sync_next(s, now));
	sync_put_flow(&w, &flow);
	sync_finish(&w, &key);
	return w;
}

static enum sync_reject give(struct sync_sessions *s,
			     const struct sync_writer *w, uint64_t now)
{
	struct sync_reader r;

	return sync_judge(s, sync_open(w->buf, w->len, &key, &r), &r, now);
}

static enum sync_reject hellos(struct pair *p)
{
	struct sync_writer w = hello(&p->a, p->now);

	give(&p->b, &w, p->now);
	w = hello(&p->b, p->now);
	p->now += S;
	return give(&p->a, &w, p->now);
}

static void set_up(struct pair *p)
{
	p->now = 1000 * S;
	sync_sessions_init(&p->a, 11);
	sync_sessions_init(&p->b, 22);
	assert_int_equal(hellos(p), SYNC_ACCEPTED);
	assert_int_equal(hellos(p), SYNC_ACCEPTED);
}

static void a_session_proves_itself(void **state)
{
	struct sync_sessions a, b;
	struct sync_writer w;

	(void)state;
	sync_sessions_init(&a, 11);
	sync_sessions_init(&b, 22);
	w = flows(&a, S);
	assert_int_equal(give(&b, &w, S), SYNC_REJECT_SESSION);
	w = hello(&a, S);
	assert_int_equal(give(&b, &w, S), SYNC_REJECT_SESSION);
	assert_null(sync_session_lookup(&b, 11));
	w = hello(&b, S);
	assert_int_equal(give(&a, &w, S), SYNC_ACCEPTED);
	assert_non_null(sync_session_lookup(&a, 22));
	w = hello(&a, S);
	assert_int_equal(give(&b, &w, S), SYNC_ACCEPTED);
	assert_int_equal(sync_session_lookup(&b, 11)->hello.config, 11);
	w = flows(&a, S);
	assert_int_equal(give(&b, &w, S), SYNC_ACCEPTED);
	assert_int_equal(give(&a, &w, S), SYNC_REJECT_OWN);
	assert_int_equal(b.accepted, 2);
	assert_int_equal(b.rejected[SYNC_REJECT_SESSION], 2);
}

static void a_replay_is_refused(void **state)
{
	struct sync_writer first, w;
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	first = flows(&p.a, p.now);
	assert_int_equal(give(&p.b, &first, p.now), SYNC_ACCEPTED);
	assert_int_equal(give(&p.b, &first, p.now), SYNC_REJECT_REPLAYED);
	for (i = 0; i < SYNC_WINDOW; i++) {
		w = flows(&p.a, p.now);
		assert_int_equal(give(&p.b, &w, p.now), SYNC_ACCEPTED);
	}
	assert_int_equal(give(&p.b, &first, p.now), SYNC_REJECT_OLD);
	assert_false(sync_session_lookup(&p.b, 11)->overrun);
}

/* The receiver has restarted: what was stored proves nothing to it. */
static void a_replay_over_our_restart(void **state)
{
	struct sync_writer w;
	struct pair p;

	(void)state;
	set_up(&p);
	w = hello(&p.a, p.now);
	sync_sessions_init(&p.b, 33);
	assert_int_equal(give(&p.b, &w, p.now), SYNC_REJECT_SESSION);
}

/* The sender has restarted: its earlier session can not be played again. */
static void a_replay_over_the_peers_restart(void **state)
{
	struct sync_writer w;
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	w = hello(&p.a, p.now);
	give(&p.b, &w, p.now);
	sync_sessions_init(&p.a, 44);
	for (i = 0; i < 60; i++)
		hellos(&p);
	assert_non_null(sync_session_lookup(&p.b, 44));
	assert_null(sync_session_lookup(&p.b, 11));
	assert_int_equal(give(&p.b, &w, p.now), SYNC_REJECT_SESSION);
	assert_null(sync_session_lookup(&p.b, 11));
}

static void out_of_order(void **state)
{
	struct sync_writer w[8];
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	for (i = 0; i < 8; i++)
		w[i] = flows(&p.a, p.now);
	for (i = 7; i >= 0; i--)
		assert_int_equal(give(&p.b, &w[i], p.now), SYNC_ACCEPTED);
}

static void gaps(void **state)
{
	const struct sync_session *a;
	struct sync_writer w[10];
	struct sync_gap gap;
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	a = sync_session_lookup(&p.b, 11);
	assert_false(sync_session_gap(a, 0, &gap));
	for (i = 0; i < 10; i++) {
		w[i] = flows(&p.a, p.now);
		if (i != 2 && i != 3 && i != 7)
			give(&p.b, &w[i], p.now);
	}
	assert_true(sync_session_gap(a, 0, &gap));
	assert_int_equal(gap.session, 11);
	assert_int_equal(gap.last - gap.first, 1);
	assert_true(sync_session_gap(a, gap.last, &gap));
	assert_int_equal(gap.last, gap.first);
	assert_false(sync_session_gap(a, gap.last, &gap));
	for (i = 0; i < 10; i++)
		give(&p.b, &w[i], p.now);
	assert_false(sync_session_gap(a, 0, &gap));
	assert_int_equal(p.b.rejected[SYNC_REJECT_REPLAYED], 7);
}

static void a_gap_too_wide(void **state)
{
	struct sync_session *a;
	struct sync_writer w;
	struct sync_gap gap;
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	a = sync_session_lookup(&p.b, 11);
	p.a.sequence += SYNC_WINDOW * 3;
	w = flows(&p.a, p.now);
	assert_int_equal(give(&p.b, &w, p.now), SYNC_ACCEPTED);
	assert_true(a->overrun);
	assert_true(sync_session_gap(a, 0, &gap));
	assert_int_equal(gap.last - gap.first, SYNC_WINDOW - 2);
	/* one that is lost slides out of the window later */
	a->overrun = false;
	for (i = 0; i < SYNC_WINDOW - 1; i++) {
		w = flows(&p.a, p.now);
		give(&p.b, &w, p.now);
	}
	assert_true(a->overrun);
	assert_false(sync_session_gap(a, 0, &gap));
}

/* What the peer has of ours, for a change that waits for it. */
static void receipts(void **state)
{
	struct sync_writer lost;
	uint64_t sequence;
	struct pair p;

	(void)state;
	set_up(&p);
	lost = flows(&p.a, p.now);
	sequence = p.a.sequence;
	hellos(&p);
	hellos(&p);
	assert_int_equal(sync_session_lookup(&p.a, 22)->receipt, sequence - 1);
	give(&p.b, &lost, p.now);
	hellos(&p);
	assert_int_equal(sync_session_lookup(&p.a, 22)->receipt,
			 p.a.sequence);
}

static void strangers_push_out_nobody(void **state)
{
	struct sync_sessions stranger;
	struct sync_writer w;
	struct pair p;
	int i;

	(void)state;
	set_up(&p);
	for (i = 0; i < 100; i++) {
		sync_sessions_init(&stranger, 1000 + i);
		w = hello(&stranger, p.now);
		assert_int_equal(give(&p.b, &w, p.now), SYNC_REJECT_SESSION);
	}
	assert_non_null(sync_session_lookup(&p.b, 11));
	w = hello(&p.b, p.now);			/* with 16 receipts */
	assert_int_equal(give(&p.a, &w, p.now), SYNC_ACCEPTED);
	w = flows(&p.a, p.now + SYNC_SILENT_US);
	assert_int_equal(give(&p.b, &w, p.now + SYNC_SILENT_US),
			 SYNC_REJECT_SESSION);
}

/* Who comes back after a silence may have told others what nobody will tell again. */
static void met_again(void **state)
{
	struct sync_writer w;
	uint64_t met, later;
	struct pair p;

	(void)state;
	set_up(&p);
	met = sync_session_lookup(&p.b, 11)->met;
	w = flows(&p.a, p.now);
	assert_int_equal(give(&p.b, &w, p.now), SYNC_ACCEPTED);
	assert_int_equal(sync_session_lookup(&p.b, 11)->met, met);
	later = p.now + SYNC_SILENT_US;
	w = hello(&p.b, later);
	give(&p.a, &w, later);
	w = hello(&p.a, later);
	give(&p.b, &w, later);
	w = hello(&p.b, later + 1);
	give(&p.a, &w, later + 1);
	w = hello(&p.a, later + 2);
	assert_int_equal(give(&p.b, &w, later + 2), SYNC_ACCEPTED);
	assert_int_not_equal(sync_session_lookup(&p.b, 11)->met, met);
}

static void rejections_have_words(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SYNC_N_REJECTS; i++) {
		assert_non_null(sync_reject_name(i));
		assert_non_null(sync_reject_text(i));
	}
}

#define T(name, f) { name, f, NULL, NULL, NULL }

/* The fingerprints cannot tell: 0 is that of a director that knows none yet. */
static void versions_of_tables(void **state)
{
	static const struct {
		uint32_t here, there;
		bool differs;
	} cases[] = { { 1, 1, false }, { 1, 2, true }, { 1, 0, false },
		      { 2, 1, true }, { 0, 1, false } };
	struct sync_peer_state show = { 0 };
	struct sync_compare compare = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sync_hello hello = { .tables = cases[i].there };

		sync_compare_version(cases[i].here);
		sync_compare_look(&compare, &hello, &show, i);
		assert_int_equal(show.differs, cases[i].differs);
	}
}

/* A fuzzer that begins with what is rejected at once finds little. */
static void seeds_of_the_fuzzer(void **state)
{
	uint8_t buf[1 + SYNC_MAX];
	struct sync_key fuzzed;
	struct sync_reader r;
	glob_t found;
	size_t i, n;
	FILE *file;

	(void)state;
	sync_key_derive(&fuzzed, (const uint8_t *)"key", 3);
	assert_int_equal(glob("tests/corpus/vrrp_sync/*", 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		file = fopen(found.gl_pathv[i], "r");
		assert_non_null(file);
		n = fread(buf, 1, sizeof(buf), file);
		fclose(file);
		assert_int_equal(sync_open(buf + 1, n - 1, &fuzzed, &r),
				 SYNC_ACCEPTED);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T("keys", keys),
		T("layout", layout),
		T("flows are read back", flows_are_read_back),
		T("persistent clients are read back", persist_is_read_back),
		T("states and tables are read back", states_and_tables_are_read_back),
		T("a datagram is bounded", a_datagram_is_bounded),
		T("every byte counts", every_byte_counts),
		T("other clusters", other_clusters),
		T("entries that make no sense", entries_that_make_no_sense),
		T("a session proves itself", a_session_proves_itself),
		T("a replay is refused", a_replay_is_refused),
		T("a replay over our restart", a_replay_over_our_restart),
		T("a replay over the peer's restart", a_replay_over_the_peers_restart),
		T("out of order", out_of_order),
		T("gaps", gaps),
		T("a gap too wide", a_gap_too_wide),
		T("receipts", receipts),
		T("strangers push out nobody", strangers_push_out_nobody),
		T("met again after a silence", met_again),
		T("rejections have words", rejections_have_words),
		T("versions of tables", versions_of_tables),
		T("seeds of the fuzzer", seeds_of_the_fuzzer),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
