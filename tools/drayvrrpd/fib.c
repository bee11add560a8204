// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A socket for notifications with a filter in the kernel, which lets pass what may
 * be a route or a rule of ours: other daemons' millions never reach it.  A flood
 * that passes it overruns the socket, which is one word only: look yourselves.
 */
#include "fib.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

#define READ_MAX 64			/* messages in one turn of the loop */
#define MESSAGE_MAX 16384		/* a route with hundreds of next hops */
#define FILTER_MAX 1024			/* of 256 protocols and 129 lengths, twice */

static int fib = -1;

/* --- the filter --- */

/* what of our routes a filter can tell */
struct traits {
	bool any;
	bool protocol[256], prefix[256];
};

struct program {
	struct sock_filter code[FILTER_MAX];
	unsigned short len;
};

static void route_traits(struct traits *t, const struct ka_route *routes,
			 size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		t->protocol[routes[i].protocol ? routes[i].protocol :
						 VRRP_RTPROT] = true;
		t->prefix[routes[i].dst.family ? routes[i].prefix : 0] = true;
		t->any = true;
	}
}

static struct traits traits_of(const struct ka_conf *conf)
{
	struct traits t = { 0 };
	size_t i;

	route_traits(&t, conf->static_routes, conf->n_static_routes);
	t.any |= conf->n_static_rules > 0;
	for (i = 0; i < conf->n_instances; i++) {
		route_traits(&t, conf->instances[i]->routes,
			     conf->instances[i]->n_routes);
		t.any |= conf->instances[i]->n_rules > 0;
	}
	return t;
}

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		uint8_t jf)
{
	p->code[p->len++] = (struct sock_filter)BPF_JUMP(code, k, jt, jf);
}

static void pass_if(struct program *p, uint32_t value)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	add(p, BPF_RET | BPF_K, UINT32_MAX, 0, 0);
}

static void pass_if_any(struct program *p, uint32_t offset, const bool set[256])
{
	unsigned int i;

	add(p, BPF_LD | BPF_B | BPF_ABS, offset, 0, 0);
	for (i = 0; i < 256; i++)
		if (set[i])
			pass_if(p, i);
	add(p, BPF_RET | BPF_K, 0, 0, 0);
}

static void drop_unless(struct program *p, uint16_t test, uint32_t value)
{
	add(p, BPF_JMP | test | BPF_K, value, 1, 0);
	add(p, BPF_RET | BPF_K, 0, 0, 0);
}

/*
 * Any rule that goes, a route that goes and has a protocol of ours, and one that
 * takes the place of another as long as one of ours.  A filter loads halves as if
 * they were in network order.
 */
static void filter_make(struct program *p, const struct traits *t)
{
	const size_t at = NLMSG_HDRLEN;
	unsigned short jump;

	add(p, BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type),
	    0, 0);
	pass_if(p, htons(RTM_DELRULE));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 1, 0);
	jump = p->len;
	add(p, BPF_JMP | BPF_JA, 0, 0, 0);
	pass_if_any(p, at + offsetof(struct rtmsg, rtm_protocol), t->protocol);
	p->code[jump].k = p->len - jump - 1;
	drop_unless(p, BPF_JEQ, htons(RTM_NEWROUTE));
	add(p, BPF_LD | BPF_H | BPF_ABS,
	    offsetof(struct nlmsghdr, nlmsg_flags), 0, 0);
	drop_unless(p, BPF_JSET, htons(NLM_F_REPLACE));
	pass_if_any(p, at + offsetof(struct rtmsg, rtm_dst_len), t->prefix);
}

static int filter_attach(const struct traits *t)
{
	struct program p = { 0 };
	struct sock_fprog prog;

	filter_make(&p, t);
	prog = (struct sock_fprog){ .len = p.len, .filter = p.code };
	return setsockopt(fib, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

/* The filter first: nothing else is ever queued. */
static int join(const struct traits *t)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
				      RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE };
	size_t i;

	if (filter_attach(t) || bind(fib, (void *)&any, sizeof(any)))
		return -errno;
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (setsockopt(fib, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])))
			return -errno;
	return 0;
}

int fib_open(const struct ka_conf *conf)
{
	struct traits t = traits_of(conf);
	int rc;

	if (!t.any)
		return -ENOENT;
	fib = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     NETLINK_ROUTE);
	if (fib < 0)
		return -errno;
	rc = join(&t);
	if (!rc)
		return fib;
	close(fib);
	fib = -1;
	return rc;
}

/* --- what comes in --- */

static bool read_route(struct nlmsghdr *hdr, struct fib_change *c)
{
	const struct rtmsg *info = nlmsg_data(hdr);
	struct nlattr *tb[RTA_MAX + 1], *dst;

	if (nlmsg_parse(hdr, sizeof(*info), tb, RTA_MAX, NULL) < 0)
		return false;
	c->family = info->rtm_family;
	c->protocol = info->rtm_protocol;
	c->tos = info->rtm_tos;
	c->prefix = info->rtm_dst_len;
	c->table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) : info->rtm_table;
	c->priority = tb[RTA_PRIORITY] ? nla_get_u32(tb[RTA_PRIORITY]) : 0;
	dst = tb[RTA_DST];
	if (!dst || !c->prefix)
		return true;
	c->dst.family = c->family;
	if (nla_len(dst) != (int)dray_addr_len(&c->dst))
		return false;
	memcpy(c->dst.bytes, nla_data(dst), nla_len(dst));
	return true;
}

static bool read_rule(struct nlmsghdr *hdr, struct fib_change *c)
{
	const struct fib_rule_hdr *info = nlmsg_data(hdr);
	struct nlattr *tb[FRA_MAX + 1];

	if (nlmsg_parse(hdr, sizeof(*info), tb, FRA_MAX, NULL) < 0)
		return false;
	c->rule = true;
	c->family = info->family;
	c->protocol = tb[FRA_PROTOCOL] ? nla_get_u8(tb[FRA_PROTOCOL]) : 0;
	c->priority = tb[FRA_PRIORITY] ? nla_get_u32(tb[FRA_PRIORITY]) : 0;
	return true;
}

static bool read_change(struct nlmsghdr *hdr, struct fib_change *c)
{
	*c = (struct fib_change){ 0 };
	switch (hdr->nlmsg_type) {
	case RTM_NEWROUTE:
		c->replaced = true;
		return read_route(hdr, c);
	case RTM_DELROUTE:
		return read_route(hdr, c);
	case RTM_DELRULE:
		return read_rule(hdr, c);
	}
	return false;
}

void fib_read(void (*tell)(const struct fib_change *change))
{
	static char buf[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *hdr = (struct nlmsghdr *)buf;
	static const struct fib_change any = { .any = true };
	struct fib_change change;
	int n, len;

	for (n = 0; n < READ_MAX; n++) {
		len = recv(fib, buf, sizeof(buf), MSG_TRUNC);
		if (len < 0 && errno == ENOBUFS)
			tell(&any);
		if (len < 0)
			return;
		if (len > (int)sizeof(buf))
			tell(&any);
		else if (nlmsg_ok(hdr, len) && read_change(hdr, &change))
			tell(&change);
	}
}
