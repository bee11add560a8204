/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration in keepalived's grammar, read: what both daemons take.
 *
 * A struct ka_conf is the whole result of reading a file and all that it
 * includes.  It owns every string and object that hangs on it, and is not
 * changed once ka_read() or ka_parse() has returned.  Defaults and inheritance
 * (url <- checker <- real_server <- virtual_server <- default, instance <-
 * global_defs <- default) are resolved: who reads a field need not ask whether
 * the file has said it.  An object that cannot be used as it stands is not in
 * the result; an error among the messages says so.
 *
 * Times are integers of microseconds (_us) or, where the kernel wants these,
 * seconds (_s).  A pointer that may be NULL says so.
 */
#ifndef DRAY_KA_H
#define DRAY_KA_H

#include <stdio.h>
#include <sys/types.h>

#include "addr.h"

struct ka_instance;
struct ka_sync_group;
struct ka_virtual_server;

/* where something was said */
struct ka_pos {
	const char *file;
	unsigned int line, column;	/* from 1; 0: nowhere, a default */
	unsigned int width;		/* of the word, in bytes */
	const char *source;		/* the line as it stands there */
};

enum ka_severity {
	KA_NOTE,	/* taken as meant, told once */
	KA_WARNING,	/* works, but hardly as meant */
	KA_ERROR,	/* something of the file is not in force */
};

struct ka_message {
	enum ka_severity severity;
	struct ka_pos pos;
	const char *text;	/* what is wrong */
	const char *done;	/* what was done about it; may be NULL */
	bool script_security;	/* makes the exit status KA_EXIT_SCRIPT */
};

/* A command of the file.  argv is what to execvp(); without operators of a
 * shell it is the words themselves, else /bin/sh -c text. */
struct ka_command {
	struct ka_pos pos;
	const char *text;
	char **argv;		/* ends with NULL */
	size_t argc;
	bool shell;
	const char *user;	/* NULL: as ka_command_owner() says */
	const char *group;	/* NULL: the user's */
};

struct ka_fifo {
	const char *path;		/* NULL: none */
	const char *user, *group;	/* owner; NULL: who makes it */
	struct ka_command *script;	/* NULL: none; gets the path as last word */
};

/* gratuitous ARP and unsolicited neighbour advertisements */
struct ka_garp {
	uint64_t delay_us;		/* second burst after becoming master; 0: none */
	unsigned int repeat;		/* in a burst */
	uint64_t refresh_us;		/* while master; 0: never */
	unsigned int refresh_repeat;
	uint64_t lower_prio_delay_us;	/* after an advert of lower priority */
	unsigned int lower_prio_repeat;
	uint64_t interval_us, gna_interval_us;	/* between two */
};

/* scheduling of one daemon; 0 and false: as it was started */
struct ka_process {
	int rt_priority;		/* SCHED_RR; 0: none said */
	int nice;
	bool no_swap;
	uint64_t rlimit_rttime_us;
	uint64_t cpu_affinity;		/* one bit per CPU; 0: all */
};

struct ka_globals {
	struct ka_pos pos;
	const char *router_id;		/* NULL: the host's name */
	const char *default_interface;
	bool dynamic_interfaces;
	uint64_t vrrp_startup_delay_us;
	bool log_unknown_vrids;

	/* mail; none is sent without recipients and a server */
	const char **mail_to;
	size_t n_mail_to;
	const char *mail_from;		/* NULL: user@host */
	const char *smtp_server;	/* NULL: none */
	uint16_t smtp_port;
	uint64_t smtp_connect_timeout_us;
	const char *smtp_helo_name;	/* NULL: the host's name */
	bool no_email_faults;

	bool script_security;
	const char *script_user, *script_group;	/* NULL: none said */
	struct ka_fifo fifo, vrrp_fifo, lvs_fifo;
	bool fifo_write_states_on_reload;

	struct ka_process vrrp, checker;

	bool lvs_flush, lvs_flush_on_stop, lvs_flush_on_stop_vs;
	uint32_t tcp_timeout_s, tcpfin_timeout_s, udp_timeout_s; /* 0: not said */
	bool checker_log_all_failures, rs_init_notifies;

	/* dray's own words */
	const char *key_file;		/* NULL: none, no state sync */
	const char *sync_interface;	/* NULL: each instance's own */
	uint16_t sync_port;
	struct dray_addr sync_group;	/* multicast; family 0: the default */
	struct dray_addr *sync_peers;	/* unicast; none: multicast */
	size_t n_sync_peers;
	struct dray_addr probe_gateway;	/* witness of draycheckd; family 0: none */
	uint32_t probe_mark;		/* the first of draycheckd's; 0: not said */
};

struct ka_conf {
	struct ka_globals globals;

	struct ka_vrrp_script **scripts;
	size_t n_scripts;
	struct ka_track_file **track_files;
	size_t n_track_files;
	struct ka_track_process **track_processes;
	size_t n_track_processes;
	struct ka_sync_group **sync_groups;
	size_t n_sync_groups;
	struct ka_instance **instances;
	size_t n_instances;
	struct ka_address *static_addresses;
	size_t n_static_addresses;
	struct ka_route *static_routes;
	size_t n_static_routes;
	struct ka_rule *static_rules;
	size_t n_static_rules;

	struct ka_vs_group **vs_groups;
	size_t n_vs_groups;
	struct ka_virtual_server **virtual_servers;
	size_t n_virtual_servers;

	struct ka_message *messages;	/* as found: reading, resolving, lint */
	size_t n_messages;
	size_t n_of[3];			/* by enum ka_severity */
	bool unreadable;		/* the file itself could not be read */
	bool script_security_violated;

	const char *path;		/* as given */
	struct ka_memory *memory;	/* all that hangs on this; private */
};

/* What selects @lines and fills in ${_INSTANCE}. */
struct ka_options {
	const char *config_id;	/* -i; NULL: the host's name */
	const char *instance;	/* NULL: none */
	bool no_include;	/* read no other file */
};

/*
 * Read a file, or text of which @name stands in the messages and to whose
 * folder includes are relative.  The whole of it is read whatever is wrong.
 * @options may be NULL.  Return: never NULL; the caller calls ka_free().
 */
struct ka_conf *ka_read(const char *path, const struct ka_options *options);
struct ka_conf *ka_parse(const char *text, size_t size, const char *name,
			 const struct ka_options *options);
void ka_free(struct ka_conf *conf);

/* ka_lint.c: what the grammar allows and what still cannot work.  Asks this
 * machine for links, addresses, users and files; adds to conf->messages. */
void ka_lint(struct ka_conf *conf);

/* Messages of @least and worse, with source line and caret. */
void ka_messages_print(const struct ka_conf *conf, enum ka_severity least,
		       FILE *out);
void ka_message_print(const struct ka_message *message, FILE *out);

/* The user and group that a command runs as: its own, else script_user, else
 * keepalived_script if there is one, else root.  Return: 0, or -1 and why. */
int ka_command_owner(const struct ka_conf *conf, const struct ka_command *cmd,
		     uid_t *uid, gid_t *gid, char *why, size_t len);

/* Whether that user may run the command, by the permissions of every folder on
 * the way to it, and whether the file can be trusted with it: run by root, it
 * must be changeable by root alone.  Return: 0; -EACCES or -EPERM, and why. */
int ka_command_check(const struct ka_conf *conf, const struct ka_command *cmd,
		     char *why, size_t len);

/* Exit status, as keepalived -t's manual has them. */
enum {
	KA_EXIT_OK = 0,
	KA_EXIT_CANNOT_RUN = 3,
	KA_EXIT_ERRORS = 4,	/* runs, but not all of it is in force */
	KA_EXIT_SCRIPT = 5,	/* a script that is not run for security */
};

/*
 * DAEMON --check FILE: read, lint, print all messages and a last line with
 * their number to @out.  Warnings and notes alone are KA_EXIT_OK.
 */
int ka_check(const char *path, const struct ka_options *options, FILE *out);
/* The same status of what was read already, for start and reload. */
int ka_exit_status(const struct ka_conf *conf);

#endif
