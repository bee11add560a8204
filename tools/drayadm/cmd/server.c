// SPDX-License-Identifier: GPL-2.0-or-later
/* drain, up, down: the state of one server; its weight stays as it is. */
#include <string.h>

#include "classic_run.h"
#include "text.h"
#include "words.h"

int cmd_state(struct session *s, struct words *w)
{
	struct dray_server *srv = &w->c.srv;
	int rc;

	if (w->n_args)
		return words_usage(s, w, "unexpected argument %s", w->args[0]);
	if (!words_service(w) || !classic_has(&w->c, OPT_SERVER))
		return words_usage(s, w, "a service and a real server (-r) are "
				   "needed");
	dray_state_parse(w->command->name, &srv->state);
	srv->has = DRAY_BIT(DRAY_A_SERVER_STATE);
	w->c.cmd = CMD_EDIT_SERVER;
	rc = session_connect(s);
	if (rc)
		return rc;
	return classic_send(s, &w->c) ? classic_refused(s, CMD_EDIT_SERVER) : 0;
}
