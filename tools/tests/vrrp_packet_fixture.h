/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual router, a message to it, and what IP says about that. */
#ifndef VRRP_PACKET_FIXTURE_H
#define VRRP_PACKET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "announce.h"
#include "counters.h"
#include "packet.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static inline struct dray_addr ip(const char *text)
{
	struct dray_addr addr = { 0 };

	assert_true(dray_addr_parse(text, &addr));
	return addr;
}

static inline size_t unhex(const char *text, uint8_t *buf)
{
	size_t len = 0;
	unsigned int byte;
	int used;

	while (sscanf(text, " %2x%n", &byte, &used) == 1) {
		buf[len++] = byte;
		text += used;
	}
	return len;
}

static inline void assert_bytes(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[256];

	assert_int_equal(unhex(hex, want), len);
	assert_memory_equal(got, want, len);
}

/* One virtual router, a message to it, and what IP says about that. */
struct world {
	struct dray_addr vips[2], src, own;
	struct packet_peer peer;
	struct packet_spec spec;
	struct packet_datagram datagram;
	struct packet_advert advert;
	uint8_t buf[PACKET_MAX];
};

static inline void send_one(struct world *w, uint8_t priority)
{
	const struct dray_addr *dst = w->spec.unicast ? &w->own : &w->spec.group;

	w->datagram = (struct packet_datagram){
		.src = w->src,
		.dst = *dst,
		.ttl = PACKET_TTL,
		.data = w->buf,
		.len = packet_build(&w->spec, &w->src, dst, priority, w->buf,
				    sizeof(w->buf)),
	};
	assert_true(w->datagram.len > 0);
}

static inline enum packet_reject parse(struct world *w)
{
	return packet_parse(&w->datagram, &w->spec, &w->advert);
}

static inline void set_up_v2(struct world *w)
{
	*w = (struct world){
		.vips = { ip("192.168.0.200"), ip("192.168.0.201") },
		.src = ip("192.168.0.119"),
		.own = ip("192.168.0.118"),
		.spec = {
			.version = 2,
			.family = AF_INET,
			.vrid = 51,
			.interval_us = 1000000,
			.group = packet_group(AF_INET),
			.n_vips = 1,
			.n_own = 1,
		},
	};
	w->spec.vips = w->vips;
	w->spec.own = &w->own;
	assert_true(packet_set_password(&w->spec, "1111"));
	send_one(w, 200);
}

static inline void set_up_v3(struct world *w)
{
	set_up_v2(w);
	w->spec.version = 3;
	w->spec.interval_us = 500000;
	w->spec.n_vips = 2;
	send_one(w, 200);
}

static inline void set_up_v3_ipv6(struct world *w)
{
	set_up_v3(w);
	w->vips[0] = ip("fe80::200");
	w->vips[1] = ip("2001:db8::200");
	w->src = ip("fe80::20de:2aff:fed8:2a24");
	w->own = ip("fe80::1");
	w->spec.family = AF_INET6;
	w->spec.group = packet_group(AF_INET6);
	send_one(w, 200);
}

static inline void set_up_unicast(struct world *w)
{
	set_up_v3(w);
	w->spec.unicast = true;
	w->spec.check_peers = true;
	w->peer = (struct packet_peer){ .addr = w->src, .max_ttl = 255 };
	w->spec.peers = &w->peer;
	w->spec.n_peers = 1;
	send_one(w, 200);
}

/* Makes the sum right again for what was changed in the message. */
static inline void sum_again(struct world *w)
{
	const struct dray_addr *dst = &w->datagram.dst;
	uint32_t n = 0;
	size_t i;

	w->buf[6] = w->buf[7] = 0;
	if (w->buf[0] >> 4 == 3) {
		n = PACKET_PROTOCOL + w->datagram.len;
		for (i = 0; i < dray_addr_len(dst); i += 2) {
			n += dst->bytes[i] << 8 | dst->bytes[i + 1];
			n += w->src.bytes[i] << 8 | w->src.bytes[i + 1];
		}
	}
	for (i = 0; i < w->datagram.len; i += 2)
		n += w->buf[i] << 8 | w->buf[i + 1];
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	w->buf[6] = ~n >> 8 & 0xff;
	w->buf[7] = ~n & 0xff;
}

#define T(name, f) { name, f, NULL, NULL, NULL }

#endif
