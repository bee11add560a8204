// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends a difference as one transaction that the kernel takes only if nothing
 * has changed since the reading that the difference was made from.
 */
#include <errno.h>

#include "diff.h"
#include "request.h"

static int send_change(struct dray_nl *nl, const struct dray_change *c)
{
	switch (c->cmd) {
	case DRAY_CMD_SET_CONFIG:
		return dray_config_write(nl, c->config);
	case DRAY_CMD_NEW_SERVICE:
	case DRAY_CMD_SET_SERVICE:
		return dray_service_write(nl, c->cmd, c->svc);
	case DRAY_CMD_DEL_SERVICE:
		return dray_service_key(nl, c->cmd, &c->old_svc->key);
	case DRAY_CMD_NEW_SERVER:
	case DRAY_CMD_SET_SERVER:
		return dray_server_write(nl, c->cmd, c->key, c->srv);
	case DRAY_CMD_DEL_SERVER: {
		struct dray_server key = *c->old_srv;

		key.has = 0;
		return dray_server_write(nl, c->cmd, c->key, &key);
	}
	case DRAY_CMD_DEL_VIP: {
		struct dray_vip key = { .addr = c->old_vip->addr };

		return dray_vip_write(nl, c->cmd, &key);
	}
	default:
		return dray_vip_write(nl, c->cmd, c->vip);
	}
}

/*
 * Return: 0 with the new generation in nl->generation; -ESTALE if somebody
 * else was faster; -errno with nl->error filled in and *culprit the change
 * that was refused, NULL if it was none of them.  Then nothing is changed.
 */
int dray_diff_send(struct dray_nl *nl, const struct dray_diff *diff,
		   uint32_t generation, const struct dray_change **culprit)
{
	size_t i;
	int rc;

	*culprit = NULL;
	rc = dray_txn_begin(nl);
	for (i = 0; !rc && i < diff->n; i++) {
		*culprit = &diff->list[i];
		rc = send_change(nl, *culprit);
		if (rc)
			dray_txn_abort(nl);
	}
	if (rc)
		return rc;
	*culprit = NULL;
	return dray_txn_commit(nl, generation);
}
