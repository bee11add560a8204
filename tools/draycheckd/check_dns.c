// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DNS_CHECK: one question; an answer to it without an error will do, whatever
 * it says.  Written and read by the resolver library.
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <stdio.h>
#include <unistd.h>

#include "datagram.h"
#include "mem.h"
#include "sock.h"

static const char *rcode_name(int rcode)
{
	static const char *const names[] = {
		"no error", "format error", "server failure", "no such name",
		"not implemented", "refused",
	};

	return rcode < (int)(sizeof(names) / sizeof(names[0])) ?
	       names[rcode] : "an error";
}

static enum datagram_verdict dns_answer(struct datagram *d, const uint8_t *data,
					size_t n, char *why, size_t len)
{
	ns_msg msg;

	/* somebody else's, or an earlier one's */
	if (n < NS_HFIXEDSZ || ns_get16(data) != d->id)
		return DATAGRAM_WAIT;
	if (ns_initparse(data, n, &msg)) {
		snprintf(why, len, "an answer that cannot be read");
		return DATAGRAM_BAD;
	}
	if (!ns_msg_getflag(msg, ns_f_qr)) {
		snprintf(why, len, "a question instead of an answer");
		return DATAGRAM_BAD;
	}
	if (ns_msg_getflag(msg, ns_f_rcode) == ns_r_noerror)
		return DATAGRAM_GOOD;
	snprintf(why, len, "the answer is: %s",
		 rcode_name(ns_msg_getflag(msg, ns_f_rcode)));
	return DATAGRAM_BAD;
}

/* Of RFC 1035, 4.1; the library's own function reads the host's settings first.
 * Return: the length, or -1 for a name that is none. */
static int make_question(const struct ka_dns *dns, uint16_t id, uint8_t *buf,
			 size_t len)
{
	uint8_t *at = buf + NS_HFIXEDSZ;
	int n = dn_comp(dns->name, at, len - NS_HFIXEDSZ - NS_QFIXEDSZ, NULL,
			NULL);

	if (n < 0)
		return -1;
	memset(buf, 0, NS_HFIXEDSZ);
	ns_put16(id, buf);
	buf[2] = 1;		/* recursion is desired */
	ns_put16(1, buf + 4);	/* one question */
	ns_put16(dns->type, at + n);
	ns_put16(ns_c_in, at + n + NS_INT16SZ);
	return NS_HFIXEDSZ + n + NS_QFIXEDSZ;
}

static int dns_begin(struct datagram *d, const struct ka_checker *conf)
{
	uint8_t question[NS_PACKETSZ];
	int n = make_question(&conf->dns, d->id, question, sizeof(question));
	int rc;

	if (n < 0)
		return -EINVAL;
	d->fd = sock_open(conf, conf->addr.family, SOCK_DGRAM, IPPROTO_UDP);
	if (d->fd < 0)
		return d->fd;
	rc = sock_connect(d->fd, &conf->addr, conf->port);
	if (!rc)
		rc = datagram_start(d, question, n, conf->connect_timeout_us);
	if (rc)
		close(d->fd);
	return rc;
}

static void *dns_start(struct look *look)
{
	struct datagram *d = mem_zero(1, sizeof(*d));
	int rc;

	d->look = look;
	d->answer = dns_answer;
	d->id = random();
	rc = dns_begin(d, look_checker(look));
	if (!rc)
		return d;
	free(d);
	look_error(look, -rc);
	return NULL;
}

const struct probe_ops probe_dns = {
	.name = "DNS_CHECK",
	.start = dns_start,
	.cancel = datagram_cancel,
};
