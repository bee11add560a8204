/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options, with ipvsadm's words for the bad ones. */
#ifndef DRAYADM_VALUE_H
#define DRAYADM_VALUE_H

#include "classic.h"

int take_number(const char *arg, long min, long max, const char *what,
		uint32_t *value, struct usage *u);
int take_timeout(const char *arg, long min, uint32_t *value, struct usage *u);
bool value_server(struct classic *c);
int value_bad_server(const char *arg, struct usage *u);
int value_mask(const char *arg, uint8_t family, uint8_t *prefix,
	       struct usage *u);
int value_rows(const char *arg, uint32_t *rows, struct usage *u);
int value_load_limit(const char *arg, uint32_t *percent, struct usage *u);
int value_slow_start(const char *arg, uint32_t *seconds, struct usage *u);
int value_sched_flags(const char *arg, const char *scheduler, uint32_t *flags,
		      struct usage *u);

#endif
