/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The weight arithmetic of tracked scripts, interfaces, files and processes,
 * as keepalived 2.2.7 does it.  Pure: results are handed in.
 */
#ifndef DRAYVRRPD_PRIORITY_H
#define DRAYVRRPD_PRIORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRIORITY_WEIGHT_MAX 253		/* of scripts and interfaces */
#define PRIORITY_FAULT (-254)		/* a contribution that means FAULT */

/* The last result of a thing that is up or down. */
enum priority_result {
	PRIORITY_UNKNOWN,		/* not run yet */
	PRIORITY_UP,
	PRIORITY_DOWN,
};

/*
 * rise and fall of a vrrp_script.  counter goes from 0 to rise + fall - 1;
 * at rise and above the script counts as up.
 */
struct priority_script {
	unsigned int rise, fall;	/* at least 1 */
	unsigned int counter;
	enum priority_result result;
};

/* One tracked thing of one instance. */
struct priority_track {
	enum priority_track_kind {
		PRIORITY_SWITCH,	/* script, interface, process */
		PRIORITY_FILE,		/* value times weight */
	} kind;
	int weight;			/* 0: its failure is a FAULT */
	bool reverse;
	enum priority_result result;	/* of a switch */
	long value;			/* of a file */
};

/* What comes out. */
struct priority_sum {
	uint8_t effective;
	bool fault;			/* FSM_FAULT_TRACK */
	bool pending;			/* FSM_FAULT_PENDING */
	int total;			/* before it was clamped */
};

/**
 * priority_script_init() - a script before its first run
 * @script: to be set up
 * @rise: successes in a row that make it up
 * @fall: failures in a row that make it down
 * @init_fail: it counts as down until it has risen
 */
void priority_script_init(struct priority_script *script, unsigned int rise,
			  unsigned int fall, bool init_fail);

/**
 * priority_script_keep() - take a result over a reload
 * @script: freshly set up
 * @result: that the script of the same name had; its counts are lost
 */
void priority_script_keep(struct priority_script *script,
			  enum priority_result result);

/**
 * priority_script_ran() - a run has ended
 * @script: that ran
 * @success: whether it succeeded; a time-out is a failure
 *
 * Return: whether script->result has changed.
 */
bool priority_script_ran(struct priority_script *script, bool success);

/**
 * priority_contribution() - what one tracked thing adds
 * @track: it
 *
 * Return: what is added to the priority, or PRIORITY_FAULT.
 */
int priority_contribution(const struct priority_track *track);

/**
 * priority_sum() - the effective priority
 * @base: configured; 255 ignores every weight but not a weight of 0
 * @tracks: what is tracked
 * @n: how many
 *
 * Return: the sum, clamped to 1 .. 254.
 */
struct priority_sum priority_sum(uint8_t base,
				 const struct priority_track *tracks, size_t n);

#endif
