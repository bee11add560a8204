// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One loop: the module's group, the others' datagrams, and a timer that looks
 * after what is due.  Neither scripts nor names; what servers others have down is
 * written to the run directory, which is in memory.  The key file is read once at
 * the start, and a reload with another key in it is a new start.
 */
#include "sync.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/capability.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capability.h"
#include "log.h"
#include "sync_compare.h"
#include "sync_dump.h"
#include "sync_link.h"
#include "sync_module.h"
#include "sync_out.h"
#include "sync_owns.h"
#include "sync_peers.h"
#include "sync_servers.h"
#include "sync_told.h"
#include "sync_wait.h"

#define HELLO_US 1000000ull
#define HELLO_SOON_US 200000ull		/* while it joins */
#define AFTER_US 50000ull		/* a hello behind data tells of loss */
#define LOOK_US 1000000ull		/* at module and interfaces */
#define ALONE_US 3000000ull		/* nobody was heard for so long */
#define BUSY_MS 2			/* of the timer */
#define IDLE_MS 50
#define ROOM_WAITING 128		/* datagrams, for a dump to go on */
#define ROOM_BEHIND 512
#define RECEIVE_MAX 256			/* datagrams in one turn */

static struct {
	const struct ka_conf *conf;
	struct sync_show *show;
	struct event_base *base;
	struct event *timer, *group;
	struct sync_sessions sessions;
	struct sync_key key;
	uint64_t started, look_at, hello_at;
	struct sync_waits waits;
	bool settled;
	bool refused;			/* for lack of a service or a server */
	uint32_t generation, refused_at;
	uint32_t tables;		/* version of the module's */
} sync_;

/* --- hellos --- */

static void send_hello(uint64_t now)
{
	struct sync_hello hello = { .config = sync_compare_own(),
				    .generation = sync_.generation,
				    .tables = sync_.tables };
	struct sync_writer *w;

	if (sync_owns_any(now))
		hello.flags |= SYNC_HELLO_MASTER;
	if (sync_.show->status == SYNC_IN_SYNC)
		hello.flags |= SYNC_HELLO_IN_SYNC;
	if (sync_.waits.n)
		hello.flags |= SYNC_HELLO_ASKS;
	w = sync_out_begin(SYNC_HELLO, 0, now);
	sync_put_hello(w, &hello);
	sync_put_receipts(&sync_.sessions, w);
	sync_out_end(now);
	sync_peers_hello_sent(now);
	sync_.hello_at = now + (sync_.show->status == SYNC_JOINING ?
				HELLO_SOON_US : HELLO_US);
}

static void hello_by(uint64_t when)
{
	if (when < sync_.hello_at)
		sync_.hello_at = when;
}

/* --- from the module --- */

/* A dump tells it again. */
static void lose(void)
{
	sync_waits_lose(&sync_.waits);
	sync_dump_want();
}

/* 0 in a dump: it is there until somebody sweeps.  By itself: it was deleted. */
static uint32_t expires_ms(const struct sync_entry *entry)
{
	return entry->persist ? entry->row.persist.expires :
				entry->row.flow.expires;
}

static void on_entry(const struct sync_entry *entry, bool dumped)
{
	const struct dray_flow_row *row = &entry->row;
	const struct dray_addr *vip = entry->persist ? &row->svc.key.addr :
						       &row->flow.vip;
	uint64_t now = now_us();
	bool ours;

	if (dumped && (!expires_ms(entry) || !sync_dump_counts(entry)))
		return;
	ours = entry->persist && row->svc.key.fwmark ? sync_owns_any(now) :
						       sync_owns(vip, now);
	if (!ours) {
		sync_.show->counts[SYNC_NOT_OURS]++;
		return;
	}
	if (!sync_out_entry(entry, now)) {
		sync_.show->counts[SYNC_DROPPED]++;
		lose();
		return;
	}
	sync_.show->counts[entry->persist ? SYNC_TOLD_PERSISTS :
					    SYNC_TOLD_FLOWS]++;
	hello_by(now + AFTER_US);
}

static void on_lost(void)
{
	sync_.show->counts[SYNC_OVERRUNS]++;
	lose();
}

static struct sync_wait_look wait_look(uint64_t now)
{
	return (struct sync_wait_look){
		.now = now,
		.sequence = sync_.sessions.sequence,
		.behind = sync_peers_behind(now),
		.dumping = sync_dump_runs(),
	};
}

static void on_wait(uint32_t number)
{
	uint64_t now = now_us();
	struct sync_wait_look look;

	sync_.show->counts[SYNC_WAITS]++;
	sync_out_flush(now);
	look = wait_look(now);
	if (!sync_peers_n(now)) {
		sync_module_done(number);
	} else if (!sync_waits_add(&sync_.waits, number, &look)) {
		sync_.show->counts[SYNC_WAITS_LATE]++;
		sync_module_done(number);
	}
}

static void on_refused(int err)
{
	static struct log_limit limit;
	unsigned int held;

	sync_.show->counts[SYNC_REFUSED]++;
	if (err == ESRCH || err == ENOENT)
		sync_.refused = true;
	if (log_may(&limit, &held))
		log_say(LOG_WARNING, "state sync: what another director told "
			"is not taken: %s (%u more)",
			err == ESRCH ? "there is no such service here" :
			err == ENOENT ? "the service has no such server here" :
			err == ENOSPC ? "there is no room for more entries" :
					strerror(err), held);
}

static void on_server(const struct dray_flow_row *row)
{
	sync_servers_tell(row, now_us());
}

static const struct sync_module_ops module_ops = {
	.entry = on_entry,
	.lost = on_lost,
	.wait = on_wait,
	.refused = on_refused,
	.server = on_server,
};

static void module_gone(int rc)
{
	if (!sync_module_is_open())
		return;
	log_say(LOG_WARNING, "state sync: dray.ko does not answer: %s",
		strerror(-rc));
	event_free(sync_.group);
	sync_.group = NULL;
	sync_.waits.n = 0;
	sync_dump_stop();
	sync_servers_stop();
	sync_module_close();
}

static void tick(void);

static void on_group(evutil_socket_t fd, short what, void *arg)
{
	int rc = sync_module_hear();

	(void)fd;
	(void)what;
	(void)arg;
	if (rc)
		module_gone(rc);
	sync_out_flush(now_us());
	tick();
}

static void open_module(void)
{
	if (sync_module_open(&module_ops))
		return;
	sync_.group = event_new(sync_.base, sync_module_fd(),
				EV_READ | EV_PERSIST, on_group, NULL);
	if (!sync_.group || event_add(sync_.group, NULL))
		_exit(1);
	/* what others know of us may be older than the module */
	sync_dump_want();
	sync_peers_join_again();
}

/* What was refused may be taken now. */
static void look_at_configuration(void)
{
	struct dray_config config;
	int rc = dray_config_read(sync_module_ask(), &config);
	uint32_t generation = sync_module_ask()->generation;

	if (rc) {
		module_gone(rc);
		return;
	}
	free(config.hooks);
	sync_.tables = config.table_version;
	sync_compare_version(sync_.tables);
	if (sync_.generation != generation ||
	    !sync_compare_own())
		rc = sync_compare_read();
	/* it changed all the time: with the next look, then */
	if (rc == -EAGAIN)
		return;
	if (rc) {
		module_gone(rc);
		return;
	}
	sync_.generation = generation;
	if (!sync_.refused)
		sync_.refused_at = sync_.generation;
	if (sync_.refused_at == sync_.generation)
		return;
	sync_.refused = false;
	sync_.refused_at = sync_.generation;
	sync_peers_join_again();
}

/* --- what is due --- */

static void look_at_waits(uint64_t now)
{
	struct sync_wait_look look = wait_look(now);
	enum sync_wait_end end;
	uint32_t number;

	while ((end = sync_waits_next(&sync_.waits, &look, &number)))
		if (end == SYNC_WAIT_LATE || sync_module_done(number))
			sync_.show->counts[SYNC_WAITS_LATE]++;
	if (sync_waits_ask(&sync_.waits, now))
		send_hello(now);
}

static enum sync_status stands(uint64_t now)
{
	if (!sync_module_is_open())
		return SYNC_NO_MODULE;
	if (sync_peers_n(now))
		return sync_peers_joined(now) ? SYNC_IN_SYNC : SYNC_JOINING;
	return sync_.settled || now - sync_.started >= ALONE_US ?
		       SYNC_ALONE : SYNC_JOINING;
}

/* Who has all that the others had may take over from them, once and for all. */
static void look_at_status(uint64_t now)
{
	enum sync_status is = stands(now), was = sync_.show->status;

	sync_.show->status = is;
	if (is != was)
		log_say(LOG_NOTICE, "state sync: %s", sync_status_text(is));
	if (is == SYNC_JOINING || sync_.settled ||
	    (is == SYNC_IN_SYNC && sync_.refused))
		return;
	sync_.settled = true;
	sync_.show->hold_until = 0;
}

static void look(uint64_t now)
{
	if (now < sync_.look_at)
		return;
	sync_.look_at = now + LOOK_US;
	sync_link_look();
	sync_told_look(now);
	if (sync_module_is_open())
		look_at_configuration();
	else
		open_module();
}

static void pump_dump(uint64_t now)
{
	bool room = sync_out_waiting() < ROOM_WAITING &&
		    sync_peers_behind(now) < ROOM_BEHIND;
	int rc;

	if (!sync_module_is_open())
		return;
	rc = sync_dump_pump(room, now);
	if (!rc && sync_peers_n(now))
		rc = sync_servers_pump(room, now);
	if (rc)
		module_gone(rc);
}

static void set_timer(bool busy)
{
	struct timeval at = { .tv_usec = (busy ? BUSY_MS : IDLE_MS) * 1000 };
	uint64_t now = now_us(), due = sync_peers_hello_due();

	if (sync_.hello_at < due)
		due = sync_.hello_at;
	if (due <= now)
		at.tv_usec = 0;
	else if (due - now < (uint64_t)at.tv_usec)
		at.tv_usec = due - now;
	event_add(sync_.timer, &at);
}

static void tick(void)
{
	uint64_t now = now_us();
	bool more;

	look(now);
	sync_peers_look(now);
	look_at_status(now);
	look_at_waits(now);
	pump_dump(now);
	if (now >= sync_.hello_at || now >= sync_peers_hello_due())
		send_hello(now);
	more = sync_out_pump(now);
	set_timer(more || sync_dump_runs() || sync_.waits.n);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	tick();
}

static void on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	uint8_t family = *(const uint8_t *)arg;
	static struct received r;
	int n;

	(void)fd;
	(void)what;
	for (n = 0; n < RECEIVE_MAX && sync_link_receive(family, &r) > 0; n++)
		sync_peers_receive(&r, now_us());
	sync_module_flush();
	tick();
}

/* --- its life --- */

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_base_loopbreak(sync_.base);
}

static void watch(int fd, event_callback_fn fn, void *arg)
{
	struct event *e = fd < 0 ? NULL : event_new(sync_.base, fd,
						    EV_READ | EV_PERSIST, fn,
						    arg);

	if (fd >= 0 && (!e || event_add(e, NULL)))
		_exit(1);
}

static bool read_key(const char *path)
{
	char error[256];

	if (sync_key_read(path, &sync_.key, error, sizeof(error))) {
		log_say(LOG_ERR, "no state sync: %s", error);
		return false;
	}
	sync_.show->key = sync_.key.number;
	return true;
}

static uint64_t random_number(void)
{
	uint64_t number;

	do
		randombytes_buf(&number, sizeof(number));
	while (!number);
	return number;
}

/* The module and large socket buffers ask for CAP_NET_ADMIN, also when the
 * module comes later; all else was for the start.
 */
static void give_up_rights(void)
{
	int rc = capability_keep(CAP_NET_ADMIN);

	if (rc)
		log_say(LOG_WARNING, "state sync: rights that are not needed "
			"are kept: %s", strerror(-rc));
}

static void start(void)
{
	static const uint8_t v4 = AF_INET, v6 = AF_INET6;

	sync_sessions_init(&sync_.sessions, random_number());
	sync_out_open(&sync_.sessions, &sync_.key, sync_.show);
	sync_peers_open(&sync_.sessions, &sync_.key, sync_.show);
	sync_dump_open(sync_.show);
	sync_servers_open(sync_.show);
	watch(sync_link_fd(AF_INET), on_datagrams, (void *)&v4);
	watch(sync_link_fd(AF_INET6), on_datagrams, (void *)&v6);
	sync_.timer = event_new(sync_.base, -1, 0, on_timer, NULL);
	if (!sync_.timer)
		_exit(1);
	sync_.started = now_us();
	sync_.show->status = SYNC_JOINING;
	tick();
}

static void cannot(enum sync_status why)
{
	sync_.show->status = why;
	sync_.show->hold_until = 0;
}

static void open_all(const struct ka_conf *conf)
{
	int rc;

	if (!read_key(conf->globals.key_file)) {
		cannot(SYNC_NO_KEY);
		return;
	}
	rc = sync_link_open(conf);
	if (rc) {
		log_say(LOG_ERR, "no state sync: no socket for UDP port %u: %s",
			conf->globals.sync_port, strerror(-rc));
		cannot(SYNC_NO_SOCKET);
		return;
	}
	start();
}

void sync_main(const struct ka_conf *conf, struct state *state, int alive)
{
	prctl(PR_SET_NAME, "drayvrrpd-sync");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	setpriority(PRIO_PROCESS, 0, -10);
	sync_.conf = conf;
	sync_.show = &state->sync;
	memset(sync_.show->peers, 0, sizeof(sync_.show->peers));
	sync_.show->key = 0;
	sync_.show->pid = getpid();
	sync_owns_open(conf, state);
	sync_.base = event_base_new();
	if (!sync_.base)
		_exit(1);
	watch(alive, on_end, NULL);
	open_all(conf);
	give_up_rights();
	event_base_dispatch(sync_.base);
	_exit(0);
}
