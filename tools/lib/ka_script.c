// SPDX-License-Identifier: GPL-2.0-or-later
/* What is watched and has a name: vrrp_script, track_file, vrrp_track_process. */
#include "ka_table.h"

#include <string.h>

const char *ka_name(struct ka_parser *p, const struct ka_node *node)
{
	if (node->n_words < 2) {
		ka_say(p, KA_ERROR, node, 0, "the block is left out",
		       "'%s' needs a name", node->words[0].text);
		return NULL;
	}
	ka_no_more(p, node, 2);
	return node->words[1].text;
}

void ka_say_twice(struct ka_parser *p, const struct ka_node *node,
		  const struct ka_pos *first)
{
	ka_say(p, KA_ERROR, node, 1, "this one is left out",
	       "%s '%s' is there already, in line %u of %s",
	       node->words[0].text, node->words[1].text, first->line,
	       first->file);
}

/* N [reverse|noreverse]; of a file, whose value it is multiplied with, up to 254 */
bool ka_weight_read(struct ka_parser *p, const struct ka_node *node, size_t *at,
		    int most, int *weight, bool *reverse)
{
	const char *word;
	int64_t value;

	if (!ka_get_number(p, node, at, -most, most, &value))
		return false;
	*weight = value;
	word = *at < node->n_words ? node->words[*at].text : "";
	if (!strcmp(word, "reverse") || !strcmp(word, "noreverse") ||
	    !strcmp(word, "no_reverse")) {
		*reverse = *word == 'r';
		++*at;
	}
	return true;
}

static void set_script_weight(struct ka_parser *p, struct ka_node *node,
			      struct ka_raw *raw)
{
	struct ka_vrrp_script *s = raw->object;
	size_t at = 1;

	if (ka_weight_read(p, node, &at, KA_WEIGHT_MAX, &s->weight,
			   &s->reverse))
		ka_no_more(p, node, at);
}

static void set_script(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_vrrp_script *s = raw->object;

	s->command = ka_get_whole_command(p, node, 1);
}

static void set_user(struct ka_parser *p, struct ka_node *node,
		     struct ka_raw *raw)
{
	(void)p;
	(void)node;	/* read when the script is known, which may come later */
	(void)raw;
}

static const struct ka_keyword script_keywords[] = {
	K_LINE("script", 1, ka_vrrp_script, command, set_script, 1, 1000,
	       "a command"),
	K_TIME("interval", 1, ka_vrrp_script, interval_us, 0, KA_A_DAY),
	K_LINE("weight", 1, ka_vrrp_script, weight, set_script_weight, 1, 3,
	       "a number"),
	K_INT("rise", 1, ka_vrrp_script, rise, 1, INT_MAX),
	K_INT("fall", 1, ka_vrrp_script, fall, 1, INT_MAX),
	K_TIME("timeout", 2, ka_vrrp_script, timeout_us, 0, KA_A_DAY),
	K_LINE("user", 2, ka_vrrp_script, name, set_user, 1, 2,
	       "a user and may have a group"),
	K_BOOL("init_fail", 2, ka_vrrp_script, init_fail),
};

const struct ka_table ka_script_table = K_TABLE("vrrp_script", script_keywords);

void ka_set_user(struct ka_command *cmd, const struct ka_node *node)
{
	if (!cmd || !node)
		return;
	cmd->user = node->words[1].text;
	cmd->group = node->n_words > 2 ? node->words[2].text : NULL;
}

static struct ka_vrrp_script *script_named(const struct ka_conf *conf,
					   const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_scripts; i++)
		if (!strcmp(conf->scripts[i]->name, name))
			return conf->scripts[i];
	return NULL;
}

static void finish_script(struct ka_parser *p, struct ka_raw *made,
			  struct ka_vrrp_script *s)
{
	struct ka_conf *conf = p->conf;

	if (!s->command) {
		ka_say(p, KA_ERROR, made->node, 1, "it is left out",
		       "vrrp_script '%s' has no script", s->name);
		return;
	}
	ka_set_user(s->command,
		    ka_said(made, offsetof(struct ka_vrrp_script, name)));
	if (!s->interval_us) {
		ka_say(p, KA_WARNING,
		       ka_said(made, offsetof(struct ka_vrrp_script,
					      interval_us)), 1,
		       "1 second is taken", "an interval of 0");
		s->interval_us = 1000000;
	}
	if (!s->timeout_us)
		s->timeout_us = s->interval_us;
	conf->scripts = ka_grow(conf->memory, conf->scripts, conf->n_scripts,
				sizeof(s));
	conf->scripts[conf->n_scripts++] = s;
}

void ka_vrrp_script(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw)
{
	struct ka_vrrp_script *s = ka_alloc(p->conf->memory, sizeof(*s)), *first;
	struct ka_raw *made = ka_raw_create(p, node, &ka_script_table, s);

	(void)raw;
	s->pos = ka_word_pos(node, 1);
	s->name = ka_name(p, node);
	s->interval_us = 1000000;
	s->rise = 1;
	s->fall = 1;
	first = s->name ? script_named(p->conf, s->name) : NULL;
	if (first)
		ka_say_twice(p, node, &first->pos);
	ka_block(p, made);
	if (s->name && !first)
		finish_script(p, made, s);
}

static void set_file_weight(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_track_file *f = raw->object;
	size_t at = 1;

	if (ka_weight_read(p, node, &at, KA_FILE_WEIGHT_MAX, &f->weight,
			   &f->reverse))
		ka_no_more(p, node, at);
}

/* init_file [VALUE] [overwrite] */
static void set_init_file(struct ka_parser *p, struct ka_node *node,
			  struct ka_raw *raw)
{
	struct ka_track_file *f = raw->object;
	int64_t value;
	size_t at = 1;

	f->init = true;
	if (at < node->n_words && strcmp(node->words[at].text, "overwrite")) {
		if (!ka_get_number(p, node, &at, INT_MIN, INT_MAX, &value))
			return;
		f->init_value = value;
	}
	if (at < node->n_words && !strcmp(node->words[at].text, "overwrite")) {
		f->init_overwrite = true;
		at++;
	}
	ka_no_more(p, node, at);
}

static const struct ka_keyword file_keywords[] = {
	K_STRING("file", 2, ka_track_file, path),
	K_LINE("weight", 2, ka_track_file, weight, set_file_weight, 1, 3,
	       "a number"),
	K_LINE("init_file", 2, ka_track_file, init, set_init_file, 0, 3, ""),
};

const struct ka_table ka_file_table = K_TABLE("track_file", file_keywords);

static struct ka_track_file *file_named(const struct ka_conf *conf,
					const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_track_files; i++)
		if (!strcmp(conf->track_files[i]->name, name))
			return conf->track_files[i];
	return NULL;
}

void ka_track_file(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw)
{
	struct ka_conf *conf = p->conf;
	struct ka_track_file *f = ka_alloc(conf->memory, sizeof(*f)), *first;

	(void)raw;
	f->pos = ka_word_pos(node, 1);
	f->name = ka_name(p, node);
	f->weight = 1;
	first = f->name ? file_named(conf, f->name) : NULL;
	if (first)
		ka_say_twice(p, node, &first->pos);
	ka_block(p, ka_raw_create(p, node, &ka_file_table, f));
	if (!f->name || first)
		return;
	if (!f->path) {
		ka_say(p, KA_ERROR, node, 1, "it is left out",
		       "track_file '%s' has no file", f->name);
		return;
	}
	conf->track_files = ka_grow(conf->memory, conf->track_files,
				    conf->n_track_files, sizeof(f));
	conf->track_files[conf->n_track_files++] = f;
}

static void set_process(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	struct ka_track_process *t = raw->object;

	t->process = ka_get_whole_command(p, node, 1);
}

static void set_process_weight(struct ka_parser *p, struct ka_node *node,
			       struct ka_raw *raw)
{
	struct ka_track_process *t = raw->object;
	size_t at = 1;

	if (ka_weight_read(p, node, &at, KA_WEIGHT_MAX, &t->weight,
			   &t->reverse))
		ka_no_more(p, node, at);
}

static void set_param_match(struct ka_parser *p, struct ka_node *node,
			    struct ka_raw *raw)
{
	struct ka_track_process *t = raw->object;
	const char *word = node->n_words > 1 ? node->words[1].text : "";

	t->match_initial = !strcmp(word, "initial");
	t->match_partial = !strcmp(word, "partial");
	if (*word && !t->match_initial && !t->match_partial)
		ka_say(p, KA_ERROR, node, 1, "all words have to be the same",
		       "'%s' is neither initial nor partial", word);
}

static void set_delays(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw)
{
	struct ka_track_process *t = raw->object;

	if (ka_get_time(p, node, 1, 0, 3600000000, &t->fork_delay_us))
		t->terminate_delay_us = t->fork_delay_us;
}

static const struct ka_keyword process_keywords[] = {
	K_LINE("process", 2, ka_track_process, process, set_process, 1, 1000,
	       "a command"),
	K_LINE("param_match", 2, ka_track_process, match_initial,
	       set_param_match, 0, 1, ""),
	K_LINE("weight", 2, ka_track_process, weight, set_process_weight, 1, 3,
	       "a number"),
	K_INT("quorum", 2, ka_track_process, quorum, 1, 65535),
	K_INT("quorum_max", 2, ka_track_process, quorum_max, 0, 65535),
	K_TIME("fork_delay", 2, ka_track_process, fork_delay_us, 0, 3600),
	K_TIME("terminate_delay", 2, ka_track_process, terminate_delay_us, 0,
	       3600),
	K_LINE("delay", 2, ka_track_process, pos, set_delays, 1, 1,
	       "a number of seconds"),
	K_BOOL("full_command", 2, ka_track_process, full_command),
};

const struct ka_table ka_process_table =
	K_TABLE("vrrp_track_process", process_keywords);

void ka_track_process(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw)
{
	struct ka_conf *conf = p->conf;
	struct ka_track_process *t = ka_alloc(conf->memory, sizeof(*t));
	size_t i;

	(void)raw;
	t->pos = ka_word_pos(node, 1);
	t->name = ka_name(p, node);
	t->quorum = 1;
	t->quorum_max = UINT_MAX;
	ka_block(p, ka_raw_create(p, node, &ka_process_table, t));
	if (!t->name)
		return;
	for (i = 0; i < conf->n_track_processes; i++) {
		if (!strcmp(conf->track_processes[i]->name, t->name)) {
			ka_say_twice(p, node, &conf->track_processes[i]->pos);
			return;
		}
	}
	if (!t->process || t->quorum > t->quorum_max) {
		ka_say(p, KA_ERROR, node, 1, "it is left out", t->process ?
		       "vrrp_track_process '%s' wants more than its quorum_max" :
		       "vrrp_track_process '%s' has no process", t->name);
		return;
	}
	conf->track_processes = ka_grow(conf->memory, conf->track_processes,
					conf->n_track_processes, sizeof(t));
	conf->track_processes[conf->n_track_processes++] = t;
}
