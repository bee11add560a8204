// SPDX-License-Identifier: GPL-2.0-or-later
/* See script.h. */
#include "script.h"

#include <stdio.h>

#include "child.h"
#include "job.h"
#include "log.h"
#include "mem.h"
#include "task.h"

#define WAITING_MAX 1000
#define TIMEOUT_US 60000000ull	/* of one that would hold up its successors */
#define FINISH_MS 5000		/* the same at the end, of all together, */
#define GRACE_MS 1000		/* and for each of them at least */

/* What it is to be told of may be freed before it is done. */
struct script {
	struct task task;
	struct script *next;
	const struct ka_conf *conf;
	const struct ka_command *words;
	struct child_command command;
	char why[200];
	char *reason;		/* DRAY_WHY=...; NULL: none */
	bool prepared, failed;
	const void *subject;	/* of whom it tells; only compared */
	struct child *child;	/* NULL: waiting */
};

static struct script *scripts;	/* in order; running ones too */
static size_t n_scripts;

static void start_waiting(void);

static void script_free(struct script *script)
{
	struct script **at = &scripts;

	while (*at != script)
		at = &(*at)->next;
	*at = script->next;
	n_scripts--;
	child_command_free(&script->command);
	free(script->reason);
	free(script);
}

static void on_done(int status, bool timed_out, void *arg)
{
	struct script *script = arg;

	if (timed_out)
		log_warning("The script %s took too long and was ended",
			    script->command.argv[0]);
	else if (status)
		log_detail("The script %s ended with status %d",
			   script->command.argv[0], status);
	script_free(script);
	start_waiting();
}

/* Return: the one that has to end first, or NULL. */
static struct script *predecessor(const struct script *script)
{
	struct script *s;

	for (s = scripts; s != script; s = s->next)
		if (s->subject == script->subject)
			return s;
	return NULL;
}

static bool start(struct script *script)
{
	char why[200];

	script->command.why = script->reason;
	script->reason = NULL;
	script->child = child_start(&script->command, TIMEOUT_US, on_done,
				    script, why, sizeof(why));
	if (!script->child)
		log_error("A script cannot be run: %s", why);
	return script->child;
}

static void start_waiting(void)
{
	struct script *s, *next;

	for (s = scripts; s; s = next) {
		next = s->next;
		if (s->prepared && !s->child && !predecessor(s) && !start(s))
			script_free(s);
	}
}

static void prepare_work(struct task *task)
{
	struct script *s = (struct script *)task;

	s->failed = child_command_make(&s->command, s->conf, s->words, NULL,
				       s->why, sizeof(s->why));
}

static void prepare_done(struct task *task)
{
	struct script *s = (struct script *)task;

	s->prepared = true;
	if (s->failed) {
		log_error("%s is not run: %s", s->words->text, s->why);
		script_free(s);
	}
	start_waiting();
}

/* @why_down: told it in its environment; NULL: nothing is. */
void script_notify(const struct ka_conf *conf, const struct ka_command *command,
		   const void *subject, const char *why_down)
{
	struct script *script, **end = &scripts;

	if (!command)
		return;
	if (n_scripts == WAITING_MAX) {
		log_error("%s is not run: %d scripts are waiting already",
			  command->text, WAITING_MAX);
		return;
	}
	script = mem_zero(1, sizeof(*script));
	script->task = (struct task){ .work = prepare_work,
				      .done = prepare_done };
	script->conf = conf;
	script->words = command;
	script->subject = subject;
	if (why_down && asprintf(&script->reason, "DRAY_WHY=%s", why_down) < 0)
		abort();
	while (*end)
		end = &(*end)->next;
	*end = script;
	n_scripts++;
	task_start(TASK_NAMES, &script->task);
}

static struct script *first_held_up(void)
{
	struct script *s = scripts;

	while (s && !predecessor(s))
		s = s->next;
	return s;
}

static uint64_t ms_until(uint64_t end)
{
	uint64_t now = now_ms();

	return now < end ? end - now : 0;
}

/* Make place for one that waits for it. */
static void end_script(struct script *script, uint64_t ms)
{
	if (child_wait(script->child, ms > GRACE_MS ? ms : GRACE_MS) ||
	    child_kill(script->child))
		return;
	script_free(script);
	start_waiting();
}

/*
 * At the end, when all are prepared: those that wait for another are begun, or
 * nobody would be told the last word, and the last ones are waited for.  What
 * still runs then goes on by itself.
 */
void script_finish(void)
{
	uint64_t end = now_ms() + FINISH_MS;
	struct script *held_up;

	while ((held_up = first_held_up()))
		end_script(predecessor(held_up), ms_until(end));
	end = now_ms() + FINISH_MS;
	while (scripts && child_wait(scripts->child, ms_until(end)))
		;
}
