// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes out of the state sync: in its order, bounded in memory and in bandwidth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync_link.h"
#include "sync_out.h"

#define S 1000000ULL
#define START (100 * S)
#define WAITING_MAX (SYNC_WINDOW / 2)
#define MOST 4096

static struct sync_sessions sessions;
static struct sync_show show;
static struct sync_key key;

/* The wire: the numbers that came by, and whether it takes any. */
static struct {
	bool full;
	uint64_t seen[MOST];
	size_t n;
} wire;

bool __wrap_sync_link_send(const uint8_t *data, size_t len, uint64_t *failed);

bool __wrap_sync_link_send(const uint8_t *data, size_t len, uint64_t *failed)
{
	struct sync_reader r;

	(void)failed;
	if (wire.full)
		return false;
	assert_in_range(len, 1, SYNC_MAX);
	assert_int_equal(sync_open(data, len, &key, &r), SYNC_ACCEPTED);
	assert_true(wire.n < MOST);
	wire.seen[wire.n++] = r.sequence;
	return true;
}

static int set_up(void **state)
{
	static const uint8_t secret[16] = "sixteen bytes...";

	(void)state;
	memset(&wire, 0, sizeof(wire));
	memset(&show, 0, sizeof(show));
	sync_sessions_init(&sessions, 7);
	if (sync_key_derive(&key, secret, sizeof(secret)))
		return -1;
	sync_out_open(&sessions, &key, &show);
	/* nothing is left over of the time before */
	sync_out_pump(START);
	return 0;
}

static struct sync_entry flow(uint16_t client_port)
{
	struct sync_entry entry = { 0 };
	struct dray_flow *f = &entry.row.flow;

	f->protocol = 6;
	f->client.family = f->vip.family = AF_INET;
	entry.row.srv.addr.family = AF_INET;
	f->client_port = client_port;
	return entry;
}

/* A datagram of its own for each. */
static void queue(unsigned int n, uint64_t now)
{
	struct sync_entry entry = flow(1);

	while (n--) {
		assert_true(sync_out_entry(&entry, now));
		sync_out_flush(now);
	}
}

static void entries_wait_for_each_other(void **state)
{
	struct sync_entry entry;
	uint16_t n;

	(void)state;
	for (n = 0; n < 40; n++) {
		entry = flow(n);
		assert_true(sync_out_entry(&entry, START));
	}
	assert_int_equal(sync_out_waiting(), 0);
	sync_out_flush(START);
	assert_int_equal(sync_out_waiting(), 1);
	assert_false(sync_out_pump(START + S));
	assert_int_equal(wire.n, 1);
	assert_int_equal(show.counts[SYNC_SENT], 1);
}

static void the_ring_is_full(void **state)
{
	struct sync_entry entry = flow(1);

	(void)state;
	wire.full = true;
	queue(WAITING_MAX, START);
	assert_false(sync_out_entry(&entry, START));
	assert_int_equal(sync_out_waiting(), WAITING_MAX);
	/* as soon as the wire takes some there is room again */
	wire.full = false;
	assert_true(sync_out_pump(START + S));
	assert_true(wire.n > 0);
	assert_true(sync_out_entry(&entry, START + S));
}

static void no_faster_than_the_rate(void **state)
{
	uint64_t now = START, end = START + S / 10;

	(void)state;
	for (; now < end; now += S / 1000) {
		if (sync_out_waiting() < WAITING_MAX / 2)
			queue(WAITING_MAX / 4, now);
		assert_true(sync_out_pump(now));
	}
	assert_in_range(wire.n, SYNC_RATE / 10 - SYNC_RATE / 500,
			SYNC_RATE / 10 + 64);
}

/* A long silence is not saved for a flood. */
static void a_burst_is_small(void **state)
{
	(void)state;
	queue(500, START);
	assert_true(sync_out_pump(START + 3600 * S));
	assert_int_equal(wire.n, 64);
}

static void in_their_order(void **state)
{
	size_t i;

	(void)state;
	queue(50, START);
	assert_false(sync_out_pump(START + S));
	for (i = 0; i < 50; i++)
		assert_int_equal(wire.seen[i], i + 1);
}

static void what_is_asked_for_goes_first(void **state)
{
	(void)state;
	queue(10, START);
	assert_false(sync_out_pump(START + S));
	queue(2, START + S);
	sync_out_again(3, 4);
	/* what was not sent yet cannot be missing */
	sync_out_again(11, 12);
	assert_false(sync_out_pump(START + 2 * S));
	assert_int_equal(wire.n, 14);
	assert_int_equal(wire.seen[10], 3);
	assert_int_equal(wire.seen[11], 4);
	assert_int_equal(wire.seen[12], 11);
	assert_int_equal(show.counts[SYNC_SENT_AGAIN], 2);
}

/* What has left the ring is not sent, however often somebody asks. */
static void no_longer_there(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SYNC_WINDOW + 100; i += 50) {
		queue(50, START + i * S);
		assert_false(sync_out_pump(START + (i + 1) * S));
	}
	wire.n = 0;
	for (i = 0; i < 100; i++)
		sync_out_again(1, 10);
	assert_false(sync_out_pump(START + 9999 * S));
	assert_int_equal(wire.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(entries_wait_for_each_other, set_up),
		cmocka_unit_test_setup(the_ring_is_full, set_up),
		cmocka_unit_test_setup(no_faster_than_the_rate, set_up),
		cmocka_unit_test_setup(a_burst_is_small, set_up),
		cmocka_unit_test_setup(in_their_order, set_up),
		cmocka_unit_test_setup(what_is_asked_for_goes_first, set_up),
		cmocka_unit_test_setup(no_longer_there, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
