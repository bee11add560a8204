// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mode bridge: adverts of another master, which come from the same MAC address,
 * still reach the interface below, where they are read.
 */
#include "vmac.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "holding.h"
#include "link.h"

static void name_of(const struct router *r, char name[IF_NAMESIZE])
{
	if (r->conf->vmac_name)
		snprintf(name, IF_NAMESIZE, "%.15s", r->conf->vmac_name);
	else
		snprintf(name, IF_NAMESIZE, "vrrp%s.%u",
			 r->conf->family == AF_INET6 ? "6" : "",
			 r->conf->vrid);
}

static void write_setting(const char *family, const char *dev,
			  const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family,
		 dev, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		log_say(LOG_WARNING, "cannot set %s: %s", path,
			strerror(errno));
	close(fd);
}

/* Each answers ARP for its own addresses only; what comes to the address by
 * the interface below has its way back there. */
static void set_up(const struct router *r, const char *name)
{
	write_setting("ipv4", name, "arp_ignore", "1");
	write_setting("ipv4", name, "rp_filter", "0");
	write_setting("ipv4", name, "accept_local", "1");
	write_setting("ipv4", r->record->interface, "arp_ignore", "1");
	write_setting("ipv6", name, "accept_ra", "0");
	write_setting("ipv6", name, "autoconf", "0");
	write_setting("ipv6", name, "accept_dad", "0");
}

static struct nl_msg *message(int type, int flags, int index, unsigned int up)
{
	struct ifinfomsg info = { .ifi_index = index, .ifi_flags = up,
				  .ifi_change = IFF_UP };
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg)
		nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	return msg;
}

static void put_kind(struct nl_msg *msg)
{
	struct nlattr *info, *data;

	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "macvlan");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	nla_put_u32(msg, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

/* RFC 9568, 7.4: no link-local address is made of this MAC address. */
static void put_no_address(struct nl_msg *msg)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC), *v6;

	v6 = nla_nest_start(msg, AF_INET6);
	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, v6);
	nla_nest_end(msg, spec);
}

static int create(const struct router *r, const char *name, int below)
{
	struct nl_msg *msg = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0,
				     0);
	uint8_t mac[DRAY_MACLEN];
	int rc;

	if (!msg)
		return -ENOMEM;
	packet_virtual_mac(r->conf->family, r->conf->vrid, mac);
	if (r->conf->has_vmac_address)
		memcpy(mac, r->conf->vmac_address, sizeof(mac));
	nla_put_string(msg, IFLA_IFNAME, name);
	nla_put_u32(msg, IFLA_LINK, below);
	nla_put(msg, IFLA_ADDRESS, sizeof(mac), mac);
	put_kind(msg);
	rc = holding_ask(msg);
	if (rc)
		return rc;
	msg = message(RTM_NEWLINK, 0, if_nametoindex(name), 0);
	if (!msg)
		return -ENOMEM;
	put_no_address(msg);
	return holding_ask(msg);
}

int vmac_make(const struct router *r, int below, bool may_create)
{
	static struct log_limit limit;
	char name[IF_NAMESIZE];
	unsigned int held;
	int index, rc;

	name_of(r, name);
	index = if_nametoindex(name);
	if (index || !below || !may_create)
		return index;
	rc = create(r, name, below);
	if (rc) {
		if (log_may(&limit, &held))
			log_say(LOG_ERR, "(%s) cannot make the interface %s: "
				"%s", r->conf->name, name, strerror(-rc));
		return 0;
	}
	set_up(r, name);
	log_say(LOG_NOTICE, "(%s) made the interface %s on %s", r->conf->name,
		name, r->record->interface);
	return if_nametoindex(name);
}

void vmac_set(const struct router *r, int index, bool up)
{
	struct nl_msg *msg = message(RTM_NEWLINK, 0, index, up ? IFF_UP : 0);
	int rc = msg ? holding_ask(msg) : -ENOMEM;

	if (rc)
		log_say(LOG_ERR, "(%s) cannot take its interface %s: %s",
			r->conf->name, up ? "up" : "down", strerror(-rc));
}

void vmac_delete(int index)
{
	struct nl_msg *msg = message(RTM_DELLINK, 0, index, 0);

	if (msg)
		holding_ask(msg);
}

void vmac_promote_secondaries(const struct router *r)
{
	char name[IF_NAMESIZE];

	name_of(r, name);
	write_setting("ipv4", r->record->interface, "promote_secondaries", "1");
	if (r->conf->use_vmac)
		write_setting("ipv4", name, "promote_secondaries", "1");
}

int vmac_index(const struct router *r)
{
	const struct link *link;
	char name[IF_NAMESIZE];

	name_of(r, name);
	link = link_by_name(name);
	return link ? link->index : 0;
}
