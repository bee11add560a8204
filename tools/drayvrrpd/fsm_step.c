// SPDX-License-Identifier: GPL-2.0-or-later
/* Section numbers without a name are RFC 9568's, as in fsm.c. */
#include "fsm_step.h"

/* RFC 3768, 6.1: skews are in 1/256 s whatever the interval; 9568: of it. */
uint64_t step_longest_skew(const struct fsm *fsm, uint64_t interval)
{
	return fsm->params.version == 2 ? FSM_SECOND : interval;
}

uint64_t fsm_skew(const struct fsm *fsm)
{
	return (256 - fsm->priority) *
	       step_longest_skew(fsm, fsm->master_interval_us) / 256;
}

uint64_t fsm_down_interval(const struct fsm *fsm)
{
	return (uint64_t)fsm->params.down_adverts * fsm->master_interval_us +
	       fsm_skew(fsm);
}

/* A peer may have taken over from a master that was silent for so long. */
uint64_t step_dead_interval(const struct fsm *fsm)
{
	return (uint64_t)fsm->params.down_adverts * fsm->params.interval_us;
}

void step_begin(struct fsm *fsm, uint64_t now)
{
	fsm->now = step_latest(fsm->now, now);
}

/* The end of every event: the timer, then the sync group. */
void step_settle(struct fsm *fsm)
{
	if (fsm->armed != fsm->deadline) {
		fsm->armed = fsm->deadline;
		fsm->ops->arm(fsm->arg, fsm->deadline);
	}
	if (fsm->told_state == fsm->state && fsm->told_faults == fsm->faults)
		return;
	fsm->told_state = fsm->state;
	fsm->told_faults = fsm->faults;
	if (fsm->hook)
		fsm->hook->moved(fsm->hook_arg, fsm, fsm->now);
}

void step_enter(struct fsm *fsm, enum fsm_state state, enum fsm_reason reason)
{
	enum fsm_state from = fsm->state;

	if (from == state)
		return;
	fsm->state = state;
	fsm->reason = reason;
	fsm->since = fsm->now;
	if (state == FSM_MASTER)
		fsm->counters.n[COUNTER_BECAME_MASTER]++;
	if (from == FSM_MASTER)
		fsm->counters.n[COUNTER_LEFT_MASTER]++;
	fsm->ops->changed(fsm->arg, from, state, reason);
}

void step_note(struct fsm *fsm, enum fsm_note what,
		 const struct packet_advert *advert)
{
	fsm->ops->note(fsm->arg, what, advert ? &advert->src : NULL,
		       advert ? advert->priority : 0);
}

/* Neighbours may have believed another. */
void step_announce_again(struct fsm *fsm, enum fsm_announce why)
{
	fsm->last_announce = fsm->now;
	fsm->ops->announce(fsm->arg, why);
}

/* Whoever says that it is the master has done listening. */
void step_advert(struct fsm *fsm)
{
	bool woke = fsm->listening;

	fsm->listening = 0;
	fsm->counters.n[COUNTER_SENT]++;
	fsm->last_sent = fsm->now;
	fsm->ops->advert(fsm->arg, fsm->priority);
	if (woke)
		step_announce_again(fsm, FSM_ANNOUNCE_WAKE);
}

void step_resign(struct fsm *fsm)
{
	fsm->counters.n[COUNTER_SENT]++;
	fsm->counters.n[COUNTER_RESIGNS_SENT]++;
	fsm->ops->advert(fsm->arg, PACKET_RESIGN);
}

void step_forget_timers(struct fsm *fsm)
{
	fsm->deadline = FSM_NEVER;
	fsm->delay_until = FSM_NEVER;
	fsm->claims = false;
	fsm->resigned = false;
	fsm->listening = 0;
	fsm->draining = false;
}

/* 6.4.1 (100) and 6.4.2 (300): the advert first, so that an old one lets go. */
void step_to_master(struct fsm *fsm, enum fsm_reason reason)
{
	step_forget_timers(fsm);
	fsm->master.family = 0;
	step_advert(fsm);
	fsm->ops->acquire(fsm->arg);
	fsm->ops->announce(fsm->arg, FSM_ANNOUNCE_MASTER);
	fsm->deadline = fsm->now + fsm->params.interval_us;
	step_enter(fsm, FSM_MASTER, reason);
}

/* 6.4.1 (100), not the owner: AA := A, and as if a master was heard now. */
void step_to_backup(struct fsm *fsm, enum fsm_reason reason)
{
	step_forget_timers(fsm);
	fsm->master.family = 0;
	fsm->master_interval_us = fsm->params.interval_us;
	fsm->last_heard = fsm->now;
	fsm->deadline = fsm->now + fsm_down_interval(fsm);
	step_enter(fsm, FSM_BACKUP, reason);
}

bool step_may_claim(const struct fsm *fsm)
{
	return !fsm->hook || fsm->hook->may_claim(fsm->hook_arg, fsm);
}

/* 6.4.1: the Startup event, or what stands against it. */
void step_startup(struct fsm *fsm, enum fsm_reason reason)
{
	bool owner = fsm->priority == PACKET_OWNER &&
		     fsm->now >= fsm->hold_until;

	if (fsm->faults & ~FSM_FAULT_PENDING) {
		step_enter(fsm, FSM_FAULT, FSM_REASON_FAULT);
	} else if (fsm->faults) {
		step_enter(fsm, FSM_INIT, reason);
	} else if (owner && step_may_claim(fsm)) {
		step_to_master(fsm, FSM_REASON_OWNER);
	} else {
		step_to_backup(fsm, reason);
		fsm->claims = owner;
	}
}

void step_finish(struct fsm *fsm, enum fsm_reason reason)
{
	step_forget_timers(fsm);
	fsm->running = false;
	step_enter(fsm, FSM_INIT, reason);
}

void step_leave(struct fsm *fsm, enum fsm_reason reason)
{
	fsm->ops->release(fsm->arg);
	step_finish(fsm, reason);
}
