/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether enough of a service's servers are alive.  Pure.  The quorum is lost
 * below quorum - hysteresis and gained at quorum + hysteresis.
 */
#ifndef DRAYCHECKD_QUORUM_H
#define DRAYCHECKD_QUORUM_H

#include <stdbool.h>

struct quorum {
	unsigned int quorum, hysteresis;
	unsigned long weight;	/* of the servers that are alive */
	bool has;
};

enum quorum_change { QUORUM_SAME, QUORUM_GAINED, QUORUM_LOST };

bool quorum_init(struct quorum *q, unsigned int quorum, unsigned int hysteresis,
		 unsigned long total);
enum quorum_change quorum_update(struct quorum *q, unsigned long weight);
void quorum_adopt(struct quorum *q, unsigned long weight);

#endif
