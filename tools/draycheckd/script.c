// SPDX-License-Identifier: GPL-2.0-or-later
/* See script.h. */
#include "script.h"

#include <stdio.h>

#include "log.h"
#include "mem.h"
#include "child.h"

#define WAITING_MAX 1000
#define TIMEOUT_US 60000000ull	/* of one that would hold up its successors */

struct script {
	struct script *next;
	struct child_command command;
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

static bool must_wait(const struct script *script)
{
	const struct script *s;

	for (s = scripts; s != script; s = s->next)
		if (s->subject == script->subject)
			return true;
	return false;
}

static bool start(struct script *script)
{
	char why[200];

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
		if (!s->child && !must_wait(s) && !start(s))
			script_free(s);
	}
}

/* @why_down: told it in its environment; NULL: nothing is. */
void script_notify(const struct ka_conf *conf, const struct ka_command *command,
		   const void *subject, const char *why_down)
{
	struct script *script, **end = &scripts;
	char why[200];

	if (!command)
		return;
	if (n_scripts == WAITING_MAX) {
		log_error("%s is not run: %d scripts are waiting already",
			  command->text, WAITING_MAX);
		return;
	}
	script = mem_zero(1, sizeof(*script));
	if (child_command_make(&script->command, conf, command, NULL, why,
			       sizeof(why))) {
		log_error("%s is not run: %s", command->text, why);
		free(script);
		return;
	}
	if (why_down && asprintf(&script->command.why, "DRAY_WHY=%s",
				 why_down) < 0)
		abort();
	script->subject = subject;
	while (*end)
		end = &(*end)->next;
	*end = script;
	n_scripts++;
	start_waiting();
}

static void on_end_of_reader(int status, bool timed_out, void *arg)
{
	(void)timed_out;
	(void)arg;
	log_warning("The reader of a FIFO has ended with status %d", status);
}

/* Runs as long as it likes. */
void script_begin(const struct ka_conf *conf, const struct ka_command *command,
		  const char *last_word)
{
	struct child_command c;
	char why[200];

	if (child_command_make(&c, conf, command, last_word, why,
			       sizeof(why)) ||
	    !child_start(&c, 0, on_end_of_reader, NULL, why, sizeof(why)))
		log_error("%s cannot be run: %s", command->text, why);
	child_command_free(&c);
}
