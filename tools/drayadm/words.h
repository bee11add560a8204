/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that are words: "drayadm show --json".  One table of commands,
 * one of their options; the classic options for services and servers are
 * taken from the classic table.  Both make the help and the completion.
 */
#ifndef DRAYADM_WORDS_H
#define DRAYADM_WORDS_H

#include <limits.h>

#include "explain.h"
#include "session.h"

#define MAX_WORDS 4

struct words {
	const struct command *command;
	struct classic c;		/* service, server and plain flags */
	struct dray_vip vip;
	struct dray_config config;
	struct dray_addr client, on_vip;
	uint16_t client_port;
	bool client_port_given;
	bool all, dry_run, options;
	uint32_t confirm;		/* seconds; 0: not asked for */
	char table_key_file[PATH_MAX];	/* empty: not asked for */
	struct dray_explain_request packet;
	char batch[PATH_MAX];		/* empty: not asked for */
	char socket[108];		/* empty: draycheckd's usual one */
	char args[MAX_WORDS][256];
	int n_args;
};

struct word_option {
	const char *name;
	char letter;			/* 0: none */
	bool has_value;
	int (*take)(struct words *w, const char *arg, struct usage *u);
	const char *value, *help;
};

struct command {
	const char *name;
	const char *verbs;		/* words for completion, or NULL */
	const char *synopsis;
	const char *help;
	const char *options;		/* names, separated by blanks */
	int (*run)(struct session *s, struct words *w);
};

extern const struct command commands[];
extern const unsigned int n_commands;
extern const struct word_option word_options[];
extern const unsigned int n_word_options;

const struct command *command_find(const char *name);
int words_parse(const struct command *command, int argc,
		const char *const *argv, struct words *w, struct usage *u);
int words_check_vip(struct words *w, const char **verb, struct usage *u);
int words_main(struct session *s, const struct command *command, int argc,
	       const char *const *argv);
int words_usage(struct session *s, const struct words *w, const char *format,
		...) __attribute__((format(printf, 3, 4)));
int words_read_key(const struct session *s, struct words *w);
bool words_service(const struct words *w);

int cmd_list(struct session *s, struct words *w);
int cmd_show(struct session *s, struct words *w);
int cmd_reasons(struct session *s, struct words *w);
int cmd_balance(struct session *s, struct words *w);
int cmd_config(struct session *s, struct words *w);
int cmd_flows(struct session *s, struct words *w);
int cmd_persist(struct session *s, struct words *w);
int cmd_state(struct session *s, struct words *w);
int cmd_health(struct session *s, struct words *w);
int cmd_lift(struct session *s, struct words *w);
int cmd_vip(struct session *s, struct words *w);
int cmd_save(struct session *s, struct words *w);
int cmd_apply(struct session *s, struct words *w);
int cmd_simulate(struct session *s, struct words *w);
int cmd_confirm(struct session *s, struct words *w);
int cmd_monitor(struct session *s, struct words *w);
int cmd_vrrp(struct session *s, struct words *w);
int cmd_explain(struct session *s, struct words *w);
int cmd_help(struct session *s, struct words *w);

#endif
