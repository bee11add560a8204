// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing: the server that dray.ko would give the client.
 *
 * No lock is taken and nothing is written: weight 0 and IPVS's overload flag are
 * looked at for each new connection, and whom they bar is passed over.
 */
#include <linux/siphash.h>
#include <net/ipv6.h>

#include "hash.h"
#include "ipvs.h"
#include "rendezvous.h"

static bool dest_usable(const struct ip_vs_dest *dest)
{
	return atomic_read(&dest->weight) > 0 &&
	       !(dest->flags & IP_VS_DEST_F_OVERLOAD);
}

/* Of an ICMP error that IPVS was told to schedule, the packet inside it, which
 * went the other way.
 */
static u64 packet_ports(const struct sk_buff *skb,
			const struct ip_vs_iphdr *iph)
{
	__be16 _ports[2], *ports;

	ports = skb_header_pointer(skb, iph->len, sizeof(_ports), _ports);
	if (!ports)
		return 0;
	return ip_vs_iph_inverse(iph) ?
	       dray_hash_ports(ports[1], ports[0], iph->protocol) :
	       dray_hash_ports(ports[0], ports[1], iph->protocol);
}

static void mask_client(const struct ip_vs_service *svc,
			union nf_inet_addr *client)
{
	struct in6_addr whole = client->in6;

	if (svc->af == AF_INET6)
		ipv6_addr_prefix(&client->in6, &whole,
				 (__force u32)svc->netmask);
	else
		client->ip &= svc->netmask;
}

/* Of a persistent service IPVS asks once for each client, however it comes. */
static u64 packet_hash(const struct ip_vs_service *svc,
		       const struct sk_buff *skb,
		       const struct ip_vs_iphdr *iph)
{
	bool inverse = ip_vs_iph_inverse(iph);
	const union nf_inet_addr *vip = inverse ? &iph->saddr : &iph->daddr;
	union nf_inet_addr client = inverse ? iph->daddr : iph->saddr;
	const siphash_key_t key = dray_hash_key(dray_vs_key());
	u64 ports = 0;

	if (svc->flags & IP_VS_SVC_F_PERSISTENT)
		mask_client(svc, &client);
	else
		ports = packet_ports(skb, iph);
	return dray_hash(svc->af, &client, vip, ports, &key);
}

static struct ip_vs_dest *choose(const struct dray_vs_choice *choice, u64 hash)
{
	struct ip_vs_dest *dest;
	unsigned int n;
	u16 position;

	if (!choice || !choice->table)
		return NULL;
	for (n = 0; n < DRAY_TABLE_CHOICES; n++) {
		position = dray_table_choice(choice->table->table, hash, n);
		if (position == DRAY_TABLE_NONE)
			continue;
		dest = rcu_dereference(choice->dests[position]);
		if (dest && dest_usable(dest))
			return dest;
	}
	return NULL;
}

/* Without a table, and when the rows know nobody.  O(n). */
static struct ip_vs_dest *choose_any(const struct ip_vs_service *svc, u64 hash)
{
	u64 score, bid, least = U64_MAX, least_bid = U64_MAX;
	struct ip_vs_dest *dest, *best = NULL;
	int weight;

	list_for_each_entry_rcu(dest, &svc->destinations, n_list) {
		weight = atomic_read(&dest->weight);
		if (weight <= 0 || !dest_usable(dest))
			continue;
		bid = dray_rendezvous_bid(dest->af, &dest->addr, dest->port,
					  hash);
		score = dray_rendezvous_score(bid, weight);
		if (score > least || (score == least && bid >= least_bid))
			continue;
		least = score;
		least_bid = bid;
		best = dest;
	}
	return best;
}

struct ip_vs_dest *dray_vs_schedule(struct ip_vs_service *svc,
				    const struct sk_buff *skb,
				    struct ip_vs_iphdr *iph)
{
	const struct dray_vs_service *service = svc->sched_data;
	u64 hash = packet_hash(svc, skb, iph);
	struct ip_vs_dest *dest;

	dest = choose(rcu_dereference(service->choice), hash) ?:
	       choose_any(svc, hash);
	if (!dest)
		ip_vs_scheduler_err(svc, "no destination available");
	return dest;
}
