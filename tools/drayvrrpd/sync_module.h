/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's side of the state sync: what it tells is read, what others told
 * is written.  Nothing here waits for the kernel but to be answered.
 */
#ifndef DRAYVRRPD_SYNC_MODULE_H
#define DRAYVRRPD_SYNC_MODULE_H

#include "request.h"

/* a flow or persist entry with its service's key and its server's */
struct sync_entry {
	bool persist;
	struct dray_flow_row row;
};

struct sync_module_ops {
	/* dumped: it was asked for */
	void (*entry)(const struct sync_entry *entry, bool dumped);
	/* The module has told something that could not be read. */
	void (*lost)(void);
	/* A change of tables waits until the others have what came before. */
	void (*wait)(uint32_t wait);
	/* The module did not take an entry; err is an errno. */
	void (*refused)(int err);
	/* There is a server. */
	void (*server)(const struct dray_flow_row *row);
};

/* Return: 0, or -errno: -ENOENT if there is no module. */
int sync_module_open(const struct sync_module_ops *ops);
void sync_module_close(void);
bool sync_module_is_open(void);

/* to be watched */
int sync_module_fd(void);
int sync_module_dump_fd(void);

/* Read what it tells.  Return: 0 or -errno. */
int sync_module_hear(void);
/* Ask for all flows, or all persist entries; one at a time. */
int sync_module_dump(bool persist);
/* Read a piece of it.  Return: 1 at the end, 0, or -errno. */
int sync_module_dump_piece(void);

/* Ask for all servers, beside any other dump; then read a piece of that. */
int sync_module_servers(void);
int sync_module_servers_piece(void);

/* Give it an entry; sent with the next flush, or when many are together. */
void sync_module_take(const struct sync_entry *entry);
/* Likewise, what another director counts of a server.  One that is not here is
 * no refusal. */
void sync_module_told(const struct dray_flow_row *row);
void sync_module_flush(void);
int sync_module_done(uint32_t wait);

/* For questions that are answered at once. */
struct dray_nl *sync_module_ask(void);

#endif
