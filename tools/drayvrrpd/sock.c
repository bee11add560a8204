// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel builds the IP header: TTL, traffic class and source are told with
 * each packet or set once.  A packet's age is measured by the kernel's time
 * stamp, so that a deadline counts from its arrival, however late it is read.
 */
#include "sock.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"

#define JOIN_AGAIN_US 1000000ull	/* after a group that refused us */
#define RECEIVE_BUFFER (2 << 20)	/* three intervals of 255 routers */

static struct sock *socks;
static bool changed;

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int setup_v4(int fd, int ifindex)
{
	struct ip_mreqn out = { .imr_ifindex = ifindex };

	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) ||
	    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) ||
	    set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) ||
	    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) ||
	    set(fd, IPPROTO_IP, IP_TOS, PACKET_TOS))
		return -errno;
	return 0;
}

/*
 * The source address of adverts is the interface's own, even on that of a
 * virtual MAC address, which has none: the kernel does not look there for it.
 */
static int setup_v6(int fd, int ifindex)
{
	if (set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) ||
	    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, ifindex) ||
	    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) ||
	    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) ||
	    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) ||
	    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) ||
	    set(fd, IPPROTO_IPV6, IPV6_TCLASS, PACKET_TOS))
		return -errno;
	return 0;
}

static int setup(int fd, int ifindex, uint8_t family)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, sizeof(name)) ||
	    set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) ||
	    set(fd, SOL_SOCKET, SO_PRIORITY, 7))
		return -errno;
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	return family == AF_INET6 ? setup_v6(fd, ifindex) :
				    setup_v4(fd, ifindex);
}

/* --- groups, and the end --- */

static int join(const struct sock *sock, const struct dray_addr *group)
{
	struct ip_mreqn v4 = { .imr_ifindex = sock->ifindex };
	struct ipv6_mreq v6 = { .ipv6mr_interface = sock->ifindex };
	int rc;

	if (sock->family == AF_INET6) {
		v6.ipv6mr_multiaddr = group->in6;
		rc = setsockopt(sock->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6,
				sizeof(v6));
	} else {
		v4.imr_multiaddr = group->in;
		rc = setsockopt(sock->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4,
				sizeof(v4));
	}
	return rc && errno != EADDRINUSE ? -errno : 0;
}

/* In the thread. */
static void join_all(void *arg)
{
	struct sock *sock = arg;
	unsigned int i;
	int rc;

	errands_lock();
	while (sock->n_asked < sock->n_groups) {
		i = sock->n_asked;
		errands_unlock();
		rc = join(sock, &sock->groups[i]);
		errands_lock();
		sock->rc[i] = rc;
		sock->n_asked = i + 1;
	}
	errands_unlock();
}

static void joined(void *arg)
{
	(void)arg;
	changed = true;
}

/* In the thread, after all else that it was given for this socket. */
static void close_fd(void *arg)
{
	struct sock *sock = arg;

	close(sock->fd);
}

/* Before there is a thread nothing is late yet, and after it nothing is. */
static void give(struct errand *errand)
{
	if (errands_have_thread()) {
		errand_give(errand);
		return;
	}
	errand->run(errand->arg);
	errand->done(errand->arg);
}

void sock_close(struct sock *sock)
{
	struct sock **link = &socks;

	while (*link != sock)
		link = &(*link)->next;
	*link = sock->next;
	give(&sock->end);
}

/* One that failed is tried again after a while, when somebody looks. */
static int outcome(struct sock *sock, const struct dray_addr *group)
{
	unsigned int i;

	for (i = 0; i < sock->n_groups; i++)
		if (!dray_addr_cmp(&sock->groups[i], group))
			break;
	if (i == sock->n_groups)
		return -ENOENT;
	if (i >= sock->n_asked)
		return -EINPROGRESS;
	if (sock->rc[i] && sock->n_asked == sock->n_groups &&
	    now_us() >= sock->again_at) {
		sock->n_asked = i;
		return -EAGAIN;
	}
	return sock->rc[i];
}

static int ask(struct sock *sock, const struct dray_addr *group)
{
	int rc;

	errands_lock();
	rc = outcome(sock, group);
	errands_unlock();
	return rc;
}

int sock_join(struct sock *sock, const struct dray_addr *group)
{
	int rc = ask(sock, group);

	if (rc != -ENOENT && rc != -EAGAIN)
		return rc;
	if (rc == -ENOENT && sock->n_groups == SOCK_GROUPS)
		return -ENOSPC;
	errands_lock();
	if (rc == -ENOENT)
		sock->groups[sock->n_groups++] = *group;
	sock->again_at = now_us() + JOIN_AGAIN_US;
	errands_unlock();
	give(&sock->joining);
	return ask(sock, group);
}

bool socks_changed(void)
{
	bool was = changed;

	changed = false;
	return was;
}

/* --- opened --- */

static struct sock *sock_open(int ifindex, uint8_t family)
{
	struct sock *sock = calloc(1, sizeof(*sock));
	int rc;

	if (!sock)
		return NULL;
	sock->ifindex = ifindex;
	sock->family = family;
	sock->read_to = SOCK_ALL;
	sock->joining = (struct errand){ .run = join_all, .done = joined,
					 .arg = sock };
	sock->end = (struct errand){ .run = close_fd, .done = free,
				     .arg = sock };
	sock->fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  PACKET_PROTOCOL);
	rc = sock->fd < 0 ? -errno : setup(sock->fd, ifindex, family);
	if (rc) {
		if (sock->fd >= 0)
			close(sock->fd);
		free(sock);
		errno = -rc;
		return NULL;
	}
	sock->next = socks;
	socks = sock;
	return sock;
}

struct sock *sock_get(int ifindex, uint8_t family)
{
	struct sock *sock;

	for (sock = socks; sock; sock = sock->next)
		if (sock->ifindex == ifindex && sock->family == family)
			return sock;
	return sock_open(ifindex, family);
}

struct sock *sock_next(struct sock *sock)
{
	return sock ? sock->next : socks;
}

/* The stamp is of the wall clock: what counts is how long ago it was. */
static uint64_t arrival(const struct timespec *stamp)
{
	struct timespec wall;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &wall);
	age = (wall.tv_sec - stamp->tv_sec) * 1000000ll +
	      (wall.tv_nsec - stamp->tv_nsec) / 1000;
	/* the wall clock was set meanwhile: then it came just now */
	if (age < 0 || age > 60000000)
		age = 0;
	return now_us() - age;
}

static void read_control(struct msghdr *msg, struct received *r)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec stamp;

			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			r->at = arrival(&stamp);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&r->ttl, CMSG_DATA(c), sizeof(r->ttl));
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			r->to.family = AF_INET6;
			r->to.in6 = info.ipi6_addr;
			r->ifindex = info.ipi6_ifindex;
		} else if (c->cmsg_level == IPPROTO_IP &&
			   c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			r->to.family = AF_INET;
			r->to.in = info.ipi_addr;
			r->ifindex = info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IP &&
			   c->cmsg_type == IP_TTL) {
			memcpy(&r->ttl, CMSG_DATA(c), sizeof(r->ttl));
		}
	}
}

int sock_receive(struct sock *sock, struct received *r)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} from;
	_Alignas(struct cmsghdr) char control[256];
	struct iovec iov = { .iov_base = r->data, .iov_len = sizeof(r->data) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
			      .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(sock->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	memset(&r->from, 0, sizeof(r->from));
	memset(&r->to, 0, sizeof(r->to));
	r->len = n;
	r->ttl = -1;
	r->ifindex = 0;
	r->at = now_us();
	r->from.family = sock->family;
	if (sock->family == AF_INET6)
		r->from.in6 = from.v6.sin6_addr;
	else
		r->from.in = from.v4.sin_addr;
	read_control(&msg, r);
	return 1;
}

static void put_control(struct msghdr *msg, int level, int type,
			const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control +
					       msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

int sock_send(struct sock *sock, const struct dray_addr *from,
	      const struct dray_addr *to, int ttl, const uint8_t *data,
	      size_t len)
{
	return sock_send_port(sock, from, to, 0, ttl, data, len);
}

static bool is_group(const struct dray_addr *addr)
{
	return addr->family == AF_INET6 ?
		       IN6_IS_ADDR_MULTICAST(&addr->in6) :
		       IN_MULTICAST(ntohl(addr->in.s_addr));
}

int sock_send_port(struct sock *sock, const struct dray_addr *from,
		   const struct dray_addr *to, uint16_t port, int ttl,
		   const uint8_t *data, size_t len)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) };
	_Alignas(struct cmsghdr) char control[256] = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control };

	if (sock->family == AF_INET6) {
		struct in6_pktinfo info = { .ipi6_addr = from->in6,
					    .ipi6_ifindex = sock->ifindex };

		v6.sin6_addr = to->in6;
		v6.sin6_scope_id = sock->ifindex;
		msg.msg_name = &v6;
		msg.msg_namelen = sizeof(v6);
		put_control(&msg, IPPROTO_IPV6, IPV6_PKTINFO, &info,
			    sizeof(info));
		put_control(&msg, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl,
			    sizeof(ttl));
	} else {
		struct in_pktinfo info = { .ipi_spec_dst = from->in,
					   .ipi_ifindex = sock->ifindex };

		v4.sin_addr = to->in;
		msg.msg_name = &v4;
		msg.msg_namelen = sizeof(v4);
		put_control(&msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
		put_control(&msg, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	}
	/* A peer may be behind a router; a group is on the link. */
	return sendmsg(sock->fd, &msg, MSG_DONTWAIT |
		       (is_group(to) ? MSG_DONTROUTE : 0)) < 0 ? -errno : 0;
}
