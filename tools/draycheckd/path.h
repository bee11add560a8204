/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a client's packets: what is sent to a server's own address with
 * a path's mark reaches it with the VIP as destination, and so does its answer
 * come back.  The module does that (see request.h) as long as our socket is
 * open; a path is asked for in a thread, and until there is an answer nobody
 * looks.  Without the module, or where it refuses, there is no such way.
 */
#ifndef DRAYCHECKD_PATH_H
#define DRAYCHECKD_PATH_H

#include "model.h"

#define PATH_MARK 0x44520000	/* the first of them, unless the file says it */
#define PATHS_MAX 16384		/* dray.ko's */

enum path_state { PATH_NONE, PATH_ASKED, PATH_OPEN, PATH_REFUSED };

struct path {
	struct dray_probe probe;
	enum path_state state;
	unsigned int users;
	bool passing;		/* refused for a while: is asked for again */
	char why[200];
};

struct path *path_get(const struct dray_addr *vip,
		      const struct dray_addr *server);
void path_put(struct path *path);
const char *path_absence(const struct path *path);

void paths_open(void);
void paths_close(void);
void paths_setup(uint32_t mark);
void paths_settle(void);

#endif
