/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw sockets: one per interface and family carries the adverts of all virtual
 * routers there, both ways.  What an advert means is packet.c's business.
 *
 * To join a group, and to close a socket that is in one, takes the kernel's lock of
 * all network settings: the thread of the errands does it, where there is one.
 */
#ifndef DRAYVRRPD_SOCK_H
#define DRAYVRRPD_SOCK_H

#include "addr.h"
#include "errand.h"

#define SOCK_GROUPS 4
#define SOCK_ADVERT_MAX 4200	/* PACKET_MAX, and a little too long */

struct event;

struct sock {
	struct sock *next;
	int fd;
	int ifindex;
	uint8_t family;
	struct event *event;		/* of the loop that reads it */
	uint64_t read_to;		/* us: what came before that is read */
	struct errand joining, end;
	/* with errands_lock() */
	struct dray_addr groups[SOCK_GROUPS];	/* joined, or to be */
	unsigned int n_groups, n_asked;		/* by now; that joining was tried of */
	int rc[SOCK_GROUPS];			/* what came of it */
	uint64_t again_at;			/* us: not before that, if one failed */
};

#define SOCK_ALL UINT64_MAX		/* nothing is left */

/* an advert as it came */
struct received {
	uint8_t data[SOCK_ADVERT_MAX];	/* IPv4: with the IP header */
	size_t len;
	struct dray_addr from, to;
	int ttl;			/* or hop limit; -1: not told */
	int ifindex;			/* 0: not told */
	uint64_t at;			/* us, boot time: when it arrived */
};

/* The socket of an interface and family, opened if need be; NULL: errno. */
struct sock *sock_get(int ifindex, uint8_t family);
struct sock *sock_next(struct sock *sock);
void sock_close(struct sock *sock);
/* Return: 0 if it is in there, -EINPROGRESS if it will be, or -errno. */
int sock_join(struct sock *sock, const struct dray_addr *group);
/* Has joining come to an end since this was asked last? */
bool socks_changed(void);

/* Return: 1 if there was one, 0 if none is left, or -errno. */
int sock_receive(struct sock *sock, struct received *r);
int sock_send(struct sock *sock, const struct dray_addr *from,
	      const struct dray_addr *to, int ttl, const uint8_t *data,
	      size_t len);

/* The same to a port, by a socket of that kind. */
int sock_send_port(struct sock *sock, const struct dray_addr *from,
		   const struct dray_addr *to, uint16_t port, int ttl,
		   const uint8_t *data, size_t len);

/* us of CLOCK_BOOTTIME, the clock of all deadlines */
uint64_t now_us(void);

#endif
