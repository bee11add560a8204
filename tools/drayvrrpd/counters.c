// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting, and the names of what is counted and of why it was rejected. */
#include "counters.h"

#include <sys/socket.h>

static const struct {
	const char *name, *text;
} rejects[PACKET_N_REJECTS] = {
	[PACKET_ACCEPTED] = { "accepted", "accepted" },
	[PACKET_REJECT_IP_HEADER] = { "ip-header",
				      "its IP header is not valid" },
	[PACKET_REJECT_TRUNCATED] = { "truncated", "it is cut short" },
	[PACKET_REJECT_TTL] = { "ttl",
				"its TTL is not that of a neighbour" },
	[PACKET_REJECT_DESTINATION] = { "destination",
		"unicast where multicast is expected, or the reverse" },
	[PACKET_REJECT_VERSION] = { "version",
				    "it is of the other VRRP version" },
	[PACKET_REJECT_TYPE] = { "type", "it is not an advertisement" },
	[PACKET_REJECT_VRID] = { "vrid",
				 "no such virtual router on this interface" },
	[PACKET_REJECT_LENGTH] = { "length",
		"its length does not go with its number of addresses" },
	[PACKET_REJECT_CHECKSUM] = { "checksum", "its checksum is wrong" },
	[PACKET_REJECT_AUTH_TYPE] = { "auth-type",
				      "its authentication type is not ours" },
	[PACKET_REJECT_AUTH] = { "auth", "its password is not ours" },
	[PACKET_REJECT_INTERVAL] = { "interval",
		"its advertisement interval is not ours, or zero" },
	[PACKET_REJECT_COUNT] = { "count", "it lists no address" },
	[PACKET_REJECT_OWN_SOURCE] = { "own-source",
		"it comes from an address of this host" },
	[PACKET_REJECT_PEER] = { "peer", "its sender is not a unicast_peer" },
};

static const char *const names[N_COUNTERS] = {
	[COUNTER_RECEIVED] = "received",
	[COUNTER_SENT] = "sent",
	[COUNTER_RESIGNS_RECEIVED] = "resigns-received",
	[COUNTER_RESIGNS_SENT] = "resigns-sent",
	[COUNTER_BECAME_MASTER] = "became-master",
	[COUNTER_LEFT_MASTER] = "left-master",
	[COUNTER_CONTENDERS] = "contenders",
	[COUNTER_ANSWERS] = "answers",
	[COUNTER_LATE] = "late",
	[COUNTER_INTERVAL_DIFFERS] = "interval-differs",
	[COUNTER_ADDRESSES_DIFFER] = "addresses-differ",
	[COUNTER_CHECKSUM_PSEUDO] = "checksum-pseudo-header",
	[COUNTER_CHECKSUM_PLAIN] = "checksum-plain",
	[COUNTER_CHECKSUM_GROUP] = "checksum-old-unicast",
};

const char *packet_reject_name(enum packet_reject reject)
{
	return rejects[reject].name;
}

const char *packet_reject_text(enum packet_reject reject)
{
	return rejects[reject].text;
}

const char *packet_checksum_name(enum packet_checksum checksum)
{
	static const char *const forms[] = {
		[PACKET_CHECKSUM_PSEUDO] = "pseudo-header",
		[PACKET_CHECKSUM_PLAIN] = "plain",
		[PACKET_CHECKSUM_GROUP] = "old-unicast",
	};

	return forms[checksum];
}

const char *counter_name(enum counter counter)
{
	return names[counter];
}

static void count_accepted(struct counters *counters,
			   const struct packet_spec *spec,
			   const struct packet_advert *advert)
{
	counters->n[COUNTER_RECEIVED]++;
	if (advert->priority == PACKET_RESIGN)
		counters->n[COUNTER_RESIGNS_RECEIVED]++;
	if (advert->notes & PACKET_NOTE_INTERVAL)
		counters->n[COUNTER_INTERVAL_DIFFERS]++;
	if (advert->notes & PACKET_NOTE_ADDRS)
		counters->n[COUNTER_ADDRESSES_DIFFER]++;
	if (spec->version == 3 && spec->family == AF_INET)
		counters->n[COUNTER_CHECKSUM_PSEUDO + advert->checksum]++;
}

void counters_parsed(struct counters *counters, enum packet_reject verdict,
		     const struct packet_spec *spec,
		     const struct packet_advert *advert)
{
	if (verdict == PACKET_ACCEPTED)
		count_accepted(counters, spec, advert);
	else
		counters->rejected[verdict]++;
}

uint64_t counters_rejected(const struct counters *counters)
{
	uint64_t total = 0;
	int i;

	for (i = PACKET_ACCEPTED + 1; i < PACKET_N_REJECTS; i++)
		total += counters->rejected[i];
	return total;
}
