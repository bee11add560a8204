// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What somebody takes from a master's routes and rules is put back.  Told of are
 * those that are removed, but not those of IPv4 that go with their interface or
 * their address: after a change of these they are looked at as well.
 */
#include "hold.h"

#include "fib.h"
#include "router.h"

#define LOOK_US 100000ull	/* not more often: somebody may not want them there */

/* --- in the thread --- */

/* Something else is wanted: a router that resigns has nothing put back. */
static bool is_over(const void *arg)
{
	const struct hold *h = arg;
	bool over;

	errands_lock();
	over = h->wish != HOLD_ALL || h->asked != h->answered;
	errands_unlock();
	errand_goes_on();
	return over;
}

static void run(void *arg)
{
	struct router *r = arg;
	struct hold *h = &r->hold;
	struct routes_task task = { .is_over = is_over, .arg = h };

	errands_lock();
	task.replaced = h->look.replaced;
	h->look.replaced = false;
	errands_unlock();
	routes_put_back(&h->routes, &task);
	errands_lock();
	h->look.back += task.back;
	h->look.failed |= task.failed;
	errands_unlock();
}

/* --- in the loop --- */

/* One look, one loss: a whole table may have gone at once. */
static void done(void *arg)
{
	struct router *r = arg;
	struct hold_look *look = &r->hold.look;
	uint64_t now = now_us();
	unsigned int back;
	bool failed;

	errands_lock();
	back = look->back;
	failed = look->failed;
	look->back = 0;
	look->failed = false;
	errands_unlock();
	if (!fsm_holds(&r->fsm) || r->hold.wish != HOLD_ALL)
		return;
	if (back)
		router_lost(r, 1, now);
	if (failed && !hold_is_pending(r))
		router_held(r, true, now);
}

/* Who puts everything anyway does that first: this stays behind it. */
static void on_alarm(void *arg, uint64_t now)
{
	struct router *r = arg;
	struct hold_look *look = &r->hold.look;

	if (!fsm_holds(&r->fsm) || r->hold.wish != HOLD_ALL)
		return;
	if (hold_is_pending(r)) {
		alarm_set(&look->alarm, now + LOOK_US);
		return;
	}
	look->last = now;
	errand_give(&look->errand);
}

/* Return: whether that is known already. */
static bool set_replaced(struct hold_look *look, bool by_name)
{
	bool was;

	errands_lock();
	was = look->replaced;
	look->replaced = true;
	look->back += by_name && !was;
	errands_unlock();
	return was;
}

void hold_look(struct router *r, const struct fib_change *change)
{
	struct hold_look *look = &r->hold.look;
	uint64_t now = now_us(), at = look->last + LOOK_US;

	if (!fsm_holds(&r->fsm) || !routes_concern(&r->hold.routes, change))
		return;
	if (change && (change->any || change->replaced) &&
	    !set_replaced(look, change->replaced))
		routes_say_replaced(&r->hold.routes, change);
	if (look->alarm.at == ALARM_NEVER)
		alarm_set(&look->alarm, at > now ? at : now);
}

void hold_look_init(struct router *r)
{
	struct hold_look *look = &r->hold.look;

	look->errand = (struct errand){ .run = run, .done = done, .arg = r };
	alarm_add(&look->alarm, on_alarm, r);
}
