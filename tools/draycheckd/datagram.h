/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One datagram out, and what comes back until a time is up: what UDP_CHECK,
 * DNS_CHECK and PING_CHECK have in common.
 */
#ifndef DRAYCHECKD_DATAGRAM_H
#define DRAYCHECKD_DATAGRAM_H

#include <event2/event_struct.h>
#include <sys/types.h>

#include "probe.h"

#define DATAGRAM_MAX 65536

enum datagram_verdict { DATAGRAM_GOOD, DATAGRAM_BAD, DATAGRAM_WAIT };

struct datagram {
	struct look *look;
	int fd;
	struct event event;
	/* judges what came; why is filled in with DATAGRAM_BAD */
	enum datagram_verdict (*answer)(struct datagram *d, const uint8_t *data,
					size_t n, char *why, size_t len);
	bool silence_is_good;	/* no answer is no failure */
	uint16_t id;		/* of what was asked */
	uint64_t until;		/* ms */
};

int datagram_start(struct datagram *d, const void *data, size_t n,
		   uint64_t timeout_us);
void datagram_cancel(void *probe);

#endif
