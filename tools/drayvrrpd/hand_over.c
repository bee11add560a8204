// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The supervisor's wishes: to stop, or to make place for the next worker, which
 * waits for the lock of the state file.
 */
#include "hand_over.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errand.h"
#include "lease.h"
#include "loop.h"
#include "role.h"
#include "router.h"
#include "worker.h"

#define HAND_OVER_US 1000000ull	/* for the last errands before a successor */
#define ASK_US 1000ull		/* is the module told? */
#define ORPHAN_US 200000ull	/* for the module to be told, before it is resigned */

static struct {
	struct alarm alarm;
	struct alarm orphan;
	uint64_t limit;			/* whatever is not done yet */
	pid_t supervisor;
} leaving;

static void stop(void)
{
	uint64_t now = now_us();
	struct router *r;

	loop_end();
	for (r = routers; r; r = r->next)
		fsm_stop(&r->fsm, r->heard, now);
	loop_turn_over();
}

static bool is_named(const struct router *r, const struct control_message *m)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (m->keys[i].family == r->record->family &&
		    m->keys[i].vrid == r->record->vrid &&
		    !strcmp(m->keys[i].interface, r->record->interface))
			return true;
	return false;
}

static void gone(struct router *r)
{
	fsm_stop(&r->fsm, false, now_us());
	hold_wish(r, HOLD_GONE);
}

/*
 * The next one takes over at once.  The peers hear the last word of this one
 * just before, whatever interval the next one has.
 */
static void leave(void)
{
	uint64_t now = now_us();
	struct router *r;

	for (r = routers; r; r = r->next) {
		fsm_speak(&r->fsm, now);
		router_record(r);
		if (r->goes)
			r->record->used = false;
	}
	state_unlock();
	_exit(0);
}

/* What does not stay lets go first, while the others' adverts go on. */
static void on_leave(void *arg, uint64_t now)
{
	struct router *r;

	(void)arg;
	alarm_set(&leaving.alarm, now + ASK_US);
	if (now < leaving.limit && !errands_are_idle())
		return;
	for (r = routers; r; r = r->next)
		if (r->goes)
			lease_forget(r);
	role_close();
	if (now >= leaving.limit || role_has_ended())
		leave();
}

/* What stays is in the state file already; what does not stay resigns. */
static void hand_over(const struct control_message *m)
{
	uint64_t now = now_us();
	bool all_stay = true;
	struct router *r;

	for (r = routers; r; r = r->next) {
		r->goes = is_named(r, m);
		all_stay &= !r->goes;
		if (r->goes)
			gone(r);
	}
	/* an address that the kernel adds later would be nobody's */
	if (all_stay && errands_are_idle())
		leave();
	leaving.limit = now + HAND_OVER_US;
	alarm_set(&leaving.alarm, now);
}

static void on_orphan(void *arg, uint64_t now)
{
	(void)arg;
	(void)now;
	stop();
}

/*
 * Who has ended the supervisor may be about to end this process as well.  One that
 * has resigned and does not live to let go leaves two masters for as long as its
 * lease lasts.
 */
static void orphan(void)
{
	/* a successor is about to have all of it; or it has been told once already */
	if (leaving.limit || leaving.orphan.at != ALARM_NEVER)
		return;
	lease_be_brief();
	alarm_set(&leaving.orphan, now_us() + ORPHAN_US);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	static struct control_message m;
	ssize_t n = recv(fd, &m, sizeof(m), MSG_DONTWAIT);

	(void)what;
	(void)arg;
	if (!n)
		orphan();
	else if (n > 0 && m.what == CONTROL_STOP)
		stop();
	else if (n > 0 && m.what == CONTROL_HAND_OVER)
		hand_over(&m);
	loop_turn_over();
	/* without a supervisor there is nothing more to hear there */
	if (!n)
		event_del(arg);
}

static void on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	/* the kernel sends it when the supervisor dies */
	if (getppid() == leaving.supervisor)
		stop();
	else
		orphan();
	loop_turn_over();
}

void hand_over_watch(int control)
{
	leaving.supervisor = getppid();
	alarm_add(&leaving.alarm, on_leave, NULL);
	alarm_add(&leaving.orphan, on_orphan, NULL);
	loop_watch(control, on_control);
	loop_watch_signal(SIGTERM, on_term);
}
