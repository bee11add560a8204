/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the spawner looks at itself: small files, and /proc. */
#ifndef DRAYVRRPD_PROBE_H
#define DRAYVRRPD_PROBE_H

#include <stddef.h>

/* The number at the beginning of a file; 0 if there is none. */
long probe_file(const char *path);
/* How many processes there are: "full" or "name", "initial", "partial" or
 * "exact", the name, the words of the command line that have to match. */
long probe_processes(char *const *words, size_t n);

#endif
