/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where datagrams of the state sync go, and come from: to the directors that
 * are named, or to a group on the links of the virtual routers.
 */
#ifndef DRAYVRRPD_SYNC_LINK_H
#define DRAYVRRPD_SYNC_LINK_H

#include "ka_vrrp.h"
#include "sock.h"

/* Return: 0, or -errno. */
int sync_link_open(const struct ka_conf *conf);
/* To be watched; -1: none of that family. */
int sync_link_fd(uint8_t family);
/* Interfaces may have come: call it now and then. */
void sync_link_look(void);
/* To all.  Return: false if it is to be tried again later; what else went
 * wrong is counted in *failed. */
bool sync_link_send(const uint8_t *data, size_t len, uint64_t *failed);
/* Return: 1 if there was one, 0 if none is left, or -errno. */
int sync_link_receive(uint8_t family, struct received *r);

#endif
