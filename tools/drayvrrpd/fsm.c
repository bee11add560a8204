// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The election: adverts and time.  Section numbers without a name are
 * RFC 9568's.  Where RFC 3768 (version 2) differs, or keepalived and the RFC
 * do, it is said at the place.
 *
 * Beyond the RFC: preempt_delay, and what a machine does that has slept past a
 * dead interval.
 */
#include "fsm_step.h"

/* Part of an interval between two answers to worse masters. */
#define ANSWERS_PER_INTERVAL 4

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
	fsm->last_heard = step_latest(fsm->last_heard, arrival);
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
		fsm->last_heard = step_latest(fsm->last_heard, arrival);
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
	step_advert(fsm);
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
	step_note(fsm, FSM_NOTE_CONTENDER, advert);
	if (!fsm->params.lower_prio_no_advert)
		answer(fsm, &fsm->last_answer);
	if (fsm->now - fsm->last_announce >= FSM_SECOND)
		step_announce_again(fsm, FSM_ANNOUNCE_CONTENTION);
}

/*
 * Before it gives way: the better one may never have heard that there were two,
 * and then does not announce itself again.  Not in the RFCs.
 */
static void answer_better(struct fsm *fsm)
{
	if (!fsm->params.higher_prio_send_advert || fsm->listening ||
	    fsm->draining)
		return;
	fsm->counters.n[COUNTER_SENT]++;
	fsm->ops->advert(fsm->arg, fsm->priority);
}

/* 6.4.3 (725): cancel AT, AA := packet, DT := Down, addresses away. */
static void yield(struct fsm *fsm, const struct packet_advert *advert,
		  uint64_t arrival, enum fsm_reason reason)
{
	answer_better(fsm);
	step_forget_timers(fsm);
	fsm->last_heard = 0;
	adopt(fsm, advert, arrival);
	fsm->ops->release(fsm->arg);
	step_enter(fsm, FSM_BACKUP, reason);
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

	if (fsm->now - step_latest(fsm->last_sent, fsm->woke) < limit)
		return;
	fsm->woke = fsm->now;
	fsm->listening = 1;
	fsm->master_interval_us = fsm->params.interval_us;
	fsm->deadline = fsm->now + wait + fsm_skew(fsm);
	fsm->counters.n[COUNTER_LATE]++;
	step_note(fsm, FSM_NOTE_LATE, NULL);
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

	judge_sleep(fsm, step_dead_interval(fsm));
	if (advert->priority == PACKET_RESIGN) {
		answer_resignation(fsm);
		return;
	}
	fsm->counters.n[COUNTER_CONTENDERS]++;
	if (order > 0)
		yield(fsm, advert, arrival, FSM_REASON_HIGHER_PRIORITY);
	else if (fsm->priority == PACKET_OWNER && !order)
		/* 8.3.2: there may be one; neither can give way (7.1) */
		step_note(fsm, FSM_NOTE_SECOND_OWNER, advert);
	else if (!order && dray_addr_cmp(&advert->src, &fsm->source) > 0)
		yield(fsm, advert, arrival, FSM_REASON_HIGHER_ADDRESS);
	else if (overslept(fsm))
		yield(fsm, advert, arrival, FSM_REASON_OVERSLEPT);
	else if (order || dray_addr_cmp(&advert->src, &fsm->source))
		answer_contender(fsm, advert);
}

void fsm_packet(struct fsm *fsm, const struct packet_advert *advert,
		uint64_t arrival, uint64_t now)
{
	step_begin(fsm, now);
	if (arrival > fsm->now)
		arrival = fsm->now;
	if (fsm->state == FSM_BACKUP)
		backup_packet(fsm, advert, arrival);
	else if (fsm->draining && advert->priority != PACKET_RESIGN)
		step_leave(fsm, FSM_REASON_SUCCESSOR);
	else if (fsm->state == FSM_MASTER && !fsm->draining)
		master_packet(fsm, advert, arrival);
	step_settle(fsm);
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
		step_note(fsm, FSM_NOTE_LATE, NULL);
	} else if (!step_may_claim(fsm)) {
		fsm->claims = true;
		fsm->listening = 0;
		fsm->resigned = false;
		fsm->deadline = fsm->now + fsm_down_interval(fsm);
	} else {
		step_to_master(fsm, fsm->resigned ? FSM_REASON_RESIGNED :
						   FSM_REASON_SILENCE);
	}
}

/* 6.4.3 (640): AT := A, from when it was due, so that lateness does not add. */
static void master_timer(struct fsm *fsm)
{
	uint64_t next = fsm->deadline + fsm->params.interval_us;

	/* While a backup may still be waiting it is saved by an advert now. */
	judge_sleep(fsm, step_dead_interval(fsm) +
			 step_longest_skew(fsm, fsm->params.interval_us));
	if (fsm->now < fsm->deadline)
		return;
	step_advert(fsm);
	fsm->deadline = next > fsm->now ? next :
					  fsm->now + fsm->params.interval_us;
}

void fsm_timer(struct fsm *fsm, uint64_t now)
{
	step_begin(fsm, now);
	fsm->armed = 0;
	if (fsm->now >= fsm->deadline) {
		if (fsm->draining)
			step_leave(fsm, FSM_REASON_NO_SUCCESSOR);
		else if (fsm->state == FSM_BACKUP)
			backup_timer(fsm);
		else if (fsm->state == FSM_MASTER)
			master_timer(fsm);
	}
	step_settle(fsm);
}
