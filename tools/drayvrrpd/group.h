/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vrrp_sync_group: its members are MASTER only together, one that leaves
 * takes all along, and the FAULT of one is the FAULT of all.  On top of the
 * hook of fsm.h; pure as that is.
 */
#ifndef DRAYVRRPD_GROUP_H
#define DRAYVRRPD_GROUP_H

#include "fsm.h"

struct group {
	struct fsm **members;		/* borrowed */
	size_t n_members;
	enum fsm_state state;
	bool moving;			/* the group moves its members itself */
	bool quiet;			/* members go on where they were */
	void (*changed)(void *arg, enum fsm_state from, enum fsm_state to);
	void *arg;
};

/**
 * group_init() - bind machines together before they are started
 * @group: to be set up
 * @members: machines, kept by the caller for as long as the group is
 * @n: how many
 * @changed: called when the state of the whole has changed; may be NULL
 * @arg: for @changed
 */
void group_init(struct group *group, struct fsm **members, size_t n,
		void (*changed)(void *arg, enum fsm_state from,
				enum fsm_state to),
		void *arg);

/**
 * group_go_on() - members are started again, by another process
 * @group: was set up, and no member is started
 * @was: the state that it had
 *
 * Nothing is told until group_settled(), and then only if it differs from @was.
 */
void group_go_on(struct group *group, enum fsm_state was);
void group_settled(struct group *group);

/* Let the members go their own ways. */
void group_exit(struct group *group);

#endif
