// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A reload is a change of worker: the new one, made from the new plan, opens
 * everything and waits for the lock; then the old one lets go.  A crash is the
 * same without the old one's help.  Either way the addresses stay where they
 * are, and the state file says where to go on.
 */
#include "supervisor.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "helper.h"
#include "log.h"
#include "sock.h"
#include "status.h"
#include "sync.h"
#include "sync_told.h"
#include "systemd.h"
#include "unmet.h"
#include "worker.h"

#define DEATHS_MAX 10		/* of workers, within DEATHS_SECONDS */
#define DEATHS_SECONDS 10
#define BEAT_MAX_US 3000000ull	/* a worker without a sign of life hangs */
/* one that does not act yet: all links are read, which may wait for RTNL */
#define START_MAX_US 10000000ull
#define JOB_BUFFER (1 << 20)

/* one worker */
struct post {
	struct worker with;
	struct ka_conf *conf;
	pid_t pid;			/* 0: none */
	uint64_t since;			/* started, or was ready; us */
	struct event *event;
};

static struct {
	const struct supervisor_options *options;
	struct event_base *base;
	struct state *state;
	char state_path[256];
	struct post now, next;		/* next: during a reload */
	int jobs[2];			/* worker's end, spawner's end */
	bool stopping;
	bool reload_again;		/* asked for during a reload */
	int status;
	time_t deaths_since;
	unsigned int deaths;
} super;

/* --- workers --- */

static void post_clear(struct post *post, bool conf_too)
{
	if (post->event)
		event_free(post->event);
	if (post->pid)
		close(post->with.control);
	post->event = NULL;
	post->pid = 0;
	if (conf_too)
		ka_free(post->conf);
}

static void on_control(evutil_socket_t fd, short what, void *arg);

static int start_worker(struct post *post, struct ka_conf *conf)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	post->conf = conf;
	post->with = (struct worker){ .conf = conf, .state = super.state,
				      .before = post == &super.next ?
						super.now.conf : NULL,
				      .state_path = super.state_path,
				      .jobs = super.jobs[0] };
	pid = helper_fork();
	if (!pid) {
		close(pair[0]);
		post->with.control = pair[1];
		worker_main(&post->with);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -errno;
	}
	post->with.control = pair[0];
	post->pid = pid;
	post->since = now_us();
	post->event = event_new(super.base, pair[0], EV_READ | EV_PERSIST,
				on_control, post);
	event_add(post->event, NULL);
	return 0;
}

static bool has_router(const struct ka_conf *conf,
		       const struct state_router *r)
{
	size_t i;

	for (i = 0; i < conf->n_instances; i++) {
		const struct ka_instance *c = conf->instances[i];

		if (c->family == r->family && c->vrid == r->vrid &&
		    !strcmp(c->interface ? c->interface : "", r->interface))
			return true;
	}
	return false;
}

static void ask_hand_over(void)
{
	static struct control_message m;
	struct state_router *r;

	m.what = CONTROL_HAND_OVER;
	m.n = 0;
	for (r = super.state->routers;
	     r < super.state->routers + STATE_ROUTERS; r++)
		if (r->used && !has_router(super.next.conf, r)) {
			struct control_key *key = &m.keys[m.n++];

			memcpy(key->interface, r->interface,
			       sizeof(key->interface));
			key->family = r->family;
			key->vrid = r->vrid;
		}
	send(super.now.with.control, &m, sizeof(m), MSG_NOSIGNAL);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	uint8_t word = 0;
	ssize_t n = recv(fd, &word, 1, MSG_DONTWAIT);
	struct post *post = arg;

	(void)what;
	if (!n)
		event_del(post->event);
	if (n != 1 || word != CONTROL_READY)
		return;
	post->since = now_us();
	if (post == &super.next)
		ask_hand_over();
	else
		systemd_ready();
}

static void give_up(void)
{
	log_say(LOG_CRIT, "the worker cannot be kept running: this host "
		"resigns, and its virtual addresses go");
	worker_resign(&super.now.with);
	super.status = 1;
	event_base_loopbreak(super.base);
}

static void worker_died(int status)
{
	struct ka_conf *conf = super.now.conf;
	time_t now = now_us() / 1000000;

	post_clear(&super.now, false);
	if (super.stopping) {
		event_base_loopbreak(super.base);
		return;
	}
	if (WIFSIGNALED(status))
		log_say(LOG_ERR, "the worker was killed by signal %d: "
			"another goes on", WTERMSIG(status));
	else
		log_say(LOG_ERR, "the worker ended with status %d: another "
			"goes on", WEXITSTATUS(status));
	if (now - super.deaths_since > DEATHS_SECONDS) {
		super.deaths_since = now;
		super.deaths = 0;
	}
	if (++super.deaths > DEATHS_MAX || start_worker(&super.now, conf))
		give_up();
}

/* The old worker has let go, the new one has the lock by now. */
static void reload_done(void)
{
	if (sync_differs(super.now.conf, super.next.conf) ||
	    sync_key_differs(super.next.conf, &super.state->sync))
		helper_end_sync();
	post_clear(&super.now, true);
	super.now = super.next;
	super.now.with.before = NULL;
	super.next = (struct post){ 0 };
	/* the event's argument is the place, which has changed */
	event_free(super.now.event);
	super.now.event = event_new(super.base, super.now.with.control,
				    EV_READ | EV_PERSIST, on_control,
				    &super.now);
	event_add(super.now.event, NULL);
	helper_start_sync(super.now.conf, super.now.with.control);
	log_say(LOG_NOTICE, "reloaded: the new configuration is in force");
	systemd_ready();
}

static void child_died(pid_t pid, int status)
{
	if (!super.stopping && helper_died(pid))
		return;
	if (pid == super.next.pid) {
		log_say(LOG_ERR, "reload failed: the new worker ended; the old "
			"configuration stays in force");
		post_clear(&super.next, true);
		systemd_ready();
	} else if (pid == super.now.pid && super.next.pid) {
		reload_done();
	} else if (pid == super.now.pid) {
		worker_died(status);
	}
}

/* --- signals and time --- */

static void say_messages(const struct ka_conf *conf)
{
	size_t i;

	for (i = 0; i < conf->n_messages; i++) {
		const struct ka_message *m = &conf->messages[i];

		log_say(m->severity == KA_ERROR ? LOG_ERR :
			m->severity == KA_WARNING ? LOG_WARNING : LOG_INFO,
			"%s:%u:%u: %s%s%s", m->pos.file ? m->pos.file : "",
			m->pos.line, m->pos.column, m->text,
			m->done ? ": " : "", m->done ? m->done : "");
	}
	unmet_say(conf);
}

static void reload(void)
{
	struct ka_conf *conf;
	size_t errors;

	super.reload_again = super.next.pid;
	if (super.stopping || super.next.pid)
		return;
	systemd_reloading();
	conf = ka_read(super.options->path, &super.options->ka);
	errors = conf->n_of[KA_ERROR];
	ka_lint(conf);
	say_messages(conf);
	if (conf->unreadable || errors) {
		log_say(LOG_ERR, "reload refused, %zu errors in %s: the old "
			"configuration stays in force", errors,
			super.options->path);
		ka_free(conf);
		systemd_ready();
	} else if (start_worker(&super.next, conf)) {
		log_say(LOG_ERR, "reload failed: %s", strerror(errno));
		ka_free(conf);
		systemd_ready();
	}
}

static void on_child(evutil_socket_t sig, short what, void *arg)
{
	int status;
	pid_t pid;

	(void)sig;
	(void)what;
	(void)arg;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_died(pid, status);
	if (super.reload_again && !super.next.pid)
		reload();
}

static void on_reload(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	reload();
}

static void on_term(evutil_socket_t sig, short what, void *arg)
{
	struct control_message m = { .what = CONTROL_STOP };

	(void)sig;
	(void)what;
	(void)arg;
	if (super.stopping)
		return;
	super.stopping = true;
	systemd_stopping();
	log_say(LOG_NOTICE, "stopping");
	if (super.next.pid)
		kill(super.next.pid, SIGKILL);
	if (!super.now.pid ||
	    send(super.now.with.control, &m, sizeof(m), MSG_NOSIGNAL) < 0)
		event_base_loopbreak(super.base);
}

/* A worker that was stopped, or turns in circles, is no use to anybody. */
static void kill_if_it_hangs(struct post *post, const char *said)
{
	bool acts = post->pid == super.state->worker;
	uint64_t now = now_us(), since = post->since;

	if (acts && super.state->beat > since)
		since = super.state->beat;
	if (!post->pid || now <= since ||
	    now - since <= (acts ? BEAT_MAX_US : START_MAX_US))
		return;
	log_say(LOG_ERR, "%s", said);
	kill(post->pid, SIGKILL);
	/* one that waits in the kernel goes later; it is not said each second */
	post->since = now;
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	systemd_watchdog();
	if (super.stopping)
		return;
	if (super.now.pid)
		helper_start_sync(super.now.conf, super.now.with.control);
	/* one that has made place may need some time to go */
	if (!super.next.pid || super.state->worker != super.next.pid)
		kill_if_it_hangs(&super.now, "the worker hangs: it is killed");
	kill_if_it_hangs(&super.next, "the new worker hangs: it is killed");
}

static int watch_signal(int sig, event_callback_fn fn)
{
	struct event *e = evsignal_new(super.base, sig, fn, NULL);

	return e && !event_add(e, NULL) ? 0 : -ENOMEM;
}

/* One per folder.  Not by flock(), which the children would go on holding. */
static int lock_folder(void)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/vrrp.lock", super.options->run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	return fcntl(fd, F_SETLK, &whole) ? -EBUSY : 0;
}

static int open_all(void)
{
	struct timeval second = { .tv_sec = 1 };
	struct event *tick;
	int bytes = JOB_BUFFER;

	if (mkdir(super.options->run_dir, 0755) && errno != EEXIST)
		return -errno;
	if (lock_folder())
		return -EBUSY;
	snprintf(super.state_path, sizeof(super.state_path), "%s/vrrp.state",
		 super.options->run_dir);
	super.state = state_open(super.state_path);
	if (!super.state)
		return -errno;
	sync_told_open(super.options->run_dir, super.state);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, super.jobs))
		return -errno;
	setsockopt(super.jobs[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
		   sizeof(bytes));
	super.base = event_base_new();
	helpers_init(super.base, super.state, super.jobs[1]);
	tick = super.base ? event_new(super.base, -1, EV_PERSIST, on_second,
				      NULL) : NULL;
	if (!tick || event_add(tick, &second) ||
	    watch_signal(SIGCHLD, on_child) ||
	    watch_signal(SIGHUP, on_reload) ||
	    watch_signal(SIGTERM, on_term) || watch_signal(SIGINT, on_term))
		return -ENOMEM;
	return status_open(super.base, super.options->run_dir, super.state,
			   &super.now.conf);
}

/*
 * The next worker must not have to wait for a CPU, neither for this process nor for its
 * own first instruction.  Helpers give it back.  What is missing the worker says.
 */
static void be_prompt(void)
{
	struct sched_param param = { .sched_priority = 1 };

	sched_setscheduler(0, SCHED_RR, &param);
}

int supervisor_main(const struct supervisor_options *options,
		    struct ka_conf *conf)
{
	int rc;

	super.options = options;
	signal(SIGPIPE, SIG_IGN);
	rc = open_all();
	if (rc) {
		log_say(LOG_ERR, "cannot start in %s: %s", options->run_dir,
			rc == -EBUSY ? "another drayvrrpd runs there" :
				       strerror(-rc));
		return KA_EXIT_CANNOT_RUN;
	}
	ka_lint(conf);
	say_messages(conf);
	be_prompt();
	rc = helper_start_spawner();
	if (!rc)
		helper_begin_sync(conf);
	if (!rc)
		rc = start_worker(&super.now, conf);
	if (rc) {
		log_say(LOG_ERR, "cannot start a process: %s", strerror(-rc));
		return KA_EXIT_CANNOT_RUN;
	}
	event_base_dispatch(super.base);
	helper_end_sync();
	helper_end_spawner();
	status_close();
	log_say(LOG_NOTICE, "stopped");
	return super.status;
}
