/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's loop: what is watched, and in which order a turn goes on.  A turn
 * ends with the table of links looked at and the next alarm set; so whoever is
 * called by it for something else ends with loop_turn_over().
 */
#ifndef DRAYVRRPD_LOOP_H
#define DRAYVRRPD_LOOP_H

#include <event2/event.h>

#include "ka_vrrp.h"
#include "state.h"

/* What talks to the kernel is opened.  Return: 0, or -errno and said. */
int loop_open(const struct ka_conf *conf, struct state *state);
/* Links, alarms and signs of life; sockets come with their interfaces. */
void loop_watch_network(void);
/* @fn gets the event as its argument.  Without memory the process ends. */
void loop_watch(int fd, event_callback_fn fn);
void loop_watch_signal(int sig, event_callback_fn fn);

/* Sockets and routers as the table of links has it. */
void loop_look(uint64_t now);
/* The end of a turn: nothing may be waited for before this. */
void loop_turn_over(void);
/* From now on addresses that nobody is to have are ours to take away. */
void loop_started(void);
/* The loop ends when no virtual router runs any more. */
void loop_end(void);
void loop_run(void);

#endif
