/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a state machine does, whatever made it do so.  For fsm.c and fsm_life.c,
 * which say when; each of their functions begins with step_begin() and ends
 * with step_settle().
 */
#ifndef DRAYVRRPD_FSM_STEP_H
#define DRAYVRRPD_FSM_STEP_H

#include "fsm.h"

/* Time never goes back. */
void step_begin(struct fsm *fsm, uint64_t now);
/* The end of every event: the timer, then the sync group. */
void step_settle(struct fsm *fsm);

void step_advert(struct fsm *fsm);
void step_resign(struct fsm *fsm);
void step_note(struct fsm *fsm, enum fsm_note what,
	       const struct packet_advert *advert);
void step_announce_again(struct fsm *fsm, enum fsm_announce why);
void step_forget_timers(struct fsm *fsm);

void step_enter(struct fsm *fsm, enum fsm_state state, enum fsm_reason reason);
void step_to_master(struct fsm *fsm, enum fsm_reason reason);
void step_to_backup(struct fsm *fsm, enum fsm_reason reason);
/* To whatever its faults, its priority and its group let it be. */
void step_startup(struct fsm *fsm, enum fsm_reason reason);
/* A machine that has stopped; step_leave(): of a master. */
void step_finish(struct fsm *fsm, enum fsm_reason reason);
void step_leave(struct fsm *fsm, enum fsm_reason reason);

bool step_may_claim(const struct fsm *fsm);
/* The skew of priority 0. */
uint64_t step_longest_skew(const struct fsm *fsm, uint64_t interval);
/* A peer may have taken over from a master that was silent for so long. */
uint64_t step_dead_interval(const struct fsm *fsm);

static inline uint64_t step_latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
