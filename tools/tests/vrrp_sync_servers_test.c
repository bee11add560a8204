// SPDX-License-Identifier: GPL-2.0-or-later
/* States and counts of servers: what is told, how often, and no more than may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync_link.h"
#include "sync_out.h"
#include "sync_owns.h"
#include "sync_servers.h"

#define S 1000000ULL
#define START (100 * S)
#define MOST 2048

static struct sync_sessions sessions;
static struct sync_show show;
static struct sync_key key;

/* The module: so many servers alike, in pieces of ten. */
static struct {
	struct dray_flow_row row;
	unsigned int n, at, rounds;
	uint64_t now;
	bool ours;
} module;

/* The wire: how many entries came by, and the last. */
static struct {
	unsigned int n;
	struct sync_state last;
} wire;

bool __wrap_sync_link_send(const uint8_t *data, size_t len, uint64_t *failed);
bool __wrap_sync_owns(const struct dray_addr *vip, uint64_t now);
int __wrap_sync_module_servers(void);
int __wrap_sync_module_servers_piece(void);

bool __wrap_sync_link_send(const uint8_t *data, size_t len, uint64_t *failed)
{
	struct sync_state state;
	struct sync_reader r;

	(void)failed;
	assert_int_equal(sync_open(data, len, &key, &r), SYNC_ACCEPTED);
	assert_int_equal(r.type, SYNC_STATES);
	for (; sync_get_state(&r, &state); wire.n++)
		wire.last = state;
	return true;
}

bool __wrap_sync_owns(const struct dray_addr *vip, uint64_t now)
{
	(void)vip;
	(void)now;
	return module.ours;
}

int __wrap_sync_module_servers(void)
{
	module.at = 0;
	module.rounds++;
	return 0;
}

int __wrap_sync_module_servers_piece(void)
{
	unsigned int i;

	for (i = 0; i < 10 && module.at < module.n; i++, module.at++)
		sync_servers_tell(&module.row, module.now);
	return module.at == module.n;
}

static int set_up(void **state)
{
	static const uint8_t secret[16] = "sixteen bytes...";

	(void)state;
	memset(&wire, 0, sizeof(wire));
	memset(&show, 0, sizeof(show));
	memset(&module, 0, sizeof(module));
	module.n = 1;
	module.ours = true;
	module.row.svc.key = (struct dray_key){ .family = AF_INET, .protocol = 6,
						.port = 80 };
	module.row.svc.key.addr.family = AF_INET;
	module.row.srv.addr.family = AF_INET;
	module.row.srv.state = 2;
	module.row.srv.active = 7;
	module.row.srv.inactive = 9;
	sync_sessions_init(&sessions, 7);
	if (sync_key_derive(&key, secret, sizeof(secret)))
		return -1;
	sync_out_open(&sessions, &key, &show);
	sync_servers_open(&show);
	sync_servers_stop();
	return 0;
}

/* All turns of one second, of which each case has some of its own. */
static void second(void)
{
	static uint64_t now = START;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		module.now = now + i * 1000;
		assert_int_equal(sync_servers_pump(true, module.now), 0);
		sync_out_pump(module.now);
	}
	now += S;
}

static void once_a_second(void **state)
{
	(void)state;
	second();
	assert_int_equal(wire.n, 1);
	assert_int_equal(wire.last.state, 2);
	assert_int_equal(wire.last.flags, 0);
	assert_int_equal(wire.last.live, 7);
	second();
	assert_int_equal(wire.n, 2);
	assert_int_equal(show.counts[SYNC_TOLD_SERVERS], 2);
}

static void inactive_where_they_count(void **state)
{
	(void)state;
	module.row.srv.u_threshold = 100;
	second();
	assert_int_equal(wire.n, 2);
	assert_int_equal(wire.last.flags, SYNC_STATE_INACTIVE);
	assert_int_equal(wire.last.live, 9);
	module.row.srv.u_threshold = 0;
	module.row.svc.key.protocol = 17;
	second();
	assert_int_equal(wire.n, 4);
	assert_int_equal(wire.last.live, 9);
}

static void not_of_others(void **state)
{
	(void)state;
	module.ours = false;
	second();
	assert_int_equal(module.rounds, 1);
	assert_int_equal(wire.n, 0);
}

static void no_more_than_the_module_takes(void **state)
{
	(void)state;
	module.row.srv.active = UINT32_MAX;
	second();
	assert_int_equal(wire.last.live, 0xfffffff);
}

/* What does not fit into a second is told in the next, where it stopped. */
static void many_in_turn(void **state)
{
	(void)state;
	module.n = 2 * MOST + 100;
	second();
	assert_in_range(wire.n, MOST - 50, MOST + 10);
	assert_int_equal(module.rounds, 1);
	second();
	assert_in_range(wire.n, 2 * MOST - 50, 2 * MOST + 20);
	assert_int_equal(module.rounds, 1);
	second();
	assert_int_equal(module.rounds, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(once_a_second, set_up),
		cmocka_unit_test_setup(inactive_where_they_count, set_up),
		cmocka_unit_test_setup(not_of_others, set_up),
		cmocka_unit_test_setup(no_more_than_the_module_takes, set_up),
		cmocka_unit_test_setup(many_in_turn, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
