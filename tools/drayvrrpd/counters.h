/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one virtual router has counted, each counter with the name it has in
 * the status.  Counting is all that a rejected message does.
 */
#ifndef DRAYVRRPD_COUNTERS_H
#define DRAYVRRPD_COUNTERS_H

#include <stdint.h>

#include "packet.h"

enum counter {
	COUNTER_RECEIVED,		/* accepted advertisements */
	COUNTER_SENT,
	COUNTER_RESIGNS_RECEIVED,	/* those with priority 0 */
	COUNTER_RESIGNS_SENT,
	COUNTER_BECAME_MASTER,
	COUNTER_LEFT_MASTER,
	COUNTER_CONTENDERS,		/* adverts heard while master */
	COUNTER_ANSWERS,		/* sent at once because of one */
	COUNTER_LATE,			/* timers handled too late to claim */
	COUNTER_INTERVAL_DIFFERS,
	COUNTER_ADDRESSES_DIFFER,
	COUNTER_CHECKSUM_PSEUDO,	/* version 3 over IPv4, by its sum */
	COUNTER_CHECKSUM_PLAIN,
	COUNTER_CHECKSUM_GROUP,
	N_COUNTERS,
};

struct counters {
	uint64_t n[N_COUNTERS];
	uint64_t rejected[PACKET_N_REJECTS];
};

/**
 * counters_parsed() - count the verdict over one received message
 * @counters: of the virtual router
 * @verdict: of packet_parse()
 * @spec: that it was parsed with
 * @advert: the message, looked at if accepted
 */
void counters_parsed(struct counters *counters, enum packet_reject verdict,
		     const struct packet_spec *spec,
		     const struct packet_advert *advert);

/* Return: the sum of all that was rejected. */
uint64_t counters_rejected(const struct counters *counters);

const char *counter_name(enum counter counter);

#endif
