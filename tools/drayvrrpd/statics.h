/* SPDX-License-Identifier: GPL-2.0-or-later */
/* static_ipaddress and its fellows, and addresses that are nobody's any more. */
#ifndef DRAYVRRPD_STATICS_H
#define DRAYVRRPD_STATICS_H

#include "ka_vrrp.h"

struct fib_change;

/* There as long as we are. */
void hold_static(const struct ka_conf *conf);
void let_go_static(void);
/* As hold_look(): what is gone of the routes and rules is put back. */
void look_at_static(const struct fib_change *change);
/* Addresses with our mark that no virtual router holds: to be asked when each
 * has what it is to have. */
void sweep_stale(const struct ka_conf *conf);

#endif
