/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for a daemon that is started again when there is none left. */
#ifndef DRAYCHECKD_MEM_H
#define DRAYCHECKD_MEM_H

#include <stdlib.h>
#include <string.h>

static inline void *mem_zero(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		abort();
	return p;
}

static inline char *mem_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

#endif
