// SPDX-License-Identifier: GPL-2.0-or-later
/* Roles on their way to a module that is slow, absent, or comes later. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "request.h"
#include "role.h"
#include "state.h"

static struct {
	pthread_mutex_t lock;
	bool there;
	bool known;			/* the module has the VIP already */
	unsigned int slow_ms;		/* each write takes so long */
	char log[1024];
	uint32_t lease;			/* of the last write, as what follows */
	uint32_t flags;
	size_t n_peers;
} module = { .lock = PTHREAD_MUTEX_INITIALIZER };

int __wrap_dray_nl_open(struct dray_nl *nl);
void __wrap_dray_nl_close(struct dray_nl *nl);
int __wrap_dray_vip_write(struct dray_nl *nl, uint8_t cmd,
			  const struct dray_vip *vip);
int __wrap_peer_open(void);
bool __wrap_peer_mac(const struct dray_addr *addr, int ifindex, uint8_t *mac);

int __wrap_dray_nl_open(struct dray_nl *nl)
{
	(void)nl;
	return module.there ? 0 : -ENOENT;
}

void __wrap_dray_nl_close(struct dray_nl *nl)
{
	(void)nl;
}

int __wrap_dray_vip_write(struct dray_nl *nl, uint8_t cmd,
			  const struct dray_vip *vip)
{
	const char *word = cmd == DRAY_CMD_DEL_VIP ? "remove" :
			   vip->role == DRAY_ROLE_ACTIVE ? "active" : "standby";
	size_t len;

	if (cmd == DRAY_CMD_SET_VIP && !module.known)
		return -ESRCH;		/* "No such VIP" */
	usleep(module.slow_ms * 1000);
	pthread_mutex_lock(&module.lock);
	len = strlen(module.log);
	snprintf(module.log + len, sizeof(module.log) - len, "%s%s%s",
		 len ? " " : "", cmd == DRAY_CMD_NEW_VIP ? "new:" : "", word);
	module.lease = vip->lease;
	module.flags = vip->flags;
	if (cmd != DRAY_CMD_DEL_VIP)
		assert_true(vip->has & DRAY_BIT(DRAY_A_VIP_FLAGS));
	module.n_peers = vip->n_peers;
	module.known = cmd != DRAY_CMD_DEL_VIP;
	pthread_mutex_unlock(&module.lock);
	nl->error.err = 0;
	return 0;
}

int __wrap_peer_open(void)
{
	return 0;
}

bool __wrap_peer_mac(const struct dray_addr *addr, int ifindex, uint8_t *mac)
{
	memset(mac, ifindex, DRAY_MACLEN);
	return addr->family;
}

static struct dray_addr vip = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } };
static bool said;

static void begin(bool there)
{
	module.there = there;
	module.known = false;
	module.slow_ms = 0;
	module.log[0] = '\0';
	said = false;
	assert_int_equal(role_start(&said), 0);
}

static void in_order(void **state)
{
	struct role_peers peers = { .n = 2 };

	(void)state;
	begin(true);
	role_standby(&vip, true, &peers);
	role_active(&vip, 0, true, &peers);
	role_active(&vip, 500, true, &peers);
	role_standby(&vip, true, &peers);
	role_remove(&vip);
	role_stop();
	assert_string_equal(module.log,
			    "new:standby active active standby remove");
	assert_false(said);
}

static void lease_counts_from_the_order(void **state)
{
	struct role_peers peers = { .n = 1 };

	(void)state;
	begin(true);
	module.slow_ms = 100;
	role_standby(&vip, true, &peers);
	role_active(&vip, 5000, true, &peers);
	role_stop();
	assert_true(module.lease <= 4900 && module.lease > 0);
	assert_int_equal(module.n_peers, 1);
}

static void accept_mode(void **state)
{
	struct role_peers peers = { 0 };

	(void)state;
	begin(true);
	role_standby(&vip, true, &peers);
	role_active(&vip, 500, false, &peers);
	role_stop();
	assert_int_equal(module.flags, DRAY_VIP_FLAGS_NO_ACCEPT);
	begin(true);
	role_active(&vip, 500, false, &peers);
	role_standby(&vip, true, &peers);
	role_stop();
	assert_int_equal(module.flags, 0);
}

/* What was asked for is over before it is told: nothing of it is. */
static void late_lease_is_not_given(void **state)
{
	struct role_peers peers = { 0 };

	(void)state;
	begin(true);
	module.slow_ms = 300;
	role_standby(&vip, true, &peers);
	role_active(&vip, 200, true, &peers);
	role_stop();
	assert_string_equal(module.log, "new:standby");
}

static void without_module(void **state)
{
	struct role_peers peers = { 0 };

	(void)state;
	begin(false);
	role_active(&vip, 500, true, &peers);
	role_stop();
	assert_string_equal(module.log, "");
	assert_true(said);
	assert_true(role_is_absent());
	assert_false(role_is_open());
}

static void finds_peers(void **state)
{
	struct state_peer peer = { .addr = { .family = AF_INET } };
	const uint8_t mac[DRAY_MACLEN] = { 7, 7, 7, 7, 7, 7 };

	(void)state;
	begin(true);
	role_find_peer(&peer, 7);
	role_stop();
	assert_true(peer.has_mac);
	assert_memory_equal(peer.mac, mac, sizeof(mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(lease_counts_from_the_order),
		cmocka_unit_test(accept_mode),
		cmocka_unit_test(late_lease_is_not_given),
		cmocka_unit_test(without_module),
		cmocka_unit_test(finds_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
