/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration come alive: each virtual server with its quorum, each real
 * server with its checks.  What is alive and what is not, and who is told.
 */
#ifndef DRAYCHECKD_SERVICE_H
#define DRAYCHECKD_SERVICE_H

#include "ka_lvs.h"
#include "model.h"
#include "override.h"
#include "quorum.h"

struct job;
struct service;

/* what the kernel's table said of a server when the daemon was started */
enum adopted { ADOPT_NOTHING, ADOPT_UP, ADOPT_DOWN };

struct real {
	struct service *service;
	const struct ka_real_server *conf;
	struct job **jobs;		/* of its checkers, for each VIP */
	const struct ka_checker **asked;	/* the file's words for each */
	size_t n_jobs;
	enum adopted adopted;		/* holds until every check has run */
	bool alive;
	uint32_t weight;		/* with what the checks say of it */
};

struct service {
	const struct ka_virtual_server *conf;
	struct real *reals;
	size_t n_reals;
	struct dray_addr *vips;		/* its addresses, each once */
	size_t n_vips;
	bool suspended;			/* ha_suspend, and no VIP is here */
	struct quorum quorum;
	char refused[256];		/* the kernel's words; "": it is taken */
};

struct services {
	struct service *list;
	size_t n;
};

/* who is told of changes; every member may be NULL */
struct service_events {
	void (*server)(const struct real *real);
	void (*quorum)(const struct service *svc, bool has);
	void (*weight)(const struct real *real, uint32_t before);
};

struct dray_key service_key(const struct service *svc, size_t i);

void services_create(struct services *s, const struct ka_conf *conf);
void services_carry_over(struct services *s, const struct services *old);
void services_adopt(struct services *s, const struct dray_table *kernel,
		    const struct overrides *overrides);
void services_settle(struct services *s);
void services_start(struct services *s);
void services_destroy(struct services *s);

void service_update(struct service *svc, const struct service_events *events);
void real_update(struct real *real, const struct service_events *events);
bool real_ran(const struct real *real);

#endif
