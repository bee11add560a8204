// SPDX-License-Identifier: GPL-2.0-or-later
/* One open complaint per kind: a forged source cannot make a log of its own. */
#include "complaint.h"

#define OVER_US 60000000ull	/* without it: the next one is news */
#define GAP_US 1000000ull	/* between two lines, whatever comes and goes */

bool complaint_may(struct complaint *c, const struct dray_addr *from,
		   uint64_t now, unsigned int *held)
{
	if (now - c->seen > OVER_US)
		c->open = false;
	c->seen = now;
	if (c->open || (c->said && now - c->said < GAP_US)) {
		c->held++;
		return false;
	}
	*held = c->held;
	c->open = true;
	c->said = now;
	c->held = 0;
	c->from = *from;
	return true;
}

void complaint_withdraw(struct complaint *c, const struct dray_addr *from)
{
	if (c->open && !dray_addr_cmp(&c->from, from))
		c->open = false;
}

void complaint_close(struct complaint *c)
{
	c->open = false;
}
