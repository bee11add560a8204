/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes in for a virtual router: adverts, and signs of life of others. */
#ifndef DRAYVRRPD_RECEIVE_H
#define DRAYVRRPD_RECEIVE_H

#include "router.h"

void router_receive(struct sock *sock, const struct received *received,
		    struct state *state, uint64_t now);
/* Another director of this virtual router lives, though it does not advert. */
void router_meet(struct router *r, const struct dray_addr *from,
		 uint8_t priority, uint64_t now);

#endif
