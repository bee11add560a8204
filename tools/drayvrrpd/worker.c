// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From fork to end: what is opened before the lock of the state file is waited for,
 * so that a successor loses no time, and in which order all of it starts.
 */
#include "worker.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errand.h"
#include "groups.h"
#include "hand_over.h"
#include "lease.h"
#include "leftover.h"
#include "link.h"
#include "loop.h"
#include "owner.h"
#include "router.h"
#include "spawner.h"
#include "statics.h"
#include "tell.h"
#include "track.h"
#include "watch.h"

#define RT_PRIORITY 5		/* above all that is not real-time */
#define BEAT_US 500000ull
#define FINISH_MS 10000		/* for the last errands before the end */

static struct {
	const struct worker *with;
	struct state *state;
	struct alarm beat;
} worker;

/* --- what comes in --- */

/* What they did is in the table of links before it is judged. */
static void on_errands(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	links_read();
	errands_done();
	groups_tell();
	loop_turn_over();
}

/* Who has not yet what the others have preempts none of them. */
static void hold_back(void)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		fsm_hold(&r->fsm, worker.state->sync.hold_until);
}

static void on_beat(void *arg, uint64_t now)
{
	(void)arg;
	hold_back();
	worker.state->module = role_is_open();
	role_look();
	alarm_set(&worker.beat, now + BEAT_US);
}

static void on_result(evutil_socket_t fd, short what, void *arg)
{
	struct job_result result;

	(void)what;
	(void)arg;
	while (recv(fd, &result, sizeof(result), MSG_DONTWAIT) ==
	       sizeof(result))
		if (result.id & WATCH_ID)
			watch_result(result.id, result.value, now_us());
		else
			tracks_result(result.id, result.status,
				      result.timed_out, now_us());
	loop_turn_over();
}

/* --- setting up --- */

static void create_all(const struct ka_conf *conf)
{
	size_t i;

	owners_find(conf);
	tracks_create(conf, worker.state, worker.with->jobs);
	tell_open(conf, worker.with->jobs);
	for (i = 0; i < conf->n_instances; i++)
		if (!router_create(conf->instances[i], worker.state))
			log_say(LOG_ERR, "(%s) not started: no more than %d "
				"virtual routers", conf->instances[i]->name,
				STATE_ROUTERS);
	groups_create(conf);
}

static int open_all(const struct worker *with)
{
	worker.with = with;
	worker.state = with->state;
	return loop_open(with->conf, with->state);
}

/*
 * Until then it has the supervisor's priority, which is above all that is not real-time
 * and below the worker's that goes on meanwhile.
 */
static void be_prompt(const struct ka_process *wish)
{
	struct sched_param param = {
		.sched_priority = wish->rt_priority ? wish->rt_priority :
						      RT_PRIORITY };

	if (!sched_setscheduler(0, SCHED_RR, &param))
		return;
	log_say(LOG_WARNING, "no real-time priority: %s; under load adverts "
		"may be late", strerror(errno));
	setpriority(PRIO_PROCESS, 0, -20);
}

/* Nothing of this is needed to work, only to work on a busy machine. */
static void lock_memory(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &none);
	/* each thread would lock a reserve of 64 MB of its own */
	mallopt(M_ARENA_MAX, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		log_say(LOG_WARNING, "memory cannot be locked: %s",
			strerror(errno));
}

static void start_all(void)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		router_take_over(r);
	groups_go_on();
	tell_readers();
	links_read();
	loop_look(now_us());
	hold_back();
	leftover_take(worker.with->before, worker.with->conf);
	hold_static(worker.with->conf);
	/* Masters last: one that is new must not draw its group down. */
	for (r = routers; r; r = r->next)
		if (!r->was_master)
			router_start(r, now_us());
	for (r = routers; r; r = r->next)
		if (r->was_master)
			router_start(r, now_us());
	groups_settled();
	lease_inherit(worker.state);
	loop_started();
	for (r = routers; r; r = r->next)
		lease_renew(r, now_us());
}

static void on_start(void *arg, uint64_t now)
{
	(void)arg;
	(void)now;
	start_all();
}

/* vrrp_startup_delay is for the host's start, not for every worker's. */
static void start_in_time(void)
{
	static struct alarm alarm;
	uint64_t delay = worker.with->conf->globals.vrrp_startup_delay_us;

	alarm_add(&alarm, on_start, NULL);
	alarm_set(&alarm, worker.state->workers > 1 ? 0 : now_us() + delay);
}

/* The end of the daemon: nothing of it stays. */
static void finish(void)
{
	struct router *r;

	for (r = routers; r; r = r->next)
		hold_wish(r, HOLD_GONE);
	let_go_static();
	if (!errands_finish(FINISH_MS))
		log_say(LOG_ERR, "the kernel does not answer: addresses may be "
			"left over");
	/* if what was told is lost, they are read anew */
	links_read();
	errands_finish(FINISH_MS);
	for (r = routers; r; r = r->next)
		lease_forget(r);
	role_stop();
}

void worker_main(const struct worker *with)
{
	uint8_t ready = CONTROL_READY;
	int errands;

	prctl(PR_SET_NAME, "drayvrrpd-vrrp");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (open_all(with))
		_exit(1);
	loop_watch_network();
	loop_watch(with->jobs, on_result);
	hand_over_watch(with->control);
	create_all(with->conf);
	loop_look(now_us());
	lock_memory();
	be_prompt(&with->conf->globals.vrrp);
	errands = errands_start();
	if (errands < 0 || role_start(&with->state->no_module_said))
		_exit(1);
	loop_watch(errands, on_errands);
	role_look();
	send(with->control, &ready, 1, MSG_NOSIGNAL);
	if (state_lock(with->state_path))
		_exit(1);
	worker.state->worker = getpid();
	worker.state->started = now_us();
	worker.state->workers++;
	alarm_add(&worker.beat, on_beat, NULL);
	alarm_set(&worker.beat, now_us());
	worker.state->log_unknown_vrids = with->conf->globals.log_unknown_vrids;
	start_in_time();
	loop_turn_over();
	loop_run();
	finish();
	_exit(0);
}

void worker_resign(const struct worker *with)
{
	struct router *r;

	if (open_all(with))
		return;
	create_all(with->conf);
	for (r = routers; r; r = r->next)
		router_take_over(r);
	loop_look(now_us());
	if (errands_start() < 0)
		return;
	role_start(&with->state->no_module_said);
	role_look();
	for (r = routers; r; r = r->next)
		if (r->was_master)
			router_renounce(r, now_us());
	finish();
	links_read();
	sweep_stale(with->conf);
	errands_finish(FINISH_MS);
}
