/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the results of one check mean, in virtual time.  Pure: is told results
 * and the time, says when to look again; opens nothing and reads no clock.
 * Times are milliseconds.
 */
#ifndef DRAYCHECKD_CHECK_H
#define DRAYCHECKD_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define CHECK_FIRST_DELAY 1000	/* before the first look, and up to warmup more */

enum check_verdict { CHECK_UNKNOWN, CHECK_UP, CHECK_DOWN };

struct check_timing {
	uint64_t delay_loop, delay_before_retry, warmup;
	unsigned int retry;
};

struct check {
	struct check_timing timing;
	enum check_verdict verdict;
	bool ran;		/* a result of its own has come */
	unsigned int retried;	/* failures in a row that may yet be nothing */
	uint64_t due;		/* when to look next */
	uint64_t since;		/* when the verdict was given */
};

void check_start(struct check *c, const struct check_timing *timing,
		 enum check_verdict adopted, uint64_t now, uint32_t random);
bool check_decides(const struct check *c);
bool check_result(struct check *c, bool ok, uint64_t now);
void check_retime(struct check *c, const struct check_timing *timing,
		  uint64_t now);

#endif
