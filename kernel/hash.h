/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hash of a packet that tables, and the fallback without one, go by: the
 * same in dray.ko and in ip_vs_dray.ko, on every machine.
 *
 * Numbers of addresses and ports, not bytes in memory: directors of either
 * endianness have to agree.  What of a packet counts is for the caller to say.
 */
#ifndef _DRAY_HASH_H
#define _DRAY_HASH_H

#include <linux/netfilter.h>
#include <linux/siphash.h>
#include <linux/socket.h>
#include <linux/unaligned.h>

#include "table.h"

/**
 * dray_hash_key() - a table's key as SipHash takes it
 * @key: DRAY_TABLE_KEY_LEN bytes
 *
 * Context: any; pure.
 */
static inline siphash_key_t dray_hash_key(const u8 *key)
{
	return (siphash_key_t){ {
		get_unaligned_le64(key), get_unaligned_le64(key + 8)
	} };
}

/**
 * dray_key_fingerprint() - tells keys apart, and nothing of the key itself
 * @key: DRAY_TABLE_KEY_LEN bytes
 *
 * What is hashed is not hashed anywhere else, no packet having such ports.
 *
 * Context: any; pure.
 */
static inline u64 dray_key_fingerprint(const u8 *key)
{
	const siphash_key_t sip = dray_hash_key(key);

	return siphash_3u64(DRAY_KEY_TAG, ~0ULL, ~0ULL, &sip);
}

/**
 * dray_hash_ports() - the ports and protocol that count, as one number
 * @sport: the client's port
 * @dport: port of the service
 * @protocol: protocol
 *
 * Context: any; pure.
 * Return: 0 if nothing counts.
 */
static inline u64 dray_hash_ports(__be16 sport, __be16 dport, u8 protocol)
{
	return (u64)ntohs(sport) << 32 | (u64)ntohs(dport) << 16 | protocol;
}

/**
 * dray_hash() - the hash of a packet
 * @family: AF_INET or AF_INET6
 * @client: its client, masked if that is wanted
 * @vip: address of the service; counts if ports do
 * @ports: what dray_hash_ports() returned, or 0 for all of a client alike
 * @key: what dray_hash_key() returned
 *
 * Context: any; pure.
 */
static inline u64 dray_hash(u8 family, const union nf_inet_addr *client,
			    const union nf_inet_addr *vip, u64 ports,
			    const siphash_key_t *key)
{
	u64 to;

	if (family == AF_INET) {
		/* Twelve bytes take a fifth less than thirteen.  VIPs whose
		 * numbers meet in the protocol's send clients alike, no more.
		 */
		to = ports ? ntohl(vip->ip) ^ (ports & 0xff) << 24 : 0;
		return siphash_3u32(ntohl(client->ip), to, ports >> 16, key);
	}
	to = ports ? siphash(&vip->in6, sizeof(vip->in6), key) : 0;
	return siphash_3u64(siphash(&client->in6, sizeof(client->in6), key),
			    to, ports, key);
}

#endif
