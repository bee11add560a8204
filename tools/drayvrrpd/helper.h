/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's processes besides the worker: the one that runs commands, and the
 * one that syncs state, if the configuration wants it.
 */
#ifndef DRAYVRRPD_HELPER_H
#define DRAYVRRPD_HELPER_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ka_vrrp.h"
#include "state.h"

/* @jobs: where jobs come from, for the spawner. */
void helpers_init(struct event_base *base, struct state *state, int jobs);
/* A child without the parent's loop, and without what keeps helpers alive; it ends
 * with the parent.  Return: as fork() does. */
pid_t helper_fork(void);

/* Return: 0, or -errno. */
int helper_start_spawner(void);
void helper_end_spawner(void);

/* At the start of the daemon: nobody is preempted before this host has what the
 * others have. */
void helper_begin_sync(const struct ka_conf *conf);
/* If it is wanted and not there.  @control: what it is to close, or -1. */
void helper_start_sync(const struct ka_conf *conf, int control);
void helper_end_sync(void);

/* Return: whether it was a helper; what is needed again is started. */
bool helper_died(pid_t pid);

#endif
