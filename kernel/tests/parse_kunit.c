// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets as data, and what is read of them.  Each is tried whole, with all
 * but its network header in a fragment of the skb, and with that cut in two
 * after five bytes.
 *
 * Lengths and checksums inside the packets are zero: nothing looks at them.
 */
#include <kunit/test.h>

#include "../parse.c"

/* None of the packets is made up by explain.c. */
void dray_explain_note(struct dray_packet *pkt, enum dray_reason reason)
{
}

/* Client 198.51.100.1 and VIP 192.0.2.1; 2001:db8::1 and 2001:db8::2. */
#define CLIENT4	"c6336401"
#define VIP4	"c0000201"
#define CLIENT6	"20010db8000000000000000000000001"
#define VIP6	"20010db8000000000000000000000002"

/* Protocol and next header in hex. */
#define IP4(protocol, from, to)	"45000000 00004000 40" protocol "0000" from to
#define IP6(nexthdr, from, to)	"60000000 0000" nexthdr "40" from to
#define C4(protocol)		IP4(protocol, CLIENT4, VIP4)
#define C6(nexthdr)		IP6(nexthdr, CLIENT6, VIP6)

/* From port 8080 to port 80. */
#define PORTS		"1f90 0050"
#define BACK		"0050 1f90"
#define TCP(off, flags)	PORTS "00000001 00000000" off "0" flags "ffff 00000000"
#define UDP		PORTS "0000 0000"
#define SCTP(type)	PORTS "00000000 00000000" type "000004"
#define ICMP(type)	type "00 0000 00000000"
#define ICMP6(type)	type "00 0000 00000000"

struct parse_case {
	const char *name;
	const char *bytes;
	u16 flags;
	u8 protocol;
	u8 verdict;
	u8 reason;
};

#define OK(p, f)	.protocol = IPPROTO_##p, .flags = f
#define LEFT(r)		.verdict = DRAY_PASS, .reason = DRAY_REASON_##r

static const struct parse_case packets[] = {
	{ "TCP SYN", C4("06") TCP("5", "02"), OK(TCP, PKT_OPENS) },
	{ "TCP SYN with ECN", C4("06") TCP("5", "c2"), OK(TCP, PKT_OPENS) },
	{ "TCP SYN with data", C4("06") TCP("5", "02") "61",
	  OK(TCP, PKT_OPENS | PKT_PAYLOAD) },
	{ "TCP SYN with options", C4("06") TCP("6", "02") "020405b4",
	  OK(TCP, PKT_OPENS) },
	{ "TCP SYN+ACK", C4("06") TCP("5", "12"), OK(TCP, PKT_ANSWERS) },
	{ "TCP SYN+RST", C4("06") TCP("5", "06"),
	  OK(TCP, PKT_ANSWERS | PKT_RST) },
	{ "TCP SYN+FIN", C4("06") TCP("5", "03"),
	  OK(TCP, PKT_ANSWERS | PKT_FIN) },
	{ "TCP ACK", C4("06") TCP("5", "10"), OK(TCP, PKT_ACK) },
	{ "TCP ACK with options", C4("06") TCP("8", "10")
	  "0101080a0000000000000000", OK(TCP, PKT_ACK) },
	{ "TCP data", C4("06") TCP("5", "18") "61",
	  OK(TCP, PKT_ACK | PKT_PAYLOAD) },
	{ "TCP FIN+ACK", C4("06") TCP("5", "11"), OK(TCP, PKT_ACK | PKT_FIN) },
	{ "TCP RST", C4("06") TCP("5", "04"), OK(TCP, PKT_RST) },
	{ "TCP RST+ACK", C4("06") TCP("5", "14"), OK(TCP, PKT_ACK | PKT_RST) },
	{ "TCP RST+FIN", C4("06") TCP("5", "05"), OK(TCP, PKT_RST) },
	{ "TCP without flags", C4("06") TCP("5", "00"), OK(TCP, 0) },
	{ "TCP, IPv4 options", "46000000 00004000 40060000" CLIENT4 VIP4
	  "01010100" TCP("5", "02"), OK(TCP, PKT_OPENS) },
	{ "TCP header short by one", C4("06") PORTS
	  "00000001 00000000 5002ffff 000000", LEFT(MALFORMED) },
	{ "TCP header of less than five words", C4("06") TCP("4", "02"),
	  LEFT(MALFORMED) },
	{ "TCP options beyond the end", C4("06") TCP("6", "02") "020405",
	  LEFT(MALFORMED) },
	{ "no TCP header at all", C4("06"), LEFT(MALFORMED) },
	{ "UDP", C4("11") UDP, OK(UDP, PKT_OPENS) },
	{ "UDP with payload", C4("11") UDP "61",
	  OK(UDP, PKT_OPENS | PKT_PAYLOAD) },
	{ "UDP header short by one", C4("11") PORTS "000000", LEFT(MALFORMED) },
	{ "SCTP INIT", C4("84") SCTP("01"), OK(SCTP, PKT_OPENS) },
	{ "SCTP INIT ACK", C4("84") SCTP("02"), OK(SCTP, PKT_ANSWERS) },
	{ "SCTP COOKIE ECHO", C4("84") SCTP("0a"), OK(SCTP, PKT_ACK) },
	{ "SCTP COOKIE ACK", C4("84") SCTP("0b"), OK(SCTP, PKT_ANSWERS) },
	{ "SCTP DATA", C4("84") SCTP("00"), OK(SCTP, PKT_ACK | PKT_PAYLOAD) },
	{ "SCTP SACK", C4("84") SCTP("03"), OK(SCTP, PKT_ACK) },
	{ "SCTP ABORT", C4("84") SCTP("06"), OK(SCTP, PKT_RST) },
	{ "SCTP SHUTDOWN", C4("84") SCTP("07"), OK(SCTP, PKT_FIN) },
	{ "SCTP SHUTDOWN ACK", C4("84") SCTP("08"), OK(SCTP, PKT_FIN) },
	{ "SCTP SHUTDOWN COMPLETE", C4("84") SCTP("0e"), OK(SCTP, PKT_RST) },
	{ "SCTP header short", C4("84") PORTS "00000000 000000",
	  LEFT(MALFORMED) },
	{ "SCTP without a chunk", C4("84") PORTS "00000000 00000000",
	  LEFT(MALFORMED) },
	{ "GRE", C4("2f") "00000800", LEFT(PROTOCOL) },
	{ "ICMP echo", C4("01") ICMP("08"), LEFT(PROTOCOL) },
	{ "ICMP short", C4("01") "0800 0000 000000", LEFT(MALFORMED) },
	{ "ICMP unreachable of TCP", C4("01") ICMP("03")
	  IP4("06", VIP4, CLIENT4) BACK "00000000", OK(TCP, PKT_ICMP) },
	{ "ICMP time exceeded of UDP", C4("01") ICMP("0b")
	  IP4("11", VIP4, CLIENT4) BACK, OK(UDP, PKT_ICMP) },
	{ "ICMP parameter problem of SCTP", C4("01") ICMP("0c")
	  IP4("84", VIP4, CLIENT4) BACK, OK(SCTP, PKT_ICMP) },
	{ "ICMP error, options inside", C4("01") ICMP("03")
	  "46000000 00000000 40060000" VIP4 CLIENT4 "01010100" BACK,
	  OK(TCP, PKT_ICMP) },
	{ "ICMP error of what the VIP did not send", C4("01") ICMP("03")
	  IP4("06", CLIENT4, VIP4) BACK, LEFT(ICMP_NO_MATCH) },
	{ "ICMP error of a later fragment", C4("01") ICMP("03")
	  "45000000 00000010 40060000" VIP4 CLIENT4 BACK, LEFT(ICMP_NO_MATCH) },
	{ "ICMP error, header inside short", C4("01") ICMP("03")
	  "45000000 00004000 40060000" VIP4 "c63364", LEFT(ICMP_NO_MATCH) },
	{ "ICMP error, header inside of four words", C4("01") ICMP("03")
	  "44000000 00000000 40060000" VIP4 CLIENT4 BACK, LEFT(ICMP_NO_MATCH) },
	{ "ICMP error, ports inside short", C4("01") ICMP("03")
	  IP4("06", VIP4, CLIENT4) "0050 1f", LEFT(MALFORMED) },
	{ "ICMP error of ICMP", C4("01") ICMP("03")
	  IP4("01", VIP4, CLIENT4) ICMP("00"), LEFT(PROTOCOL) },
	{ "IPv6 TCP SYN", C6("06") TCP("5", "02"), OK(TCP, PKT_OPENS) },
	{ "IPv6 UDP with payload", C6("11") UDP "61",
	  OK(UDP, PKT_OPENS | PKT_PAYLOAD) },
	{ "IPv6 SCTP INIT", C6("84") SCTP("01"), OK(SCTP, PKT_OPENS) },
	{ "IPv6 TCP header short", C6("06") PORTS, LEFT(MALFORMED) },
	{ "IPv6 hop-by-hop, TCP data", C6("00") "0600 0104 00000000"
	  TCP("5", "18") "61", OK(TCP, PKT_ACK | PKT_PAYLOAD) },
	{ "IPv6 hop-by-hop, destination, routing, UDP", C6("00")
	  "3c00 0104 00000000 2b00 0104 00000000 1100 0400 00000000" UDP,
	  OK(UDP, PKT_OPENS) },
	{ "IPv6 atomic fragment, TCP", C6("2c") "0600 0000 00000001"
	  TCP("5", "02"), OK(TCP, PKT_OPENS) },
	{ "IPv6 later fragment", C6("2c") "0600 0010 00000001" TCP("5", "02"),
	  .verdict = DRAY_DROP, .reason = DRAY_REASON_FRAGMENT },
	{ "IPv6 authentication header, TCP", C6("33")
	  "0601 0000 00000001 00000001" TCP("5", "02"), OK(TCP, PKT_OPENS) },
	{ "IPv6 extension header beyond the end", C6("00") "0605 0104 00000000",
	  LEFT(MALFORMED) },
	{ "IPv6 extension header short", C6("00") "0600", LEFT(MALFORMED) },
	{ "IPv6 no next header", C6("3b"), LEFT(PROTOCOL) },
	{ "IPv6 ESP", C6("32") "00000001 00000001", LEFT(PROTOCOL) },
	{ "ICMPv6 echo", C6("3a") ICMP6("80"), LEFT(PROTOCOL) },
	{ "ICMPv6 short", C6("3a") "0100 0000", LEFT(MALFORMED) },
	{ "ICMPv6 too big of TCP", C6("3a") ICMP6("02")
	  IP6("06", VIP6, CLIENT6) BACK, OK(TCP, PKT_ICMP) },
	{ "ICMPv6 unreachable of UDP behind destination options", C6("3a")
	  ICMP6("01") IP6("3c", VIP6, CLIENT6) "1100 0104 00000000" BACK,
	  OK(UDP, PKT_ICMP) },
	{ "ICMPv6 error behind hop-by-hop", C6("00") "3a00 0104 00000000"
	  ICMP6("03") IP6("06", VIP6, CLIENT6) BACK, OK(TCP, PKT_ICMP) },
	{ "ICMPv6 error of a later fragment", C6("3a") ICMP6("03")
	  IP6("2c", VIP6, CLIENT6) "0600 0010 00000001" BACK,
	  LEFT(ICMP_NO_MATCH) },
	{ "ICMPv6 error of what the VIP did not send", C6("3a") ICMP6("01")
	  IP6("06", CLIENT6, VIP6) BACK, LEFT(ICMP_NO_MATCH) },
	{ "ICMPv6 error, header inside short", C6("3a") ICMP6("01")
	  "60000000 00000640" VIP6, LEFT(ICMP_NO_MATCH) },
	{ "ICMPv6 error of ICMPv6", C6("3a") ICMP6("01")
	  IP6("3a", VIP6, CLIENT6) ICMP6("81"), LEFT(PROTOCOL) },
};

static void packet_desc(const struct parse_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(packet, packets, packet_desc);

static unsigned int from_hex(const char *hex, u8 *bytes)
{
	unsigned int n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		bytes[n / 2] = bytes[n / 2] << 4 | hex_to_bin(*hex);
		n++;
	}
	return n / 2;
}

static void add_frag(struct sk_buff *skb, const u8 *bytes, unsigned int len)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);

	memcpy(page_address(page) + 1, bytes, len);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 1, len,
			PAGE_SIZE);
}

/* The first @linear bytes, then @first bytes in one fragment and the rest in
 * another.
 */
static struct sk_buff *make_skb(const u8 *bytes, unsigned int len,
				unsigned int linear, unsigned int first)
{
	struct sk_buff *skb;

	linear = min(linear, len);
	first = min(first, len - linear);
	skb = alloc_skb(len, GFP_KERNEL | __GFP_NOFAIL);
	skb_put_data(skb, bytes, linear);
	if (first)
		add_frag(skb, bytes + linear, first);
	if (linear + first < len)
		add_frag(skb, bytes + linear + first, len - linear - first);
	skb_reset_network_header(skb);
	return skb;
}

static void expect_parsed(struct kunit *test, unsigned int linear,
			  unsigned int first)
{
	const struct parse_case *c = test->param_value;
	struct dray_packet pkt = {};
	u8 bytes[160] = {};
	unsigned int len = from_hex(c->bytes, bytes);
	u8 verdict;

	pkt.family = bytes[0] >> 4 == 4 ? AF_INET : AF_INET6;
	if (!linear)
		linear = pkt.family == AF_INET ? (bytes[0] & 0xf) * 4 : 40;
	pkt.skb = make_skb(bytes, len, linear, first);
	verdict = dray_parse(&pkt);
	kfree_skb(pkt.skb);
	KUNIT_ASSERT_EQ(test, verdict, c->verdict);
	if (verdict != DRAY_NEXT) {
		KUNIT_EXPECT_EQ(test, pkt.reason, c->reason);
		return;
	}
	KUNIT_EXPECT_EQ(test, pkt.flags, c->flags);
	KUNIT_EXPECT_EQ(test, pkt.protocol, c->protocol);
	KUNIT_EXPECT_EQ(test, ntohs(pkt.sport), 8080);
	KUNIT_EXPECT_EQ(test, ntohs(pkt.dport), 80);
	from_hex(pkt.family == AF_INET ? CLIENT4 VIP4 : CLIENT6 VIP6, bytes);
	len = pkt.family == AF_INET ? 4 : 16;
	KUNIT_EXPECT_EQ(test, memcmp(&pkt.saddr, bytes, len), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&pkt.daddr, bytes + len, len), 0);
}

static void parse_linear(struct kunit *test)
{
	expect_parsed(test, UINT_MAX, 0);
}

static void parse_fragment(struct kunit *test)
{
	expect_parsed(test, 0, UINT_MAX);
}

static void parse_two_fragments(struct kunit *test)
{
	expect_parsed(test, 0, 5);
}

static struct kunit_case parse_cases[] = {
	KUNIT_CASE_PARAM(parse_linear, packet_gen_params),
	KUNIT_CASE_PARAM(parse_fragment, packet_gen_params),
	KUNIT_CASE_PARAM(parse_two_fragments, packet_gen_params),
	{}
};

static struct kunit_suite parse_suite = {
	.name = "dray_parse",
	.test_cases = parse_cases,
};

kunit_test_suite(parse_suite);

MODULE_DESCRIPTION("dray: KUnit suite of reading headers");
MODULE_LICENSE("GPL");
