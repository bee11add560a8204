/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a worker: of the daemon, or because another one takes its place. */
#ifndef DRAYVRRPD_HAND_OVER_H
#define DRAYVRRPD_HAND_OVER_H

/* Hear what the supervisor says by @control, and SIGTERM. */
void hand_over_watch(int control);

#endif
