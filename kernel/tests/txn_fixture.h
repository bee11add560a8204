/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions without a network namespace: hooks, routes and netlink are
 * stand-ins that note what they were told.
 */
#ifndef _DRAY_TESTS_TXN_FIXTURE_H
#define _DRAY_TESTS_TXN_FIXTURE_H

#include "fixture.h"

#include "../announce.h"
#include "../hook.h"
#include "../netlink.h"
#include "../vip.c"
#include "../txn.c"
#include "../txn_stage.c"
#include "../txn_server.c"
#include "../txn_table.c"
#include "../txn_vip.c"
#include "../pool.c"
#include "../table.c"
#include "../table_match.c"
#include "../commit.c"

/* Notifications as text: "S+1" service 1 is news, "s-12" server 2 of service
 * 1 is gone, "v+1" VIP, "C" config.
 */
static char fixture_log[256];
static int fixture_hook_error[4];	/* by family, of announcements, of accepting */

static inline void fixture_note(char what, bool gone, u32 a, u32 b)
{
	size_t at = strlen(fixture_log);

	snprintf(fixture_log + at, sizeof(fixture_log) - at,
		 b ? "%c%c%u%u " : "%c%c%u ", what, gone ? '-' : '+', a, b);
}

/* The last byte of an address tells which one it is. */
static inline u32 fixture_n(u8 family, const union nf_inet_addr *addr)
{
	return (family == AF_INET ? ntohl(addr->ip) : ntohl(addr->ip6[3])) &
	       0xff;
}

void dray_nl_notify_config(struct dray_net *dn)
{
	strlcat(fixture_log, "C ", sizeof(fixture_log));
}

void dray_nl_notify_service(struct dray_net *dn, u8 cmd,
			    const struct dray_service *service,
			    const struct dray_service_conf *conf)
{
	fixture_note('S', cmd == DRAY_CMD_SERVICE_DEL_NTF,
		     fixture_n(service->key.family, &service->key.addr), 0);
}

void dray_nl_notify_server(struct dray_net *dn, u8 cmd,
			   const struct dray_service *service,
			   const struct dray_service_slot *slot)
{
	fixture_note('s', cmd == DRAY_CMD_SERVER_DEL_NTF,
		     fixture_n(service->key.family, &service->key.addr),
		     fixture_n(slot->server->key.family,
			       &slot->server->key.addr));
}

void dray_nl_notify_vip(struct dray_net *dn, u8 cmd,
			const struct dray_vip *vip)
{
	fixture_note('V', cmd == DRAY_CMD_VIP_DEL_NTF,
		     fixture_n(vip->key.family, &vip->key.addr), 0);
}

/* No other director listens. */
bool dray_sync_affected(struct dray_txn *txn)
{
	return false;
}

void dray_sync_change(struct dray_txn *txn)
{
}

void dray_sync_settle(struct dray_txn *txn)
{
}

int dray_hooks_register(struct dray_net *dn, u8 family)
{
	int err = fixture_hook_error[dray_family_index(family)];

	if (!err)
		dn->hooks_on[dray_family_index(family)] = true;
	return err;
}

void dray_hooks_unregister(struct dray_net *dn, u8 family)
{
	dn->hooks_on[dray_family_index(family)] = false;
}

int dray_announce_register(struct dray_net *dn, u8 family)
{
	if (!fixture_hook_error[2])
		dn->announce_ops[dray_family_index(family)].priv = dn;
	return fixture_hook_error[2];
}

void dray_announce_unregister(struct dray_net *dn, u8 family)
{
	dn->announce_ops[dray_family_index(family)].priv = NULL;
}

int dray_accept_register(struct dray_net *dn, u8 family)
{
	if (!fixture_hook_error[3])
		dn->accept_ops[dray_family_index(family)].priv = dn;
	return fixture_hook_error[3];
}

void dray_accept_unregister(struct dray_net *dn, u8 family)
{
	dn->accept_ops[dray_family_index(family)].priv = NULL;
}

void dray_reach_server(struct dray_net *dn, struct dray_server *server)
{
	lockdep_assert_held(&dn->lock);
}

void dray_reach_judge(struct dray_net *dn)
{
}

static inline int txn_fixture_init(struct kunit *test)
{
	test->priv = fixture_net_create(test);
	fixture_log[0] = '\0';
	memset(fixture_hook_error, 0, sizeof(fixture_hook_error));
	return 0;
}

static inline void txn_fixture_exit(struct kunit *test)
{
	struct dray_net *dn = test->priv;

	if (!dn)
		return;
	dray_txn_drop_all(dn);
	dray_txn_end(dn);
	fixture_net_destroy(dn);
}

/* Steps by letters.  A digit after it is a service, or a service and a server,
 * or a VIP; services 6 to 9 are IPv6.
 *
 *	S1 s1 d1	new, set, delete service 1
 *	R12 r12 e12	new, set, delete server 2 of service 1
 *	V1 v1 w1	new, set, delete VIP 1
 *	F C		flush services; change the settings
 */
static inline struct dray_service_key txn_service_key(u32 n)
{
	u8 family = n < 6 ? AF_INET : AF_INET6;

	return (struct dray_service_key){
		.addr = fixture_addr(family, n), .port = htons(80),
		.family = family, .protocol = IPPROTO_TCP,
	};
}

static inline struct dray_server_key txn_server_key(u32 n)
{
	return (struct dray_server_key){
		.addr = fixture_addr(AF_INET, n), .family = AF_INET,
	};
}

static inline struct dray_vip_key txn_vip_key(u32 n)
{
	return (struct dray_vip_key){
		.addr = fixture_addr(AF_INET, n), .family = AF_INET,
	};
}

/* What steps configure; a test changes it in between. */
static const struct dray_scheduler step_scheduler = { "rr" };
static struct dray_service_params step_service = { .sched = &step_scheduler };
static struct dray_server_params step_server;
static struct dray_vip_params step_vip;

static inline int txn_step(struct dray_txn *txn, const char *step)
{
	u32 n = step[1] ? step[1] - '0' : 0;
	u32 m = step[1] && step[2] ? step[2] - '0' : 0;
	struct dray_service_key service = txn_service_key(n);
	struct dray_server_key server = txn_server_key(m);
	struct dray_vip_key vip = txn_vip_key(n);
	struct dray_settings settings = *dray_txn_settings(txn);
	struct netlink_ext_ack ack = {};

	switch (step[0]) {
	case 'S':
		return dray_txn_new_service(txn, &service, &step_service, &ack);
	case 's':
		return dray_txn_set_service(txn, &service, &step_service, &ack);
	case 'd':
		return dray_txn_del_service(txn, &service, &ack);
	case 'R':
		return dray_txn_new_server(txn, &service, &server, &step_server,
					   &ack);
	case 'r':
		return dray_txn_set_server(txn, &service, &server, &step_server,
					   &ack);
	case 'e':
		return dray_txn_del_server(txn, &service, &server, &ack);
	case 'V':
		return dray_txn_new_vip(txn, &vip, &step_vip, &ack);
	case 'v':
		return dray_txn_set_vip(txn, &vip, &step_vip, &ack);
	case 'w':
		return dray_txn_del_vip(txn, &vip, &ack);
	case 'F':
		return dray_txn_flush(txn, &ack);
	case 'C':
		settings.timeout_tcp++;
		return dray_txn_set_settings(txn, &settings, &ack);
	}
	return -EINVAL;
}

/* Take steps, separated by blanks, in the transaction of a socket, or each by
 * itself if it has none.  Returns the first error.
 */
static inline int txn_steps(struct dray_net *dn, u32 portid, const char *steps)
{
	struct dray_txn *txn;
	char step[4];
	int err = 0, n;

	while (!err && sscanf(steps, " %3s%n", step, &n) == 1) {
		steps += n;
		txn = dray_txn_enter(dn, portid, NULL);
		if (IS_ERR(txn))
			return PTR_ERR(txn);
		err = dray_txn_leave(txn, txn_step(txn, step), NULL);
	}
	return err;
}

static inline int txn_commit(struct dray_net *dn, u32 portid)
{
	u32 generation;

	return dray_txn_commit(dn, portid, NULL, &generation, NULL);
}

#endif
