// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One loop over few descriptors.  Before anything is done because time has
 * passed, everything that came in meanwhile is read: an advert that lies in a
 * queue has been heard.
 */
#include "worker.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errand.h"
#include "garp.h"
#include "group.h"
#include "hello.h"
#include "holding.h"
#include "lease.h"
#include "link.h"
#include "owner.h"
#include "receive.h"
#include "router.h"
#include "spawner.h"
#include "statics.h"
#include "tell.h"
#include "track.h"
#include "watch.h"

#define RT_PRIORITY 5		/* above all that is not real-time */
#define DRAIN_US 2000ull	/* of one socket in one turn, whoever floods us */
#define BEAT_US 500000ull
#define LOOKS 4			/* in a turn: looking may change something itself */

#define FINISH_MS 10000		/* for the last errands before the end */
#define HAND_OVER_US 1000000ull	/* for those before a successor */
#define ASK_US 1000ull		/* is the module told? */

struct sync_group {
	struct group group;
	const struct ka_sync_group *conf;
	bool owes_telling;		/* master: when all addresses are there */
};

static struct {
	const struct worker *with;
	struct state *state;
	struct event_base *base;
	struct alarm beat;
	struct sync_group *groups;
	struct dray_addr *own;
	size_t n_own;
	bool stopping;
	bool started;			/* until then all addresses are of the one before */
	bool sweeps;			/* when all have what they are to have */
	/* a successor waits */
	struct alarm leave;
	uint64_t leave_at;		/* whatever is not done yet */
} worker;

/* Are addresses of the group on their way? */
static bool waits(const struct ka_sync_group *conf)
{
	const struct router *r;

	for (r = routers; r; r = r->next)
		if (r->conf->group == conf && hold_is_pending(r))
			return true;
	return false;
}

/* --- what comes in --- */

/*
 * Everything that is there, but not for longer than DRAIN_US: a flood takes
 * no advert's time.  How far it got is kept, for what waits to hear nothing.
 */
static void drain(struct sock *sock)
{
	static struct received r;
	uint64_t now = now_us(), end = now + DRAIN_US;

	sock->read_to = SOCK_ALL;
	while (sock_receive(sock, &r) > 0) {
		router_receive(sock, &r, worker.state, now);
		now = now_us();
		if (now < end)
			continue;
		sock->read_to = r.at;
		break;
	}
}

static void on_sock(evutil_socket_t fd, short what, void *arg);

/* Sockets come with interfaces, and go with them. */
static void keep_socks(void)
{
	struct sock *sock, *next;

	for (sock = sock_next(NULL); sock; sock = next) {
		next = sock_next(sock);
		if (!link_by_index(sock->ifindex)) {
			if (sock->event)
				event_free(sock->event);
			sock_close(sock);
		} else if (!sock->event) {
			sock->event = event_new(worker.base, sock->fd,
						EV_READ | EV_PERSIST, on_sock,
						sock);
			event_add(sock->event, NULL);
		}
	}
}

/* A virtual address is everybody's: another master may send from it, as FRR does,
 * and has to be heard.
 */
static void keep_own(void)
{
	const struct link *link = NULL;
	struct router *r;
	size_t i;

	worker.n_own = 0;
	while ((link = link_next(link)))
		for (i = 0; i < link->n_addrs; i++) {
			if (link->addrs[i].proto == VRRP_RTPROT)
				continue;
			worker.own = dray_grow(worker.own, worker.n_own,
					       sizeof(*worker.own));
			worker.own[worker.n_own++] = link->addrs[i].addr;
		}
	for (r = routers; r; r = r->next) {
		r->spec.own = worker.own;
		r->spec.n_own = worker.n_own;
	}
}

static void look(uint64_t now)
{
	struct router *r;

	keep_own();
	for (r = routers; r; r = r->next)
		router_look(r, now);
	keep_socks();
	/* what could not be removed, or came too late, goes then */
	worker.sweeps = true;
}

/* What link.c was told while something else read its table counts too. */
static void look_if_changed(void)
{
	int n;

	for (n = 0; n < LOOKS && links_changed(); n++)
		look(now_us());
}

static void sweep_if_due(void)
{
	if (!worker.started || !worker.sweeps || !errands_are_idle())
		return;
	worker.sweeps = false;
	links_read();
	sweep_stale(worker.with->conf);
}

/* The end of a turn: nothing may be waited for before this. */
static void turn_over(void)
{
	struct router *r;

	look_if_changed();
	sweep_if_due();
	worker.state->beat = now_us();
	alarms_commit();
	if (!worker.stopping)
		return;
	for (r = routers; r; r = r->next)
		if (r->fsm.running)
			return;
	event_base_loopbreak(worker.base);
}

static void on_sock(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
	turn_over();
}

static void on_links(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	links_read();
	turn_over();
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct sock *sock;
	uint64_t late;

	(void)fd;
	(void)what;
	(void)arg;
	for (sock = sock_next(NULL); sock; sock = sock_next(sock))
		drain(sock);
	links_read();
	look_if_changed();
	late = alarms_ring(now_us());
	if (late > worker.state->late_max)
		worker.state->late_max = late;
	turn_over();
}

static void on_hello(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	hello_receive(fd, AF_INET, now_us());
	turn_over();
}

static void on_hello6(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	hello_receive(fd, AF_INET6, now_us());
	turn_over();
}

static void tell_groups(void)
{
	size_t i;

	for (i = 0; i < worker.with->conf->n_sync_groups; i++) {
		struct sync_group *g = &worker.groups[i];

		if (!g->owes_telling || waits(g->conf))
			continue;
		g->owes_telling = false;
		tell_group(g->conf, FSM_MASTER);
	}
}

/* What they did is in the table of links before it is judged. */
static void on_errands(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	links_read();
	errands_done();
	tell_groups();
	turn_over();
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
	turn_over();
}

/* --- the supervisor's wishes --- */

static void stop(void)
{
	uint64_t now = now_us();
	struct router *r;

	worker.stopping = true;
	for (r = routers; r; r = r->next)
		fsm_stop(&r->fsm, r->heard, now);
	turn_over();
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
	alarm_set(&worker.leave, now + ASK_US);
	if (now < worker.leave_at && !errands_are_idle())
		return;
	for (r = routers; r; r = r->next)
		if (r->goes)
			lease_forget(r);
	role_close();
	if (now >= worker.leave_at || role_has_ended())
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
	worker.leave_at = now + HAND_OVER_US;
	alarm_set(&worker.leave, now);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	static struct control_message m;
	ssize_t n = recv(fd, &m, sizeof(m), MSG_DONTWAIT);

	(void)what;
	(void)arg;
	if (!n || (n > 0 && m.what == CONTROL_STOP))
		stop();
	else if (n > 0 && m.what == CONTROL_HAND_OVER)
		hand_over(&m);
	turn_over();
	/* without a supervisor there is nothing more to hear there */
	if (!n)
		event_del(arg);
}

static void on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	stop();
}

/* --- setting up --- */

static void group_changed(void *arg, enum fsm_state from, enum fsm_state to)
{
	struct sync_group *g = arg;

	(void)from;
	if (g->owes_telling)
		tell_group(g->conf, FSM_MASTER);
	g->owes_telling = to == FSM_MASTER && waits(g->conf);
	if (!g->owes_telling)
		tell_group(g->conf, to);
}

static struct router *router_of(const struct ka_instance *conf)
{
	struct router *r;

	for (r = routers; r && r->conf != conf; r = r->next)
		;
	return r;
}

static void create_group(struct sync_group *g, const struct ka_sync_group *conf)
{
	struct fsm **members = calloc(conf->n_members + 1, sizeof(*members));
	struct router *r;
	size_t n = 0, i;

	for (i = 0; members && i < conf->n_members; i++) {
		r = router_of(conf->members[i]);
		if (r)
			members[n++] = &r->fsm;
	}
	g->conf = conf;
	group_init(&g->group, members, n, group_changed, g);
}

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
	worker.groups = calloc(conf->n_sync_groups + 1, sizeof(*worker.groups));
	for (i = 0; worker.groups && i < conf->n_sync_groups; i++)
		create_group(&worker.groups[i], conf->sync_groups[i]);
}

/* Return: 0, or -errno and said. */
static int open_all(const struct worker *with, int *links, int *alarms)
{
	worker.with = with;
	worker.state = with->state;
	*links = links_open();
	*alarms = alarms_open();
	if (*links < 0 || *alarms < 0 || holding_open() || garp_open()) {
		log_say(LOG_ERR, "cannot talk to the kernel's network: %s",
			strerror(errno));
		return -EIO;
	}
	return 0;
}

/* Nothing of this is needed to work, only to work on a busy machine. */
static void be_prompt(const struct ka_process *wish)
{
	struct sched_param param = {
		.sched_priority = wish->rt_priority ? wish->rt_priority :
						      RT_PRIORITY };
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &none);
	/* each thread would lock a reserve of 64 MB of its own */
	mallopt(M_ARENA_MAX, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		log_say(LOG_WARNING, "memory cannot be locked: %s",
			strerror(errno));
	if (!sched_setscheduler(0, SCHED_RR, &param))
		return;
	log_say(LOG_WARNING, "no real-time priority: %s; under load adverts "
		"may be late", strerror(errno));
	setpriority(PRIO_PROCESS, 0, -20);
}

static void watch(int fd, event_callback_fn fn)
{
	struct event *e = event_new(worker.base, fd, EV_READ | EV_PERSIST, fn,
				    event_self_cbarg());

	if (!e || event_add(e, NULL))
		_exit(1);
}

/* Two workers have the port for a moment, and a host may have no IPv6. */
static void watch_hello(uint8_t family, event_callback_fn fn)
{
	int fd = hello_open(family);

	if (fd >= 0)
		watch(fd, fn);
}

static void watch_all(int links, int alarms)
{
	struct event *term;

	worker.base = event_base_new();
	if (!worker.base)
		_exit(1);
	watch(links, on_links);
	watch(alarms, on_alarm);
	watch_hello(AF_INET, on_hello);
	watch_hello(AF_INET6, on_hello6);
	watch(worker.with->jobs, on_result);
	watch(worker.with->control, on_control);
	term = evsignal_new(worker.base, SIGTERM, on_term, NULL);
	if (!term || event_add(term, NULL))
		_exit(1);
}

/* What a group was before is what those of its members were that it had. */
static void go_on(struct sync_group *g)
{
	enum fsm_state was = FSM_INIT, one;
	struct router *r;

	for (r = routers; r; r = r->next) {
		if (r->conf->group != g->conf)
			continue;
		one = r->record->state;
		if (was != FSM_INIT && one != FSM_INIT && one != was)
			return;
		was = one != FSM_INIT ? one : was;
	}
	group_go_on(&g->group, was);
}

static void start_all(void)
{
	const struct ka_conf *conf = worker.with->conf;
	struct router *r;
	size_t i;

	for (r = routers; r; r = r->next)
		router_take_over(r);
	for (i = 0; i < conf->n_sync_groups; i++)
		go_on(&worker.groups[i]);
	tell_readers();
	links_read();
	look(now_us());
	hold_back();
	hold_static(conf);
	/* Masters last: one that is new must not draw its group down. */
	for (r = routers; r; r = r->next)
		if (!r->was_master)
			router_start(r, now_us());
	for (r = routers; r; r = r->next)
		if (r->was_master)
			router_start(r, now_us());
	for (i = 0; i < conf->n_sync_groups; i++)
		group_settled(&worker.groups[i].group);
	lease_inherit(worker.state);
	worker.started = true;
	worker.sweeps = true;
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
	for (r = routers; r; r = r->next)
		lease_forget(r);
	role_stop();
}

void worker_main(const struct worker *with)
{
	uint8_t ready = CONTROL_READY;
	int links, alarms, errands;

	prctl(PR_SET_NAME, "drayvrrpd-vrrp");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (open_all(with, &links, &alarms))
		_exit(1);
	watch_all(links, alarms);
	create_all(with->conf);
	look(now_us());
	be_prompt(&with->conf->globals.vrrp);
	errands = errands_start();
	if (errands < 0 || role_start(&with->state->no_module_said))
		_exit(1);
	watch(errands, on_errands);
	role_look();
	send(with->control, &ready, 1, MSG_NOSIGNAL);
	if (state_lock(with->state_path))
		_exit(1);
	worker.state->worker = getpid();
	worker.state->started = now_us();
	worker.state->workers++;
	alarm_add(&worker.leave, on_leave, NULL);
	alarm_add(&worker.beat, on_beat, NULL);
	alarm_set(&worker.beat, now_us());
	worker.state->log_unknown_vrids = with->conf->globals.log_unknown_vrids;
	start_in_time();
	turn_over();
	event_base_dispatch(worker.base);
	finish();
	_exit(0);
}

void worker_resign(const struct worker *with)
{
	struct router *r;
	int links, alarms;

	if (open_all(with, &links, &alarms))
		return;
	worker.base = event_base_new();
	create_all(with->conf);
	for (r = routers; r; r = r->next)
		router_take_over(r);
	look(now_us());
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
