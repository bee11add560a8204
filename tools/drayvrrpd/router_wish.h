/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the state machine of a virtual router asks for. */
#ifndef DRAYVRRPD_ROUTER_WISH_H
#define DRAYVRRPD_ROUTER_WISH_H

#include "router.h"

extern const struct fsm_ops router_wishes;

/* As long as a peer would wait for a host that says nothing at all. */
uint64_t router_patience(const struct router *r);

#endif
