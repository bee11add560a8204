/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of checks: where they come from, by which device, with which mark. */
#ifndef DRAYCHECKD_SOCK_H
#define DRAYCHECKD_SOCK_H

#include <sys/socket.h>

#include "ka_lvs.h"

socklen_t sock_address(const struct dray_addr *addr, uint16_t port,
		       struct sockaddr_storage *to);
int sock_open(const struct ka_checker *conf, int family, int type, int protocol);
int sock_prepare(int fd, const struct ka_checker *conf);
int sock_connect(int fd, const struct dray_addr *addr, uint16_t port);

#endif
