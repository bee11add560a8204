/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page against the regex of its url, as it comes, in pieces: what of it cannot
 * belong to a match any more is forgotten.  Bounded by how much a match may be
 * long, by memory and by time of the CPU, for each page: a pattern that needs
 * more has not matched, and says so.
 */
#ifndef DRAYCHECKD_REGEX_H
#define DRAYCHECKD_REGEX_H

#include "ka_lvs.h"

#define REGEX_WINDOW (64 << 10)		/* bytes */
#define REGEX_MS 200

struct regex;

struct regex *regex_begin(const struct ka_regex *conf);
void regex_add(struct regex *r, const void *data, size_t n);
void regex_end(struct regex *r);
void regex_free(struct regex *r);
bool regex_decided(const struct regex *r);
const char *regex_judge(const struct regex *r);

#endif
