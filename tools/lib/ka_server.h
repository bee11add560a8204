/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual_server, real_server and checkers while they are made: the result, and
 * what they say for the checks below them. */
#ifndef DRAY_KA_SERVER_H
#define DRAY_KA_SERVER_H

#include "ka_table.h"

struct ka_vs_raw {
	struct ka_virtual_server v;
	struct ka_check_common check;
	const char *group_name;
	uint8_t family;			/* of a mark, said; 0: not */
	bool refused;			/* by its lb_kind */
	bool lb_kind;			/* was said */
	int weight;
	bool sorry_inhibit;
	struct ka_node *sorry;
	unsigned int granularity;
};

struct ka_rs_raw {
	struct ka_real_server r;
	struct ka_check_common check;
	bool refused;
};

struct ka_checker_raw {
	struct ka_checker c;
	struct ka_check_common check;
	struct ka_node *user;
	const char *file;
	bool user_said, file_weight;
};

/* keywords that a virtual_server, a real_server and a checker share */
#define K_CHECK_COMMON(s) \
	K_TIME("connect_timeout", 2, s, check.connect_timeout_us, 0.001, \
	       KA_A_DAY), \
	K_INT("retry", 2, s, check.retry, 0, 65535), \
	K_TIME("delay_before_retry", 1, s, check.delay_before_retry_us, 0, \
	       KA_A_DAY), \
	K_TIME("warmup", 2, s, check.warmup_us, 0, KA_A_DAY), \
	K_TIME("delay_loop", 1, s, check.delay_loop_us, 0.001, KA_A_DAY), \
	K_BOOL("alpha", 2, s, check.alpha), \
	K_BOOL("dray_probe", 2, s, check.probe)

/* lb_kind, lvs_method.  Return: whether it is one that dray has. */
bool ka_is_direct(struct ka_parser *p, const struct ka_node *node,
		  const char *what);

/* The real server's checks, complete.  @vs and @rs are being made. */
void ka_checkers_complete(struct ka_parser *p, struct ka_raw *vs,
			  struct ka_raw *rs);
struct ka_vs_group *ka_vs_group_named(struct ka_parser *p,
				      const struct ka_node *node, size_t at);

#endif
