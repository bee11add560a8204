/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What table.c takes from its surroundings: dray.ko, ip_vs_dray.ko and KUnit
 * in the kernel, drayadm and the unit tests in user space.
 */
#ifndef _DRAY_TABLE_ENV_H
#define _DRAY_TABLE_ENV_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#else
#include "kernel.h"
#include "siphash.h"
#endif

#endif
