/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key of the selection tables, read from a file that only root reads. */
#ifndef DRAYADM_TABLE_KEY_H
#define DRAYADM_TABLE_KEY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * key: 16 bytes.  All return 0, or -1 with error filled in, which has nothing
 * of the key.
 */
int table_key_read(const char *name, uint8_t *key, char *error, size_t size);
int table_key_judge(const char *name, const struct stat *st, char *error,
		    size_t size);
int table_key_parse(const char *name, const char *text, size_t len,
		    uint8_t *key, char *error, size_t size);
void table_key_public(uint8_t *key);

#endif
