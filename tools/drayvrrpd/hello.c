// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Eight bytes: magic, version, VRID, state, priority.  Whoever can forge one
 * can forge an advert, which does more.
 */
#include "hello.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lease.h"
#include "receive.h"

#define MAGIC "dray"
#define FORMAT 1
#define BUDGET 256			/* datagrams in one turn */

struct hello {
	char magic[4];
	uint8_t format, vrid, state, priority;
};

static int fds[2] = { -1, -1 };		/* IPv4, IPv6 */

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int setup(int fd, uint8_t family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(HELLO_PORT) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(HELLO_PORT) };

	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (family == AF_INET6)
		return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
		       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) ||
		       set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) ||
		       set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) ||
		       bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	return set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) ||
	       set(fd, IPPROTO_IP, IP_RECVTTL, 1) ||
	       set(fd, IPPROTO_IP, IP_PKTINFO, 1) ||
	       bind(fd, (struct sockaddr *)&v4, sizeof(v4));
}

int hello_open(uint8_t family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setup(fd, family)) {
		close(fd);
		return -errno;
	}
	fds[family == AF_INET6] = fd;
	return fd;
}

static void send_to(const struct router *r, const struct dray_addr *to)
{
	struct sock via = { .fd = fds[r->conf->family == AF_INET6],
			    .ifindex = r->ifindex, .family = r->conf->family };
	struct hello hello = { .magic = MAGIC, .format = FORMAT,
			       .vrid = r->conf->vrid, .state = r->fsm.state,
			       .priority = r->fsm.priority };

	sock_send_port(&via, &r->fsm.source, to, HELLO_PORT, PACKET_TTL,
		       (const uint8_t *)&hello, sizeof(hello));
}

void hello_send(struct router *r)
{
	size_t i;

	if (!r->ifindex || !r->fsm.source.family)
		return;
	if (!r->spec.unicast)
		send_to(r, &r->spec.group);
	for (i = 0; i < r->spec.n_peers; i++)
		send_to(r, &r->spec.peers[i].addr);
}

static bool is_peer(const struct router *r, const struct dray_addr *from)
{
	size_t i;

	if (!r->spec.unicast)
		return true;
	for (i = 0; i < r->spec.n_peers; i++)
		if (!dray_addr_cmp(&r->spec.peers[i].addr, from))
			return true;
	return false;
}

static void take(const struct hello *h, const struct received *from,
		 int ifindex, uint64_t now)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		if (r->ifindex == ifindex && r->conf->vrid == h->vrid &&
		    r->conf->family == from->from.family)
			break;
	if (!r || !is_peer(r, &from->from) ||
	    (!r->spec.unicast && from->ttl != PACKET_TTL))
		return;
	router_meet(r, &from->from, h->priority, now);
}

void hello_receive(int fd, uint8_t family, uint64_t now)
{
	struct sock via = { .fd = fd, .family = family };
	static struct received r;
	struct hello hello;
	int n;

	for (n = 0; n < BUDGET && sock_receive(&via, &r) > 0; n++) {
		if (r.len < sizeof(hello))
			continue;
		memcpy(&hello, r.data, sizeof(hello));
		if (!memcmp(hello.magic, MAGIC, sizeof(hello.magic)) &&
		    hello.format == FORMAT)
			take(&hello, &r, r.ifindex, now);
	}
}
