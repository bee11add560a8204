/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling people and programs what has happened: the log in keepalived's
 * words, its scripts and FIFOs, mail.
 */
#ifndef DRAYCHECKD_NOTIFY_H
#define DRAYCHECKD_NOTIFY_H

#include "job.h"
#include "service.h"

extern const struct service_events notify_events;

void notify_job(struct job *job);
void notify_setup(const struct ka_conf *conf);
void notify_stop(const struct services *services);

#endif
