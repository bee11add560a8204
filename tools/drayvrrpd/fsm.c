// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine of one virtual router.  Section numbers without a name are
 * RFC 9568's.  Where RFC 3768 (version 2) differs, or keepalived and the RFC
 * do, it is said at the place.
 *
 * Beyond the RFC: FAULT, sync groups, preempt_delay, a polite stop, and what a
 * machine does that has slept past a dead interval.
 */
#include "fsm.h"

#include <string.h>

/* Part of an interval between two answers to worse masters. */
#define ANSWERS_PER_INTERVAL 4

/* RFC 3768, 6.1: skews are in 1/256 s whatever the interval; 9568: of it. */
static uint64_t longest_skew(const struct fsm *fsm, uint64_t interval)
{
	return fsm->params.version == 2 ? FSM_SECOND : interval;
}

uint64_t fsm_skew(const struct fsm *fsm)
{
	return (256 - fsm->priority) *
	       longest_skew(fsm, fsm->master_interval_us) / 256;
}

uint64_t fsm_down_interval(const struct fsm *fsm)
{
	return (uint64_t)fsm->params.down_adverts * fsm->master_interval_us +
	       fsm_skew(fsm);
}

/* What the running Down timer was set to. */
static uint64_t timer_length(const struct fsm *fsm)
{
	return fsm->resigned ? fsm_skew(fsm) : fsm_down_interval(fsm);
}

/* A peer may have taken over from a master that was silent for so long. */
static uint64_t dead_interval(const struct fsm *fsm)
{
	return (uint64_t)fsm->params.down_adverts * fsm->params.interval_us;
}

static uint64_t latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void begin(struct fsm *fsm, uint64_t now)
{
	fsm->now = latest(fsm->now, now);
}

/* The end of every event: the timer, then the sync group. */
static void settle(struct fsm *fsm)
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

static void enter(struct fsm *fsm, enum fsm_state state, enum fsm_reason reason)
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

static void note(struct fsm *fsm, enum fsm_note what,
		 const struct packet_advert *advert)
{
	fsm->ops->note(fsm->arg, what, advert ? &advert->src : NULL,
		       advert ? advert->priority : 0);
}

/* Neighbours may have believed another. */
static void announce_again(struct fsm *fsm, enum fsm_announce why)
{
	fsm->last_announce = fsm->now;
	fsm->ops->announce(fsm->arg, why);
}

/* Whoever says that it is the master has done listening. */
static void send_advert(struct fsm *fsm)
{
	bool woke = fsm->listening;

	fsm->listening = 0;
	fsm->counters.n[COUNTER_SENT]++;
	fsm->last_sent = fsm->now;
	fsm->ops->advert(fsm->arg, fsm->priority);
	if (woke)
		announce_again(fsm, FSM_ANNOUNCE_WAKE);
}

static void send_resign(struct fsm *fsm)
{
	fsm->counters.n[COUNTER_SENT]++;
	fsm->counters.n[COUNTER_RESIGNS_SENT]++;
	fsm->ops->advert(fsm->arg, PACKET_RESIGN);
}

static void forget_timers(struct fsm *fsm)
{
	fsm->deadline = FSM_NEVER;
	fsm->delay_until = FSM_NEVER;
	fsm->claims = false;
	fsm->resigned = false;
	fsm->listening = 0;
	fsm->draining = false;
}

/* 6.4.1 (100) and 6.4.2 (300): the advert first, so that an old one lets go. */
static void become_master(struct fsm *fsm, enum fsm_reason reason)
{
	forget_timers(fsm);
	fsm->master.family = 0;
	send_advert(fsm);
	fsm->ops->acquire(fsm->arg);
	fsm->ops->announce(fsm->arg, FSM_ANNOUNCE_MASTER);
	fsm->deadline = fsm->now + fsm->params.interval_us;
	enter(fsm, FSM_MASTER, reason);
}

/* 6.4.1 (100), not the owner: AA := A, and as if a master was heard now. */
static void become_backup(struct fsm *fsm, enum fsm_reason reason)
{
	forget_timers(fsm);
	fsm->master.family = 0;
	fsm->master_interval_us = fsm->params.interval_us;
	fsm->last_heard = fsm->now;
	fsm->deadline = fsm->now + fsm_down_interval(fsm);
	enter(fsm, FSM_BACKUP, reason);
}

static bool may_claim(const struct fsm *fsm)
{
	return !fsm->hook || fsm->hook->may_claim(fsm->hook_arg, fsm);
}

/* 6.4.1: the Startup event, or what stands against it. */
static void startup(struct fsm *fsm, enum fsm_reason reason)
{
	bool owner = fsm->priority == PACKET_OWNER &&
		     fsm->now >= fsm->hold_until;

	if (fsm->faults & ~FSM_FAULT_PENDING) {
		enter(fsm, FSM_FAULT, FSM_REASON_FAULT);
	} else if (fsm->faults) {
		enter(fsm, FSM_INIT, reason);
	} else if (owner && may_claim(fsm)) {
		become_master(fsm, FSM_REASON_OWNER);
	} else {
		become_backup(fsm, reason);
		fsm->claims = owner;
	}
}

static void finish(struct fsm *fsm, enum fsm_reason reason)
{
	forget_timers(fsm);
	fsm->running = false;
	enter(fsm, FSM_INIT, reason);
}

/* 6.4.2 (450): AA := packet, recompute, DT := Down; from when it arrived. */
static void adopt(struct fsm *fsm, const struct packet_advert *advert,
		  uint64_t arrival)
{
	if (fsm->params.version != 2)
		fsm->master_interval_us = advert->interval_us;
	fsm->master = advert->src;
	fsm->master_priority = advert->priority;
	fsm->claims = false;
	fsm->resigned = false;
	fsm->listening = 0;
	fsm->last_heard = latest(fsm->last_heard, arrival);
	fsm->deadline = fsm->last_heard + fsm_down_interval(fsm);
}

/* Is a master worse than us to be replaced?  keepalived's preempt_delay runs. */
static bool preempts(struct fsm *fsm)
{
	if (fsm->now < fsm->hold_until)
		return false;
	if (fsm->priority == PACKET_OWNER)
		return true;
	if (!fsm->params.preempt)
		return false;
	if (!fsm->params.preempt_delay_us)
		return true;
	if (fsm->delay_until == FSM_NEVER)
		fsm->delay_until = fsm->now + fsm->params.preempt_delay_us;
	return fsm->now >= fsm->delay_until;
}

/* 6.4.2 (400 - 475) */
static void backup_packet(struct fsm *fsm, const struct packet_advert *advert,
			  uint64_t arrival)
{
	if (advert->priority == PACKET_RESIGN) {
		fsm->resigned = true;
		fsm->last_heard = latest(fsm->last_heard, arrival);
		fsm->deadline = fsm->last_heard + fsm_skew(fsm);
	} else if (advert->priority >= fsm->priority) {
		fsm->delay_until = FSM_NEVER;
		adopt(fsm, advert, arrival);
	} else if (!preempts(fsm)) {
		adopt(fsm, advert, arrival);
	}
}

/*
 * An advert out of turn, which no sender of packets can make into a flood: the
 * first at once, the others a part of an interval later.
 */
static bool answer(struct fsm *fsm, uint64_t *last)
{
	uint64_t due = *last +
		       fsm->params.interval_us / ANSWERS_PER_INTERVAL;

	if (*last && fsm->now < due) {
		if (due < fsm->deadline)
			fsm->deadline = due;
		return false;
	}
	*last = fsm->now;
	fsm->counters.n[COUNTER_ANSWERS]++;
	send_advert(fsm);
	return true;
}

/* 6.4.3 (705, 710): the others' timers run already; tell them we are here. */
static void answer_resignation(struct fsm *fsm)
{
	if (answer(fsm, &fsm->last_resign_answer))
		fsm->deadline = fsm->now + fsm->params.interval_us;
}

/*
 * 6.4.3 (730): discard, and an advert at once.  RFC 3768 only discards;
 * keepalived answers in version 2 as well.
 */
static void answer_contender(struct fsm *fsm,
			     const struct packet_advert *advert)
{
	note(fsm, FSM_NOTE_CONTENDER, advert);
	if (!fsm->params.lower_prio_no_advert)
		answer(fsm, &fsm->last_answer);
	if (fsm->now - fsm->last_announce >= FSM_SECOND)
		announce_again(fsm, FSM_ANNOUNCE_CONTENTION);
}

/* 6.4.3 (725): cancel AT, AA := packet, DT := Down, addresses away. */
static void yield(struct fsm *fsm, const struct packet_advert *advert,
		  uint64_t arrival, enum fsm_reason reason)
{
	forget_timers(fsm);
	fsm->last_heard = 0;
	adopt(fsm, advert, arrival);
	fsm->ops->release(fsm->arg);
	enter(fsm, FSM_BACKUP, reason);
}

static bool never_preempts(const struct fsm *fsm)
{
	return !fsm->params.preempt && fsm->priority != PACKET_OWNER;
}

/*
 * A master that has slept for so long that another may have taken over, or has
 * for certain, listens before it says anything.  A better one than the
 * successor waits for a skew and takes over again; one that does not preempt
 * waits for as long as a living successor would be silent.
 */
static void judge_sleep(struct fsm *fsm, uint64_t limit)
{
	uint64_t wait = never_preempts(fsm) ? fsm->params.interval_us : 0;

	if (fsm->now - latest(fsm->last_sent, fsm->woke) < limit)
		return;
	fsm->woke = fsm->now;
	fsm->listening = 1;
	fsm->master_interval_us = fsm->params.interval_us;
	fsm->deadline = fsm->now + wait + fsm_skew(fsm);
	fsm->counters.n[COUNTER_LATE]++;
	note(fsm, FSM_NOTE_LATE, NULL);
}

/* A worse master, but the one that is there by now. */
static bool overslept(const struct fsm *fsm)
{
	return fsm->listening && never_preempts(fsm);
}

/* 6.4.3 (700 - 735); addresses are compared as unsigned numbers. */
static void master_packet(struct fsm *fsm, const struct packet_advert *advert,
			  uint64_t arrival)
{
	int order = advert->priority - fsm->priority;

	judge_sleep(fsm, dead_interval(fsm));
	if (advert->priority == PACKET_RESIGN) {
		answer_resignation(fsm);
		return;
	}
	fsm->counters.n[COUNTER_CONTENDERS]++;
	if (order > 0)
		yield(fsm, advert, arrival, FSM_REASON_HIGHER_PRIORITY);
	else if (fsm->priority == PACKET_OWNER && !order)
		/* 8.3.2: there may be one; neither can give way (7.1) */
		note(fsm, FSM_NOTE_SECOND_OWNER, advert);
	else if (!order && dray_addr_cmp(&advert->src, &fsm->source) > 0)
		yield(fsm, advert, arrival, FSM_REASON_HIGHER_ADDRESS);
	else if (overslept(fsm))
		yield(fsm, advert, arrival, FSM_REASON_OVERSLEPT);
	else if (order || dray_addr_cmp(&advert->src, &fsm->source))
		answer_contender(fsm, advert);
}

static void leave(struct fsm *fsm, enum fsm_reason reason)
{
	fsm->ops->release(fsm->arg);
	finish(fsm, reason);
}

void fsm_packet(struct fsm *fsm, const struct packet_advert *advert,
		uint64_t arrival, uint64_t now)
{
	begin(fsm, now);
	if (arrival > fsm->now)
		arrival = fsm->now;
	if (fsm->state == FSM_BACKUP)
		backup_packet(fsm, advert, arrival);
	else if (fsm->draining && advert->priority != PACKET_RESIGN)
		leave(fsm, FSM_REASON_SUCCESSOR);
	else if (fsm->state == FSM_MASTER && !fsm->draining)
		master_packet(fsm, advert, arrival);
	settle(fsm);
}

/*
 * 6.4.2 (300).  A host that was not running when the timer ran out does not
 * know who spoke meanwhile: it waits for an advert that a living master would
 * send.  Not for ever: one that is always late must not leave nobody.
 */
static void backup_timer(struct fsm *fsm)
{
	if (fsm->now - fsm->deadline > fsm->master_interval_us &&
	    fsm->listening < FSM_LISTENS) {
		fsm->listening++;
		fsm->deadline = fsm->now + fsm->master_interval_us +
				fsm_skew(fsm);
		fsm->counters.n[COUNTER_LATE]++;
		note(fsm, FSM_NOTE_LATE, NULL);
	} else if (!may_claim(fsm)) {
		fsm->claims = true;
		fsm->listening = 0;
		fsm->resigned = false;
		fsm->deadline = fsm->now + fsm_down_interval(fsm);
	} else {
		become_master(fsm, fsm->resigned ? FSM_REASON_RESIGNED :
						   FSM_REASON_SILENCE);
	}
}

/* 6.4.3 (640): AT := A, from when it was due, so that lateness does not add. */
static void master_timer(struct fsm *fsm)
{
	uint64_t next = fsm->deadline + fsm->params.interval_us;

	/* While a backup may still be waiting it is saved by an advert now. */
	judge_sleep(fsm, dead_interval(fsm) +
			 longest_skew(fsm, fsm->params.interval_us));
	if (fsm->now < fsm->deadline)
		return;
	send_advert(fsm);
	fsm->deadline = next > fsm->now ? next :
					  fsm->now + fsm->params.interval_us;
}

void fsm_timer(struct fsm *fsm, uint64_t now)
{
	begin(fsm, now);
	fsm->armed = 0;
	if (fsm->now >= fsm->deadline) {
		if (fsm->draining)
			leave(fsm, FSM_REASON_NO_SUCCESSOR);
		else if (fsm->state == FSM_BACKUP)
			backup_timer(fsm);
		else if (fsm->state == FSM_MASTER)
			master_timer(fsm);
	}
	settle(fsm);
}

static void enter_fault(struct fsm *fsm)
{
	bool mute = fsm->faults & (FSM_FAULT_LINK | FSM_FAULT_SOURCE);

	if (fsm->state == FSM_MASTER) {
		if (!mute && !fsm->draining)
			send_resign(fsm);
		fsm->ops->release(fsm->arg);
	}
	forget_timers(fsm);
	enter(fsm, FSM_FAULT, fsm->faults == FSM_FAULT_GROUP ?
			      FSM_REASON_GROUP : FSM_REASON_FAULT);
}

void fsm_fault(struct fsm *fsm, unsigned int cause, uint64_t now)
{
	begin(fsm, now);
	fsm->faults |= cause;
	if (fsm->draining)
		leave(fsm, FSM_REASON_FAULT);
	else if (fsm->running && fsm->faults & ~FSM_FAULT_PENDING)
		enter_fault(fsm);
	settle(fsm);
}

void fsm_recover(struct fsm *fsm, unsigned int cause, uint64_t now)
{
	unsigned int before = fsm->faults;

	begin(fsm, now);
	fsm->faults &= ~cause;
	if (fsm->running && fsm->faults != before &&
	    (fsm->state == FSM_FAULT || fsm->state == FSM_INIT))
		startup(fsm, FSM_REASON_RECOVERED);
	settle(fsm);
}

void fsm_set_priority(struct fsm *fsm, uint8_t priority, uint64_t now)
{
	uint64_t before = timer_length(fsm);

	begin(fsm, now);
	if (priority == fsm->priority)
		return;
	fsm->priority = priority;
	if (fsm->state == FSM_BACKUP) {
		fsm->deadline += timer_length(fsm) - before;
	} else if (fsm_holds(fsm) && !fsm->draining) {
		send_advert(fsm);
		fsm->deadline = fsm->now + fsm->params.interval_us;
	}
	settle(fsm);
}

void fsm_speak(struct fsm *fsm, uint64_t now)
{
	begin(fsm, now);
	if (fsm_holds(fsm) && !fsm->draining) {
		send_advert(fsm);
		fsm->deadline = fsm->now + fsm->params.interval_us;
	}
	settle(fsm);
}

void fsm_set_source(struct fsm *fsm, const struct dray_addr *src, uint64_t now)
{
	begin(fsm, now);
	fsm->source = *src;
}

void fsm_set_params(struct fsm *fsm, const struct fsm_params *params,
		    uint64_t now)
{
	uint64_t before = timer_length(fsm), due;

	begin(fsm, now);
	fsm->params = *params;
	if (params->version == 2 || !fsm->master.family)
		fsm->master_interval_us = params->interval_us;
	if (fsm->state == FSM_BACKUP) {
		fsm->deadline += timer_length(fsm) - before;
	} else if (fsm_holds(fsm) && !fsm->draining) {
		due = latest(fsm->now, fsm->last_sent + params->interval_us);
		if (due < fsm->deadline)
			fsm->deadline = due;
	}
	settle(fsm);
}

void fsm_hold(struct fsm *fsm, uint64_t until)
{
	fsm->hold_until = until;
}

void fsm_follow(struct fsm *fsm, enum fsm_state state, uint64_t now)
{
	begin(fsm, now);
	if (state == FSM_MASTER && fsm->state == FSM_BACKUP) {
		become_master(fsm, FSM_REASON_GROUP);
	} else if (state == FSM_BACKUP && fsm->state == FSM_MASTER &&
		   !fsm->draining) {
		fsm->ops->release(fsm->arg);
		become_backup(fsm, FSM_REASON_GROUP);
	}
	settle(fsm);
}

void fsm_start(struct fsm *fsm, uint64_t now)
{
	begin(fsm, now);
	fsm->running = true;
	startup(fsm, FSM_REASON_START);
	settle(fsm);
}

/* The peers wait by what the last advert said, whatever ours says by now. */
void fsm_adopt(struct fsm *fsm, uint64_t last_sent, uint32_t interval_us,
	       uint64_t now)
{
	uint64_t limit = interval_us ?
		(uint64_t)fsm->params.down_adverts * interval_us :
		dead_interval(fsm);

	begin(fsm, now);
	fsm->running = true;
	/* What tracks it and has not answered yet had no fault before. */
	if (!(fsm->faults & ~FSM_FAULT_PENDING) && last_sent <= fsm->now &&
	    fsm->now - last_sent < limit) {
		become_master(fsm, FSM_REASON_ADOPTED);
	} else {
		fsm->ops->release(fsm->arg);
		startup(fsm, FSM_REASON_START);
	}
	settle(fsm);
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
	settle(fsm);
}

/* 6.4.2 (255), 6.4.3 (600) */
void fsm_stop(struct fsm *fsm, bool polite, uint64_t now)
{
	begin(fsm, now);
	if (fsm->state == FSM_MASTER && !fsm->draining) {
		send_resign(fsm);
		if (polite && fsm->params.drain_us) {
			forget_timers(fsm);
			fsm->draining = true;
			fsm->deadline = fsm->now + fsm->params.drain_us;
		} else {
			leave(fsm, FSM_REASON_STOP);
		}
	} else if (fsm->draining && !polite) {
		leave(fsm, FSM_REASON_STOP);
	} else if (fsm->running && !fsm->draining) {
		finish(fsm, FSM_REASON_STOP);
	}
	settle(fsm);
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
