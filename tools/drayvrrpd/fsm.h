/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of one virtual router: RFC 9568 (version 3) and RFC 3768
 * (version 2), section 6.4 of both, with keepalived's FAULT state.  Pure: it
 * opens nothing and reads no clock.  Time, messages and faults are handed in;
 * what is to be done goes out through struct fsm_ops.
 *
 * Time is in microseconds of a clock that never goes back and counts while
 * the machine sleeps (CLOCK_BOOTTIME).  The caller drains the sockets before
 * it calls fsm_timer(): adverts that lie in a queue have been heard.
 *
 * Only what packet_parse() accepted gets here.
 */
#ifndef DRAYVRRPD_FSM_H
#define DRAYVRRPD_FSM_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "packet.h"

#define FSM_NEVER UINT64_MAX
#define FSM_SECOND 1000000ULL
#define FSM_DOWN_ADVERTS 3	/* lost adverts that make a master dead */
#define FSM_DRAIN_US FSM_SECOND	/* for how long a polite stop goes on */
#define FSM_LISTENS 3		/* times in a row that a backup only listens */

enum fsm_state {
	FSM_INIT,
	FSM_BACKUP,
	FSM_MASTER,
	FSM_FAULT,
};

/* Why a state was left. */
enum fsm_reason {
	FSM_REASON_START,
	FSM_REASON_OWNER,		/* started with priority 255 */
	FSM_REASON_ADOPTED,		/* master before the restart, and in time */
	FSM_REASON_SILENCE,		/* no master was heard */
	FSM_REASON_RESIGNED,		/* the master said that it leaves */
	FSM_REASON_HIGHER_PRIORITY,	/* heard, while master */
	FSM_REASON_HIGHER_ADDRESS,	/* equal priority, address above ours */
	FSM_REASON_OVERSLEPT,		/* another took over while we slept */
	FSM_REASON_GROUP,		/* the sync group moved */
	FSM_REASON_FAULT,
	FSM_REASON_RECOVERED,
	FSM_REASON_STOP,
	FSM_REASON_SUCCESSOR,		/* polite stop: the next one is heard */
	FSM_REASON_NO_SUCCESSOR,	/* polite stop: time is up */
	FSM_N_REASONS,
};

/* Causes of FAULT; it ends when none is left. */
enum {
	FSM_FAULT_LINK = 1,		/* no interface, or it is down */
	FSM_FAULT_SOURCE = 2,		/* no address to send from */
	FSM_FAULT_TRACK = 4,		/* a tracked object of weight 0 failed */
	FSM_FAULT_VIP = 8,		/* the addresses cannot be held */
	FSM_FAULT_GROUP = 16,		/* another of the sync group */
	FSM_FAULT_PENDING = 32,		/* a tracked object has no result yet */
};

enum fsm_announce {
	FSM_ANNOUNCE_MASTER,		/* has just become it */
	/*
	 * Another claimed them; asked for once a second at most.  To be done
	 * now and once more soon: the other one's may come after ours.
	 */
	FSM_ANNOUNCE_CONTENTION,
	FSM_ANNOUNCE_WAKE,		/* slept so long that another may have */
};

/* Things to be told once to the operator, rate-limited by the receiver. */
enum fsm_note {
	FSM_NOTE_CONTENDER,		/* another master, worse than us */
	FSM_NOTE_SECOND_OWNER,		/* another with priority 255 */
	FSM_NOTE_LATE,			/* timer handled late: listening first */
	FSM_N_NOTES,
};

struct fsm;

/*
 * What the machine asks for.  None may call back into the same machine.
 * Order on becoming master: advert, acquire, announce, changed (RFC 9568,
 * 6.4.2); on leaving: advert with priority 0 where due, release, changed.
 */
struct fsm_ops {
	/* Send one ADVERTISEMENT; while fsm.draining is set, the last one. */
	void (*advert)(void *arg, uint8_t priority);
	/* Add the virtual addresses; make the module's role master. */
	void (*acquire)(void *arg);
	/* Gratuitous ARP and unsolicited NA for each address. */
	void (*announce)(void *arg, enum fsm_announce why);
	/* Remove the virtual addresses; make the module's role standby. */
	void (*release)(void *arg);
	/* The state has changed. */
	void (*changed)(void *arg, enum fsm_state from, enum fsm_state to,
			enum fsm_reason reason);
	/* Call fsm_timer() at @deadline; FSM_NEVER: no more. */
	void (*arm)(void *arg, uint64_t deadline);
	/* @src has done something odd; NULL: nobody else has. */
	void (*note)(void *arg, enum fsm_note note,
		     const struct dray_addr *src, uint8_t priority);
};

/* What a sync group does to its members (group.c). */
struct fsm_hook {
	/* May @fsm, whose Down timer has run out, become master? */
	bool (*may_claim)(void *arg, const struct fsm *fsm);
	/* @fsm has changed its state, or a fault of its own came or went. */
	void (*moved)(void *arg, struct fsm *fsm, uint64_t now);
};

/* From the configuration; may change by fsm_set_params(). */
struct fsm_params {
	uint8_t version;		/* 2 or 3 */
	uint8_t down_adverts;		/* FSM_DOWN_ADVERTS */
	bool preempt;
	bool lower_prio_no_advert;	/* master: do not answer a worse one */
	bool higher_prio_send_advert;	/* master: answer a better one, once */
	uint32_t interval_us;		/* Advertisement_Interval */
	uint64_t preempt_delay_us;
	uint64_t drain_us;		/* polite stop; 0: leave at once */
};

/* Read freely, written by fsm.c, fsm_life.c and fsm_step.c only. */
struct fsm {
	struct fsm_params params;
	const struct fsm_ops *ops;
	void *arg;
	const struct fsm_hook *hook;
	void *hook_arg;
	struct counters counters;

	enum fsm_state state;
	enum fsm_reason reason;		/* of the last change */
	uint64_t since;			/* when it was */
	unsigned int faults;		/* FSM_FAULT_* */
	uint8_t priority;		/* effective; 255: owner */
	struct dray_addr source;	/* we send from */

	uint64_t now;			/* the latest that was handed in */
	uint64_t deadline;		/* Adver_Timer or Active_Down_Timer */
	uint64_t armed;			/* last given to ops->arm() */
	uint64_t last_heard;		/* arrival of the last accepted advert */
	uint64_t last_sent;
	uint64_t woke;			/* when it began to listen */
	uint64_t last_announce;		/* but for the first of a mastership */
	uint64_t last_answer;		/* to a worse master */
	uint64_t last_resign_answer;	/* to a priority of 0 */
	uint64_t delay_until;		/* preempt_delay; FSM_NEVER: not begun */
	uint64_t hold_until;		/* fsm_hold() */
	uint32_t master_interval_us;	/* Active_Adver_Interval */
	bool claims;			/* Down timer ran out, group is waited for */
	bool resigned;			/* deadline is one skew after a resignation */
	uint8_t listening;		/* woke up late so often: hears first */
	bool draining;			/* polite stop under way */
	bool running;			/* between fsm_start() and the stop's end */

	enum fsm_state told_state;	/* what hook->moved() knows */
	unsigned int told_faults;

	struct dray_addr master;	/* last heard as such; family 0: none */
	uint8_t master_priority;
};

/* Of a backup, before a restart of the process. */
struct fsm_past {
	uint64_t last_heard;
	struct dray_addr master;
	uint8_t master_priority;
	uint32_t master_interval_us;
};

/**
 * fsm_init() - make a machine in INIT
 * @fsm: to be set up
 * @params: copied
 * @ops: what it may ask for
 * @arg: handed to each of @ops
 */
void fsm_init(struct fsm *fsm, const struct fsm_params *params,
	      const struct fsm_ops *ops, void *arg);

/**
 * fsm_start() - the Startup event; to FAULT if there is a fault
 * @fsm: with priority and source set
 * @now: time
 */
void fsm_start(struct fsm *fsm, uint64_t now);

/**
 * fsm_adopt() - start again as the master that this host was before a crash
 * @fsm: with priority and source set
 * @last_sent: when the last advert went out, as remembered
 * @interval_us: with which interval; 0: ours
 * @now: time
 *
 * If a peer's dead interval may be over already, what is left of the old
 * mastership is released, and it is an ordinary start.
 */
void fsm_adopt(struct fsm *fsm, uint64_t last_sent, uint32_t interval_us,
	       uint64_t now);

/**
 * fsm_renounce() - stop as the master that this host was before a crash
 * @fsm: not started, with the faults that there are
 * @now: time
 *
 * For a host that cannot go on.  It claims nothing first, and it does not matter
 * for how long it was silent: who has taken over only says so once more.
 */
void fsm_renounce(struct fsm *fsm, uint64_t now);

/**
 * fsm_resume() - start again as the backup that this host was before a restart
 * @fsm: with priority and source set
 * @past: what it knew
 * @now: time
 *
 * If the Down timer has run out meanwhile, or there is a fault, it is an
 * ordinary start: adverts of a living master may have been missed.
 */
void fsm_resume(struct fsm *fsm, const struct fsm_past *past, uint64_t now);

/**
 * fsm_stop() - the Shutdown event
 * @fsm: in any state
 * @polite: a master goes on until its successor is heard or drain_us is over
 * @now: time
 *
 * The machine has stopped when fsm->running is false: at once, unless
 * fsm->draining is true after this.
 */
void fsm_stop(struct fsm *fsm, bool polite, uint64_t now);

/**
 * fsm_packet() - an accepted ADVERTISEMENT
 * @fsm: it is for
 * @advert: the message
 * @arrival: when the kernel received it; a time after @now counts as @now
 * @now: time
 */
void fsm_packet(struct fsm *fsm, const struct packet_advert *advert,
		uint64_t arrival, uint64_t now);

/**
 * fsm_timer() - time has passed; the sockets have been drained
 * @fsm: any
 * @now: time; before the deadline nothing happens
 */
void fsm_timer(struct fsm *fsm, uint64_t now);

/* A cause of FAULT has come, or gone. */
void fsm_fault(struct fsm *fsm, unsigned int cause, uint64_t now);
void fsm_recover(struct fsm *fsm, unsigned int cause, uint64_t now);

/* The effective priority (priority.h) or the source address has changed. */
void fsm_set_priority(struct fsm *fsm, uint8_t priority, uint64_t now);
void fsm_set_source(struct fsm *fsm, const struct dray_addr *src, uint64_t now);

/* A master: send one out of turn, before another process takes over. */
void fsm_speak(struct fsm *fsm, uint64_t now);

/* The configuration was read again; a changed version needs a new machine. */
void fsm_set_params(struct fsm *fsm, const struct fsm_params *params,
		    uint64_t now);

/**
 * fsm_hold() - do not preempt a living master before a time
 * @fsm: any
 * @until: time; 0 ends it.  For a director that is not in sync yet.
 */
void fsm_hold(struct fsm *fsm, uint64_t until);

/* For group.c: become master or backup because the group does. */
void fsm_follow(struct fsm *fsm, enum fsm_state state, uint64_t now);

/*
 * Is this host sure to be the master?  Not while it only listens after a long
 * sleep: a lease must not be renewed then.
 */
static inline bool fsm_holds(const struct fsm *fsm)
{
	return fsm->state == FSM_MASTER && !fsm->listening;
}

/* Skew_Time and Active_Down_Interval as they are now, in microseconds. */
uint64_t fsm_skew(const struct fsm *fsm);
uint64_t fsm_down_interval(const struct fsm *fsm);

const char *fsm_state_name(enum fsm_state state);	/* keepalived's words */
const char *fsm_reason_text(enum fsm_reason reason);
const char *fsm_fault_text(unsigned int cause);		/* of one bit */
const char *fsm_note_text(enum fsm_note note);

#endif
