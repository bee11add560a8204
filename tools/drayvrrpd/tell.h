/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Being told: the log in the words that people's alerts match, notify scripts
 * and FIFOs with keepalived's arguments, mail.  In this order for each event.
 */
#ifndef DRAYVRRPD_TELL_H
#define DRAYVRRPD_TELL_H

#include "router.h"

/* @jobs leads to the spawner */
void tell_open(const struct ka_conf *conf, int jobs);
/* Start the scripts that read FIFOs, and end those of an earlier worker. */
void tell_readers(void);
/* The log.  Return: whether it is news for the others as well. */
bool tell_instance(struct router *r, enum fsm_state from, enum fsm_state to,
		   enum fsm_reason reason);
void tell_scripts(struct router *r, enum fsm_state to);
void tell_group(const struct ka_sync_group *group, enum fsm_state to);
void tell_lower_priority(struct router *r);
void tell_priority(struct router *r);

#endif
