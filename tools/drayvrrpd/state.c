// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of state.h: on tmpfs, so that writing there is writing to memory. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC "dray-v1"

static bool read_boot_id(char id[40])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool good = f && fgets(id, 40, f);

	if (f)
		fclose(f);
	return good;
}

static bool is_of_this_boot(const struct state *state, const char *id)
{
	return !memcmp(state->magic, MAGIC, sizeof(state->magic)) &&
	       state->size == sizeof(*state) && !strcmp(state->boot_id, id);
}

struct state *state_open(const char *path)
{
	char id[40] = "";
	struct state *state;
	int fd;

	if (!read_boot_id(id))
		return NULL;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return NULL;
	if (ftruncate(fd, sizeof(*state))) {
		close(fd);
		return NULL;
	}
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	close(fd);
	if (state == MAP_FAILED)
		return NULL;
	if (!is_of_this_boot(state, id)) {
		memset(state, 0, sizeof(*state));
		memcpy(state->magic, MAGIC, sizeof(state->magic));
		state->size = sizeof(*state);
		memcpy(state->boot_id, id, sizeof(state->boot_id));
	}
	return state;
}

static int lock = -1;

int state_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX))
		if (errno != EINTR) {
			close(fd);
			return -errno;
		}
	lock = fd;
	return 0;
}

void state_unlock(void)
{
	close(lock);
}

struct state_router *state_find(struct state *state, const char *interface,
				uint8_t family, uint8_t vrid)
{
	struct state_router *r;

	for (r = state->routers; r < state->routers + STATE_ROUTERS; r++)
		if (r->used && r->family == family && r->vrid == vrid &&
		    !strcmp(r->interface, interface))
			return r;
	return NULL;
}

struct state_router *state_add(struct state *state, const char *interface,
			       uint8_t family, uint8_t vrid)
{
	struct state_router *r = state_find(state, interface, family, vrid);

	if (r)
		return r;
	for (r = state->routers; r < state->routers + STATE_ROUTERS; r++)
		if (!r->used) {
			memset(r, 0, sizeof(*r));
			r->used = true;
			r->family = family;
			r->vrid = vrid;
			snprintf(r->interface, sizeof(r->interface), "%s",
				 interface);
			return r;
		}
	return NULL;
}

struct state_script *state_script(struct state *state, const char *name)
{
	struct state_script *s, *unused = NULL;

	for (s = state->scripts; s < state->scripts + STATE_SCRIPTS; s++) {
		if (!strncmp(s->name, name, STATE_NAME - 1))
			return s;
		if (!s->name[0] && !unused)
			unused = s;
	}
	if (unused)
		snprintf(unused->name, sizeof(unused->name), "%s", name);
	return unused;
}
