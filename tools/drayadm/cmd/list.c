// SPDX-License-Identifier: GPL-2.0-or-later
/* list, services: the classic listing by another name. save: -S in numbers, and more. */
#include "classic_run.h"
#include "words.h"

int cmd_list(struct session *s, struct words *w)
{
	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	return list_run(s, &w->c);
}

int cmd_save(struct session *s, struct words *w)
{
	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	return save_run(s, true, true);
}
