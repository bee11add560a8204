// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts the parts together: reads the file, runs the loop, and on SIGHUP goes
 * over to a new file while everything that is the same in it goes on.
 */
#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway.h"
#include "held.h"
#include "job.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "path.h"
#include "ready.h"
#include "script.h"
#include "state.h"
#include "status.h"
#include "task.h"
#include "told.h"

struct daemon daemon_state;

/* What is held back is acted upon by daemon_update() when it is released. */
static void on_job(struct job *job)
{
	size_t i;

	notify_job(job);
	if (blame_holds(&gateway.blame))
		return;
	for (i = 0; i < job->n_users; i++)
		real_update(job->users[i], &notify_events);
	kernel_later(&daemon_state.kernel);
}

static void on_look(void)
{
	gateway_counts(jobs.failing, jobs.n);
}

static void look_again(void)
{
	size_t i;

	for (i = 0; i < jobs.n; i++)
		if (jobs.list[i]->failing)
			job_hurry(jobs.list[i]);
}

static void on_blame(enum blame_act act)
{
	static bool frozen;
	char addr[INET6_ADDRSTRLEN];

	dray_addr_text(&gateway.addr, addr, sizeof(addr));
	if (act == BLAME_FREEZE) {
		log_error("Most checks fail and the gateway %s does not answer: "
			  "it is this host that is cut off; the last good set "
			  "of servers is kept", addr);
		frozen = true;
	} else if (act == BLAME_LOOK) {
		log_info("The gateway %s or most servers answer again: looking "
			 "again at what failed", addr);
		look_again();
	} else if (act == BLAME_RELEASE) {
		if (frozen)
			log_info("This host is connected again: what the checks "
				 "say counts");
		frozen = false;
		daemon_update(&daemon_state);
		kernel_later(&daemon_state.kernel);
	}
}

/* What is to outlive this process has changed. */
void daemon_keep(void)
{
	state_write(&daemon_state);
}

static void tell_messages(const struct ka_conf *conf)
{
	static const int priorities[] = {
		[KA_NOTE] = LOG_INFO,
		[KA_WARNING] = LOG_WARNING,
		[KA_ERROR] = LOG_ERR,
	};
	const struct ka_message *m;
	size_t i;

	for (i = 0; i < conf->n_messages; i++) {
		m = &conf->messages[i];
		log_line(priorities[m->severity], "%s:%u:%u: %s%s%s",
			 m->pos.file, m->pos.line, m->pos.column, m->text,
			 m->done ? "; " : "", m->done ? m->done : "");
	}
}

static struct ka_conf *read_file(const struct options *o)
{
	struct ka_conf *conf = ka_read(o->file, &o->ka);

	if (!conf->unreadable)
		ka_lint(conf);
	return conf;
}

/* Return: 0, or the exit status if there is nothing to begin with. */
int daemon_load(struct daemon *d)
{
	d->conf = read_file(&d->options);
	tell_messages(d->conf);
	if (!d->conf->unreadable)
		return 0;
	ka_free(d->conf);
	return KA_EXIT_CANNOT_RUN;
}

/* The kernel is looked at first: what it has is where this run begins. */
static void begin(struct daemon *d)
{
	state_read(d);
	paths_setup(d->conf->globals.probe_mark);
	services_create(&d->services, d->conf);
	jobs_reload_end();
	paths_settle();
	d->kernel.services = &d->services;
	if (d->kernel.present && !kernel_read(&d->kernel))
		services_adopt(&d->services, &d->kernel.believed,
			       &d->overrides);
	told_begin(d);
	services_settle(&d->services);
	services_start(&d->services);
	held_setup(&d->services);
	told_watch(d);
	kernel_reconcile(&d->kernel);
	log_info("%zu services with %zu checks of %s", d->services.n, jobs.n,
		 d->options.file);
}

struct old_file {
	struct task task;
	struct ka_conf *conf;
};

static void no_work(struct task *task)
{
	(void)task;
}

static void free_old(struct task *task)
{
	struct old_file *old = (struct old_file *)task;

	ka_free(old->conf);
	free(old);
}

/* Behind all tasks that read it. */
static void free_later(struct ka_conf *conf)
{
	struct old_file *old = mem_zero(1, sizeof(*old));

	old->task = (struct task){ .work = no_work, .done = free_old };
	old->conf = conf;
	task_start(TASK_NAMES, &old->task);
}

/* Everything new is made beside the old, which goes only when nothing refers
 * to it any more. */
static void change_over(struct daemon *d, struct ka_conf *conf)
{
	struct services old = d->services;
	struct ka_conf *old_conf = d->conf;

	jobs_reload_begin();
	services_create(&d->services, conf);
	services_carry_over(&d->services, &old);
	jobs_reload_end();
	paths_setup(conf->globals.probe_mark);
	paths_settle();
	notify_setup(conf);
	gateway_setup(conf);
	services_start(&d->services);
	held_setup(&d->services);
	if (!blame_holds(&gateway.blame))
		daemon_update(d);
	services_destroy(&old);
	d->conf = conf;
	free_later(old_conf);
}

/* What the checks say of all servers is looked at again. */
void daemon_update(struct daemon *d)
{
	struct service *svc;
	size_t i, j;

	for (i = 0; i < d->services.n; i++) {
		svc = &d->services.list[i];
		for (j = 0; j < svc->n_reals; j++)
			real_update(&svc->reals[j], &notify_events);
		service_update(svc, &notify_events);
	}
}

/* A reload, while the file is read: users and interfaces are looked up for it. */
static struct reading {
	struct task task;
	const struct options *options;
	struct ka_conf *conf;
	bool busy, again;
} reading;

static void read_work(struct task *task)
{
	struct reading *r = (struct reading *)task;

	r->conf = read_file(r->options);
}

/* An error keeps what is in force: half a file is not what was meant. */
static void take_file(struct daemon *d, struct ka_conf *conf)
{
	tell_messages(conf);
	if (conf->unreadable || conf->n_of[KA_ERROR]) {
		log_error("%s has errors: the configuration of before is kept",
			  d->options.file);
		ka_free(conf);
		return;
	}
	change_over(d, conf);
	d->reloads++;
	kernel_disturbed(&d->kernel);
	log_info("%zu services with %zu checks of %s", d->services.n, jobs.n,
		 d->options.file);
}

static void read_done(struct task *task)
{
	struct reading *r = (struct reading *)task;

	if (daemon_state.stopping) {
		ka_free(r->conf);
		return;
	}
	take_file(&daemon_state, r->conf);
	r->busy = false;
	if (r->again)
		daemon_reload(&daemon_state);
	else
		ready_now();
}

void daemon_reload(struct daemon *d)
{
	reading.again = reading.busy;
	if (reading.busy)
		return;
	ready_reloading();
	log_info("Reloading %s", d->options.file);
	reading.task = (struct task){ .work = read_work, .done = read_done };
	reading.options = &d->options;
	reading.busy = true;
	task_start(TASK_NAMES, &reading.task);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	if (signo == SIGHUP) {
		daemon_reload(d);
		return;
	}
	log_info("Stopping");
	event_base_loopbreak(d->base);
}

static void watch_signals(struct daemon *d)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT };
	static struct event events[3];
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < 3; i++) {
		evsignal_assign(&events[i], d->base, signals[i], on_signal, d);
		evsignal_add(&events[i], NULL);
	}
}

/* A check that waits for a server that hangs holds a descriptor. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void write_pid(const char *path)
{
	FILE *out = path ? fopen(path, "w") : NULL;

	if (out) {
		fprintf(out, "%d\n", getpid());
		fclose(out);
	} else if (path) {
		log_warning("%s cannot be written: %s", path, strerror(errno));
	}
}

/* The table stays as it is unless the file says otherwise: who is stopped to
 * be started again must not stop the traffic. */
static void end(struct daemon *d)
{
	ready_stopping();
	d->stopping = true;
	notify_stop(&d->services);
	if (!task_close()) {
		log_warning("The kernel does not answer: it is not waited for");
		script_finish();
		_exit(0);
	}
	d->kernel.busy = false;
	if (d->conf->globals.lvs_flush_on_stop)
		kernel_flush(&d->kernel);
	state_write(d);
	script_finish();
	told_close();
	status_close();
	gateway_close();
	held_close();
	jobs_free();
	services_destroy(&d->services);
	kernel_close(&d->kernel);
	overrides_free(&d->overrides);
	ka_free(d->conf);
	if (d->options.pid_file)
		unlink(d->options.pid_file);
	event_base_free(d->base);
}

/* Return: 0 after a signal to stop, -1 if it cannot begin. */
int daemon_run(struct daemon *d)
{
	d->base = event_base_new();
	if (!d->base)
		return -1;
	d->started = now_ms();
	jobs.base = d->base;
	jobs.changed = on_job;
	jobs.looked = on_look;
	srandom(getpid() ^ (unsigned int)d->started);
	if (task_open(d->base))
		return -1;
	d->kernel.overrides = &d->overrides;
	d->kernel.changed = daemon_keep;
	if (kernel_open(&d->kernel, d->base))
		log_warning("There is no generic netlink: the checks run, "
			    "their results go nowhere");
	raise_limits();
	watch_signals(d);
	write_pid(d->options.pid_file);
	notify_setup(d->conf);
	begin(d);
	gateway_open(d->conf, on_blame);
	status_open(d);
	ready_open(d->base);
	ready_now();
	event_base_dispatch(d->base);
	end(d);
	return 0;
}
