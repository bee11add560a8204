/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying out a parsed classic command line. */
#ifndef DRAYADM_CLASSIC_RUN_H
#define DRAYADM_CLASSIC_RUN_H

#include "session.h"

int classic_main(struct session *s, int argc, const char *const *argv);
int classic_run(struct session *s, struct classic *c);
int classic_send(struct session *s, struct classic *c);
int classic_refused(const struct session *s, enum classic_cmd cmd);
int classic_judge_reach(struct session *s, const struct dray_key *key,
			const struct dray_server *srv, bool strict);

struct list_style {
	enum list_mode {
		LIST_PLAIN,
		LIST_STATS,
		LIST_RATE,
		LIST_THRESHOLDS,
		LIST_PERSISTENT,
		LIST_TUNNELS,
	} mode;
	bool numeric, exact, nosort, json;
};

int list_run(struct session *s, const struct classic *c);
int list_services(struct session *s, const struct dray_key *only,
		  const struct list_style *style);
int list_connections(struct session *s, const struct list_style *style,
		     bool pe_columns);
int measure_rates(struct session *s, const struct dray_key *only,
		  struct dray_table *table);

int restore_run(struct session *s, bool atomic);
int save_run(struct session *s, bool numeric, bool everything);
void help_print(FILE *out, const char *program);
void version_print(FILE *out);

#endif
