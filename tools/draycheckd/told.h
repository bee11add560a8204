/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers that another director has down, as drayvrrpd's state sync leaves them
 * in a file: the first answer for a server that no check here has looked at.
 */
#ifndef DRAYCHECKD_TOLD_H
#define DRAYCHECKD_TOLD_H

#include <jansson.h>

#include "daemon.h"

/**
 * told_apply() - believe it of servers of which nothing else is known
 * @s: services
 * @root: what the file says
 * @boot_id: of this boot
 * @now_us: time since then
 * @fn: is called for each server that is down now and was not
 *
 * What was found in the kernel at the start counts more, and so does the first
 * result of each check.  A file of another boot, or that is older than ten
 * seconds, says nothing.
 */
void told_apply(struct services *s, const json_t *root, const char *boot_id,
		uint64_t now_us, void (*fn)(struct real *real));

/* Look once, before the first answers are given. */
void told_begin(struct daemon *d);
/* Go on looking, twice a second, until every check has run. */
void told_watch(struct daemon *d);
void told_close(void);

#endif
