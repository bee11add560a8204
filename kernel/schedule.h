/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers: which server a new flow gets.
 */
#ifndef _DRAY_SCHEDULE_H
#define _DRAY_SCHEDULE_H

#include "server.h"
#include "service.h"

#define DRAY_SCHED_FLAG_PORT	BIT(1)	/* sh-port, mh-port */

/**
 * enum dray_key - what a scheduler asks its table with
 * @DRAY_KEY_NONE: it has no table
 * @DRAY_KEY_TUPLE: the 5-tuple; of a persistent service the client
 * @DRAY_KEY_CLIENT: the client's address, and its port by flag 2
 */
enum dray_key {
	DRAY_KEY_NONE,
	DRAY_KEY_TUPLE,
	DRAY_KEY_CLIENT,
};

/**
 * struct dray_scheduler - a way to choose
 * @name: as in ipvsadm -s
 * @key: what of a packet the table is asked with; DRAY_KEY_NONE for the
 *	schedulers that have none
 * @select: of those, chooses a usable server of a configuration, or NULL if
 *	there is none; called in softirq on the RCU read side.  A probe only
 *	asks: what is remembered for the next choice stays as it is
 */
struct dray_scheduler {
	const char *name;
	enum dray_key key;
	struct dray_server *(*select)(struct dray_service *service,
				      const struct dray_service_conf *conf,
				      bool probe);
};

/**
 * dray_scheduler_find() - a scheduler by its name
 * @name: name
 *
 * Context: any.
 * Return: the scheduler or NULL.
 */
const struct dray_scheduler *dray_scheduler_find(const char *name);

/**
 * pick_stateless() - the fallback: a server without any state
 * @conf: configuration of the service
 * @hash: of the 5-tuple, or of the masked client for a persistent service
 *
 * Weighted rendezvous over the servers that serve, whatever their load, so a
 * pure function of @hash and of which servers serve: the same for every packet
 * of a client, and each server's going moves its own clients only.  O(n).
 *
 * Context: RCU read side.
 * Return: a server, or NULL if none is usable.
 */
struct dray_server *pick_stateless(const struct dray_service_conf *conf,
				   u64 hash);

#endif
