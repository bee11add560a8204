/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would the other directors answer as this one does?  A fingerprint of all
 * services with their servers, weights and tables goes out with each hello;
 * where it differs for a while, one of each service tells which.
 */
#ifndef DRAYVRRPD_SYNC_COMPARE_H
#define DRAYVRRPD_SYNC_COMPARE_H

#include "model.h"
#include "sync_session.h"
#include "sync_state.h"

/* how another director compares */
struct sync_compare {
	uint64_t since;			/* time; 0: it does not differ */
	uint64_t told;			/* when ours were told it */
	bool said;			/* in the log */
	bool version_said;		/* too: its tables are of another */
	struct dray_key differs;	/* family 0: not known which */
};

/* The module's configuration has changed.  Return: 0 or -errno. */
int sync_compare_read(void);
/* The module's tables are of this version. */
void sync_compare_version(uint32_t tables);
/* Return: the fingerprint of everything; 0: not read yet. */
uint64_t sync_compare_own(void);
/* A datagram of type SYNC_TABLES of it. */
void sync_compare_take(struct sync_compare *c, struct sync_reader *r);
/* Its last hello was @hello. */
void sync_compare_look(struct sync_compare *c, const struct sync_hello *hello,
		       struct sync_peer_state *show, uint64_t now);

#endif
