// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What has to be written so that `now` becomes `wanted`.  Both are sorted, so
 * that services and servers are merged like two decks of cards.  Deletions
 * come first: what is deleted may stand in the way of what is added.
 *
 * Things that others own are left alone unless the file names them: a
 * server's state, an address's role.
 */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

static struct dray_change *add(struct dray_diff *diff, uint8_t cmd, unsigned int line)
{
	struct dray_change *c;

	diff->list = dray_grow(diff->list, diff->n, sizeof(*diff->list));
	c = &diff->list[diff->n++];
	memset(c, 0, sizeof(*c));
	c->cmd = cmd;
	c->line = line;
	return c;
}

/* What a service without a table has there means nothing. */
static bool same_table(const struct dray_service *a,
		       const struct dray_service *b)
{
	return !dray_service_has_table(b) ||
	       (a->rows == b->rows && a->load_limit == b->load_limit &&
		a->slow_start == b->slow_start);
}

static bool same_service(const struct dray_service *a,
			 const struct dray_service *b)
{
	return !strcmp(a->scheduler, b->scheduler) && a->flags == b->flags &&
	       a->sched_flags == b->sched_flags &&
	       a->persist_timeout == b->persist_timeout &&
	       (!a->persist_timeout ||
		a->persist_prefix == b->persist_prefix) &&
	       a->down_hold == b->down_hold && same_table(a, b);
}

static bool same_server(const struct dray_server *now,
			const struct dray_server *wanted)
{
	return now->weight == wanted->weight &&
	       now->u_threshold == wanted->u_threshold &&
	       now->l_threshold == wanted->l_threshold &&
	       (!(wanted->has & DRAY_BIT(DRAY_A_SERVER_STATE)) ||
		now->state == wanted->state);
}

static void change_server(struct dray_diff *diff, uint8_t cmd,
			  const struct dray_key *key,
			  const struct dray_server *now,
			  const struct dray_server *wanted)
{
	struct dray_change *c = add(diff, cmd, wanted ? wanted->line : 0);

	c->key = key;
	c->srv = wanted;
	c->old_srv = now;
}

/* deleting: the first pass; otherwise what is new or different */
static void diff_servers(const struct dray_service *now,
			 const struct dray_service *wanted, bool deleting,
			 struct dray_diff *diff)
{
	size_t i = 0, j = 0, n = now ? now->n_servers : 0;
	const struct dray_server *a, *b;
	int order;

	while (i < n || j < wanted->n_servers) {
		a = i < n ? &now->servers[i] : NULL;
		b = j < wanted->n_servers ? &wanted->servers[j] : NULL;
		order = !a ? 1 : !b ? -1 : dray_server_cmp(a, b);
		i += order <= 0;
		j += order >= 0;
		if (order < 0 && deleting)
			change_server(diff, DRAY_CMD_DEL_SERVER, &wanted->key,
				      a, NULL);
		else if (order > 0 && !deleting)
			change_server(diff, DRAY_CMD_NEW_SERVER, &wanted->key,
				      NULL, b);
		else if (!order && !deleting && !same_server(a, b))
			change_server(diff, DRAY_CMD_SET_SERVER, &wanted->key,
				      a, b);
	}
}

static void change_service(struct dray_diff *diff, uint8_t cmd,
			   const struct dray_service *now,
			   const struct dray_service *wanted)
{
	struct dray_change *c = add(diff, cmd, wanted ? wanted->line : 0);

	c->svc = wanted;
	c->old_svc = now;
}

static void diff_service(const struct dray_service *now,
			 const struct dray_service *wanted, bool deleting,
			 struct dray_diff *diff)
{
	if (!wanted) {
		if (deleting)
			change_service(diff, DRAY_CMD_DEL_SERVICE, now, NULL);
		return;
	}
	if (!now && !deleting)
		change_service(diff, DRAY_CMD_NEW_SERVICE, NULL, wanted);
	else if (now && !deleting && !same_service(now, wanted))
		change_service(diff, DRAY_CMD_SET_SERVICE, now, wanted);
	if (now || !deleting)
		diff_servers(now, wanted, deleting, diff);
}

static void diff_services(const struct dray_table *now,
			  const struct dray_table *wanted, bool deleting,
			  struct dray_diff *diff)
{
	const struct dray_service *a, *b;
	size_t i = 0, j = 0;
	int order;

	while (i < now->n_services || j < wanted->n_services) {
		a = i < now->n_services ? &now->services[i] : NULL;
		b = j < wanted->n_services ? &wanted->services[j] : NULL;
		order = !a ? 1 : !b ? -1 : dray_key_cmp(&a->key, &b->key);
		i += order <= 0;
		j += order >= 0;
		diff_service(order > 0 ? NULL : a, order < 0 ? NULL : b,
			     deleting, diff);
	}
}

static bool has_peer(const struct dray_vip *vip, const uint8_t *mac)
{
	size_t i;

	for (i = 0; i < vip->n_peers; i++)
		if (!memcmp(vip->peers[i], mac, DRAY_MACLEN))
			return true;
	return false;
}

static bool same_vip(const struct dray_vip *now, const struct dray_vip *wanted)
{
	size_t i;

	if ((wanted->has & DRAY_BIT(DRAY_A_VIP_ROLE)) &&
	    wanted->role != now->role)
		return false;
	if ((wanted->has & DRAY_BIT(DRAY_A_VIP_FLAGS)) &&
	    wanted->flags != now->flags)
		return false;
	/* a write without peers keeps them: no peers means whatever there is */
	if (!wanted->n_peers)
		return true;
	for (i = 0; i < wanted->n_peers; i++)
		if (!has_peer(now, wanted->peers[i]))
			return false;
	return now->n_peers == wanted->n_peers;
}

static void change_vip(struct dray_diff *diff, uint8_t cmd,
		       const struct dray_vip *now, const struct dray_vip *wanted)
{
	struct dray_change *c = add(diff, cmd, wanted ? wanted->line : 0);

	c->vip = wanted;
	c->old_vip = now;
}

static void diff_vips(const struct dray_table *now,
		      const struct dray_table *wanted, struct dray_diff *diff)
{
	const struct dray_vip *old;
	size_t i;

	for (i = 0; i < now->n_vips; i++)
		if (!dray_table_vip(wanted, &now->vips[i].addr))
			change_vip(diff, DRAY_CMD_DEL_VIP, &now->vips[i], NULL);
	for (i = 0; i < wanted->n_vips; i++) {
		old = dray_table_vip(now, &wanted->vips[i].addr);
		if (!old)
			change_vip(diff, DRAY_CMD_NEW_VIP, NULL,
				   &wanted->vips[i]);
		else if (!same_vip(old, &wanted->vips[i]))
			change_vip(diff, DRAY_CMD_SET_VIP, old,
				   &wanted->vips[i]);
	}
}

static bool differs(const struct dray_config *wanted, int attr, uint64_t a,
		    uint64_t b)
{
	return (wanted->has & DRAY_BIT(attr)) && a != b;
}

static void diff_config(const struct dray_config *now,
			const struct dray_config *wanted, struct dray_diff *diff)
{
	struct dray_change *c;

	if (!differs(wanted, DRAY_A_CONFIG_TIMEOUT_TCP, now->timeout_tcp,
		     wanted->timeout_tcp) &&
	    !differs(wanted, DRAY_A_CONFIG_TIMEOUT_TCPFIN, now->timeout_tcpfin,
		     wanted->timeout_tcpfin) &&
	    !differs(wanted, DRAY_A_CONFIG_TIMEOUT_UDP, now->timeout_udp,
		     wanted->timeout_udp) &&
	    !differs(wanted, DRAY_A_CONFIG_HOOK_MODE, now->hook_mode,
		     wanted->hook_mode) &&
	    !differs(wanted, DRAY_A_CONFIG_FLOW_LIMIT, now->flow_limit,
		     wanted->flow_limit) &&
	    !differs(wanted, DRAY_A_CONFIG_PERSIST_LIMIT, now->persist_limit,
		     wanted->persist_limit) &&
	    !differs(wanted, DRAY_A_CONFIG_UNASSURED_LIMIT,
		     now->unassured_limit, wanted->unassured_limit) &&
	    !differs(wanted, DRAY_A_CONFIG_TABLE_LIMIT, now->table_limit,
		     wanted->table_limit))
		return;
	c = add(diff, DRAY_CMD_SET_CONFIG, wanted->line);
	c->config = wanted;
	c->old_config = now;
}

void dray_diff_make(const struct dray_table *now,
		    const struct dray_table *wanted, bool with_vips,
		    struct dray_diff *diff)
{
	memset(diff, 0, sizeof(*diff));
	diff_config(&now->config, &wanted->config, diff);
	diff_services(now, wanted, true, diff);
	diff_services(now, wanted, false, diff);
	if (with_vips)
		diff_vips(now, wanted, diff);
}

void dray_diff_free(struct dray_diff *diff)
{
	free(diff->list);
	memset(diff, 0, sizeof(*diff));
}

static void forget_states(struct dray_service *before,
			  const struct dray_service *wanted)
{
	const struct dray_server *srv;
	size_t i;

	for (i = 0; wanted && i < before->n_servers; i++) {
		srv = dray_service_server(wanted, &before->servers[i]);
		if (srv && !(srv->has & DRAY_BIT(DRAY_A_SERVER_STATE)))
			before->servers[i].has &= ~DRAY_BIT(DRAY_A_SERVER_STATE);
	}
}

/*
 * Makes `before` something to go back to: what the file had left alone is
 * left alone on the way back, too.
 */
void dray_diff_rollback_target(struct dray_table *before,
			  const struct dray_table *wanted)
{
	const uint32_t named = DRAY_BIT(DRAY_A_VIP_ROLE) |
			       DRAY_BIT(DRAY_A_VIP_FLAGS);
	const struct dray_vip *vip;
	size_t i;

	before->config.has &= wanted->config.has;
	for (i = 0; i < before->n_services; i++)
		forget_states(&before->services[i],
			      dray_table_service(wanted,
						 &before->services[i].key));
	for (i = 0; i < before->n_vips; i++) {
		vip = dray_table_vip(wanted, &before->vips[i].addr);
		before->vips[i].has = vip ? vip->has & named : 0;
	}
}
