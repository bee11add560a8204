// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Orders go through a socket pair to the thread, which is all that the two
 * share, but for one flag.  One write per address and renewal.  A module that
 * goes away is looked for again, and then told everything by the renewals.
 */
#include "role.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "peer.h"
#include "request.h"
#include "sock.h"
#include "state.h"
#include "thread.h"

#define LOOK_SECONDS 3
#define STOP_SECONDS 1
#define QUEUE_BYTES (1 << 20)

enum order_kind {
	ORDER_LOOK,
	ORDER_ACTIVE,
	ORDER_STANDBY,
	ORDER_REMOVE,
	ORDER_PEER,
};

struct order {
	enum order_kind kind;
	uint64_t at;			/* us: when it was given */
	struct dray_addr vip;
	uint32_t lease_ms;
	bool accept;
	struct role_peers peers;
	struct state_peer *peer;
	int ifindex;
};

static struct {
	int fd, thread_fd;
	pthread_t thread;
	bool running, closed;
	atomic_bool open, absent;
	/* the thread's */
	struct dray_nl nl;
	bool *said;
	time_t look_at;
} role = { .fd = -1 };

/* --- in the thread --- */

static void look(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (role.open || now.tv_sec < role.look_at)
		return;
	role.look_at = now.tv_sec + LOOK_SECONDS;
	role.open = !dray_nl_open(&role.nl);
	if (role.open && *role.said)
		log_say(LOG_NOTICE, "dray.ko is there now: roles are kept");
	if (!role.open && !*role.said)
		log_say(LOG_WARNING, "dray.ko is not loaded: virtual addresses "
			"and VRRP only, no roles, no leases");
	*role.said = !role.open;
	role.absent = !role.open;
}

static void failed(const struct dray_vip *vip)
{
	static struct log_limit limit;
	char text[INET6_ADDRSTRLEN];
	unsigned int held;
	int err = role.nl.error.err;

	if (err == EOPNOTSUPP || err == EBADF || err == ENOENT) {
		dray_nl_close(&role.nl);
		role.open = false;
	}
	if (log_may(&limit, &held))
		log_say(LOG_WARNING, "the role of %s cannot be told to "
			"dray.ko: %s%s%s (%u more)",
			dray_addr_text(&vip->addr, text, sizeof(text)),
			strerror(err), role.nl.error.text[0] ? ": " : "",
			role.nl.error.text, held);
}

static void write_vip(const struct dray_vip *vip)
{
	int rc = dray_vip_write(&role.nl, DRAY_CMD_SET_VIP, vip);

	/* ENOENT is that there is no such family: the module is gone */
	if (rc == -ESRCH)
		rc = dray_vip_write(&role.nl, DRAY_CMD_NEW_VIP, vip);
	if (rc)
		failed(vip);
}

static struct dray_vip vip_of(const struct order *o, uint8_t as)
{
	struct dray_vip vip = { .addr = o->vip, .role = as,
				.has = DRAY_BIT(DRAY_A_VIP_ROLE) |
				       DRAY_BIT(DRAY_A_VIP_FLAGS) };

	vip.flags = o->accept ? 0 : DRAY_VIP_FLAGS_NO_ACCEPT;
	vip.n_peers = o->peers.n;
	memcpy(vip.peers, o->peers.macs, sizeof(vip.peers));
	return vip;
}

/* What is left of a lease; one that has run out on the way is not given. */
static void write_active(const struct order *o)
{
	struct dray_vip vip = vip_of(o, DRAY_ROLE_ACTIVE);
	uint64_t age = (now_us() - o->at) / 1000;

	if (o->lease_ms && age >= o->lease_ms)
		return;
	vip.has |= DRAY_BIT(DRAY_A_VIP_LEASE);
	vip.lease = o->lease_ms ? o->lease_ms - age : 0;
	write_vip(&vip);
}

static void find_peer(const struct order *o)
{
	uint8_t mac[DRAY_MACLEN];

	if (!peer_mac(&o->peer->addr, o->ifindex, mac))
		return;
	memcpy(o->peer->mac, mac, sizeof(mac));
	o->peer->has_mac = true;
}

static void carry_out(const struct order *o)
{
	struct dray_vip vip;

	look();
	if (!role.open)
		return;
	switch (o->kind) {
	case ORDER_LOOK:
		break;
	case ORDER_ACTIVE:
		write_active(o);
		break;
	case ORDER_STANDBY:
		vip = vip_of(o, DRAY_ROLE_STANDBY);
		write_vip(&vip);
		break;
	case ORDER_REMOVE:
		vip = (struct dray_vip){ .addr = o->vip };
		dray_vip_write(&role.nl, DRAY_CMD_DEL_VIP, &vip);
		break;
	case ORDER_PEER:
		find_peer(o);
		break;
	}
}

static void *thread_main(void *arg)
{
	struct order order;
	ssize_t n;

	(void)arg;
	while ((n = recv(role.thread_fd, &order, sizeof(order), 0)) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n == sizeof(order))
			carry_out(&order);
	if (role.open)
		dray_nl_close(&role.nl);
	peer_close();
	return NULL;
}

/* --- for the others --- */

int role_start(bool *said)
{
	int pair[2], bytes = QUEUE_BYTES, rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	role.fd = pair[0];
	role.thread_fd = pair[1];
	role.said = said;
	role.look_at = 0;
	role.open = false;
	role.absent = false;
	role.closed = false;
	rc = peer_open();
	if (!rc)
		rc = thread_start(&role.thread, thread_main);
	role.running = !rc;
	return rc;
}

void role_close(void)
{
	if (role.running)
		shutdown(role.fd, SHUT_WR);
	role.closed = true;
}

bool role_has_ended(void)
{
	if (role.running && !pthread_tryjoin_np(role.thread, NULL))
		role.running = false;
	return !role.running;
}

void role_stop(void)
{
	struct timespec limit;

	role_close();
	if (!role.running)
		return;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += STOP_SECONDS;
	pthread_timedjoin_np(role.thread, NULL, &limit);
	role.running = false;
}

bool role_is_open(void)
{
	return role.open;
}

bool role_is_absent(void)
{
	return role.absent;
}

static void give(struct order *o)
{
	static struct log_limit limit;
	unsigned int held;

	if (role.closed)
		return;
	o->at = now_us();
	if (send(role.fd, o, sizeof(*o), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    log_may(&limit, &held))
		log_say(LOG_ERR, "dray.ko does not answer: roles are not told "
			"(%u more)", held);
}

bool role_is_for(const struct dray_addr *addr)
{
	return addr->family != AF_INET6 ||
	       !IN6_IS_ADDR_LINKLOCAL(&addr->in6);
}

static void give_vip(struct order *o)
{
	if (role_is_for(&o->vip))
		give(o);
}

void role_look(void)
{
	struct order o = { .kind = ORDER_LOOK };

	if (!role.open)
		give(&o);
}

void role_active(const struct dray_addr *addr, uint32_t lease_ms, bool accept,
		 const struct role_peers *peers)
{
	struct order o = { .kind = ORDER_ACTIVE, .vip = *addr,
			   .lease_ms = lease_ms, .accept = accept,
			   .peers = *peers };

	give_vip(&o);
}

void role_standby(const struct dray_addr *addr, bool accept,
		  const struct role_peers *peers)
{
	struct order o = { .kind = ORDER_STANDBY, .vip = *addr,
			   .accept = accept, .peers = *peers };

	give_vip(&o);
}

void role_remove(const struct dray_addr *addr)
{
	struct order o = { .kind = ORDER_REMOVE, .vip = *addr };

	give_vip(&o);
}

void role_find_peer(struct state_peer *peer, int ifindex)
{
	struct order o = { .kind = ORDER_PEER, .peer = peer,
			   .ifindex = ifindex };

	give(&o);
}
