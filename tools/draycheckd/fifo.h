/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_fifo and lvs_notify_fifo: one line for each event, in order.  Lines
 * that nobody reads wait in memory up to a limit; what is then lost is said.
 */
#ifndef DRAYCHECKD_FIFO_H
#define DRAYCHECKD_FIFO_H

#include "ka.h"

void fifo_setup(const struct ka_conf *conf);
void fifo_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
