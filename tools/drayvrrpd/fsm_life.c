// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes from this host: start and stop, faults, another priority or
 * configuration, the sync group.  All but Startup and Shutdown is beyond the
 * RFC, as is a polite stop.
 */
#include "fsm_step.h"

/* What the running Down timer was set to. */
static uint64_t timer_length(const struct fsm *fsm)
{
	return fsm->resigned ? fsm_skew(fsm) : fsm_down_interval(fsm);
}

static void enter_fault(struct fsm *fsm)
{
	bool mute = fsm->faults & (FSM_FAULT_LINK | FSM_FAULT_SOURCE);

	if (fsm->state == FSM_MASTER) {
		if (!mute && !fsm->draining)
			step_resign(fsm);
		fsm->ops->release(fsm->arg);
	}
	step_forget_timers(fsm);
	step_enter(fsm, FSM_FAULT, fsm->faults == FSM_FAULT_GROUP ?
			      FSM_REASON_GROUP : FSM_REASON_FAULT);
}

void fsm_fault(struct fsm *fsm, unsigned int cause, uint64_t now)
{
	step_begin(fsm, now);
	fsm->faults |= cause;
	if (fsm->draining)
		step_leave(fsm, FSM_REASON_FAULT);
	else if (fsm->running && fsm->faults & ~FSM_FAULT_PENDING)
		enter_fault(fsm);
	step_settle(fsm);
}

void fsm_recover(struct fsm *fsm, unsigned int cause, uint64_t now)
{
	unsigned int before = fsm->faults;

	step_begin(fsm, now);
	fsm->faults &= ~cause;
	if (fsm->running && fsm->faults != before &&
	    (fsm->state == FSM_FAULT || fsm->state == FSM_INIT))
		step_startup(fsm, FSM_REASON_RECOVERED);
	step_settle(fsm);
}

void fsm_set_priority(struct fsm *fsm, uint8_t priority, uint64_t now)
{
	uint64_t before = timer_length(fsm);

	step_begin(fsm, now);
	if (priority == fsm->priority)
		return;
	fsm->priority = priority;
	if (fsm->state == FSM_BACKUP) {
		fsm->deadline += timer_length(fsm) - before;
	} else if (fsm_holds(fsm) && !fsm->draining) {
		step_advert(fsm);
		fsm->deadline = fsm->now + fsm->params.interval_us;
	}
	step_settle(fsm);
}

void fsm_speak(struct fsm *fsm, uint64_t now)
{
	step_begin(fsm, now);
	if (fsm_holds(fsm) && !fsm->draining) {
		step_advert(fsm);
		fsm->deadline = fsm->now + fsm->params.interval_us;
	}
	step_settle(fsm);
}

void fsm_set_source(struct fsm *fsm, const struct dray_addr *src, uint64_t now)
{
	step_begin(fsm, now);
	fsm->source = *src;
}

void fsm_set_params(struct fsm *fsm, const struct fsm_params *params,
		    uint64_t now)
{
	uint64_t before = timer_length(fsm), due;

	step_begin(fsm, now);
	fsm->params = *params;
	if (params->version == 2 || !fsm->master.family)
		fsm->master_interval_us = params->interval_us;
	if (fsm->state == FSM_BACKUP) {
		fsm->deadline += timer_length(fsm) - before;
	} else if (fsm_holds(fsm) && !fsm->draining) {
		due = step_latest(fsm->now, fsm->last_sent + params->interval_us);
		if (due < fsm->deadline)
			fsm->deadline = due;
	}
	step_settle(fsm);
}

void fsm_hold(struct fsm *fsm, uint64_t until)
{
	fsm->hold_until = until;
}

void fsm_follow(struct fsm *fsm, enum fsm_state state, uint64_t now)
{
	step_begin(fsm, now);
	if (state == FSM_MASTER && fsm->state == FSM_BACKUP) {
		step_to_master(fsm, FSM_REASON_GROUP);
	} else if (state == FSM_BACKUP && fsm->state == FSM_MASTER &&
		   !fsm->draining) {
		fsm->ops->release(fsm->arg);
		step_to_backup(fsm, FSM_REASON_GROUP);
	}
	step_settle(fsm);
}

void fsm_start(struct fsm *fsm, uint64_t now)
{
	step_begin(fsm, now);
	fsm->running = true;
	step_startup(fsm, FSM_REASON_START);
	step_settle(fsm);
}

/* The peers wait by what the last advert said, whatever ours says by now. */
void fsm_adopt(struct fsm *fsm, uint64_t last_sent, uint32_t interval_us,
	       uint64_t now)
{
	uint64_t limit = interval_us ?
		(uint64_t)fsm->params.down_adverts * interval_us :
		step_dead_interval(fsm);

	step_begin(fsm, now);
	fsm->running = true;
	/* What tracks it and has not answered yet had no fault before. */
	if (!(fsm->faults & ~FSM_FAULT_PENDING) && last_sent <= fsm->now &&
	    fsm->now - last_sent < limit) {
		step_to_master(fsm, FSM_REASON_ADOPTED);
	} else {
		fsm->ops->release(fsm->arg);
		step_startup(fsm, FSM_REASON_START);
	}
	step_settle(fsm);
}

void fsm_renounce(struct fsm *fsm, uint64_t now)
{
	step_begin(fsm, now);
	fsm->state = FSM_MASTER;
	if (!(fsm->faults & (FSM_FAULT_LINK | FSM_FAULT_SOURCE)))
		step_resign(fsm);
	step_leave(fsm, FSM_REASON_STOP);
	step_settle(fsm);
}

void fsm_resume(struct fsm *fsm, const struct fsm_past *past, uint64_t now)
{
	struct fsm before;

	fsm_start(fsm, now);
	if (fsm->state != FSM_BACKUP || past->last_heard > fsm->now)
		return;
	before = *fsm;
	fsm->master = past->master;
	fsm->master_priority = past->master_priority;
	if (past->master.family && fsm->params.version != 2)
		fsm->master_interval_us = past->master_interval_us;
	fsm->last_heard = past->last_heard;
	fsm->deadline = fsm->last_heard + fsm_down_interval(fsm);
	if (fsm->deadline <= fsm->now)
		*fsm = before;
	step_settle(fsm);
}

/* 6.4.2 (255), 6.4.3 (600) */
void fsm_stop(struct fsm *fsm, bool polite, uint64_t now)
{
	step_begin(fsm, now);
	if (fsm->state == FSM_MASTER && !fsm->draining) {
		if (polite && fsm->params.drain_us) {
			step_forget_timers(fsm);
			fsm->draining = true;
			fsm->deadline = fsm->now + fsm->params.drain_us;
			step_resign(fsm);
		} else {
			step_resign(fsm);
			step_leave(fsm, FSM_REASON_STOP);
		}
	} else if (fsm->draining && !polite) {
		step_leave(fsm, FSM_REASON_STOP);
	} else if (fsm->running && !fsm->draining) {
		step_finish(fsm, FSM_REASON_STOP);
	}
	step_settle(fsm);
}

void fsm_init(struct fsm *fsm, const struct fsm_params *params,
	      const struct fsm_ops *ops, void *arg)
{
	*fsm = (struct fsm){
		.params = *params,
		.ops = ops,
		.arg = arg,
		.deadline = FSM_NEVER,
		.armed = FSM_NEVER,
		.delay_until = FSM_NEVER,
		.master_interval_us = params->interval_us,
	};
}
