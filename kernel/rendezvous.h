/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted rendezvous: what each server bids for a packet; the lowest wins.
 *
 * What is chosen so is a pure function of the packet's hash and the servers
 * that are asked, and each server's going moves its own clients only.  The same
 * in dray.ko and in ip_vs_dray.ko.
 */
#ifndef _DRAY_RENDEZVOUS_H
#define _DRAY_RENDEZVOUS_H

#include <linux/netfilter.h>
#include <linux/siphash.h>
#include <linux/unaligned.h>

/* -log2(hash / 2^64) in units of 2^-32: the leading zeros give the whole part,
 * and each squaring of what remains gives one more bit.
 */
static inline u64 minus_log2(u64 hash)
{
	unsigned int zeros, i;
	u64 mantissa, log = 0;

	if (!hash)
		return 64ULL << 32;
	zeros = __builtin_clzll(hash);
	mantissa = hash << zeros >> 32;		/* [2^31, 2^32) is [1, 2) */
	for (i = 0; i < 32; i++) {
		mantissa = mantissa * mantissa >> 31;
		log <<= 1;
		if (mantissa >= 1ULL << 32) {
			mantissa >>= 1;
			log |= 1;
		}
	}
	return ((u64)(zeros + 1) << 32) - log;
}

/**
 * dray_rendezvous_score() - what a server bids for a packet
 * @bid: of packet and server, as dray_rendezvous_bid() returned it
 * @weight: at least 1
 *
 * -ln(u) / weight for u = @bid / 2^64, in fixed point; the lowest wins.  Of two
 * alike the one with the lower @bid: a tie must not be settled by their order.
 *
 * Context: any; pure.
 */
static inline u64 dray_rendezvous_score(u64 bid, u32 weight)
{
	/* 64 << 32 is below 2^39: 24 bits are left to keep apart the scores
	 * of great weights.
	 */
	return (minus_log2(bid) << 24) / weight;
}

/**
 * dray_rendezvous_bid() - the hash of a packet and a server
 * @family: of the server
 * @addr: of the server; of IPv4 all but the first word is 0
 * @port: of the server
 * @hash: of the packet
 *
 * Context: any; pure.
 */
static inline u64 dray_rendezvous_bid(u8 family, const union nf_inet_addr *addr,
				      __be16 port, u64 hash)
{
	/* Constant: what is not to be guessed is in the packet's hash. */
	static const siphash_key_t key = {
		{ 0x6472617920666c6fULL, 0x77206b6579207631ULL }
	};

	/* Numbers of the address, not bytes in memory: directors of either
	 * endianness have to agree.
	 */
	return siphash_4u64(hash, get_unaligned_be64(&addr->all[0]),
			    get_unaligned_be64(&addr->all[2]),
			    (u64)ntohs(port) << 8 | family, &key);
}

#endif
