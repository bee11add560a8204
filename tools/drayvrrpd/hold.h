/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router's addresses, routes and rules, and the interface of its own
 * MAC address: had, kept, let go.  The loop says what is to be; the errands'
 * thread does it and answers when all of it is done.
 */
#ifndef DRAYVRRPD_HOLD_H
#define DRAYVRRPD_HOLD_H

#include <stddef.h>

#include "alarm.h"
#include "errand.h"
#include "ka_vrrp.h"
#include "routes.h"

#define HOLD_RETRY_US 5000000ull	/* after what could not be put */

struct fib_change;
struct router;

enum hold_wish {
	HOLD_NOTHING,
	HOLD_ALL,
	HOLD_GONE,			/* nothing, and it does not come back */
};

/* where an address is to be */
struct hold_place {
	int ifindex;			/* 0: nowhere */
	bool on_vmac;			/* if there is one */
	bool own;			/* the host's: left alone */
	bool seen;			/* it is there */
};

struct hold_address {
	const struct ka_address *conf;
	int ifindex;			/* where it was put; 0: nowhere */
	bool shown;			/* the kernel has told of it since */
	struct hold_place wanted;	/* with errands_lock() */
	struct hold_place doing;	/* the thread's, as all below */
	int at;
};

/* what was removed is put back, ten times a second at most */
struct hold_look {
	struct errand errand;
	struct alarm alarm;
	uint64_t last;			/* us */
	/* with errands_lock() */
	bool replaced;			/* another may have taken the place of one */
	bool failed;			/* to put one back */
	unsigned int back;		/* that were put back */
};

struct hold {
	struct errand errand;
	struct routes routes;
	struct hold_address *addresses;	/* excluded ones behind */
	size_t n;
	uint64_t done_at;
	/* with errands_lock() */
	enum hold_wish wish;
	int below;			/* interface of a vmac to be made */
	unsigned int asked, answered;
	bool failed;
	struct hold_look look;		/* at its routes and rules */
};

void hold_init(struct router *r);
/* What it is to have from now on; router_held() when that is so. */
void hold_wish(struct router *r, enum hold_wish wish);
bool hold_is_pending(const struct router *r);
/* Something may have been removed by somebody else: put it back at once. */
void hold_check(struct router *r);
/* The same for routes and rules.  @change: NULL after changes of interfaces or
 * addresses; hold_look.c. */
void hold_look(struct router *r, const struct fib_change *change);
void hold_look_init(struct router *r);

#endif
