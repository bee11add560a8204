/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backup's sign of life.  VRRP has none: a master that has always been one
 * never hears of a director that would take over from it, and would not know
 * that its role needs a lease.  A datagram to the same group, which nothing
 * but drayvrrpd reads; it moves no timer and no state.
 */
#ifndef DRAYVRRPD_HELLO_H
#define DRAYVRRPD_HELLO_H

#include "router.h"

#define HELLO_PORT 8112

/* Return: a descriptor per family to watch, or -errno. */
int hello_open(uint8_t family);
/* To the group, or to every unicast peer. */
void hello_send(struct router *r);
void hello_receive(int fd, uint8_t family, uint64_t now);

#endif
