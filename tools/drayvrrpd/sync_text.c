// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a sync datagram was rejected, in words. */
#include "sync_packet.h"

static const struct {
	const char *name, *text;
} rejects[SYNC_N_REJECTS] = {
	[SYNC_ACCEPTED] = { "accepted", "accepted" },
	[SYNC_REJECT_LENGTH] = { "length", "it is too short or too long" },
	[SYNC_REJECT_MAGIC] = { "magic", "it is not a dray datagram" },
	[SYNC_REJECT_FORMAT] = { "format", "it is of another version of dray" },
	[SYNC_REJECT_KEY] = { "key", "its sender has another key file" },
	[SYNC_REJECT_MAC] = { "mac", "it was forged, or changed under way" },
	[SYNC_REJECT_TYPE] = { "type", "its type is not known" },
	[SYNC_REJECT_ENTRIES] = { "entries", "its entries make no sense" },
	[SYNC_REJECT_OWN] = { "own", "it comes from this host" },
	[SYNC_REJECT_SESSION] = { "session",
		"its sender has not proved yet that it is alive" },
	[SYNC_REJECT_REPLAYED] = { "replayed", "it was received before" },
	[SYNC_REJECT_OLD] = { "old", "it is too old to know if it is new" },
};

const char *sync_reject_name(enum sync_reject reject)
{
	return rejects[reject].name;
}

const char *sync_reject_text(enum sync_reject reject)
{
	return rejects[reject].text;
}
