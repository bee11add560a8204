// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See ping.h.  A raw socket sees all that the peer sends, and with IPv4 the IP
 * header too; a ping socket sees its own answers only, under an id that the
 * kernel has chosen: so what is asked is found again by a word in the data.
 */
#include "ping.h"

#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define ECHO_LEN 8		/* header of an echo, in both families */

static const char mark[] = "dray";

static uint16_t checksum(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Return: the length.  IPv6's checksum is made by the kernel. */
size_t ping_make(uint8_t family, uint16_t id, uint8_t buf[PING_LEN])
{
	uint16_t sum;

	memset(buf, 0, PING_LEN);
	buf[0] = family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	buf[4] = id >> 8;
	buf[5] = id;
	memcpy(buf + ECHO_LEN, mark, 4);
	buf[ECHO_LEN + 4] = id >> 8;
	buf[ECHO_LEN + 5] = id;
	if (family == AF_INET) {
		sum = checksum(buf, PING_LEN);
		buf[2] = sum >> 8;
		buf[3] = sum;
	}
	return PING_LEN;
}

/* Whether it is the answer to what was made with this id. */
bool ping_answers(uint8_t family, uint16_t id, const uint8_t *data, size_t n)
{
	uint8_t reply = family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
	size_t skip = 0;

	if (family == AF_INET && n && data[0] >> 4 == 4)
		skip = (data[0] & 15) * 4;
	if (n < skip + PING_LEN)
		return false;
	data += skip;
	return data[0] == reply && !memcmp(data + ECHO_LEN, mark, 4) &&
	       data[ECHO_LEN + 4] == id >> 8 && data[ECHO_LEN + 5] == (id & 255);
}
