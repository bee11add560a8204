// SPDX-License-Identifier: GPL-2.0-or-later
/* The state sync in words: why a datagram was rejected, how it stands. */
#include "sync_state.h"

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

static const char *const statuses[SYNC_N_STATUS] = {
	[SYNC_OFF] = "off",
	[SYNC_NO_KEY] = "no key",
	[SYNC_NO_SOCKET] = "no socket",
	[SYNC_NO_MODULE] = "no module",
	[SYNC_JOINING] = "joining",
	[SYNC_ALONE] = "alone",
	[SYNC_IN_SYNC] = "in sync",
};

static const char *const counts[SYNC_N_COUNTS] = {
	[SYNC_TOLD_FLOWS] = "told_flows",
	[SYNC_TOLD_PERSISTS] = "told_persists",
	[SYNC_TOLD_SERVERS] = "told_servers",
	[SYNC_NOT_OURS] = "not_ours",
	[SYNC_SENT] = "sent",
	[SYNC_SENT_BYTES] = "sent_bytes",
	[SYNC_SEND_FAILED] = "send_failed",
	[SYNC_RECEIVED] = "received",
	[SYNC_TAKEN_FLOWS] = "taken_flows",
	[SYNC_TAKEN_PERSISTS] = "taken_persists",
	[SYNC_TAKEN_SERVERS] = "taken_servers",
	[SYNC_REFUSED] = "refused",
	[SYNC_ASKED_AGAIN] = "asked_again",
	[SYNC_SENT_AGAIN] = "sent_again",
	[SYNC_GIVEN_UP] = "given_up",
	[SYNC_OVERRUNS] = "overruns",
	[SYNC_DROPPED] = "dropped",
	[SYNC_DUMPS_SENT] = "dumps_sent",
	[SYNC_DUMPS_ASKED] = "dumps_asked",
	[SYNC_DUMPS_TAKEN] = "dumps_taken",
	[SYNC_WAITS] = "waits",
	[SYNC_WAITS_LATE] = "waits_late",
};

const char *sync_status_text(enum sync_status status)
{
	return statuses[status];
}

const char *sync_count_name(enum sync_count count)
{
	return counts[count];
}
