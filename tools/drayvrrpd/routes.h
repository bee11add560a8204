/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routes and rules of one block of the file, a virtual router's or the static
 * ones: put, put back, taken away.  Whether and when is their owner's business.
 */
#ifndef DRAYVRRPD_ROUTES_H
#define DRAYVRRPD_ROUTES_H

#include "ka_vrrp.h"

struct fib_change;

struct routes {
	const char *kind;		/* "virtual" or "static" */
	const char *owner;		/* a virtual router's name; NULL: none */
	const struct ka_route *routes;
	const struct ka_rule *rules;
	size_t n_routes, n_rules;
};

struct routes_task {
	bool (*is_over)(const void *arg); /* asked before each; NULL: never */
	const void *arg;
	/* put back only: */
	bool replaced;			/* another may have taken the place of one */
	bool quiet;			/* what cannot be set is known */
	/* what came of it, added to what is there */
	bool failed;			/* one could not be set, no_track apart */
	unsigned int back;		/* that were gone */
};

/* In the errands' thread: */
void routes_put(const struct routes *r, struct routes_task *task);
/* Only what is gone, and said; no_track is left alone. */
void routes_put_back(const struct routes *r, struct routes_task *task);
/* Rules first, the last one first. */
void routes_take(const struct routes *r, struct routes_task *task);

/* May one of these be gone?  @change: NULL after changes of interfaces or
 * addresses. */
bool routes_concern(const struct routes *r, const struct fib_change *change);
/* If it is so that another has taken the place of one. */
void routes_say_replaced(const struct routes *r,
			 const struct fib_change *change);

#endif
