// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Named are those of dray_sync_peer, else the unicast_peers of the virtual
 * routers.  Where there are none it is dray_sync_group, or the group that
 * adverts go to, on dray_sync_interface or on the interface of each virtual
 * router.
 */
#include "sync_link.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"

#define BUFFER (4 << 20)
#define TARGETS_MAX 64

struct target {
	struct dray_addr addr;
	const char *interface;		/* NULL: as the route goes */
	bool group;
	int ifindex;			/* 0: there is none at present */
};

static struct {
	uint16_t port;
	int fds[2];			/* IPv4, IPv6 */
	struct target targets[TARGETS_MAX];
	size_t n_targets;
} sync_link = { .fds = { -1, -1 } };

static void add(const struct dray_addr *addr, const char *interface,
		bool group)
{
	struct target *t;
	size_t i;

	for (i = 0; i < sync_link.n_targets; i++) {
		t = &sync_link.targets[i];
		if (!dray_addr_cmp(&t->addr, addr) &&
		    (!group || !strcmp(t->interface, interface)))
			return;
	}
	if (sync_link.n_targets == TARGETS_MAX)
		return;
	sync_link.targets[sync_link.n_targets++] = (struct target){
		.addr = *addr, .interface = interface, .group = group };
}

static void add_named(const struct ka_conf *conf)
{
	const struct ka_globals *g = &conf->globals;
	const struct ka_instance *c;
	size_t i, k;

	for (i = 0; i < g->n_sync_peers; i++)
		add(&g->sync_peers[i], g->sync_interface, false);
	for (i = 0; !g->n_sync_peers && i < conf->n_instances; i++) {
		c = conf->instances[i];
		for (k = 0; k < c->n_peers; k++)
			add(&c->peers[k].addr, c->interface, false);
	}
}

static void add_groups(const struct ka_conf *conf)
{
	const struct ka_globals *g = &conf->globals;
	const struct ka_instance *c;
	struct dray_addr group;
	const char *interface;
	size_t i;

	for (i = 0; i < conf->n_instances; i++) {
		c = conf->instances[i];
		interface = g->sync_interface ? g->sync_interface :
						c->interface;
		group = g->sync_group.family ? g->sync_group :
			c->mcast_group.family ? c->mcast_group :
						packet_group(c->family);
		if (interface)
			add(&group, interface, true);
	}
	if (!conf->n_instances && g->sync_interface) {
		group = g->sync_group.family ? g->sync_group :
					       packet_group(AF_INET);
		add(&group, g->sync_interface, true);
	}
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int setup(int fd, uint8_t family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(sync_link.port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(sync_link.port) };

	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER);
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER);
	if (family == AF_INET6)
		return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
		       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) ||
		       bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	return set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) ||
	       bind(fd, (struct sockaddr *)&v4, sizeof(v4));
}

static int open_family(uint8_t family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setup(fd, family)) {
		close(fd);
		return -errno;
	}
	sync_link.fds[family == AF_INET6] = fd;
	return 0;
}

int sync_link_open(const struct ka_conf *conf)
{
	size_t i;
	int rc = 0;

	sync_link.port = conf->globals.sync_port;
	add_named(conf);
	if (!sync_link.n_targets)
		add_groups(conf);
	if (!sync_link.n_targets)
		return -EDESTADDRREQ;
	for (i = 0; !rc && i < sync_link.n_targets; i++)
		if (sync_link_fd(sync_link.targets[i].addr.family) < 0)
			rc = open_family(sync_link.targets[i].addr.family);
	sync_link_look();
	return rc;
}

int sync_link_fd(uint8_t family)
{
	return sync_link.fds[family == AF_INET6];
}

/* One that has joined already is told so, which is as good. */
static void join(const struct target *t)
{
	struct ip_mreqn v4 = { .imr_multiaddr = t->addr.in,
			       .imr_ifindex = t->ifindex };
	struct ipv6_mreq v6 = { .ipv6mr_multiaddr = t->addr.in6,
				.ipv6mr_interface = t->ifindex };
	int fd = sync_link_fd(t->addr.family);

	if (t->addr.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof(v6));
	else
		setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4));
}

void sync_link_look(void)
{
	struct target *t = sync_link.targets;

	for (; t < sync_link.targets + sync_link.n_targets; t++) {
		t->ifindex = t->interface ? if_nametoindex(t->interface) : 0;
		if (t->group && t->ifindex)
			join(t);
	}
}

static int send_to(const struct target *t, const uint8_t *data, size_t len)
{
	static const struct dray_addr any;
	bool link_local = t->addr.family == AF_INET6 &&
			  IN6_IS_ADDR_LINKLOCAL(&t->addr.in6);
	struct sock via = { .fd = sync_link_fd(t->addr.family),
			    .family = t->addr.family };

	if (t->group && !t->ifindex)
		return -ENODEV;
	if (t->group || link_local)
		via.ifindex = t->ifindex;
	return sock_send_port(&via, &any, &t->addr, sync_link.port, PACKET_TTL,
			      data, len);
}

bool sync_link_send(const uint8_t *data, size_t len, uint64_t *failed)
{
	const struct target *t = sync_link.targets;
	int rc;

	for (; t < sync_link.targets + sync_link.n_targets; t++) {
		rc = send_to(t, data, len);
		if (rc == -EAGAIN || rc == -ENOBUFS)
			return false;
		*failed += rc < 0;
	}
	return true;
}

int sync_link_receive(uint8_t family, struct received *r)
{
	struct sock via = { .fd = sync_link_fd(family), .family = family };

	return sock_receive(&via, r);
}
