// SPDX-License-Identifier: GPL-2.0-or-later
/* Weights and the rise and fall of scripts, as keepalived 2.2.7 counts them. */
#include "priority.h"

enum {
	OWNER = 255,
	LOWEST = 1,
	HIGHEST = 254,
};

void priority_script_init(struct priority_script *script, unsigned int rise,
			  unsigned int fall, bool init_fail)
{
	*script = (struct priority_script){
		.rise = rise,
		.fall = fall,
		/* one success is enough at the start, and one failure too */
		.counter = init_fail ? 0 : rise - 1,
		.result = init_fail ? PRIORITY_DOWN : PRIORITY_UNKNOWN,
	};
}

void priority_script_keep(struct priority_script *script,
			  enum priority_result result)
{
	if (result == PRIORITY_UNKNOWN)
		return;
	script->result = result;
	script->counter = result == PRIORITY_UP ?
			  script->rise + script->fall - 1 : 0;
}

static void succeeded(struct priority_script *script)
{
	if (script->counter + 1 < script->rise) {
		script->counter++;
		return;
	}
	script->counter = script->rise + script->fall - 1;
	script->result = PRIORITY_UP;
}

static void failed(struct priority_script *script)
{
	if (script->counter > script->rise) {
		script->counter--;
		return;
	}
	script->counter = 0;
	script->result = PRIORITY_DOWN;
}

bool priority_script_ran(struct priority_script *script, bool success)
{
	enum priority_result before = script->result;

	if (success)
		succeeded(script);
	else
		failed(script);
	return script->result != before;
}

static int clamp(long long value, int min, int max)
{
	return value < min ? min : value > max ? max : value;
}

/* Zero weight: any value is a fault, or with reverse only zero is. */
static int file_contribution(const struct priority_track *track)
{
	long long value = clamp(track->value, -PRIORITY_WEIGHT_MAX - 1,
				PRIORITY_WEIGHT_MAX + 1);

	if (!track->weight)
		return !value == track->reverse ? PRIORITY_FAULT : 0;
	value *= track->reverse ? -track->weight : track->weight;
	return clamp(value, PRIORITY_FAULT, PRIORITY_WEIGHT_MAX);
}

/* A weight counts in one of the two results only: its sign says in which. */
static int switch_contribution(const struct priority_track *track)
{
	bool up = track->result == PRIORITY_UP;

	if (track->result == PRIORITY_UNKNOWN)
		return 0;
	if (!track->weight)
		return up == track->reverse ? PRIORITY_FAULT : 0;
	if (up != (track->weight > 0))
		return 0;
	return track->reverse ? -track->weight : track->weight;
}

int priority_contribution(const struct priority_track *track)
{
	return track->kind == PRIORITY_FILE ? file_contribution(track) :
					      switch_contribution(track);
}

static bool is_pending(const struct priority_track *track)
{
	return track->kind == PRIORITY_SWITCH && !track->weight &&
	       track->result == PRIORITY_UNKNOWN;
}

struct priority_sum priority_sum(uint8_t base,
				 const struct priority_track *tracks, size_t n)
{
	struct priority_sum sum = { .total = base };
	int part;
	size_t i;

	for (i = 0; i < n; i++) {
		part = priority_contribution(&tracks[i]);
		sum.pending |= is_pending(&tracks[i]);
		if (part == PRIORITY_FAULT)
			sum.fault = true;
		else if (base != OWNER)
			sum.total += part;
	}
	sum.effective = base == OWNER ? OWNER :
					clamp(sum.total, LOWEST, HIGHEST);
	return sum;
}
