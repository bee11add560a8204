/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that keeps directors in step: what the module tells of flows and
 * persistent clients goes to the others, what they tell goes into the module.
 */
#ifndef DRAYVRRPD_SYNC_H
#define DRAYVRRPD_SYNC_H

#include "ka_vrrp.h"
#include "state.h"

/* For so long a director that has just started preempts nobody. */
#define SYNC_HOLD_US 30000000ull

/* Is there anything for it to do? */
bool sync_wanted(const struct ka_conf *conf);
/* Would it do something else by another configuration? */
bool sync_differs(const struct ka_conf *a, const struct ka_conf *b);
/* Return: 0, or -1 with error filled in, which has nothing of the key. */
int sync_key_read(const char *path, struct sync_key *key, char *error,
		  size_t size);
/* Is there another key in the file than the one that it has? */
bool sync_key_differs(const struct ka_conf *conf, const struct sync_show *show);
/* Its whole life, until @alive is closed. */
void sync_main(const struct ka_conf *conf, struct state *state, int alive)
	__attribute__((noreturn));

#endif
