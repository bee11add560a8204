// SPDX-License-Identifier: GPL-2.0-or-later
/* The state machine's states, reasons, faults and notes in words. */
#include "fsm.h"

const char *fsm_state_name(enum fsm_state state)
{
	static const char *const names[] = {
		[FSM_INIT] = "INIT",
		[FSM_BACKUP] = "BACKUP",
		[FSM_MASTER] = "MASTER",
		[FSM_FAULT] = "FAULT",
	};

	return names[state];
}

const char *fsm_reason_text(enum fsm_reason reason)
{
	static const char *const texts[FSM_N_REASONS] = {
		[FSM_REASON_START] = "started",
		[FSM_REASON_OWNER] = "started as the owner of the addresses",
		[FSM_REASON_ADOPTED] = "restarted in time as the master",
		[FSM_REASON_SILENCE] = "no master was heard",
		[FSM_REASON_RESIGNED] = "the master resigned",
		[FSM_REASON_HIGHER_PRIORITY] =
			"heard a master of higher priority",
		[FSM_REASON_HIGHER_ADDRESS] =
			"heard a master of equal priority and higher address",
		[FSM_REASON_OVERSLEPT] =
			"slept past the dead interval, another is master now",
		[FSM_REASON_GROUP] = "the sync group moved",
		[FSM_REASON_FAULT] = "a fault came up",
		[FSM_REASON_RECOVERED] = "the faults are gone",
		[FSM_REASON_STOP] = "stopped",
		[FSM_REASON_SUCCESSOR] = "stopped, the successor is heard",
		[FSM_REASON_NO_SUCCESSOR] =
			"stopped, no successor was heard in time",
	};

	return texts[reason];
}

const char *fsm_fault_text(unsigned int cause)
{
	switch (cause) {
	case FSM_FAULT_LINK:
		return "the interface is missing or down";
	case FSM_FAULT_SOURCE:
		return "there is no address to send from";
	case FSM_FAULT_TRACK:
		return "something tracked with weight 0 has failed";
	case FSM_FAULT_VIP:
		return "the virtual addresses cannot be held";
	case FSM_FAULT_GROUP:
		return "another of the sync group has a fault";
	case FSM_FAULT_PENDING:
		return "something tracked has no result yet";
	default:
		return "no fault";
	}
}

const char *fsm_note_text(enum fsm_note note)
{
	static const char *const texts[FSM_N_NOTES] = {
		[FSM_NOTE_CONTENDER] =
			"another master of lower priority claims the addresses",
		[FSM_NOTE_SECOND_OWNER] =
			"another host has priority 255 too: "
			"both stay master until one is changed",
		[FSM_NOTE_LATE] =
			"woke up later than a dead master is noticed: "
			"listening before anything is claimed",
	};

	return texts[note];
}
