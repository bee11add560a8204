/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual router's addresses, routes and rules: had, kept, announced. */
#ifndef DRAYVRRPD_HOLD_H
#define DRAYVRRPD_HOLD_H

#include "router.h"

#define HOLD_RETRY_US 5000000ull	/* after what could not be put */

/* Put all there.  Return: whether all addresses are. */
bool hold_all(struct router *r);
/* Take all away again, routes and rules first. */
void let_go_all(struct router *r);
/* Something may have been removed by somebody else: put it back at once. */
void hold_check(struct router *r, uint64_t now);
/* static_ipaddress and its fellows: there as long as we are. */
void hold_static(const struct ka_conf *conf);
void let_go_static(const struct ka_conf *conf);
/* Addresses with our mark that nobody holds. */
void sweep_stale(const struct ka_conf *conf);

/* has just become master; has met another one; an alarm of its own */
void announce_burst(struct router *r, uint64_t now);
void announce_lower(struct router *r, uint64_t now);
void announce_again(void *arg, uint64_t now);

#endif
