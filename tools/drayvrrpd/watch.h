/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track_file and vrrp_track_process: looked at by the spawner, now and then. */
#ifndef DRAYVRRPD_WATCH_H
#define DRAYVRRPD_WATCH_H

#include "ka_vrrp.h"
#include "priority.h"

/* in the id of a job: whose it is */
#define WATCH_ID 0x80000000u

void watches_create(const struct ka_conf *conf, int jobs);
void watch_result(uint32_t id, long value, uint64_t now);
long watch_file(const struct ka_track_file *file);
enum priority_result watch_process(const struct ka_track_process *process);

#endif
