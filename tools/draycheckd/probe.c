// SPDX-License-Identifier: GPL-2.0-or-later
/* Which file looks after which kind of check. */
#include "probe.h"

const struct probe_ops *probe_ops_of(enum ka_checker_type type)
{
	static const struct probe_ops *const ops[] = {
		[KA_TCP_CHECK] = &probe_tcp,
		[KA_HTTP_GET] = &probe_http,
		[KA_SSL_GET] = &probe_https,
		[KA_UDP_CHECK] = &probe_udp,
		[KA_DNS_CHECK] = &probe_dns,
		[KA_PING_CHECK] = &probe_ping,
		[KA_SMTP_CHECK] = &probe_smtp,
		[KA_MISC_CHECK] = &probe_misc,
		[KA_FILE_CHECK] = &probe_file,
	};

	return ops[type];
}
