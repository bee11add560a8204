// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sync groups: whenever one member has moved, the others are moved after it.
 * What they do then does not come back here (moving), so nothing goes round.
 */
#include "group.h"

static bool has_fault(const struct fsm *fsm)
{
	return fsm->faults & ~(FSM_FAULT_GROUP | FSM_FAULT_PENDING);
}

static bool wants_master(const struct fsm *fsm)
{
	return (fsm->state == FSM_MASTER && !fsm->draining) || fsm->claims;
}

/* MASTER only when every member wants it. */
static bool may_claim(void *arg, const struct fsm *fsm)
{
	const struct group *group = arg;
	size_t i;

	for (i = 0; i < group->n_members; i++)
		if (group->members[i] != fsm &&
		    !wants_master(group->members[i]))
			return false;
	return true;
}

static size_t count_faults(const struct group *group)
{
	size_t i, n = 0;

	for (i = 0; i < group->n_members; i++)
		n += has_fault(group->members[i]);
	return n;
}

/* A member has the group's fault while another has one of its own. */
static void share_faults(struct group *group, uint64_t now)
{
	size_t faults = count_faults(group), i;
	struct fsm *m;

	for (i = 0; i < group->n_members; i++) {
		m = group->members[i];
		if (faults > has_fault(m))
			fsm_fault(m, FSM_FAULT_GROUP, now);
		else
			fsm_recover(m, FSM_FAULT_GROUP, now);
	}
}

static void follow(struct group *group, const struct fsm *first, uint64_t now)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		if (group->members[i] != first)
			fsm_follow(group->members[i], first->state, now);
}

static size_t count_state(const struct group *group, enum fsm_state state)
{
	size_t i, n = 0;

	for (i = 0; i < group->n_members; i++)
		n += group->members[i]->state == state;
	return n;
}

/* While members start or stop one after the other it stays what it was. */
static enum fsm_state whole(const struct group *group)
{
	if (count_state(group, FSM_FAULT))
		return FSM_FAULT;
	if (count_state(group, FSM_MASTER) == group->n_members)
		return FSM_MASTER;
	if (count_state(group, FSM_INIT) == group->n_members)
		return FSM_INIT;
	if (!count_state(group, FSM_MASTER) && count_state(group, FSM_BACKUP))
		return FSM_BACKUP;
	return group->state;
}

static void tell(struct group *group)
{
	enum fsm_state from = group->state;

	if (group->quiet)
		return;
	group->state = whole(group);
	if (group->state != from && group->changed)
		group->changed(group->arg, from, group->state);
}

static bool has_master(const struct group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		if (group->members[i]->state == FSM_MASTER &&
		    !group->members[i]->draining)
			return true;
	return false;
}

/*
 * One that is new in the group, or had to wait for a result, goes where the
 * others are.  If another director is better there, its answer takes all down.
 */
static bool is_late(const struct group *group, const struct fsm *fsm)
{
	return fsm->state == FSM_BACKUP && has_master(group) &&
	       (fsm->reason == FSM_REASON_START ||
		fsm->reason == FSM_REASON_RECOVERED);
}

static void moved(void *arg, struct fsm *fsm, uint64_t now)
{
	struct group *group = arg;

	if (group->moving)
		return;
	group->moving = true;
	share_faults(group, now);
	if (is_late(group, fsm))
		fsm_follow(fsm, FSM_MASTER, now);
	else if (fsm->state == FSM_MASTER || fsm->state == FSM_BACKUP)
		follow(group, fsm, now);
	group->moving = false;
	tell(group);
}

void group_init(struct group *group, struct fsm **members, size_t n,
		void (*changed)(void *arg, enum fsm_state from,
				enum fsm_state to),
		void *arg)
{
	static const struct fsm_hook hook = {
		.may_claim = may_claim,
		.moved = moved,
	};
	size_t i;

	*group = (struct group){
		.members = members,
		.n_members = n,
		.changed = changed,
		.arg = arg,
	};
	for (i = 0; i < n; i++) {
		members[i]->hook = &hook;
		members[i]->hook_arg = group;
	}
	group->state = whole(group);
}

void group_go_on(struct group *group, enum fsm_state was)
{
	group->state = was;
	group->quiet = true;
}

void group_settled(struct group *group)
{
	group->quiet = false;
	tell(group);
}

void group_exit(struct group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		group->members[i]->hook = NULL;
		group->members[i]->hook_arg = NULL;
	}
}
