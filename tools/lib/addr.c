// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsing and printing of addresses.  The spellings taken are ipvsadm's:
 * inet_aton() forms, IPv4 host names, port names of the service's protocol.
 */
#include "addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* all name lookups of one run together may take this long */
#define LOOKUP_BUDGET_MS 5000
#define CACHE_SIZE 256

struct cached_name {
	struct dray_addr addr;
	char name[256];		/* empty: has none */
};

static struct {
	bool prepared;
	long spent_ms;
	unsigned int used;
	struct cached_name cache[CACHE_SIZE];
} lookup;

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The resolver reads RES_OPTIONS once, before the first lookup. */
static bool lookup_allowed(void)
{
	if (!lookup.prepared) {
		lookup.prepared = true;
		setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
	}
	return lookup.spent_ms < LOOKUP_BUDGET_MS;
}

static bool host_to_addr(const char *name, struct dray_addr *addr)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	long start = now_ms();
	int rc;

	if (!lookup_allowed())
		return false;
	rc = getaddrinfo(name, NULL, &hints, &found);
	lookup.spent_ms += now_ms() - start;
	if (rc)
		return false;
	addr->family = AF_INET;
	addr->in = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
	freeaddrinfo(found);
	return true;
}

static struct cached_name *cache_slot(const struct dray_addr *addr, bool *hit)
{
	unsigned int i;

	for (i = 0; i < lookup.used; i++) {
		*hit = !dray_addr_cmp(&lookup.cache[i].addr, addr);
		if (*hit)
			return &lookup.cache[i];
	}
	*hit = false;
	if (lookup.used < CACHE_SIZE)
		i = lookup.used++;
	else
		i = CACHE_SIZE - 1;
	lookup.cache[i].addr = *addr;
	lookup.cache[i].name[0] = '\0';
	return &lookup.cache[i];
}

/*
 * ipvsadm resolves IPv4 addresses only; it asks for the name of an IPv6
 * address with IPv4's length and never gets one.  Scripts see numbers there.
 */
static const char *addr_to_host(const struct dray_addr *addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr = addr->in };
	struct cached_name *slot;
	long start;
	bool hit;

	if (addr->family != AF_INET || !lookup_allowed())
		return NULL;
	slot = cache_slot(addr, &hit);
	if (!hit) {
		start = now_ms();
		if (getnameinfo((struct sockaddr *)&sin, sizeof(sin), slot->name,
				sizeof(slot->name), NULL, 0, NI_NAMEREQD))
			slot->name[0] = '\0';
		lookup.spent_ms += now_ms() - start;
	}
	return slot->name[0] ? slot->name : NULL;
}

const char *dray_protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	}
	return NULL;
}

/* IPv4 before IPv6; within a family by number. */
int dray_addr_cmp(const struct dray_addr *a, const struct dray_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, dray_addr_len(a));
}

/* Can this be a virtual address?  Any, multicast and broadcast cannot. */
bool dray_addr_is_vip(const struct dray_addr *a)
{
	uint32_t v4;

	if (a->family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&a->in6) &&
		       !IN6_IS_ADDR_MULTICAST(&a->in6);
	v4 = ntohl(a->in.s_addr);
	return v4 != INADDR_ANY && v4 != INADDR_BROADCAST && !IN_MULTICAST(v4);
}

bool dray_addr_parse(const char *text, struct dray_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET6, text, &addr->in6) > 0)
		addr->family = AF_INET6;
	else if (inet_pton(AF_INET, text, &addr->in) > 0)
		addr->family = AF_INET;
	return addr->family;
}

const char *dray_addr_text(const struct dray_addr *addr, char *buf, size_t len)
{
	if (!addr->family || !inet_ntop(addr->family, addr->bytes, buf, len))
		snprintf(buf, len, "-");
	return buf;
}

bool dray_number_parse(const char *text, long min, long max, long *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (*end || end == text || errno == ERANGE || n < min || n > max)
		return false;
	*value = n;
	return true;
}

static bool port_parse(const char *text, uint8_t protocol, uint16_t *port)
{
	const char *proto = dray_protocol_name(protocol);
	struct servent *entry;
	long n;

	if (dray_number_parse(text, 0, 65535, &n)) {
		*port = n;
		return true;
	}
	entry = proto ? getservbyname(text, proto) : NULL;
	if (!entry)
		return false;
	*port = ntohs(entry->s_port);
	return true;
}

static bool all_digits(const char *text)
{
	return strspn(text, "0123456789") == strlen(text);
}

/* "[v6]", "[v6]:port": cuts buf at the bracket, returns what is behind it. */
static char *split_brackets(char *buf)
{
	char *close = strchr(buf, ']');

	if (!close)
		return NULL;
	*close++ = '\0';
	return *close == '\0' || *close == ':' ? close : NULL;
}

static bool host_parse(const char *text, struct dray_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_aton(text, &addr->in)) {
		addr->family = AF_INET;
		return true;
	}
	return *text && host_to_addr(text, addr);
}

/*
 * Fills in address and, if there is one, port.
 * Return: DRAY_HAS_ADDR, with DRAY_HAS_PORT or without, or 0 if text is not
 * an address.  A bare IPv6 address cannot carry a port.
 */
int dray_addrport_parse(const char *text, uint8_t protocol,
			struct dray_addr *addr, uint16_t *port)
{
	char buf[DRAY_ADDRTEXT], *rest = NULL;
	size_t len = strlen(text);

	if (len >= sizeof(buf) || all_digits(text) || strpbrk(text, " \t\r\n"))
		return 0;
	memcpy(buf, text, len + 1);
	memset(addr, 0, sizeof(*addr));
	if (buf[0] == '[') {
		rest = split_brackets(buf);
		if (!rest || inet_pton(AF_INET6, buf + 1, &addr->in6) <= 0)
			return 0;
		addr->family = AF_INET6;
	} else if (inet_pton(AF_INET6, buf, &addr->in6) > 0) {
		addr->family = AF_INET6;
		return DRAY_HAS_ADDR;
	} else {
		rest = strrchr(buf, ':');
		if (rest)
			*rest = '\0';
		if (!host_parse(buf, addr))
			return 0;
	}
	if (!rest || (addr->family == AF_INET6 && !*rest))
		return DRAY_HAS_ADDR;
	if (!port_parse(rest + 1, protocol, port))
		return 0;
	return DRAY_HAS_ADDR | DRAY_HAS_PORT;
}

static void port_text(uint16_t port, uint8_t protocol, bool numeric, char *buf,
		      size_t len)
{
	const char *proto = dray_protocol_name(protocol);
	struct servent *entry = NULL;

	if (!numeric && proto)
		entry = getservbyport(htons(port), proto);
	if (entry)
		snprintf(buf, len, "%s", entry->s_name);
	else
		snprintf(buf, len, "%u", port);
}

const char *dray_addrport_text(const struct dray_addr *addr, uint16_t port,
			       uint8_t protocol, bool numeric, char *buf,
			       size_t len)
{
	char host[INET6_ADDRSTRLEN], service[64];
	const char *name = numeric ? NULL : addr_to_host(addr);

	if (!name)
		name = dray_addr_text(addr, host, sizeof(host));
	port_text(port, protocol, numeric, service, sizeof(service));
	if (addr->family == AF_INET6)
		snprintf(buf, len, "[%s]:%s", name, service);
	else
		snprintf(buf, len, "%s:%s", name, service);
	return buf;
}

/*
 * An IPv4 mask: 255.255.255.0, or 24, which inet_aton() would read as
 * 0.0.0.24 and nobody means so.  Masks with holes have no prefix length.
 */
bool dray_mask_parse(const char *text, uint8_t *prefix)
{
	struct in_addr in;
	uint32_t mask;
	long n;

	if (all_digits(text)) {
		if (!dray_number_parse(text, 1, 32, &n))
			return false;
		*prefix = n;
		return true;
	}
	if (strpbrk(text, " \t") || !inet_aton(text, &in))
		return false;
	mask = ntohl(in.s_addr);
	if (!mask || (~mask & (~mask + 1)))
		return false;
	*prefix = __builtin_popcount(mask);
	return true;
}

const char *dray_mask_text(uint8_t prefix, char *buf, size_t len)
{
	struct in_addr in = { htonl(prefix ? ~0u << (32 - prefix) : 0) };

	return inet_ntop(AF_INET, &in, buf, len);
}

bool dray_mac_parse(const char *text, uint8_t mac[DRAY_MACLEN])
{
	int i;

	if (strlen(text) != 17)
		return false;
	for (i = 0; i < DRAY_MACLEN; i++) {
		char hex[3] = { text[3 * i], text[3 * i + 1], '\0' };

		if (!isxdigit((unsigned char)hex[0]) ||
		    !isxdigit((unsigned char)hex[1]) ||
		    (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = strtoul(hex, NULL, 16);
	}
	return true;
}

const char *dray_mac_text(const uint8_t mac[DRAY_MACLEN], char *buf, size_t len)
{
	snprintf(buf, len, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return buf;
}
