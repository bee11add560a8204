/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told, if it is systemd that has started this. */
#ifndef DRAYCHECKD_READY_H
#define DRAYCHECKD_READY_H

struct event_base;

void ready_open(struct event_base *base);
void ready_now(void);
void ready_reloading(void);
void ready_stopping(void);

#endif
