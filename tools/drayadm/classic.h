/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipvsadm's command line.  One table of options (classic_options.c) makes the
 * popt table, the help and the completion; one table of masks
 * (classic_check.c) says what goes with what.
 */
#ifndef DRAYADM_CLASSIC_H
#define DRAYADM_CLASSIC_H

#include "model.h"

enum classic_cmd {
	CMD_NONE,
	CMD_ADD_SERVICE,
	CMD_EDIT_SERVICE,
	CMD_DEL_SERVICE,
	CMD_FLUSH,
	CMD_LIST,
	CMD_ADD_SERVER,
	CMD_DEL_SERVER,
	CMD_EDIT_SERVER,
	CMD_SET_TIMEOUT,
	CMD_START_DAEMON,
	CMD_STOP_DAEMON,
	CMD_RESTORE,
	CMD_SAVE,
	CMD_ZERO,
	CMD_HELP,
	CMD_VERSION,
	CMD_COUNT,
};

/* in the order in which ipvsadm checks them: the first hit is the message */
enum classic_opt {
	OPT_NUMERIC,
	OPT_CONNECTION,
	OPT_SERVICE,
	OPT_SCHEDULER,
	OPT_PERSISTENT,
	OPT_NETMASK,
	OPT_SERVER,
	OPT_FORWARD,
	OPT_WEIGHT,
	OPT_UTHRESHOLD,
	OPT_LTHRESHOLD,
	OPT_MCAST_INTERFACE,
	OPT_TIMEOUT,
	OPT_DAEMON,
	OPT_STATS,
	OPT_RATE,
	OPT_THRESHOLDS,
	OPT_PERSISTENT_CONN,
	OPT_NOSORT,
	OPT_SYNCID,
	OPT_EXACT,
	OPT_OPS,
	OPT_PE,
	OPT_SCHED_FLAGS,
	OPT_MCAST_GROUP,
	OPT_MCAST_PORT,
	OPT_MCAST_TTL,
	OPT_SYNC_MAXLEN,
	OPT_TUN_INFO,
	OPT_TUN_TYPE,
	OPT_TUN_PORT,
	OPT_TUN_NOCSUM,
	OPT_TUN_CSUM,
	OPT_TUN_REMCSUM,
	OPT_JSON,
	OPT_ATOMIC,
	OPT_STRICT,
	OPT_STATE,
	OPT_DOWN_HOLD,
	OPT_ROWS,
	OPT_LOAD_LIMIT,
	OPT_SLOW_START,
	OPT_COUNT,
	OPT_NONE = OPT_COUNT,
};

#define OPT_BIT(opt) (1ULL << (opt))

/* ipvsadm's exit codes */
enum {
	RC_LIST_FAILED = 1,
	RC_USAGE = 2,
	RC_FAILED = 255,
};

/* Why a command line was refused; word is what to point at. */
struct usage {
	const char *program;
	int rc;
	char text[320];
	char word[128];
};

/* One parsed command line. */
struct classic {
	enum classic_cmd cmd;
	uint64_t options;		/* OPT_BIT() */
	struct dray_service svc;
	struct dray_server srv;
	bool server_port_given;
	char forward;			/* 'g', 'i', 'm' */
	char mask[64];			/* until the family is known */
	char server[DRAY_ADDRTEXT];	/* until the protocol is known */
	char sched_flags[96];
	const char *timeouts[3];	/* of --set; point into argv */
	uint32_t timeout[3];
};

struct classic_option {
	const char *name;
	char letter;
	enum { ARG_NONE, ARG_NEEDED, ARG_OPTIONAL } arg;
	enum classic_cmd cmd;		/* CMD_NONE: an option */
	enum classic_opt opt;		/* OPT_NONE: may be given repeatedly */
	int (*take)(struct classic *c, const char *arg, struct usage *u);
	const char *value, *help;
};

extern const struct classic_option classic_options[];
extern const unsigned int classic_n_options;

static inline bool classic_has(const struct classic *c, enum classic_opt opt)
{
	return c->options & OPT_BIT(opt);
}

int usage_fail(struct usage *u, int rc, const char *word, const char *format,
	       ...) __attribute__((format(printf, 4, 5)));
int usage_tryhelp(struct usage *u);
void usage_print(const struct usage *u, unsigned int line);

int classic_parse(int argc, const char *const *argv, struct classic *c,
		  struct usage *u);
int classic_take_option(const struct classic_option *o, struct classic *c,
			const char *arg, struct usage *u);
int classic_check(struct classic *c, struct usage *u);
int classic_check_deferred(struct classic *c, struct usage *u);
int classic_check_combination(const struct classic *c, struct usage *u);
const char *classic_cmd_name(enum classic_cmd cmd);
const char *classic_opt_name(enum classic_opt opt);

#endif
