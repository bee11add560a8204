/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lint share. */
#ifndef DRAY_KA_LINT_H
#define DRAY_KA_LINT_H

#include "ka_parse.h"

void ka_lint_say(struct ka_conf *conf, enum ka_severity severity,
		 const struct ka_pos *pos, const char *done, const char *format,
		 ...) __attribute__((format(printf, 5, 6)));
void ka_lint_commands(struct ka_conf *conf);
void ka_lint_elections(struct ka_conf *conf);
void ka_lint_services(struct ka_conf *conf);

#endif
