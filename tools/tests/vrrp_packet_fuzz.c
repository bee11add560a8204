// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what reads packets.  The first byte says for which virtual router, the
 * rest is what the socket gave.  Sums are made right in every other input, or
 * next to nothing would get past them.  What was accepted must be that
 * router's, and survive being written again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "counters.h"
#include "packet.h"

#define ROUTERS 6

enum {
	PICK_ROUTER = 0x07,
	PICK_SUM = 0x80,
};

static const struct dray_addr vips[] = {
	{ .family = AF_INET, .bytes = { 192, 168, 0, 200 } },
	{ .family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = 1 } },
};

static struct packet_spec router(uint8_t n)
{
	static const struct packet_peer peer = {
		.addr = { .family = AF_INET, .bytes = { 192, 168, 0, 119 } },
		.max_ttl = 255,
	};
	uint8_t family = n < 4 ? AF_INET : AF_INET6;
	struct packet_spec spec = {
		.version = n < 2 ? 2 : 3,
		.family = family,
		.vrid = 51,
		.interval_us = 1000000,
		.group = packet_group(family),
		.unicast = n == 3,
		.check_peers = true,
		.peers = &peer,
		.n_peers = 1,
		.vips = &vips[family == AF_INET6],
		.n_vips = 1,
	};

	if (n == 1)
		packet_set_password(&spec, "1111");
	return spec;
}

static void make_sum_right(uint8_t *data, size_t len)
{
	uint32_t n = 0;
	size_t i;

	if (len < 8)
		return;
	data[6] = data[7] = 0;
	for (i = 0; i + 1 < len; i += 2)
		n += data[i] << 8 | data[i + 1];
	if (len & 1)
		n += data[len - 1] << 8;
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	data[6] = ~n >> 8 & 0xff;
	data[7] = ~n & 0xff;
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_accepted(const struct packet_spec *spec,
			   const struct packet_datagram *d,
			   const struct packet_advert *a)
{
	struct packet_advert again;
	static uint8_t buf[PACKET_MAX];
	struct packet_datagram copy = *d;

	must(a->version == spec->version && a->vrid == spec->vrid);
	must(a->interval_us != 0 || spec->version == 2);
	copy.data = buf;
	copy.len = packet_build(spec, &d->src, &d->dst, a->priority, buf,
				sizeof(buf));
	must(copy.len > 0);
	must(packet_parse(&copy, spec, &again) == PACKET_ACCEPTED);
	must(again.priority == a->priority && !again.notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct counters counters;
	struct packet_datagram d;
	struct packet_advert advert;
	enum packet_reject verdict;
	struct packet_spec spec;
	uint8_t *message;

	if (!size)
		return 0;
	spec = router((data[0] & PICK_ROUTER) % ROUTERS);
	message = malloc(size);
	memcpy(message, data + 1, size - 1);
	d = (struct packet_datagram){
		.src = { .family = spec.family, .bytes = { 192, 168, 0, 119 } },
		.dst = spec.group,
		.ttl = PACKET_TTL,
		.data = message,
		.len = size - 1,
	};
	verdict = PACKET_ACCEPTED;
	if (spec.family == AF_INET)
		verdict = packet_open_ipv4(message, size - 1, &d);
	if (verdict == PACKET_ACCEPTED) {
		if (data[0] & PICK_SUM)
			make_sum_right(message + (d.data - message), d.len);
		verdict = packet_parse(&d, &spec, &advert);
		packet_vrid(&d);
	}
	if (verdict == PACKET_ACCEPTED)
		check_accepted(&spec, &d, &advert);
	counters_parsed(&counters, verdict, &spec, &advert);
	free(message);
	return 0;
}
