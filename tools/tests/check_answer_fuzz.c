// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What draycheckd reads that others have written: answers to echo requests,
 * pages against a regex, its state file, and requests on its socket.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key_json.h"
#include "ping.h"
#include "regex.h"

static void try_json(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	struct dray_server srv;
	struct dray_key key, again;
	json_t *packed;

	if (dray_key_unpack(json_object_get(root, "service"), &key)) {
		packed = dray_key_pack(&key);
		if (!dray_key_unpack(packed, &again) ||
		    dray_key_cmp(&key, &again))
			abort();
		json_decref(packed);
	}
	dray_server_unpack(json_object_get(root, "server"), &srv);
	json_decref(root);
}

/* In two pieces, of which the first byte says the first one's length. */
static void try_regex(const struct ka_regex *regex, const uint8_t *data,
		      size_t size)
{
	struct regex *r = regex_begin(regex);
	size_t first = size && data[0] < size ? data[0] : size;

	regex_add(r, data, first);
	regex_add(r, data + first, size - first);
	regex_end(r);
	regex_judge(r);
	regex_free(r);
}

static void try_page(const uint8_t *data, size_t size)
{
	static const char text[] =
		"virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_kind DR\n"
		"lb_algo rr\nreal_server 10.0.0.2 80 {\nHTTP_GET {\n"
		"url {\nregex \"(?<=.\\\\w)(a|\\\\x{e4})+?b.*c$\"\n"
		"regex_options utf dotall\nregex_min_offset 3\n}\n"
		"url {\nregex \"^(\\\\w+)\\\\s\\\\1$\"\n"
		"regex_options multiline\nregex_max_offset 100\n}\n}\n}\n}\n";
	static struct ka_conf *conf;
	const struct ka_http *http;

	if (!conf)
		conf = ka_parse(text, strlen(text), "f", NULL);
	http = &conf->virtual_servers[0]->real_servers[0]->checkers[0]->http;
	if (!http->urls[0].regex.text || !http->urls[1].regex.text)
		abort();
	try_regex(&http->urls[0].regex, data, size);
	try_regex(&http->urls[1].regex, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* so that a byte too far is seen */
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	ping_answers(AF_INET, 0x1234, copy, size);
	ping_answers(AF_INET6, 0x1234, copy, size);
	try_json(copy, size);
	try_page(copy, size);
	free(copy);
	return 0;
}
