// SPDX-License-Identifier: GPL-2.0-or-later
/* See sock.h. */
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

socklen_t sock_address(const struct dray_addr *addr, uint16_t port,
		       struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = addr->family;
	if (addr->family == AF_INET6) {
		in6->sin6_addr = addr->in6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	in->sin_addr = addr->in;
	in->sin_port = htons(port);
	return sizeof(*in);
}

/* bindto, bind_port, bind_if and fwmark.  Return: 0 or -errno. */
int sock_prepare(int fd, const struct ka_checker *conf)
{
	struct sockaddr_storage from;
	struct dray_addr any = { .family = conf->addr.family };
	const struct dray_addr *bindto = conf->bind_addr.family ?
					 &conf->bind_addr : &any;
	socklen_t len;

	if (conf->fwmark && setsockopt(fd, SOL_SOCKET, SO_MARK, &conf->fwmark,
				       sizeof(conf->fwmark)))
		return -errno;
	if (conf->bind_if && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					conf->bind_if, strlen(conf->bind_if)))
		return -errno;
	if (!conf->bind_addr.family && !conf->bind_port)
		return 0;
	len = sock_address(bindto, conf->bind_port, &from);
	return bind(fd, (struct sockaddr *)&from, len) ? -errno : 0;
}

/* Return: the descriptor or -errno. */
int sock_open(const struct ka_checker *conf, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int rc;

	if (fd < 0)
		return -errno;
	rc = sock_prepare(fd, conf);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* Return: 0 when connected, -EINPROGRESS, or -errno. */
int sock_connect(int fd, const struct dray_addr *addr, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t len = sock_address(addr, port, &to);

	return connect(fd, (struct sockaddr *)&to, len) ? -errno : 0;
}
