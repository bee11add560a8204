// SPDX-License-Identifier: GPL-2.0-or-later
/* Between the configuration's sync groups, group.c, and who is told. */
#include "groups.h"

#include <stdlib.h>

#include "group.h"
#include "hold.h"
#include "router.h"
#include "tell.h"

struct sync_group {
	struct group group;
	const struct ka_sync_group *conf;
	bool owes_telling;		/* master: when all addresses are there */
};

static struct {
	struct sync_group *all;
	size_t n;
} groups;

/* Are addresses of the group on their way? */
static bool waits(const struct ka_sync_group *conf)
{
	const struct router *r;

	for (r = routers; r; r = r->next)
		if (r->conf->group == conf && hold_is_pending(r))
			return true;
	return false;
}

static void group_changed(void *arg, enum fsm_state from, enum fsm_state to)
{
	struct sync_group *g = arg;

	(void)from;
	if (g->owes_telling)
		tell_group(g->conf, FSM_MASTER);
	g->owes_telling = to == FSM_MASTER && waits(g->conf);
	if (!g->owes_telling)
		tell_group(g->conf, to);
}

static struct router *router_of(const struct ka_instance *conf)
{
	struct router *r;

	for (r = routers; r && r->conf != conf; r = r->next)
		;
	return r;
}

static void create_group(struct sync_group *g, const struct ka_sync_group *conf)
{
	struct fsm **members = calloc(conf->n_members + 1, sizeof(*members));
	struct router *r;
	size_t n = 0, i;

	for (i = 0; members && i < conf->n_members; i++) {
		r = router_of(conf->members[i]);
		if (r)
			members[n++] = &r->fsm;
	}
	g->conf = conf;
	group_init(&g->group, members, n, group_changed, g);
}

void groups_create(const struct ka_conf *conf)
{
	size_t i;

	groups.all = calloc(conf->n_sync_groups + 1, sizeof(*groups.all));
	groups.n = groups.all ? conf->n_sync_groups : 0;
	for (i = 0; i < groups.n; i++)
		create_group(&groups.all[i], conf->sync_groups[i]);
}

/* What a group was before is what those of its members were that it had. */
static void go_on(struct sync_group *g)
{
	enum fsm_state was = FSM_INIT, one;
	struct router *r;

	for (r = routers; r; r = r->next) {
		if (r->conf->group != g->conf)
			continue;
		one = r->record->state;
		if (was != FSM_INIT && one != FSM_INIT && one != was)
			return;
		was = one != FSM_INIT ? one : was;
	}
	group_go_on(&g->group, was);
}

void groups_go_on(void)
{
	size_t i;

	for (i = 0; i < groups.n; i++)
		go_on(&groups.all[i]);
}

void groups_settled(void)
{
	size_t i;

	for (i = 0; i < groups.n; i++)
		group_settled(&groups.all[i].group);
}

void groups_tell(void)
{
	size_t i;

	for (i = 0; i < groups.n; i++) {
		struct sync_group *g = &groups.all[i];

		if (!g->owes_telling || waits(g->conf))
			continue;
		g->owes_telling = false;
		tell_group(g->conf, FSM_MASTER);
	}
}
