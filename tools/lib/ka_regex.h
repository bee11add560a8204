/* SPDX-License-Identifier: GPL-2.0-or-later */
/* regex of a url: see ka_regex.c.  Only who reads or matches one knows PCRE2. */
#ifndef DRAY_KA_REGEX_H
#define DRAY_KA_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "ka_parse.h"

#define KA_REGEX_LOOKBEHIND 1024	/* characters */

void ka_set_regex(struct ka_parser *p, struct ka_node *node,
		  struct ka_raw *raw);
void ka_add_regex_options(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw);
void ka_set_regex_stack(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw);
void ka_regex_complete(struct ka_parser *p, const struct ka_raw *raw);

#endif
