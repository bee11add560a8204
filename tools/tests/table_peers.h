/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of others, to hold ours against: Maglev's, and that of mh, the
 * scheduler of IPVS.  Both are struct dray_table with one server a row, so that
 * whatever counts rows and moves counts theirs too; they are freed by
 * dray_table_destroy().
 */
#ifndef DRAY_TABLE_PEERS_H
#define DRAY_TABLE_PEERS_H

#include "../../kernel/table.h"

#define PEER_MAGLEV_ROWS	65537	/* a prime, as in the paper */
#define PEER_MH_ROWS		4093	/* of Debian's kernels */

/*
 * D. Eisenbud et al.: "Maglev: A Fast and Reliable Software Network Load
 * Balancer", NSDI 2016, section 3.4.  Servers take turns in the order of their
 * identities.  How weights are dealt with the paper leaves open; here who has
 * less than the greatest weight misses turns, evenly spread, which moves least
 * of what was tried.
 */
struct dray_table *peer_maglev(const struct dray_table_server *servers, u32 n,
			       const u8 *key);

/*
 * What mh makes of servers that were added to a service in this order, exactly:
 * selftests/bench/mh asks the kernel.
 */
struct dray_table *peer_mh(const struct dray_table_server *servers, u32 n);

/* The row of a client, by its address alone. */
u32 peer_mh_row(u32 client);

#endif
