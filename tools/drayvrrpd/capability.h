/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What root may do, given up for good. */
#ifndef DRAYVRRPD_CAPABILITY_H
#define DRAYVRRPD_CAPABILITY_H

/*
 * Keep one capability (CAP_*) and no other, nor any way to get one back.
 * Return: 0 or -errno.
 */
int capability_keep(int capability);

#endif
