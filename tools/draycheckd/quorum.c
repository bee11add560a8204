// SPDX-License-Identifier: GPL-2.0-or-later
/* See quorum.h. */
#include "quorum.h"

/*
 * What can never be reached, or never be lost, is reduced to what can; @total
 * is the weight of all servers.  Return: false if something was reduced.
 */
bool quorum_init(struct quorum *q, unsigned int quorum, unsigned int hysteresis,
		 unsigned long total)
{
	bool as_said = true;

	q->quorum = quorum ? quorum : 1;
	if (total && q->quorum > total) {
		q->quorum = total;
		as_said = false;
	}
	q->hysteresis = hysteresis;
	if (q->hysteresis >= q->quorum) {
		q->hysteresis = q->quorum - 1;
		as_said = !hysteresis ? as_said : false;
	}
	/* all of them together must be able to gain it */
	if (total && q->quorum + q->hysteresis > total) {
		q->hysteresis = total - q->quorum;
		as_said = false;
	}
	return as_said;
}

/* At the start there is no earlier answer that a hysteresis could keep. */
void quorum_adopt(struct quorum *q, unsigned long weight)
{
	q->weight = weight;
	q->has = weight && weight >= q->quorum;
}

enum quorum_change quorum_update(struct quorum *q, unsigned long weight)
{
	q->weight = weight;
	if (q->has && (!weight || weight + q->hysteresis < q->quorum)) {
		q->has = false;
		return QUORUM_LOST;
	}
	if (!q->has && weight && weight >= q->quorum + q->hysteresis) {
		q->has = true;
		return QUORUM_GAINED;
	}
	return QUORUM_SAME;
}
