// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What draycheckd reads that others have written: answers to echo requests,
 * its state file, and requests on its socket.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ping.h"
#include "state.h"

static void try_json(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	struct dray_server srv;
	struct dray_key key, again;
	json_t *packed;

	if (state_unpack_key(json_object_get(root, "service"), &key)) {
		packed = state_pack_key(&key);
		if (!state_unpack_key(packed, &again) ||
		    dray_key_cmp(&key, &again))
			abort();
		json_decref(packed);
	}
	state_unpack_server(json_object_get(root, "server"), &srv);
	json_decref(root);
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
	free(copy);
	return 0;
}
