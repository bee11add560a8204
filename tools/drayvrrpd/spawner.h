/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that starts commands, writes to FIFOs and sends mail, so that
 * the one that sends adverts never forks and never waits.  Jobs come as
 * messages; of a job that was asked to be, the result goes back.
 */
#ifndef DRAYVRRPD_SPAWNER_H
#define DRAYVRRPD_SPAWNER_H

#include "job.h"

/* The whole life of the spawner: jobs come by @fd until the other end of
 * @alive is closed; then what notifies is finished, within some seconds. */
void spawner_main(int fd, int alive);

#endif
